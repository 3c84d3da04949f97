"""A whole balance change in one line: `give acme 5k messages because ticket 4711`. Pure.

    give  <customer> <amount> [<feature>] [because …]     give <amount> [<feature>] to <customer> [because …]
    set   <customer> <amount> <feature> [because …]       set <customer> [<feature>] to <amount> [because …]
    reset <customer> <feature> on <day> [because …]

Several features of one customer are joined by `and` or commas: `give acme 5k messages and 3 seats`, `set acme
messages to 5k and seats to 3`, `reset acme messages and seats on 1 Dec`.

The grammar is strict, since a misread amount is someone's money: whatever can be read in two ways is asked
about. Quotes keep several words, or a number, together as a name. `acme/ws_1` is an entity of a customer.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from bot.changes import amounts, notes
from bot.changes.amounts import NotAnAmount
from bot.changes.balance import words
from bot.changes.balance.words import BalanceAction
from bot.changes.spec import Misread
from bot.kit import text
from bot.lookups.find.query import QUOTES

BECAUSE = "because"

_WORD = re.compile(rf"[{QUOTES}][^{QUOTES}]+[{QUOTES}](?=\s|$)|\S+")
_NUMBER = re.compile(r"[+\-\u2212\u2013]*[.,]?\d")
"""The beginning of a word that may be meant as an amount."""
_LOOSE_SIGN = re.compile(r"[+\-\u2212\u2013]+|minus|plus", re.IGNORECASE)
_LOOSE_SCALE = re.compile(r"k|m|b|bn|mio|hundreds?|thousands?|millions?|billions?|dozens?", re.IGNORECASE)
_FILLERS = frozenset({"extra", "more", "of", "units"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3,9})\.?,?(?: (\d{4}))?", re.ASCII)
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,?(?: (\d{4}))?", re.ASCII)
_LEAP = 2028
_ENTITY = re.compile(r"([^/]+)/([^/]+)")
_SHOWN = 60
"""Characters of what was typed that are shown again."""


class Day(NamedTuple):
    month: int
    day: int
    year: int = 0
    """0: the next one there is."""

    def moment(self, now: datetime) -> datetime | None:
        """Its beginning by the calendar of billing, which is UTC's; None if that year has no such day."""
        years = (self.year,) if self.year else (now.year, now.year + 1)
        moments = [datetime(year, self.month, self.day, tzinfo=UTC) for year in years if self.exists_in(year)]
        return next((moment for moment in moments if moment > now or self.year), None)

    def exists_in(self, year: int) -> bool:
        try:
            date(year, self.month, self.day)
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class BalanceSentence:
    action: BalanceAction
    customer: str
    amount: str = ""
    """As it was typed, and as `amounts.parse_amount` takes it; empty where only the reset date moves."""
    feature: str = ""
    """As it was typed; empty where none was."""
    day: Day | None = None
    reason: str = ""
    entity: str = ""
    """As it was typed; empty for the whole customer."""


Sentences: TypeAlias = tuple[BalanceSentence, ...]
"""One or more, of one customer or of one entity of theirs. If there are several, each has a feature."""


def give(typed: str) -> Sentences | Misread:
    return _read(_turned(_Words.of(typed)), BalanceAction.GIVE, _given)


def set_to(typed: str) -> Sentences | Misread:
    return _read(_Words.of(typed), BalanceAction.SET, _set)


def reset_on(typed: str) -> Sentences | Misread:
    return _read(_Words.of(typed), BalanceAction.RESET_DATE, _reset)


# The changes of a sentence


class _Part(NamedTuple):
    """One change."""

    who: Sequence["_Word"]
    amount: str
    feature: str
    day: Day | None = None


_Parts: TypeAlias = Callable[[Sequence["_Word"]], "list[_Part] | Misread"]
"""Reads a customer and what to change; several changes only if they share all but the feature."""


