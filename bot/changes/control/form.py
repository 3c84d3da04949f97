"""The form that sets or removes a billing control."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.changes import amounts, notes
from bot.changes import words as changes_words
from bot.changes.amounts import NotAnAmount
from bot.changes.control import words
from bot.changes.control.input import INTERVALS, ControlInput, ControlType, ThresholdType
from bot.changes.control.values import value_of
from bot.changes.forms import features
from bot.changes.forms import fields as parts
from bot.changes.forms import words as forms_words
from bot.changes.forms.features import FEATURE_BLOCK
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.spec import ChangeForm
from bot.kit import blocks, form_values, ids, layout, text
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import controls, options
from bot.lookups.controls import Entry

CONTROL_BLOCK = "control"
ACTION_BLOCK = "action"
LIMIT_BLOCK = "limit"
INTERVAL_BLOCK = "interval"
TYPE_BLOCK = "threshold_type"
QUANTITY_BLOCK = "quantity"

SET, REMOVE = "set", "remove"
_ACTIONS = {SET: words.SET, REMOVE: words.REMOVE}
_MONTH = "month"
_LONGEST = 100
_NO_FIGURE: tuple[Decimal | None, Note | None] = (None, None)
_LIMIT_WORDS = {
    ControlType.ALERT: (words.THRESHOLD, words.THRESHOLD_HINT),
    ControlType.TOP_UP: (words.THRESHOLD, words.TOP_UP_HINT),
}
_MOST = 15


def build(state: FormState) -> FormContent:
    offered = features.offered(state.facts, switches=False)
    if not offered:
        return FormContent(state.meta, closed=words.NO_FEATURES)
    control, action = _control(state.values), _action(state.values)
    feature = _feature(state.meta, state.values)
    fields = [_pick_control(control), features.field(offered, feature), _pick_action(action)]
    if _limited(control, action):
        fields.append(_type_limit(control, state.values))
    if _buys(control, action):
        fields.append(_type_quantity(state.values))
    after: list[Block] = []
    if TYPE_BLOCK in _picked_with(control, action):
        after.append(_pick_type(_threshold_type(state.values)))
    if INTERVAL_BLOCK in _picked_with(control, action):
        after.append(_pick_interval(_interval(state.values)))
    meta = state.meta.model_copy(update={"feature": feature})
    return FormContent(meta, [_now(state.facts)], fields, after, problem=_typed_wrong(state.values))


def draft(meta: Meta, values: Values, facts: Facts) -> ControlInput | None:  # noqa: ARG001 - as all kinds
    feature = _feature(meta, values)
    return None if not feature or _typed_wrong(values) else _requested(meta, feature, values)


def parse(meta: Meta, values: Values) -> Parsed:
    feature = _feature(meta, values)
    errors = {} if feature else {FEATURE_BLOCK: forms_words.NO_FEATURE_PICKED}
    for block, (_, wrong) in _figures(values).items():
        if wrong is not None and block in values:
            errors[block] = notes.plain(wrong)
        elif wrong is not None:
            errors[CONTROL_BLOCK] = changes_words.STALE
    if not set(_picked_with(_control(values), _action(values))) <= set(values):
        errors[CONTROL_BLOCK] = changes_words.STALE
    return parts.parsed(meta, values, _requested(meta, feature, values), errors)


def feature_options(facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    return options.feature_options(features.offered(facts, switches=False), typed)


# What is filled in


def _requested(meta: Meta, feature: str, values: Values) -> ControlInput:
    control, action = _control(values), _action(values)
    figures, picked = _figures(values), _picked_with(control, action)
    limit, _ = figures.get(LIMIT_BLOCK, _NO_FIGURE)
    quantity, _ = figures.get(QUANTITY_BLOCK, _NO_FIGURE)
    return ControlInput(
        customer=meta.customer,
        control=control,
        feature=feature,
        remove=action == REMOVE,
        limit=limit,
        threshold_type=_threshold_type(values) if TYPE_BLOCK in picked else None,
        quantity=quantity,
        interval=_interval(values) if INTERVAL_BLOCK in picked else "",
    )


def _feature(meta: Meta, values: Values) -> str:
    return form_values.chosen(values, FEATURE_BLOCK) or meta.feature


def _control(values: Values) -> ControlType:
    picked = form_values.chosen(values, CONTROL_BLOCK)
    return next((control for control in ControlType if control == picked), ControlType.SPEND)


def _action(values: Values) -> str:
    return REMOVE if form_values.chosen(values, ACTION_BLOCK) == REMOVE else SET


def _limited(control: ControlType, action: str) -> bool:
    """An alert that is to go is known by its threshold."""
    return control is not ControlType.OVERAGE and (action == SET or control is ControlType.ALERT)


def _buys(control: ControlType, action: str) -> bool:
    return control is ControlType.TOP_UP and action == SET


def _picked_with(control: ControlType, action: str) -> tuple[str, ...]:
    """The selects that belong to it."""
    if control is ControlType.ALERT:
        return (TYPE_BLOCK,)
    return (INTERVAL_BLOCK,) if control is ControlType.USAGE and action == SET else ()


def _figures(values: Values) -> dict[str, tuple[Decimal | None, Note | None]]:
    """What is typed in each field for a number, or what is wrong with it."""
    control, action = _control(values), _action(values)
    asked = [LIMIT_BLOCK] if _limited(control, action) else []
    asked += [QUANTITY_BLOCK] if _buys(control, action) else []
    return {block: _figure(values, block) for block in asked}


def _figure(values: Values, block: str) -> tuple[Decimal | None, Note | None]:
    try:
        return amounts.parse_amount(form_values.typed(values, block)), None
    except NotAnAmount as problem:
        return None, amounts.note(problem.code)


def _interval(values: Values) -> str:
    picked = form_values.chosen(values, INTERVAL_BLOCK)
    return picked if picked in INTERVALS else _MONTH


def _threshold_type(values: Values) -> ThresholdType:
    picked = form_values.chosen(values, TYPE_BLOCK)
    return next((known for known in ThresholdType if known == picked), ThresholdType.USAGE_PERCENTAGE)


def _typed_wrong(values: Values) -> str:
    wrong = [
        notes.plain(problem)
        for block, (_, problem) in _figures(values).items()
        if problem and form_values.typed(values, block)
    ]
    return " ".join(wrong)


# The fields


def _now(facts: Facts) -> Block:
    """All that there are, a product's too."""
    called = parts.called(facts)
    found = [
        f"• {_line(control, label, entry, called)}"
        for control, label in words.LISTS.items()
        for entry in controls.entries(control, facts.customer)
    ]
    if not found:
        return blocks.section("now", words.NONE_NOW)
    return blocks.section("now", layout.listed(words.NOW, found, _MOST))


