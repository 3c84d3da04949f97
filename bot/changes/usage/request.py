"""Usage to record, as it is requested, and why it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.autumn.models import Balance
from bot.changes import amounts, canonical, line_form
from bot.changes.canonical import ZERO
from bot.changes.common import identity_refusals
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import Note
from bot.changes.usage import words
from bot.changes.usage.words import UsageNote

_MARK = 20


class UsageInput(ChangeInput):
    kind: Literal["usage"] = "usage"
    feature: str
    value: Decimal
    """In units of the feature; below 0 to give back what was recorded."""
    mark: str
    """Sent with the event, which is recognized by it."""
    undoes: bool = False
    """Whether it gives back what was recorded: a person only records."""


def mark(submission: str) -> str:
    """The same for one form, however often it is submitted."""
    return submission[:_MARK]


def guard(request: UsageInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    balance = facts.drawn_on.get(request.feature)
    if balance is None:
        return Judgement((Note(UsageNote.NOT_HELD, {"feature": request.feature}),))
    refusals = tuple(_refusals(request, balance))
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(request, balance)))


def _refusals(request: UsageInput, balance: Balance) -> Iterator[Note]:
    if (problem := amounts.size_problem(request.value)) is not None:
        yield amounts.note(problem)
    elif (-request.value if request.undoes else request.value) <= ZERO:
        yield Note(UsageNote.ZERO)
    elif -request.value > max(balance.usage, ZERO):
        yield Note(UsageNote.LESS_USED, {"used": canonical.number(max(balance.usage, ZERO))})


def _warnings(request: UsageInput, balance: Balance) -> Iterator[Note]:
    if not balance.unlimited and request.value > balance.remaining:
        yield Note(UsageNote.MORE_THAN_LEFT, {"left": canonical.number(balance.remaining)})
    yield Note(UsageNote.STAYS_LISTED)


# As a line of a list


_WHAT = "feature"


@dataclass(frozen=True, slots=True)
class ListedUsage:
    feature: str
    value: Decimal


def read_line(line: LineReader) -> ListedUsage:
    line.takes_no_action()
    return ListedUsage(line.about(_WHAT), line.figure())


def fill_line(listed: ListedUsage, facts: Facts, unique: str) -> UsageInput | Note:
    """A feature that the customer does not have is refused by the guard."""
    feature = line_form.known_id(_WHAT, listed.feature, line_form.features(facts))
    return UsageInput(
        customer=facts.customer.id or "",
        feature=listed.feature if isinstance(feature, Note) else feature,
        value=listed.value,
        mark=mark(unique),
    )


LINE = LineForm(words.LINE_USAGE, read_line, fill_line)
