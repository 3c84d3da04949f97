"""The removal of a standalone grant, as it is requested, and why it is refused."""

from collections.abc import Iterator
from typing import Literal

from bot.changes import canonical, standalone
from bot.changes.canonical import ZERO
from bot.changes.common import identity_refusals
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import Note
from bot.changes.standalone import GrantSize, StandaloneGrant
from bot.changes.ungrant.words import UngrantNote


class UngrantInput(ChangeInput):
    kind: Literal["ungrant"] = "ungrant"
    feature: str
    row: str
    """The grant's id."""


def guard(request: UngrantInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    grant = standalone.find(request.feature, request.row, facts.customer)
    if grant is None:
        of_product = standalone.of_plan(request.feature, request.row, facts.customer)
        code = UngrantNote.OF_PRODUCT if of_product else UngrantNote.USED_UP
        return Judgement((Note(code, {"feature": request.feature}),))
    return Judgement((), tuple(_warnings(grant, facts)))


def _warnings(grant: StandaloneGrant, facts: Facts) -> Iterator[Note]:
    if grant.size is GrantSize.AMOUNT and grant.used > ZERO:
        yield Note(UngrantNote.USED, {"units": canonical.number(grant.used)})
    balance = facts.drawn_on.get(grant.feature)
    if grant.size is GrantSize.UNLIMITED:
        yield Note(UngrantNote.OTHERS_HIDDEN, {"feature": grant.feature})
    elif balance is None or len(balance.breakdown) == 1:
        yield Note(UngrantNote.FEATURE_LOST, {"feature": grant.feature})
