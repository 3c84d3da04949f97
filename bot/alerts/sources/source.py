"""What a source of alerts consists of, and how it reads Autumn's messages, in which anything may be missing
or added."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from bot.alerts.model import Occurrence
from bot.kit import numbers, text

Data: TypeAlias = Mapping[str, Any]
"""The `data` of a message of Autumn's."""

_LONGEST_ID = 1000
_LONGEST_TEXT = 300
_NAME = 60
_LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class EventNames:
    """What the company calls things, by id; not escaped yet."""

    customer: str = ""
    features: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping[str, str] = field(default_factory=dict)

    def feature(self, feature_id: str) -> str:
        """In bold mrkdwn."""
        return _bold(self.features.get(feature_id) or feature_id)

    def plan(self, plan_id: str) -> str:
        """In bold mrkdwn."""
        return _bold(self.plans.get(plan_id) or plan_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSource:
    """Everything particular to one kind of alert. To add one: write a module next to this one and put its
    SOURCE into `SOURCES`."""

    key: str
    """Stored with subscriptions and events, so it never changes; up to 24 characters."""
    title: str
    """Up to 60 characters."""
    hint: str
    """Explains it in the form; up to 75 characters."""
    emoji: str
    message: str
    """The type of Autumn's messages that it reads."""
    read: Callable[[Data], Iterator[Occurrence]]
    """What a message reports; nothing if it is about something else. Never raises."""
    tell: Callable[[Occurrence, EventNames], str]
    """What happened, in a sentence or some lines of mrkdwn, without the customer."""
    offers_allowance: bool = False
    """Whether *Give allowance* is one of its buttons: the customer ran out, or will."""


def about(data: Data, **more: Any) -> Iterator[Occurrence]:
    """The one occurrence of a message about a customer; none when it names no customer."""
    if customer := an_id(data, "customer_id"):
        yield Occurrence(customer, entity=an_id(data, "entity_id"), feature=an_id(data, "feature_id"), **more)


def an_id(data: Data, name: str) -> str:
    """Empty if it is not a string, or is longer than any of Autumn's ids."""
    value = data.get(name)
    return _storable(value) if isinstance(value, str) and len(value) <= _LONGEST_ID else ""


def a_text(data: Data, name: str) -> str:
    value = data.get(name)
    return _storable(value)[:_LONGEST_TEXT] if isinstance(value, str) else ""


def a_number(data: Data, name: str) -> float | None:
    """None if it is not a number, or is larger than any of Autumn's (JSON can hold infinity)."""
    value = data.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if abs(value) <= _LARGEST else None


def a_part(data: Data, name: str) -> Data:
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}


def parts(data: Data, name: str) -> list[Data]:
    value = data.get(name)
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def quantity(value: float) -> str:
    """`1,234`, `0.5`."""
    return numbers.number(Decimal(str(value)))


def spoken(code: str) -> str:
    """A word of Autumn's, such as charge_failed, as one reads it; in mrkdwn."""
    return text.mrkdwn(code.replace("_", " "), _NAME)


def _storable(value: str) -> str:
    """PostgreSQL takes no NUL, and no encoding takes half of a surrogate pair."""
    return value.encode(errors="replace").decode().replace("\0", "\ufffd")


def _bold(name: str) -> str:
    return f"*{text.mrkdwn(name, _NAME)}*"
