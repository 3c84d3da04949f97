"""The form that gives a feature."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.autumn.models import Feature
from bot.changes import amounts, notes
from bot.changes import words as changes_words
from bot.changes.amounts import NotAnAmount
from bot.changes.forms import fields as parts
from bot.changes.forms import words as forms_words
from bot.changes.forms.fields import FEATURE_BLOCK, feature_field, offered_features
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.grant import words
from bot.changes.grant.request import INTERVALS, GrantInput, grant_id
from bot.changes.model import ChangeInput, Facts
from bot.changes.notes import Note
from bot.changes.spec import ChangeForm, Presets
from bot.changes.standalone import GrantSize
from bot.kit import blocks, form_values, ids, numbers
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import options

SIZE_BLOCK = "size"
AMOUNT_BLOCK = "amount"
LASTS_BLOCK = "lasts"
ENDS_BLOCK = "ends"
"""The same question for what cannot be refilled: in another block, so that an earlier choice to refill is
dropped."""
EXPIRES_BLOCK = "expires"
EVERY_BLOCK = "every"

FOR_GOOD, UNTIL_DATE, REFILLED = "for_good", "until_date", "refilled"
_TERMS = {FOR_GOOD: words.FOR_GOOD, UNTIL_DATE: words.UNTIL_DATE, REFILLED: words.REFILLED}
_MONTH = "month"
_LONGEST = 100


def build(state: FormState) -> FormContent:
    offered = offered_features(state.facts, switches=True)
    if not offered:
        return FormContent(state.meta, closed=words.NO_FEATURES)
    feature = state.facts.features.get(_feature(state.meta, state.values))
    meta = state.meta.model_copy(update={"feature": feature.id if feature else ""})
    fields = [feature_field(offered, meta.feature)]
    if feature is None:
        return FormContent(meta, fields=fields, problem=_typed_wrong(state.values))
    size = _size(feature, state.values)
    fields += [] if size is GrantSize.SWITCH else [_pick_size(size)]
    lasts = _how_long(feature, size, state.values)
    if size is not GrantSize.AMOUNT:
        return FormContent(meta, fields=[*fields, *lasts], problem=_typed_wrong(state.values))
    fields.append(_type_amount(state.values))
    return FormContent(meta, fields=fields, after=lasts, problem=_typed_wrong(state.values))


def draft(meta: Meta, values: Values, facts: Facts) -> GrantInput | None:
    feature = facts.features.get(_feature(meta, values))
    if feature is None:
        return None
    size = _size(feature, values)
    term = _term(values, refills=_refills(feature, size))
    expires_at = form_values.moment(values, EXPIRES_BLOCK)
    if term == UNTIL_DATE and expires_at is None:
        return None
    amount, wrong = _amount(values) if size is GrantSize.AMOUNT else (None, None)
    if wrong is not None and form_values.typed(values, AMOUNT_BLOCK):
        return None
    return GrantInput(
        customer=meta.customer,
        feature=feature.id,
        grant=grant_id(meta.submission),
        size=size,
        amount=amount,
        expires_at=expires_at if term == UNTIL_DATE else None,
        every=_every(values) if term == REFILLED else "",
    )


def parse(meta: Meta, values: Values) -> Parsed:
    """Of the fields that were drawn: a feature that is on or off has no size."""
    feature = _feature(meta, values)
    if not feature:
        return parts.parsed(meta, values, None, {FEATURE_BLOCK: forms_words.NO_FEATURE_PICKED})
    lasts = ENDS_BLOCK if ENDS_BLOCK in values else LASTS_BLOCK
    if feature != meta.feature or lasts not in values:
        return parts.parsed(meta, values, None, {FEATURE_BLOCK: changes_words.STALE})
    errors: dict[str, str] = {}
    size = _picked_size(values) if SIZE_BLOCK in values else GrantSize.SWITCH
    amount: Decimal | None = None
    if size is GrantSize.AMOUNT:
        amount, wrong = _amount(values)
        if AMOUNT_BLOCK not in values:
            errors[SIZE_BLOCK] = changes_words.STALE
        elif wrong is not None:
            errors[AMOUNT_BLOCK] = notes.plain(wrong)
    term = form_values.chosen(values, lasts)
    expires_at = form_values.moment(values, EXPIRES_BLOCK)
    drawn = {UNTIL_DATE: EXPIRES_BLOCK, REFILLED: EVERY_BLOCK}.get(term)
    if drawn is not None and drawn not in values:
        errors[lasts] = changes_words.STALE
    elif term == UNTIL_DATE and expires_at is None:
        errors[EXPIRES_BLOCK] = words.NO_DATE_PICKED
    request = GrantInput(
        customer=meta.customer,
        feature=feature,
        grant=grant_id(meta.submission),
        size=size,
        amount=amount,
        expires_at=expires_at if term == UNTIL_DATE else None,
        every=_every(values) if term == REFILLED else "",
    )
    return parts.parsed(meta, values, request, errors)


def feature_options(facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    return options.feature_options(offered_features(facts, switches=True), typed)


# What is filled in


def _feature(meta: Meta, values: Values) -> str:
    return form_values.chosen(values, FEATURE_BLOCK) or meta.feature


def _size(feature: Feature, values: Values) -> GrantSize:
    return GrantSize.SWITCH if feature.type == "boolean" else _picked_size(values)


def _picked_size(values: Values) -> GrantSize:
    unlimited = form_values.chosen(values, SIZE_BLOCK) == GrantSize.UNLIMITED
    return GrantSize.UNLIMITED if unlimited else GrantSize.AMOUNT


def _amount(values: Values) -> tuple[Decimal | None, Note | None]:
    try:
        return amounts.parse_amount(form_values.typed(values, AMOUNT_BLOCK)), None
    except NotAnAmount as problem:
        return None, amounts.note(problem.code)


def _typed_wrong(values: Values) -> str:
    _, wrong = _amount(values)
    return notes.plain(wrong) if wrong and form_values.typed(values, AMOUNT_BLOCK) else ""


def _refills(feature: Feature, size: GrantSize) -> bool:
    """Seats and the like never refill, nor does what has no amount."""
    return size is GrantSize.AMOUNT and feature.consumable


def _term(values: Values, *, refills: bool) -> str:
    return form_values.one_of(values, LASTS_BLOCK if refills else ENDS_BLOCK, _TERMS, FOR_GOOD)


def _every(values: Values) -> str:
    return form_values.one_of(values, EVERY_BLOCK, INTERVALS, _MONTH)


# The fields


def _how_long(feature: Feature, size: GrantSize, values: Values) -> list[Block]:
    refills = _refills(feature, size)
    term = _term(values, refills=refills)
    return [
        _pick_term(term, refills=refills),
        *([pick_expiry(form_values.moment(values, EXPIRES_BLOCK))] if term == UNTIL_DATE else []),
        *([_pick_interval(_every(values))] if term == REFILLED else []),
    ]


def _pick_size(size: GrantSize) -> Block:
    return parts.radio(SIZE_BLOCK, words.SIZE, words.SIZES, size)


def _type_amount(values: Values) -> Block:
    typed = form_values.typed(values, AMOUNT_BLOCK)[:_LONGEST]
    element = blocks.typed(parts.field_id("amount"), typed, most=_LONGEST, telling=True)
    return blocks.field(AMOUNT_BLOCK, words.AMOUNT, element, words.AMOUNT_HINT, listens=True)


def _pick_term(term: str, *, refills: bool) -> Block:
    offered = {
        possible: blocks.option(label, possible, more)
        for possible, (label, more) in _TERMS.items()
        if refills or possible != REFILLED
    }
    element = blocks.radio(parts.field_id("lasts"), list(offered.values()), offered[term])
    return blocks.field(LASTS_BLOCK if refills else ENDS_BLOCK, words.LASTS, element, listens=True)


def pick_expiry(expires_at: datetime | None) -> Block:
    element = blocks.moment(parts.field_id("expires"), int(expires_at.timestamp()) if expires_at else None)
    return blocks.field(EXPIRES_BLOCK, words.EXPIRES, element, words.EXPIRES_HINT, listens=True)


def _pick_interval(every: str) -> Block:
    offered = {interval: blocks.option(words.INTERVAL_NAMES[interval], interval) for interval in INTERVALS}
    element = blocks.select(parts.field_id("every"), words.EVERY, list(offered.values()), offered[every])
    return blocks.field(EVERY_BLOCK, words.EVERY, element, listens=True)


# Presets


def _preset_fits(feature: str, facts: Facts) -> bool:
    return feature in offered_features(facts, switches=False)


def _given(request: ChangeInput) -> tuple[str, Decimal] | None:
    """The feature and the amount of a grant."""
    if isinstance(request, GrantInput) and request.amount:
        return request.feature, request.amount
    return None


def _fill_preset(feature: str, amount: Decimal) -> Values:
    return {
        FEATURE_BLOCK: form_values.with_option(ids.FORM_FEATURE, feature),
        SIZE_BLOCK: form_values.with_option(parts.field_id("size"), GrantSize.AMOUNT),
        AMOUNT_BLOCK: form_values.with_text(parts.field_id("amount"), numbers.number(amount)),
    }


FORM = ChangeForm(
    build,
    draft,
    parse,
    options={ids.FORM_FEATURE: feature_options},
    presets=Presets(_preset_fits, _given, _fill_preset),
)
