"""Why a feature cannot be given, and what to know before giving it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.autumn.models import Feature
from bot.changes import amounts, canonical, standalone
from bot.changes.amounts import AmountNote
from bot.changes.common import identity_refusals
from bot.changes.common_notes import CommonNote
from bot.changes.grant.input import GrantInput
from bot.changes.grant.words import GrantNote
from bot.changes.model import Facts, Judgement
from bot.changes.notes import Note
from bot.changes.standalone import GrantSize

_FARTHEST = timedelta(days=3660)


def guard(request: GrantInput, facts: Facts, now: datetime) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    if not facts.features:
        return Judgement((Note(GrantNote.FEATURES_UNREAD),))
    feature = facts.features.get(request.feature)
    if feature is None:
        return Judgement((Note(GrantNote.FEATURE_UNKNOWN, {"feature": request.feature}),))
    refusals = (
        *_entity(request, facts),
        *_size(request, feature),
        *_already(request, facts),
        *_term(request, feature, now),
    )
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(request, facts)))


def _entity(request: GrantInput, facts: Facts) -> Iterator[Note]:
    """Of what is on or off, or unlimited, Autumn does not tell which is an entity's own."""
    entity = facts.scope.entity if facts.scope else None
    if entity is None:
        return
    if request.size is not GrantSize.AMOUNT:
        yield Note(GrantNote.ENTITY_AMOUNTS)
    elif request.feature == entity.feature_id:
        yield Note(GrantNote.ENTITY_FEATURE, {"feature": request.feature})


def _size(request: GrantInput, feature: Feature) -> Iterator[Note]:
    """Autumn answers a grant of the wrong sort with an error that does not say whether it was given."""
    switch = feature.type == "boolean"
    if switch != (request.size is GrantSize.SWITCH):
        yield Note(GrantNote.WRONG_SIZE, {"feature": request.feature})
    elif request.size is not GrantSize.AMOUNT:
        if request.amount is not None:
            yield Note(GrantNote.WRONG_SIZE, {"feature": request.feature})
    elif request.amount is None:
        yield Note(AmountNote.NO_AMOUNT)
    elif (problem := amounts.size_problem(request.amount)) is not None:
        yield amounts.note(problem)
    elif request.amount <= 0:
        # Autumn takes it, and the customer loses by it.
        yield Note(GrantNote.NOT_POSITIVE)


def _already(request: GrantInput, facts: Facts) -> Iterator[Note]:
    about = {"feature": request.feature}
    balance = facts.customer.balances.get(request.feature)
    if request.feature in facts.customer.flags:
        yield Note(GrantNote.ALREADY_ON, about)
    elif balance is not None and balance.unlimited:
        yield Note(GrantNote.ALREADY_UNLIMITED, about)
    elif standalone.find(request.feature, request.grant, facts.customer) is not None:
        yield Note(CommonNote.NOTHING_TO_DO)


def _term(request: GrantInput, feature: Feature, now: datetime) -> Iterator[Note]:
    if request.every and request.expires_at is not None:
        yield Note(GrantNote.RESET_AND_EXPIRY)
    if request.every and not (request.size is GrantSize.AMOUNT and feature.consumable):
        yield Note(GrantNote.NEVER_REFILLS, {"feature": request.feature})
    if request.expires_at is not None and request.expires_at <= now:
        yield Note(GrantNote.EXPIRY_PAST)
    elif request.expires_at is not None and request.expires_at > now + _FARTHEST:
        yield Note(GrantNote.EXPIRY_TOO_FAR, {"latest": canonical.time(now + _FARTHEST)})


def _warnings(request: GrantInput, facts: Facts) -> Iterator[Note]:
    balance = facts.customer.balances.get(request.feature)
    if request.size is GrantSize.UNLIMITED and balance is not None:
        yield Note(GrantNote.HIDES_ROWS, {"feature": request.feature})
    if request.size is GrantSize.AMOUNT:
        if balance is not None and not request.every:
            yield Note(GrantNote.USED_LATER)
        yield Note(GrantNote.VANISHES)
