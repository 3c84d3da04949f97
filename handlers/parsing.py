"""What was typed after `/autumn`, understood. Pure."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from bot.changes import amounts
from bot.changes import registry as kinds
from bot.changes.balance import sentence
from bot.changes.balance import words as balance_words
from bot.changes.spec import Misread
from bot.digests.model import MOST_DAYS
from bot.links import registry as links
from bot.lookups import registry
from bot.lookups.check import words as check_words
from bot.lookups.find.query import INVISIBLE, QUOTES, bare, unmarked
from bot.lookups.place import OVERVIEW

HISTORY = "history"
CHECK = "check"
DIGEST = ("digest", "digests")
ALERTS = ("alerts", "alert")
LIST = "list"
BULK = "bulk"
UPCOMING = "upcoming"
DAYS = 7

_CLOSE = 0.75
_DAYS = re.compile(r"([0-9]{1,4})\s*(?:d|days?)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """Explain the command."""


@dataclass(frozen=True, slots=True)
class LookUpCommand:
    """Show a part of a customer."""

    query: str
    part: str = OVERVIEW
    whole: str = ""
    """All that was typed, where that may be a customer's name after all."""
    feature: str = ""
    units: Decimal = Decimal(1)
    """Whether so many units of this feature may be used."""


@dataclass(frozen=True, slots=True)
class SentenceCommand:
    """Open the form for a change that was said in one line, filled in; for several changes of one customer,
    the checked list of them."""

    kind: str
    """Its id."""
    customer: str
    """Whom to look for."""
    typed: str


@dataclass(frozen=True, slots=True)
class MisreadCommand:
    """Such a line that cannot be read without guessing."""

    usage: str
    hint: str


@dataclass(frozen=True, slots=True)
class FindCommand:
    """List the customers that match."""

    query: str


@dataclass(frozen=True, slots=True)
class ListCommand:
    """List customers by what they hold and how they stand."""

    filters: str
    """As typed."""


@dataclass(frozen=True, slots=True)
class BulkCommand:
    """Open the form for changes to many customers."""


@dataclass(frozen=True, slots=True)
class ChangeCommand:
    """Open the form for a change of a customer."""

    kind: str
    """Its id."""
    query: str


@dataclass(frozen=True, slots=True)
class HistoryCommand:
    """Show what was changed for a customer."""

    query: str


@dataclass(frozen=True, slots=True)
class LinkCommand:
    """Have a link made for a customer."""

    kind: str
    """Its id."""
    query: str


@dataclass(frozen=True, slots=True)
class DigestsCommand:
    """Open the channel's digests."""


@dataclass(frozen=True, slots=True)
class AlertsCommand:
    """Open the alerts of the channel and the person's own."""


@dataclass(frozen=True, slots=True)
class UpcomingCommand:
    """Show what is coming up."""

    days: int = DAYS
    """1 to MOST_DAYS."""


