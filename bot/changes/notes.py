"""Why a change is refused and what to know before it, in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.changes import note_words
from bot.changes.model import Note, NoteCode
from bot.kit import money, numbers, phrases, text, times

_NUMBERS = ("units", "most", "count")
_TIMES = ("at", "cycle", "latest")
_OF_INVOICES = (NoteCode.NEXT_CHARGE, NoteCode.FROM_NEXT_INVOICE)
"""Notes whose time is the day of an invoice."""
_MONEY = ("total", "off", "off_now")
"""In major units of the note's `currency`."""
_FIELDS = ("field", "fields")
_LISTS = ("plans", "names")
_LIMIT = 60
_LIST_LIMIT = 200


@dataclass(frozen=True, slots=True)
class _Style:
    """How what came from outside, and times, are written."""

    safe: Callable[[str, int], str]
    moment: Callable[[datetime], str]
    called: Mapping[str, str]
    """Names of features, plans and coupons by id, not yet made safe."""


def mrkdwn(note: Note, called: Mapping[str, str] | None = None) -> str:
    """One note. `called`: names of features, plans and coupons by id, not yet made safe."""
    style = _Style(lambda found, limit: text.mrkdwn(found, limit) or phrases.NONE, times.dated, called or {})
    return _said(note, style)


def plain(note: Note) -> str:
    """The same where Slack formats nothing: under an input of a form."""
    return _said(note, _Style(text.literal, lambda at: f"{times.utc(at)} UTC", {})).replace("*", "")


def listed(title: str, found: Sequence[Note], called: Mapping[str, str] | None = None) -> str:
    """A title and the notes under it, in mrkdwn; what would be said twice is said once."""
    lines = dict.fromkeys(f"• {mrkdwn(note, called)}" for note in found)
    return "\n".join([title, *lines])


def _said(note: Note, style: _Style) -> str:
    told = note_words.NOTES[note.code]
    if isinstance(told, str):
        return told
    return told({name: _detail(name, value, note, style) for name, value in note.details.items()})


def _detail(name: str, value: str, note: Note, style: _Style) -> str:
    if name in _NUMBERS:
        return numbers.number(Decimal(value))
    if name == "nth":
        return numbers.ordinal(int(value))
    if name in _TIMES:
        draw = times.billing_day if note.code in _OF_INVOICES else style.moment
        return draw(datetime.fromisoformat(value)) if value else ""
    if name in _MONEY:
        return money.money(Decimal(value), note.details["currency"])
    if name in _FIELDS:
        return phrases.joined(note_words.fields(value.split(", ")))
    if name in _LISTS:
        return style.safe(", ".join(style.called.get(one) or one for one in value.split(", ")), _LIST_LIMIT)
    return style.safe(style.called.get(value) or value, _LIMIT)
