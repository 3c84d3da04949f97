"""What the audit trail says a change is, and where the change as it is stored says otherwise."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

Verdicts = Mapping[tuple[int, str], str]
"""By version and person: approve or deny."""

_ASKED = ("kind", "input", "customer", "env", "reason", "ticket", "channel", "undo_of")
_COLUMNS = {"customer": "customer_id"}
_JUDGED = ("amount", "products", "rewards")
_LABELS = {
    "asker": "asker",
    "decided_by": "last decider",
    "before": "starting point",
    "needed": "number of approvals",
    "customer_id": "customer",
    "undo_of": "undone change",
}


@dataclass(slots=True)
class Recorded:
    """Of one change; its rows of the trail are taken in by their order."""

    state: str = ""
    seq: int = 0
    """Of its last row."""
    values: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By column: the row that said so last, and a hash of the value."""
    verdicts: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)

    def take(self, seq: int, event: str, actor: str, body: str) -> None:
        self.seq = seq
        told = _parsed(body)
        self.state = str(told.get("state", ""))
        match event:
            case "asked":
                self._say(seq, asker=actor, decided_by="", rule=told.get("rule", ""))
                self._say(seq, **{_COLUMNS.get(name, name): told.get(name, "") for name in _ASKED})
            case "overtaken":
                self._say(seq, decided_by="")
                # Asked anew it is on other terms; what those were was not always recorded.
                self.values.pop("needed", None)
                if "rule" in told:
                    self._say(seq, rule=told["rule"])
            case "approved":
                self.verdicts[told.get("version", 0), actor] = seq, "approve"
                if self.state == "approved":
                    self._say(seq, decided_by=actor)
            case "denied":
                self.verdicts[told.get("version", 0), actor] = seq, "deny"
                self._say(seq, decided_by=actor)
            case "withdrawn" | "marked":
                self._say(seq, decided_by=actor)
        self._say(seq, **{name: told[name] for name in ("before", "needed") if name in told})
        judged = told.get("judged", {})
        self._say(seq, **{name: judged[name] for name in _JUDGED if name in judged})

    def differences(self, row: Row[Any], verdicts: Verdicts) -> list[str]:
        """What of the row of `changes`, and of its decisions, is not as it was recorded."""
        if row.state != self.state:
            return [f"change {row.id} is {row.state}, and row {self.seq} says otherwise"]
        found = [
            f"change {row.id}: its {_LABELS.get(name, name)} is not what row {seq} says"
            for name, (seq, digest) in self.values.items()
            if _digest(_stored(row, name)) != digest
        ]
        for decided in sorted(self.verdicts.keys() | verdicts.keys()):
            seq, verdict = self.verdicts.get(decided, (0, ""))
            if verdicts.get(decided, "") != verdict:
                version, person = decided
                says = f"is not what row {seq} says" if seq else "is in no row"
                found.append(f"change {row.id}: the decision of {person} on version {version} {says}")
        return found

    def _say(self, seq: int, **values: Any) -> None:
        for name, value in values.items():
            self.values[name] = seq, _digest(value)


def judged(amount: object, products: object, rewards: object) -> dict[str, Any]:
    """For a row of the trail: by what the policy judged the change."""
    return {"amount": None if amount is None else str(amount), "products": products, "rewards": rewards}


def _stored(row: Row[Any], name: str) -> object:
    value = getattr(row, name)
    if name == "amount":
        return None if value is None else str(value)
    return "" if name == "undo_of" and value is None else value


def _parsed(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _digest(value: object) -> str:
    """Instead of the value: the trail of all changes is held at once."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
