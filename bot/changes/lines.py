"""Before and after, line by line.

Each kind of change defines the labels of its lines as a `LineLabel` enum; every label carries its words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import assert_never

from bot.changes import words
from bot.changes.notes import Names
from bot.kit import money, numbers, phrases, text, times


class ValueFormat(StrEnum):
    """How a line's figures are written."""

    NUMBER = "number"
    TIME = "time"
    TEXT = "text"
    MONEY = "money"
    """In major units of `Line.currency`."""


@dataclass(frozen=True, slots=True)
class LineStyle:
    no_before: str = words.ABSENT
    """Shown when nothing was there; empty to leave it out."""
    no_after: str = words.ABSENT
    """Shown when nothing will be there."""
    about: Callable[[str, Names], str] = lambda _about, _names: ""
    """Writes `Line.about`, which stands after the label."""
    about_first: bool = False
    """Whether it stands before the label instead: `Messages used`."""
    length: int = 100
    """Longer text is cut."""


_PLAIN = LineStyle()


class LineLabel(Enum):
    """Subclassed by each kind of change, with a member for each of its lines: an id, which is stored, the
    label, and how the values are written where that differs."""

    def __init__(self, id_: str, text: str, style: LineStyle = _PLAIN) -> None:
        self.id = id_
        self.text = text
        self.style = style


@dataclass(frozen=True, slots=True)
class Line:
    label: LineLabel
    before: str | None
    """None: nothing was there."""
    after: str | None
    """None: nothing will be there."""
    form: ValueFormat = ValueFormat.TEXT
    currency: str = ""
    about: str = ""
    estimate: bool = False
    """Computed by Maple; Autumn may arrive at another figure."""
    at_least: bool = False
    """There may be more: Autumn shows what several entities hold of one plan as one."""


def bullets(lines: Sequence[Line], names: Names) -> list[str]:
    """In mrkdwn, one for each line."""
    return [f"• {_line(line, names)}" for line in lines]


def value_bullet(label: LineLabel, value: str) -> str:
    """One value alone, already escaped."""
    return f"• {words.line(label.text, '', '', value)}"


def name(known_id: str, names: Names) -> str:
    """Of a feature, a plan or a reward: in mrkdwn, by its id when it has no name here."""
    return text.mrkdwn(names.get(known_id) or known_id, 60) or phrases.NONE


def billing_day(at: str, _names: Names) -> str:
    """For `LineStyle.about`, if that is the time of an invoice."""
    return words.on_day(times.billing_day(datetime.fromisoformat(at))) if at else ""


def _line(line: Line, names: Names) -> str:
    style = line.label.style
    before = style.no_before if line.before is None else _value(line, line.before)
    after = style.no_after if line.after is None else _value(line, line.after)
    label, about = line.label.text, style.about(line.about, names)
    if style.about_first:
        label, about = about, label.lower()
    written = words.line(label, about, before, after)
    return words.estimated(written) if line.estimate else written


def _value(line: Line, value: str) -> str:
    match line.form:
        case ValueFormat.NUMBER:
            number = numbers.number(Decimal(value))
            return words.at_least(number) if line.at_least else number
        case ValueFormat.TIME:
            return times.billing_moment(datetime.fromisoformat(value))
        case ValueFormat.MONEY:
            return money.money(Decimal(value), line.currency)
        case ValueFormat.TEXT:
            return text.mrkdwn(value, line.label.style.length) or phrases.NONE
        case _:
            assert_never(line.form)
