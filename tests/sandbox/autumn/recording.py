"""Recorded calls to a real Autumn, and how an answer is compared with the recorded one."""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[2] / "fixtures" / "autumn"
_MADE_UP = re.compile(
    r"(?:\b|(?<=_))(cus_prod|cus_ent|cus|evt|inv|in|sub|pm|pr|prod|ent|fe|rew|bal|cs_test|co|bps|re|ch)_(?=\w*[A-Z0-9])[A-Za-z0-9]{16,27}\b"
)
_HOST = re.compile(
    r"(http://127\.0\.0\.1:\d+(?:/checkout(?=/co_))?|https://(?:stripe|api\.autumn)\.example"
    r"|https://checkout\.autumn\.example/c)(/invoice/in_\w+)?"
)
_CURSOR = re.compile(r"eyJ2Ijow[\w-]+$")
_CLOSE = 2
"""Seconds by which two times may differ: the recording shows times only in answers."""


@dataclass(frozen=True)
class Recorded:
    n: int
    name: str
    method: str
    path: str
    headers: dict[str, str]
    request: Any
    status: int
    response_headers: dict[str, str]
    response: Any
    stripe: bool
    """Whether a Stripe account was linked."""
    analytics: bool
    """Whether the event store was configured."""
    session: bool
    """Whether the dashboard made the call, with a session instead of a key."""

    @property
    def body(self) -> bytes:
        if self.request is None:
            return b""
        return (self.request if isinstance(self.request, str) else json.dumps(self.request)).encode()


def load() -> list[Recorded]:
    """Every call of the recording in its order; the files are by kind."""
    files = (FIXTURES / "walk").glob("*.json")
    calls = [Recorded(**load) for file in files for load in json.loads(file.read_text(encoding="utf-8"))]
    return sorted(calls, key=lambda call: call.n)


def differences(recorded: Any, answered: Any, path: str = "") -> list[str]:
    """Where an answer differs from the recorded one. Generated ids and nearly equal times count as equal."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        differing = [f"{path}.{key} missing" for key in sorted(recorded.keys() - answered.keys())]
        differing += [f"{path}.{key} extra" for key in sorted(answered.keys() - recorded.keys())]
        for key in sorted(recorded.keys() & answered.keys()):
            differing += differences(recorded[key], answered[key], f"{path}.{key}")
        return differing
    if isinstance(recorded, list) and isinstance(answered, list):
        if len(recorded) != len(answered):
            return [f"{path} has {len(answered)}, recorded {len(recorded)}"]
        pairs = enumerate(zip(recorded, answered, strict=True))
        return [difference for index, (a, b) in pairs for difference in differences(a, b, f"{path}[{index}]")]
    if _alike(recorded, answered):
        return []
    return [f"{path} is {_without_ids(answered)!r}, recorded {_without_ids(recorded)!r}"]


def _alike(recorded: Any, answered: Any) -> bool:
    if isinstance(recorded, str) and isinstance(answered, str):
        if _CURSOR.match(recorded) and _CURSOR.match(answered):
            return differences(_opened(recorded), _opened(answered)) == []
        return _plain(recorded) == _plain(answered)
    if isinstance(recorded, bool) or isinstance(answered, bool):
        return recorded is answered
    if isinstance(recorded, int | float) and isinstance(answered, int | float):
        return abs(recorded - answered) <= _tolerance(recorded)
    return bool(recorded == answered)


def _opened(cursor: str) -> Any:
    read = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return {**read, "t": int(str(read["t"])[:13])}


def _tolerance(recorded: float) -> float:
    if recorded > 1.6e12:
        return _CLOSE * 1000
    if recorded > 1.6e9:
        return _CLOSE
    return 1e-9 if round(recorded, 6) == recorded else 1e-4  # prorated to the millisecond


def _without_ids(value: Any) -> Any:
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    return _MADE_UP.sub(r"\1_", _HOST.sub("http://host", text))


def counterparts(recorded: Any, answered: Any) -> dict[str, str]:
    """Recorded generated ids, and the local Autumn's ids in their places."""
    differing: dict[str, str] = {}
    if isinstance(recorded, dict) and isinstance(answered, dict):
        for key in recorded.keys() & answered.keys():
            differing |= counterparts(recorded[key], answered[key])
    elif isinstance(recorded, list) and isinstance(answered, list):
        for a, b in zip(recorded, answered, strict=False):
            differing |= counterparts(a, b)
    elif isinstance(recorded, str) and isinstance(answered, str) and _MADE_UP.fullmatch(recorded):
        differing[recorded] = answered
    return differing
