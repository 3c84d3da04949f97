"""Why usage cannot be recorded, and what to know before it is."""

from collections.abc import Iterator

from bot.autumn.models import Balance
from bot.changes import amounts, canonical
from bot.changes.canonical import ZERO
from bot.changes.common import identity_refusals
from bot.changes.model import Facts, Judgement
from bot.changes.notes import Note
from bot.changes.usage.input import UsageInput
from bot.changes.usage.words import UsageNote


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
    elif request.value == ZERO or (request.value < ZERO and not request.undoes):
        yield Note(UsageNote.ZERO)
    elif -request.value > max(balance.usage, ZERO):
        yield Note(UsageNote.LESS_USED, {"used": canonical.number(max(balance.usage, ZERO))})


def _warnings(request: UsageInput, balance: Balance) -> Iterator[Note]:
    if not balance.unlimited and request.value > balance.remaining:
        yield Note(UsageNote.MORE_THAN_LEFT, {"left": canonical.number(balance.remaining)})
    yield Note(UsageNote.STAYS_LISTED)