def _given(sentence: Sequence["_Word"]) -> list[_Part] | Misread:
    amount = _amount(sentence)
    if isinstance(amount, Misread):
        return amount
    return [_Part(sentence[: amount.at], amount.typed, _feature(sentence[amount.at + 1 :]))]


def _set(sentence: Sequence["_Word"]) -> list[_Part] | Misread:
    amount = _amount(sentence)
    if isinstance(amount, Misread):
        return amount
    before, after = list(sentence[: amount.at]), sentence[amount.at + 1 :]
    feature = _feature(after)
    if len(before) > 1 and before[-1].is_word("to"):
        before.pop()
        if not after and len(before) > 1:
            feature = before.pop().text
    return [_Part(before, amount.typed, feature)]


def _reset(sentence: Sequence["_Word"]) -> list[_Part] | Misread:
    at = next((index for index, word in enumerate(sentence) if _dates(word)), None)
    if at is None or at < 2:
        return Misread(words.SAY_RESET)
    before, after = list(sentence[:at]), sentence[at + 1 :]
    day = _day(" ".join(word.text for word in after))
    if day is None:
        return Misread(words.SAY_DAY)
    features = [before.pop().text]
    while len(before) > 2 and before[-1].is_word("and"):
        before.pop()
        features.insert(0, before.pop().text)
    return [_Part(before, "", feature, day) for feature in features]


def _read(sentence: "_Words", action: BalanceAction, read: _Parts) -> Sentences | Misread:
    first, *other_clauses = _clauses(
        sentence.words, _dates if action is BalanceAction.RESET_DATE else _is_amount
    )
    parts = read(first)
    if isinstance(parts, Misread):
        return parts
    for clause in other_clauses:
        more = read((_THE_SAME, *clause))
        if isinstance(more, Misread):
            return more
        if len(more[0].who) > 1:
            return Misread(words.SAY_EACH)
        parts += more
    who = parts[0].who
    if len(parts) > 1 and not all(part.feature for part in parts):
        return Misread(words.SAY_EACH)
    return tuple(
        replace(_sentence(action, who, part.amount, part.feature, sentence.reason), day=part.day)
        for part in parts
    )


def _clauses(sentence: Sequence["_Word"], marks: Callable[["_Word"], bool]) -> Iterator[Sequence["_Word"]]:
    """The pieces between `and`s, if each has a word that `marks`; an `and` that belongs to a name is left
    alone. The first word is the customer's, whatever it looks like."""
    begins = 0
    ends = [at for at, word in enumerate(sentence) if word.is_word("and")]
    for end, following in pairwise([*ends, len(sentence)]):
        before, after = sentence[max(begins, 1) : end], sentence[end + 1 : following]
        if any(map(marks, before)) and any(map(marks, after)):
            yield sentence[begins:end]
            begins = end + 1
    yield sentence[begins:]


def _is_amount(word: "_Word") -> bool:
    return word.like_a_number


def _dates(word: "_Word") -> bool:
    return word.is_word("on") or word.is_word("to")


def _sentence(
    action: BalanceAction, who: Sequence["_Word"], amount: str, feature: str, reason: str
) -> BalanceSentence:
    """`who`: the words of the customer; `acme/ws_1` is an entity of theirs, unless it is quoted."""
    customer, entity = _joined(who), ""
    *first, last = who
    if not last.quoted and (parts := _ENTITY.fullmatch(last.text)):
        customer, entity = _joined([*first, last._replace(text=parts[1])]), parts[2]
    return BalanceSentence(action, customer, amount, feature, reason=reason, entity=entity)


# Reading


class _Word(NamedTuple):
    text: str
    """Without the quotes around it."""
    quoted: bool

    def is_word(self, plain: str) -> bool:
        return not self.quoted and self.text.lower() == plain

    @property
    def like_a_number(self) -> bool:
        return not self.quoted and _NUMBER.match(self.text) is not None


_THE_SAME = _Word("", quoted=True)
"""Stands for the customer who was named before."""


