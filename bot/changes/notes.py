"""Notes on a change: why it is refused, or what to know before requesting it.

Each kind of change defines its own notes as a `NoteCode` enum; every code carries its text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from bot.kit import money, numbers, phrases, text, times

Names: TypeAlias = Mapping[str, str]
"""Of features, plans and coupons by id, not yet escaped."""

_TEXT_LENGTH = 60
_LIST_LENGTH = 200
_WORDING_LENGTH = 500


@dataclass(frozen=True, slots=True)
class _Style:
    """How text from outside is written in the place where the note is shown."""

    escape: Callable[[str, int], str]
    names: Names


class Details:
    """The details of a note, each written the way its text asks for. Figures and times are stored in
    canonical text."""

    def __init__(self, values: Mapping[str, str], style: _Style) -> None:
        self._values = values
        self._style = style

    def __contains__(self, name: str) -> bool:
        return bool(self._values.get(name))

    def raw(self, name: str) -> str:
        """A code, or a figure in canonical text: to look up or to compare, never to show."""
        return self._values[name]

    def wording(self, name: str) -> str:
        """Part of a sentence that Maple wrote. Escaped all the same, like everything that is stored."""
        return self._style.escape(self._values[name], _WORDING_LENGTH)

    def text(self, name: str) -> str:
        value = self._values[name]
        return self._style.escape(self._style.names.get(value) or value, _TEXT_LENGTH)

    def names(self, name: str) -> str:
        """Of several ids, separated by commas."""
        listed = [self._style.names.get(name_id) or name_id for name_id in self._values[name].split(", ")]
        return self._style.escape(", ".join(listed), _LIST_LENGTH)

    def number(self, name: str) -> str:
        return numbers.number(Decimal(self._values[name]))

    def ordinal(self, name: str) -> str:
        return numbers.ordinal(int(self._values[name]))

    def billing_day(self, name: str) -> str:
        return times.billing_day(datetime.fromisoformat(self._values[name]))

    def billing_moment(self, name: str) -> str:
        return times.billing_moment(datetime.fromisoformat(self._values[name]))

    def money(self, name: str) -> str:
        """In major units of the detail `currency`."""
        return money.money(Decimal(self._values[name]), self._values["currency"])

    def plural(self, one: str, many: str) -> str:
        """By the detail `count`; `{}` in `many` stands for the number. Names in it may hold braces."""
        count = self.number("count")
        return one if count == "1" else many.replace("{}", count, 1)


NoteText: TypeAlias = str | Callable[[Details], str]


class NoteCode(Enum):
    """Subclassed by each kind of change, with a member for each of its notes: an id, which is stored, and
    the text."""

    def __init__(self, id_: str, text: NoteText) -> None:
        self.id = id_
        self.text = text


@dataclass(frozen=True, slots=True)
class Note:
    code: NoteCode
    details: Mapping[str, str] = field(default_factory=dict)


class CommonNote(NoteCode):
    """Notes that several kinds share."""

    NOTHING_TO_DO = "nothing_to_do", "Nothing would change: everything already is like this."
    OTHER_CUSTOMER = "other_customer", "Autumn answered with another customer, so nothing was changed."
    RECREATED = (
        "recreated",
        "This customer was deleted, and a new one was created with the same id. Check the new customer, and "
        "submit a new request if the change is still needed.",
    )
    OLD_ID = (
        "old_id",
        "This customer's id has an old format, which Autumn accepts only for balance changes, coupons and "
        "promo codes. Make this change in Autumn's dashboard.",
    )
    ENTITY_GONE = "entity_gone", "The customer no longer has this entity."
    NO_UNDO = "no_undo", "This can't be undone."


def mrkdwn(note: Note, names: Names | None = None) -> str:
    def escape(value: str, limit: int) -> str:
        return text.mrkdwn(value, limit) or phrases.NONE

    return _text(note, _Style(escape, names or {}))


def plain(note: Note) -> str:
    """For places where Slack formats nothing, such as under an input of a form."""
    return _text(note, _Style(text.literal, {})).replace("*", "")


def listed(title: str, notes: Sequence[Note], names: Names | None = None) -> str:
    """A title and the notes under it, in mrkdwn; the same sentence is not repeated."""
    lines = dict.fromkeys(f"• {mrkdwn(note, names)}" for note in notes)
    return "\n".join([title, *lines])


def _text(note: Note, style: _Style) -> str:
    template = note.code.text
    return template if isinstance(template, str) else template(Details(note.details, style))
