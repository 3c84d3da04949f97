"""What the audit trail says about a change, and where the stored change differs from it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

Verdicts = Mapping[tuple[int, str], str]
"""By version and person: approve or deny."""

_ASKED = ("kind", "input", "customer", "env", "reason", "ticket", "channel", "undo_of", "batch")
_EDITED = ("kind", "input", "reason", "ticket")
_COLUMNS = {"customer": "customer_id"}
JUDGED = ("amount", "worth", "currency", "products", "rewards")
"""The columns by which the policy judges a change."""
_LABELS = {
    "asker": "requester",
    "decided_by": "last decider",
    "before": "starting point",
    "needed": "number of approvals",
    "customer_id": "customer",
    "undo_of": "undone change",
}


@dataclass(slots=True)
class Recorded:
    """What the rows of one change say, taken in order."""

    state: str = ""
    seq: int = 0
    """The number of its last row."""
    values: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By column: the last row that set it, and a hash of the value."""
    verdicts: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)

    def take(self, seq: int, event: str, actor: str, body: str) -> None:
        self.seq = seq
        recorded = _parsed(body)
        self.state = str(recorded.get("state", ""))
        match event:
            case "asked":
                self._set(seq, asker=actor, decided_by="", rule=recorded.get("rule", ""))
                self._set(seq, **{_COLUMNS.get(name, name): recorded.get(name, "") for name in _ASKED})
            case "overtaken":
                self._set(seq, decided_by="")
                # A new version may need another number of approvals; older rows do not say how many.
                self.values.pop("needed", None)
                if "rule" in recorded:
                    self._set(seq, rule=recorded["rule"])
            case "edited":
                self._set(seq, rule=recorded.get("rule", ""))
                self._set(seq, **{name: recorded.get(name, "") for name in _EDITED})
            case "approved":
                self.verdicts[recorded.get("version", 0), actor] = seq, "approve"
                if self.state == "approved":
                    self._set(seq, decided_by=actor)
            case "denied":
                self.verdicts[recorded.get("version", 0), actor] = seq, "deny"
                self._set(seq, decided_by=actor)
            case "withdrawn" | "marked":
                self._set(seq, decided_by=actor)
        self._set(seq, **{name: recorded[name] for name in ("before", "needed") if name in recorded})
        judged = recorded.get("judged", {})
        self._set(seq, **{name: judged[name] for name in JUDGED if name in judged})

    def differences(self, row: Row[Any], verdicts: Verdicts) -> list[str]:
        """Where the row of `changes` and its decisions differ from what was recorded."""
        if row.state != self.state:
            return [f"change {row.id} is {row.state}, and row {self.seq} says otherwise"]
        differences = [
            f"change {row.id}: its {_LABELS.get(name, name)} is not what row {seq} says"
            for name, (seq, digest) in self.values.items()
            if _digest(_stored(row, name)) != digest
        ]
        for decided in sorted(self.verdicts.keys() | verdicts.keys()):
            decided_in, verdict = self.verdicts.get(decided, (0, ""))
            if verdicts.get(decided, "") != verdict:
                version, person = decided
                says = f"is not what row {decided_in} says" if decided_in else "is in no row"
                differences.append(f"change {row.id}: the decision of {person} on version {version} {says}")
        return differences

    def _set(self, seq: int, **values: Any) -> None:
        for name, value in values.items():
            self.values[name] = seq, _digest(value)


def judged(**columns: object) -> dict[str, Any]:
    """The quantities that the policy judged a change by, as a row of the trail holds them."""
    return {name: _text(name, value) for name, value in columns.items()}


def batch_lines_hash(rows: Iterable[Row[Any]]) -> str:
    """Of what was requested in a batch, line by line."""
    return _digest([[row.number, row.input, row.before, row.undo_of, _stored(row, "amount")] for row in rows])


def _stored(row: Row[Any], name: str) -> object:
    value = getattr(row, name)
    return "" if name == "undo_of" and value is None else _text(name, value)


def _text(name: str, value: object) -> object:
    """Figures as text."""
    return str(value) if name in ("amount", "worth") and value is not None else value


def _parsed(body: str) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _digest(value: object) -> str:
    """A hash, to save memory: verifying holds the values of every change at once."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