class _Words(NamedTuple):
    words: tuple[_Word, ...]
    reason: str

    @classmethod
    def of(cls, typed: str) -> "_Words":
        read: list[_Word] = []
        for match in _WORD.finditer(typed):
            quoted = len(match[0]) > 2 and match[0][0] in QUOTES and match[0][-1] in QUOTES
            word = _Word(match[0][1:-1] if quoted else match[0], quoted)
            if word.is_word(BECAUSE):
                return cls(_joints(read), typed[match.end() :].strip())
            read.append(word)
        return cls(_joints(read), "")


def _joints(sentence: Sequence[_Word]) -> tuple[_Word, ...]:
    """With `and` in place of each comma that has an amount on both sides."""
    joined: list[_Word] = []
    for word, following in pairwise([*sentence, _THE_SAME]):
        amount_before = any(before.like_a_number for before in joined[1:])
        joint = amount_before and not word.quoted and word.text.endswith(",")
        if joint and (following.like_a_number or following.is_word("and")):
            joined.append(word._replace(text=word.text[:-1]))
            if following.like_a_number:
                joined.append(_Word("and", quoted=False))
        else:
            joined.append(word)
    return tuple(joined)


def _turned(sentence: _Words) -> _Words:
    """`5k messages to acme` as `acme 5k messages`."""
    to = next((at for at, word in enumerate(sentence.words) if word.is_word("to")), None)
    if to is None or not sentence.words[0].like_a_number:
        return sentence
    return _Words((*sentence.words[to + 1 :], *sentence.words[:to]), sentence.reason)


class _Amount(NamedTuple):
    at: int
    typed: str


def _amount(sentence: Sequence[_Word]) -> _Amount | Misread:
    """The one word that is an amount. The first word is the customer's, whatever it looks like."""
    places = [index for index, word in enumerate(sentence) if index and word.like_a_number]
    if not places:
        return Misread(words.SAY_AMOUNT)
    if len(places) > 1:
        return Misread(words.two_amounts(*(text.code(sentence[index].text, _SHOWN) for index in places[:2])))
    at = places[0]
    typed = sentence[at].text
    sign, scale = sentence[at - 1], sentence[at + 1] if at + 1 < len(sentence) else None
    if not sign.quoted and _LOOSE_SIGN.fullmatch(sign.text):
        return Misread(words.loose(text.code(f"{sign.text} {typed}", _SHOWN)))
    if scale and not scale.quoted and _LOOSE_SCALE.fullmatch(scale.text):
        return Misread(words.loose(text.code(f"{typed} {scale.text}", _SHOWN)))
    try:
        amounts.parse_amount(typed)
    except NotAnAmount as problem:
        return Misread(words.not_read(text.code(typed, _SHOWN), notes.plain(amounts.note(problem.code))))
    return _Amount(at, typed)


def _feature(after: Sequence[_Word]) -> str:
    rest = list(after)
    while rest and not rest[0].quoted and rest[0].text.lower() in _FILLERS:
        rest.pop(0)
    while rest and not rest[-1].quoted and rest[-1].text.lower() in _FILLERS:
        rest.pop()
    return _joined(rest)


def _joined(sentence: Sequence[_Word]) -> str:
    return " ".join(word.text for word in sentence)


def _day(typed: str) -> Day | None:
    """`2026-12-01`, `1 Dec`, `Dec 1, 2026`. Not `1/12`, which is a day in January to some."""
    tidy = " ".join(typed.lower().split())
    if match := _ISO.fullmatch(tidy):
        day = Day(int(match[2]), int(match[3]), int(match[1]))
    elif match := _DAY_FIRST.fullmatch(tidy):
        day = Day(_month(match[2]), int(match[1]), int(match[3] or 0))
    elif match := _MONTH_FIRST.fullmatch(tidy):
        day = Day(_month(match[1]), int(match[2]), int(match[3] or 0))
    else:
        return None
    return day if day.exists_in(day.year or _LEAP) else None


def _month(name: str) -> int:
    """0 for none."""
    return _MONTHS.index(name[:3]) + 1 if name[:3] in _MONTHS else 0
