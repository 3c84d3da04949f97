"""The form that records usage."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.changes import amounts, notes
from bot.changes.amounts import NotAnAmount
from bot.changes.forms import fields as parts
from bot.changes.forms import words as forms_words
from bot.changes.forms.fields import FEATURE_BLOCK, feature_field
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.spec import ChangeForm
from bot.changes.usage import words
from bot.changes.usage.request import UsageInput, mark
from bot.kit import blocks, form_values, ids, text
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import options

AMOUNT_BLOCK = "amount"
_LONGEST = 100


def build(state: FormState) -> FormContent:
    offered = _offered(state.facts)
    if not offered:
        return FormContent(state.meta, closed=words.NO_BALANCES)
    feature = _feature(state.meta, state.values)
    meta = state.meta.model_copy(update={"feature": feature})
    fields = [feature_field(offered, feature), _type_amount(state.values)]
    return FormContent(meta, fields=fields, problem=_typed_wrong(state.values))


def draft(meta: Meta, values: Values, facts: Facts) -> UsageInput | None:  # noqa: ARG001 - as all kinds
    feature = _feature(meta, values)
    value, _ = _amount(values)
    return None if value is None or not feature else _requested(meta, feature, value)


def parse(meta: Meta, values: Values) -> Parsed:
    feature = _feature(meta, values)
    value, wrong = _amount(values)
    errors = {} if feature else {FEATURE_BLOCK: forms_words.NO_FEATURE_PICKED}
    if wrong is not None:
        errors[AMOUNT_BLOCK] = notes.plain(wrong)
    return parts.parsed(meta, values, _requested(meta, feature, value or Decimal(0)), errors)


def feature_options(facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    return options.feature_options(_offered(facts), typed)


def _requested(meta: Meta, feature: str, value: Decimal) -> UsageInput:
    return UsageInput(customer=meta.customer, feature=feature, value=value, mark=mark(meta.submission))


def _feature(meta: Meta, values: Values) -> str:
    return form_values.chosen(values, FEATURE_BLOCK) or meta.feature


def _amount(values: Values) -> tuple[Decimal | None, Note | None]:
    try:
        return amounts.parse_amount(form_values.typed(values, AMOUNT_BLOCK)), None
    except NotAnAmount as problem:
        return None, amounts.note(problem.code)


def _typed_wrong(values: Values) -> str:
    _, wrong = _amount(values)
    return notes.plain(wrong) if wrong and form_values.typed(values, AMOUNT_BLOCK) else ""


def _offered(facts: Facts) -> Mapping[str, str]:
    """Names by id, of the balances that an option can carry."""
    called = parts.called(facts)
    return {
        feature: called.get(feature) or balance.name
        for feature, balance in facts.drawn_on.items()
        if 0 < text.length(feature) <= blocks.OPTION and not feature.startswith("#")
    }


def _type_amount(values: Values) -> Block:
    typed = form_values.typed(values, AMOUNT_BLOCK)[:_LONGEST]
    element = blocks.typed(parts.field_id("amount"), typed, most=_LONGEST, telling=True)
    return blocks.field(AMOUNT_BLOCK, words.AMOUNT, element, words.AMOUNT_HINT, listens=True)


FORM = ChangeForm(build, draft, parse, options={ids.FORM_FEATURE: feature_options})
