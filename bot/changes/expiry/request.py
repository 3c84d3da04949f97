"""A new expiry of a standalone grant, as it is requested, and why it is refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from bot.changes import canonical, standalone
from bot.changes.canonical import same_time
from bot.changes.common import identity_refusals
from bot.changes.expiry.words import ExpiryNote
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note
from bot.changes.standalone import GrantSize, StandaloneGrant

_FARTHEST = timedelta(days=3660)


class ExpiryInput(ChangeInput):
    kind: Literal["expiry"] = "expiry"
    feature: str
    row: str
    """The grant's id."""
    expires_at: AwareDatetime


def movable(grant: StandaloneGrant) -> bool:
    """Autumn takes an expiry of any grant, but without effect on an unlimited one, and one that refills would
    do so no more."""
    return grant.size is not GrantSize.UNLIMITED and grant.interval is None


def guard(request: ExpiryInput, facts: Facts, now: datetime) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    grant = standalone.find(request.feature, request.row, facts.customer)
    if grant is None:
        of_product = standalone.of_plan(request.feature, request.row, facts.customer)
        code = ExpiryNote.OF_PRODUCT if of_product else ExpiryNote.GRANT_GONE
        return Judgement((Note(code, {"feature": request.feature}),))
    refusals = tuple(_refusals(request, grant, now))
    if not refusals and same_time(request.expires_at, grant.expires_at):
        refusals = (Note(CommonNote.NOTHING_TO_DO),)
    if refusals:
        return Judgement(refusals)
    return Judgement((), () if grant.expires_at else (Note(ExpiryNote.CANNOT_CLEAR),))


def _refusals(request: ExpiryInput, grant: StandaloneGrant, now: datetime) -> Iterator[Note]:
    if grant.size is GrantSize.UNLIMITED:
        yield Note(ExpiryNote.UNLIMITED)
    elif not movable(grant):
        yield Note(ExpiryNote.REFILLS)
    if request.expires_at <= now:
        yield Note(ExpiryNote.PAST)
    elif request.expires_at > now + _FARTHEST:
        yield Note(ExpiryNote.TOO_FAR, {"latest": canonical.time(now + _FARTHEST)})
