"""How a kind of change is written as one line of a list. Pure.

    customer,feature,amount,action,kind
    acme,messages,500,give
    acme,pro,,at the end,cancel
    acme,in_1abc,20,,refund

A line says what it is about, how much, and what to do; the kind defines what these cells mean.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias, TypeVar

from bot.changes import amounts, notes
from bot.changes.amounts import AmountNote, NotAnAmount
from bot.changes.model import ChangeInput, Facts
from bot.changes.notes import Note, NoteCode
from bot.lookups import names
from bot.lookups.find.query import fold

Cell: TypeAlias = Literal["about", "amount", "action"]
A = TypeVar("A")
_NO_FIGURE = Decimal(0)
_NO_DAY = datetime(1970, 1, 1, tzinfo=UTC)


class LineNote(NoteCode):
    """The problems with the cells of a line. `what` and `words` are Maple's own words."""

    MISSING = "line_missing", lambda of: f"The {of.wording('what')} is missing."
    UNKNOWN = (
        "line_unknown",
        lambda of: f"There is no {of.wording('what')} {of.text('typed')}, or several have this name.",
    )
    NOT_AN_AMOUNT = "line_not_an_amount", lambda of: f"{of.text('typed')}: {of.wording('why')}"
    NOT_A_DATE = (
        "line_not_a_date",
        lambda of: f"{of.text('typed')} is not a date. Write it like 2026-12-31.",
    )
    UNKNOWN_ACTION = (
        "line_unknown_action",
        lambda of: f"{of.text('typed')} is no action here. Write {of.wording('words')}.",
    )
    NO_ACTION = "line_no_action", lambda of: f"The action is missing. Write {of.wording('words')}."
    TAKES_NONE = "line_takes_none", lambda of: f"This kind of change takes no {of.wording('what')}."


@dataclass(frozen=True, slots=True)
class LineCells:
    """As typed; empty where nothing was."""

    about: str = ""
    """A feature, a product, a coupon, a promo code or an invoice."""
    amount: str = ""
    action: str = ""
    decimal_comma: bool = False
    """Whether the comma is the decimal one in its figures."""


@dataclass(frozen=True, slots=True)
class LineForm:
    usage: str
    """What its cells are, for people."""
    read: Callable[["LineReader"], Any]
    """What the cells say; not to be used if the reader has found an error."""
    fill: Callable[[Any, Facts, str], ChangeInput | Note]
    """The change, from what `read` made of the line; or why this customer cannot have it. The text is unique
    to the line, for kinds whose writes need an id."""
    actions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What a form can offer for all lines: words that the action takes, each with a label and a description
    of up to 75 characters."""


class LineReader:
    """Reads the cells of one line, and keeps the errors by cell."""

    def __init__(self, cells: LineCells) -> None:
        self.cells = cells
        self.wrong: dict[Cell, Note] = {}

    def about(self, expected: str) -> str:
        """`expected`: what it must be, in words."""
        if not self.cells.about:
            self.wrong["about"] = Note(LineNote.MISSING, {"what": expected})
        return self.cells.about

    def figure(self) -> Decimal:
        typed = self.cells.amount
        if not typed:
            self.wrong["amount"] = Note(LineNote.MISSING, {"what": "amount"})
            return _NO_FIGURE
        try:
            return parse_figure(typed, decimal_comma=self.cells.decimal_comma)
        except NotAnAmount as problem:
            why = notes.plain(amounts.note(problem.code))
            self.wrong["amount"] = Note(LineNote.NOT_AN_AMOUNT, {"typed": typed, "why": why})
            return _NO_FIGURE

    def day(self) -> datetime:
        """What the amount is for some actions: the beginning of a day by the calendar of billing, which is
        UTC's."""
        typed = self.cells.amount
        if not typed:
            self.wrong["amount"] = Note(LineNote.MISSING, {"what": "date"})
            return _NO_DAY
        day = parse_day(typed)
        if day is None:
            self.wrong["amount"] = Note(LineNote.NOT_A_DATE, {"typed": typed})
        return day or _NO_DAY

    def action(self, actions: Mapping[A, Sequence[str]], usual: A | None = None, *, also: str = "") -> A:
        """`actions`: the words for each, the first being the one people are told. `usual`: the action if the
        cell is empty; None if it must not be. `also`: what else can be written, in words."""
        typed = self.cells.action
        if not typed and usual is not None:
            return usual
        words = tidy(typed)
        for action, known_words in actions.items():
            if words in known_words:
                return action
        offered = [synonyms[0] for synonyms in actions.values()]
        details = {"typed": typed, "words": _either([*offered, *([also] if also else [])])}
        self.wrong["action"] = Note(LineNote.UNKNOWN_ACTION if typed else LineNote.NO_ACTION, details)
        return next(iter(actions))

    def takes_no_amount(self) -> None:
        if self.cells.amount:
            self.wrong["amount"] = Note(LineNote.TAKES_NONE, {"what": "amount"})

    def takes_no_action(self) -> None:
        if self.cells.action:
            self.wrong["action"] = Note(LineNote.TAKES_NONE, {"what": "action"})


