"""What was typed after `/autumn`, understood. Pure."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from bot.changes.model import Kind
from bot.digests.model import MOST_DAYS
from bot.lookups.place import Part

CHANGES = {
    "balance": Kind.BALANCE,
    "reward": Kind.REWARD,
    "update": Kind.DETAILS,
    "delete": Kind.DELETION,
}
HISTORY = "history"
DIGEST = ("digest", "digests")
UPCOMING = "upcoming"
DAYS = 7
PARTS = {part.value: part for part in (Part.PRODUCTS, Part.FEATURES, Part.INVOICES, Part.EVENTS)}

_DAYS = re.compile(r"([0-9]{1,4})\s*(?:d|days?)?", re.IGNORECASE | re.ASCII)
# Slack sends addresses as <mailto:a@b|a@b> and links as <https://x|x>, the shown text after the bar.
_LINK = re.compile(r"<(?:mailto:|tel:|https?://)?([^<>|]*)(?:\|([^<>]*))?>")
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e")
)
_QUOTES = "\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u00b4"


@dataclass(frozen=True, slots=True)
class Help:
    """Explain the command."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Show a part of a customer."""

    query: str
    part: Part = Part.OVERVIEW


@dataclass(frozen=True, slots=True)
class Find:
    """List the customers that match."""

    query: str


@dataclass(frozen=True, slots=True)
class Change:
    """Open the form for a change of a customer."""

    kind: Kind
    query: str


@dataclass(frozen=True, slots=True)
class History:
    """Show what was changed for a customer."""

    query: str


@dataclass(frozen=True, slots=True)
class Digests:
    """Open the channel's digests."""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """Show what is coming up."""

    days: int = DAYS
    """1 to MOST_DAYS."""


@dataclass(frozen=True, slots=True)
class NoDays:
    """What was given in place of a number of days."""

    given: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A sub-command without the customer it is about."""

    sub: str


Wish: TypeAlias = Help | LookUp | Find | Change | History | Digests | Upcoming | NoDays | Incomplete


_SUBS: Mapping[str, Callable[[str], Wish]] = {
    "find": Find,
    HISTORY: History,
    **{sub: partial(LookUp, part=part) for sub, part in PARTS.items()},
    **{sub: partial(Change, kind) for sub, kind in CHANGES.items()},
}


def parse(text: str) -> Wish:
    """Never fails: what is no sub-command is a customer to look for."""
    words = text.translate(_INVISIBLE).split()
    if not words:
        return Help()
    sub, rest = _bare(words[0]).lower(), _bare(" ".join(words[1:]))
    if sub == "help":
        return Help()
    if sub in DIGEST:
        return Digests()
    if sub == UPCOMING:
        return _upcoming(rest)
    if sub in _SUBS:
        return _SUBS[sub](rest) if rest else Incomplete(sub)
    query = _bare(" ".join(words))
    return LookUp(query) if query else Help()


def _upcoming(given: str) -> Wish:
    if not given:
        return Upcoming()
    found = _DAYS.fullmatch(given)
    if found is None or not 1 <= int(found[1]) <= MOST_DAYS:
        return NoDays(given)
    return Upcoming(int(found[1]))


def _bare(text: str) -> str:
    """Without Slack's link marks, its escapes, and the quotes people put around things."""
    shown = _LINK.sub(lambda found: found[2] or found[1], text)
    return html.unescape(shown).strip().strip(_QUOTES).strip()
