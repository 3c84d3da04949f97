"""The recorded calls of a real Autumn, replayed in their order to the local one.

Statuses, codes, field sets and all determined values must be equal. Exceptions are listed in DIFFERENCES with
their reasons, calls not replayed in NOT_SERVED; an entry that no longer applies fails.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import httpx

from sandbox.autumn import Limit, LocalAutumn, LocalLimits
from tests.sandbox.autumn.differences import DIFFERENCES, NOT_SERVED
from tests.sandbox.autumn.recording import Recorded, differences, load
from tests.sandbox.autumn.unrecorded import BEFORE

STARTED = 1795377742.6
KNOTS = (
    (0, STARTED), (14, 1795377744.9), (37, 1795377750.6), (107, 1795377753.9), (124, 1795377754.8),
    (156, 1795377756.1), (224, 1795377759.2), (228, 1795377759.5),
    (240, 1795377760.5), (243, 1795377791.9), (252, 1795377793.9), (300, 1795377801.6),
    (319, 1795377803.5), (326, 1795377804.6), (339, 1795377811.2), (376, 1795377814.8), (400, 1795377820.0),
    (403, 1795377821.3), (407, 1795377821.9), (408, 1795378001.9), (420, 1795378002.0),
)  # fmt: skip
"""The times of some calls, as their answers show."""
LIMITS = LocalLimits(general=Limit(1000))
"""The recorded server's limits."""
ALICE_INTERNALLY = "cus_3MTbwkPPJVyVjBJjRU3aoQ4psUU"
KEY = "am_sk_test_" + "k" * 42


def headers_of(call: Recorded, scoped: str) -> dict[str, str]:
    """The recording has no keys; the name of the call tells which it was."""
    keys = {
        "401 no key": None,
        "401 key without Bearer": KEY,
        "401 bad prefix": "Bearer sk_live_" + "x" * 30,
        "401 unknown key": "Bearer am_sk_test_" + "x" * 42,
    }
    usual = f"Bearer {scoped if 'scoped key' in call.name else KEY}"
    authorization = keys.get(call.name, usual)
    return {**call.headers, **({"authorization": authorization} if authorization else {})}


def time_of(n: float) -> datetime:
    (before, start), (after, end) = next(pair for pair in pairwise(KNOTS) if pair[1][0] >= n)
    return datetime.fromtimestamp(start + (end - start) * (n - before) / (after - before), UTC)


def not_served(call: Recorded) -> str | None:
    return next((reason for reason, applies in NOT_SERVED.items() if applies(call)), None)


def body_of(call: Recorded, own_ids: dict[str, str]) -> bytes:
    """The recorded body, with this server's ids and cursors instead of the recorded ones."""
    body = call.body.decode()
    for recorded, own in own_ids.items():
        body = body.replace(recorded, own)
    return body.encode()


def note_cursor(own_ids: dict[str, str], recorded: Any, answered: Any) -> None:
    if isinstance(recorded, dict) and recorded.get("next_cursor"):
        own_ids[recorded["next_cursor"]] = answered.get("next_cursor") or ""


def headers(of: Mapping[str, str]) -> dict[str, str]:
    """The headers that are compared. The requests left depend on calls that were not recorded."""
    compared = ("content-type", "retry-after", "ratelimit-limit", "ratelimit-policy")
    return {name: of[name] for name in compared if name in of}


def answer_of(response: httpx.Response) -> Any:
    if response.headers["content-type"].startswith("application/json"):
        return response.json()
    return {"__raw__": response.text}


async def replay(autumn: LocalAutumn, client: httpx.AsyncClient) -> dict[int, list[str]]:
    """Differing answers, by call number."""
    scoped = autumn.keys(["customers:read", "plans:read"])
    own_ids: dict[str, str] = {}
    differing: dict[int, list[str]] = {}
    for call in load():
        autumn.forget_limits()
        autumn.clock.set(time_of(call.n - 0.5))
        if call.stripe != autumn.state.org.stripe:  # the recorded server was restarted
            for customer in autumn.state.customers.kept():
                customer.drop_cached()
        autumn.state.org.stripe, autumn.state.org.analytics = call.stripe, call.analytics
        for step in BEFORE.get(call.n, ()):
            await step(autumn, client, KEY)
        autumn.clock.set(time_of(call.n))
        if "cus_alice" in autumn.state.customers:
            own_ids[ALICE_INTERNALLY] = autumn.state.customers["cus_alice"].internal_id
        if not_served(call):
            continue
        response = await client.request(
            call.method, call.path, content=body_of(call, own_ids), headers=headers_of(call, scoped)
        )
        answer = answer_of(response)
        different = differences(call.status, response.status_code, "status")
        different += differences(call.response, answer)
        different += differences(headers(call.response_headers), headers(response.headers), ".headers")
        note_cursor(own_ids, call.response, answer)
        if different:
            differing[call.n] = different
    return differing


async def test_recorded_calls_are_answered_alike() -> None:
    async with (
        LocalAutumn.running("empty", time_of(0), keys=[KEY], limits=LIMITS) as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        org = autumn.state.org
        org.id, org.name, org.slug, org.include_past_due = "org_lab" + "0" * 22, "Lab Org", "lab-org", True
        differing = await replay(autumn, client)
    assert differing == {n: paths for n, (_, paths) in DIFFERENCES.items()}


def test_no_recorded_call_is_skipped_without_need() -> None:
    calls = load()
    assert {not_served(call) for call in calls} - {None} == set(NOT_SERVED)
    assert {call.n for call in calls} >= DIFFERENCES.keys()
    replayed = [call for call in calls if not_served(call) is None]
    assert len(replayed) >= 335, f"{len(replayed)} of {len(calls)}"