@dataclass(frozen=True, slots=True)
class NoDays:
    """What was typed in place of a number of days."""

    typed: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A sub-command without the customer it is about."""

    sub: str


Command: TypeAlias = (
    HelpCommand
    | LookUpCommand
    | FindCommand
    | ListCommand
    | BulkCommand
    | ChangeCommand
    | SentenceCommand
    | MisreadCommand
    | HistoryCommand
    | LinkCommand
    | DigestsCommand
    | AlertsCommand
    | UpcomingCommand
    | NoDays
    | Incomplete
)


def sub_commands() -> Mapping[str, Callable[[str], Command]]:
    """Those that take a customer, or a text to find one."""
    return {
        "find": FindCommand,
        HISTORY: HistoryCommand,
        **{sub: partial(LookUpCommand, part=part) for sub, part in registry.commands().items()},
        **{kind.command: partial(ChangeCommand, kind.id) for kind in kinds.KINDS},
        **{kind.command: partial(LinkCommand, kind.id) for kind in links.KINDS},
    }


def parse(text: str) -> Command:
    """Never fails: anything that is not a sub-command is a customer to look for.

    Quotes around a name keep its first word from being read as a sub-command. A customer is kept as it was
    typed: `lookups.readings` says what it may mean.
    """
    typed = unmarked(text).strip()
    if typed.startswith("`") and typed.endswith("`"):
        typed = typed.strip("`").strip()
    first, rest = _split(typed)
    if _blank(typed) or first == "help":
        return HelpCommand()
    if first in DIGEST:
        return DigestsCommand()
    if first in ALERTS:
        return AlertsCommand()
    if first == LIST:
        return ListCommand(bare(rest) or rest)
    if first == BULK and _blank(rest):
        return BulkCommand()
    if first == UPCOMING:
        return _upcoming(bare(rest) or rest)
    if first == CHECK and not _blank(rest):
        return _check(rest)
    if first in kinds.short_forms():
        return _sentence(first, rest)
    if command := sub_commands().get(first):
        return Incomplete(first) if _blank(rest) else command(rest)
    return _part_of(typed) or LookUpCommand(typed)


def opens_form(command: Command) -> bool:
    """Whether it is answered with a form, which Slack opens for clicks and commands, not for messages."""
    return isinstance(command, BulkCommand | ChangeCommand | SentenceCommand | DigestsCommand | AlertsCommand)


def addressed(text: str, bot: str) -> str:
    """What a message says to Maple: the text after its mention, otherwise the text before."""
    before, *after = re.split(rf"<@{re.escape(bot)}(?:\|[^<>]*)?>[,:]?", text, maxsplit=1)
    return next((words for words in (*map(str.strip, after), before.strip()) if words), "")


def mistyped(query: str) -> str:
    """What may have been meant where no customer was found: `prodcts acme` and `acme prodcts` are nearly
    `products acme`. Empty if nothing."""
    first, rest = _split(query)
    if not rest:
        return ""
    if close := difflib.get_close_matches(first, sub_commands(), n=1, cutoff=_CLOSE):
        return f"{close[0]} {rest}"
    before, last = query.rsplit(maxsplit=1)
    close = difflib.get_close_matches(last.lower(), registry.commands(), n=1, cutoff=_CLOSE)
    return f"{close[0]} {before}" if close else ""


def _sentence(command: str, text: str) -> Command:
    kind, short = kinds.short_forms()[command]
    sentences = short.read(text)
    if isinstance(sentences, Misread):
        return MisreadCommand(short.usage, sentences.hint)
    return SentenceCommand(kind.id, sentences[0].customer, f"{command} {text}")


def _check(text: str) -> Command:
    """`acme 5k messages`, as a balance is given; without a number, only the customer."""
    parsed = sentence.give(text)
    if isinstance(parsed, Misread):
        unsaid = parsed.hint == balance_words.SAY_AMOUNT
        return LookUpCommand(text, CHECK) if unsaid else MisreadCommand(check_words.USAGE, parsed.hint)
    if len(parsed) > 1:
        return MisreadCommand(check_words.USAGE, check_words.ONE_FEATURE)
    asked = parsed[0]
    units = amounts.parse_amount(asked.amount)
    if units <= 0:
        return MisreadCommand(check_words.USAGE, check_words.MORE_THAN_NOTHING)
    return LookUpCommand(asked.customer, CHECK, feature=asked.feature, units=units)


def _part_of(typed: str) -> LookUpCommand | None:
    """`acme features`, `feature acme`: the part in either place, in the singular or the plural."""
    words = typed.split()
    if len(words) == 1 or typed[0] in QUOTES:
        return None
    parts = {
        name: part_id for sub, part_id in registry.commands().items() for name in (sub, sub.removesuffix("s"))
    }
    for word, query in ((words[0], typed.split(maxsplit=1)[1]), (words[-1], typed.rsplit(maxsplit=1)[0])):
        if part := parts.get(word.lower()):
            return LookUpCommand(query, part, whole=typed)
    return None


def _split(typed: str) -> tuple[str, str]:
    """The first word as a sub-command is written, and the rest as it was typed."""
    words = typed.split(maxsplit=1)
    first, rest = words[0] if words else "", words[1] if len(words) > 1 else ""
    return first.translate(INVISIBLE).lower(), rest


def _blank(text: str) -> bool:
    """Nothing but spaces and quotes: there is no customer to look for."""
    return not text.translate(INVISIBLE).strip(f"{QUOTES}`").strip()


def _upcoming(typed: str) -> Command:
    if not typed:
        return UpcomingCommand()
    days = _DAYS.fullmatch(typed)
    if days is None or not 1 <= int(days[1]) <= MOST_DAYS:
        return NoDays(typed)
    return UpcomingCommand(int(days[1]))