def _line(control: str, label: str, entry: Entry, called: Mapping[str, str]) -> str:
    feature = str(entry.get("feature_id") or "")
    source = "" if entry.get("source", "customer") == "customer" else words.FROM_PRODUCT
    told = [label, called.get(feature) or feature, value_of(control, entry), source]
    return " · ".join(text.mrkdwn(part, 120) for part in told if part)


def _pick_control(control: ControlType) -> Block:
    offered = {each: blocks.option(label, each.value, more) for each, (label, more) in words.CONTROLS.items()}
    element = blocks.radio(parts.field_id("control"), list(offered.values()), offered[control])
    return blocks.field(CONTROL_BLOCK, words.CONTROL, element, listens=True)


def _pick_action(action: str) -> Block:
    offered = {each: blocks.option(label, each, more) for each, (label, more) in _ACTIONS.items()}
    element = blocks.radio(parts.field_id("action"), list(offered.values()), offered[action])
    return blocks.field(ACTION_BLOCK, words.ACTION, element, listens=True)


def _type_limit(control: ControlType, values: Values) -> Block:
    label, hint = _LIMIT_WORDS.get(control, (words.LIMIT, words.LIMIT_HINT))
    return _type_figure(LIMIT_BLOCK, label, hint, values)


def _type_quantity(values: Values) -> Block:
    return _type_figure(QUANTITY_BLOCK, words.QUANTITY, words.QUANTITY_HINT, values)


def _type_figure(block: str, label: str, hint: str, values: Values) -> Block:
    typed = form_values.typed(values, block)[:_LONGEST]
    element = blocks.typed(parts.field_id(block), typed, most=_LONGEST, telling=True)
    return blocks.field(block, label, element, hint, listens=True)


def _pick_type(threshold_type: ThresholdType) -> Block:
    offered = {each: blocks.option(words.THRESHOLD_TYPES[each], each.value) for each in ThresholdType}
    element = blocks.select(
        parts.field_id(TYPE_BLOCK), words.THRESHOLD_TYPE, list(offered.values()), offered[threshold_type]
    )
    return blocks.field(TYPE_BLOCK, words.THRESHOLD_TYPE, element, listens=True)


def _pick_interval(interval: str) -> Block:
    offered = {each: blocks.option(words.INTERVAL_NAMES[each], each) for each in INTERVALS}
    element = blocks.select(
        parts.field_id("interval"), words.INTERVAL, list(offered.values()), offered[interval]
    )
    return blocks.field(INTERVAL_BLOCK, words.INTERVAL, element, listens=True)


FORM = ChangeForm(build, draft, parse, options={ids.FORM_FEATURE: feature_options})