def known_id(noun: str, typed: str, called: Mapping[str, str]) -> str | Note:
    """The id of what was typed: an id, or a name that only one of these has. `called`: names by id."""
    if typed in called:
        return typed
    named = [named_id for named_id, name in called.items() if fold(name) == fold(typed)]
    return named[0] if len(named) == 1 else Note(LineNote.UNKNOWN, {"what": noun, "typed": typed})


def features(facts: Facts) -> Mapping[str, str]:
    """Names of features by id, as far as they are known."""
    called = {feature.id: feature.name for feature in facts.features.values()}
    return {**names.features(facts.whole), **names.features(facts.customer), **called}


def tidy(typed: str) -> str:
    """For comparing with words: `At_the  End` is `at the end`."""
    return " ".join(fold(typed).replace("_", " ").replace("-", " ").split())


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


# Figures

_MARKS = ".,'\u2019 "
_GROUPS = re.compile(
    rf"([+\-\u2212\u2013]?)([1-9][0-9]{{0,2}}([{_MARKS}])[0-9]{{3}}(?:\3[0-9]{{3}})*)([.,][0-9]+)?"
)
_ZERO = re.compile(r"[+\-\u2212\u2013]?0[,' \u2019].*")
_DECIMAL_COMMA = re.compile(r"([+\-\u2212\u2013]?)(0,[0-9]{1,6}|[1-9][0-9]*,(?:[0-9]{1,2}|[0-9]{4,6}))")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_figure(typed: str, *, decimal_comma: bool) -> Decimal:
    """Like `amounts.parse_amount`, and large figures as they are written in Europe if that is unambiguous:
    `1.000,50`, `1.000.000`. Where the comma is the decimal one, `1,5` is one and a half, and `1,000` can be
    read in two ways. Raises NotAnAmount."""
    if decimal_comma and (comma := _DECIMAL_COMMA.fullmatch(typed)):
        return amounts.parse_amount(f"{comma[1]}{comma[2].replace(',', '.')}")
    if _ZERO.fullmatch(typed):
        raise NotAnAmount(AmountNote.SEPARATORS)
    groups = _GROUPS.fullmatch(typed)
    if groups is None:
        return amounts.parse_amount(typed)
    sign, whole, mark, fraction = groups[1], groups[2], groups[3], groups[4] or ""
    alone = whole.count(mark) == 1 and not fraction
    if fraction.startswith(mark) or (alone and (mark == "." or (mark == "," and decimal_comma))):
        raise NotAnAmount(AmountNote.SEPARATORS)
    return amounts.parse_amount(f"{sign}{whole.replace(mark, '')}{fraction.replace(',', '.')}")


def parse_day(typed: str) -> datetime | None:
    """Not `1/12`, which is a day in January to some."""
    if not _DATE.fullmatch(typed):
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=UTC)
    except ValueError:
        return None
