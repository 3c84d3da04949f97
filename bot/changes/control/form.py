"""The form that sets or removes a billing control."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, assert_never

from bot.changes import amounts, notes
from bot.changes import words as changes_words
from bot.changes.amounts import NotAnAmount
from bot.changes.control import properties, words
from bot.changes.control.properties import NotProperties
from bot.changes.control.request import ControlInput, value_of
from bot.changes.control.words import (
    INTERVALS,
    PURCHASE_INTERVALS,
    UNLIMITED,
    ControlNote,
    ControlType,
    ThresholdType,
)
from bot.changes.forms import fields as parts
from bot.changes.forms import words as forms_words
from bot.changes.forms.fields import FEATURE_BLOCK, feature_field, offered_features
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
LIMIT_TYPE_BLOCK = "limit_type"
PROPERTIES_BLOCK = "properties"
PURCHASES_IN_BLOCK = "purchases_in"
PURCHASES_BLOCK = "purchases"

SET, REMOVE = "set", "remove"
_ACTIONS = {SET: words.SET, REMOVE: words.REMOVE}
_MONTH = "month"
_UNITS, _PERCENT = "units", "percent"
_KEPT = "kept"
_LONGEST = 100
_LONGEST_PROPERTIES = 500
_NO_FIGURE: tuple[Decimal | None, Note | None] = (None, None)
_NOT_PROPERTIES = Note(ControlNote.PROPERTIES)
_LIMIT_WORDS = {
    ControlType.ALERT: (words.THRESHOLD, words.THRESHOLD_HINT),
    ControlType.TOP_UP: (words.THRESHOLD, words.TOP_UP_HINT),
}
_MOST = 15


def build(state: FormState) -> FormContent:
    offered = offered_features(state.facts, switches=False)
    if not offered:
        return FormContent(state.meta, closed=words.NO_FEATURES)
    control, action = _control(state.values), _action(state.values)
    feature = _feature(state.meta, state.values)
    fields = [_pick_control(control), feature_field(offered, feature), _pick_action(action)]
    if _limited(control, action):
        fields.append(_type_limit(control, state.values))
    if _buys(control, action):
        fields.append(_type_quantity(state.values))
    after = [_BELONGING[block](state.values) for block in _belonging(control, action)]
    if PURCHASES_BLOCK in _figures(state.values):
        after.append(_type_purchases(state.values))
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
    belonging = _belonging(_control(values), _action(values))
    if not set(belonging) <= set(values):
        errors[CONTROL_BLOCK] = changes_words.STALE
    elif PROPERTIES_BLOCK in belonging and _properties(values) is None:
        errors[PROPERTIES_BLOCK] = notes.plain(_NOT_PROPERTIES)
    return parts.parsed(meta, values, _requested(meta, feature, values), errors)


def feature_options(facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    return options.feature_options(offered_features(facts, switches=False), typed)


# What is filled in


def _requested(meta: Meta, feature: str, values: Values) -> ControlInput:
    control, action = _control(values), _action(values)
    figures, belonging = _figures(values), _belonging(control, action)
    limit, _ = figures.get(LIMIT_BLOCK, _NO_FIGURE)
    quantity, _ = figures.get(QUANTITY_BLOCK, _NO_FIGURE)
    purchases, _ = figures.get(PURCHASES_BLOCK, _NO_FIGURE)
    return ControlInput(
        customer=meta.customer,
        control=control,
        feature=feature,
        remove=action == REMOVE,
        limit=limit,
        percentage=LIMIT_TYPE_BLOCK in belonging and _limit_type(values) == _PERCENT,
        threshold_type=_threshold_type(values) if TYPE_BLOCK in belonging else None,
        quantity=quantity,
        purchases=purchases,
        purchases_in=_purchases_in(values) if PURCHASES_IN_BLOCK in belonging else "",
        interval=_interval(values) if INTERVAL_BLOCK in belonging else "",
        properties=(_properties(values) or "") if PROPERTIES_BLOCK in belonging else "",
    )


def _feature(meta: Meta, values: Values) -> str:
    return form_values.chosen(values, FEATURE_BLOCK) or meta.feature


def _control(values: Values) -> ControlType:
    return form_values.one_of(values, CONTROL_BLOCK, ControlType, ControlType.SPEND)


def _action(values: Values) -> str:
    return REMOVE if form_values.chosen(values, ACTION_BLOCK) == REMOVE else SET


def _limited(control: ControlType, action: str) -> bool:
    """An alert that is to go is known by its threshold."""
    return control is not ControlType.OVERAGE and (action == SET or control is ControlType.ALERT)


def _buys(control: ControlType, action: str) -> bool:
    return control is ControlType.TOP_UP and action == SET


def _belonging(control: ControlType, action: str) -> tuple[str, ...]:
    """The fields that belong to it and need no answer."""
    match control:
        case ControlType.SPEND:
            return (LIMIT_TYPE_BLOCK,) if action == SET else ()
        case ControlType.USAGE:
            return (INTERVAL_BLOCK, PROPERTIES_BLOCK) if action == SET else (PROPERTIES_BLOCK,)
        case ControlType.OVERAGE:
            return ()
        case ControlType.ALERT:
            return (TYPE_BLOCK,)
        case ControlType.TOP_UP:
            return (PURCHASES_IN_BLOCK,) if action == SET else ()
        case _:
            assert_never(control)


def _figures(values: Values) -> dict[str, tuple[Decimal | None, Note | None]]:
    """What is typed in each field for a number, or the problem with it."""
    control, action = _control(values), _action(values)
    fields = [LIMIT_BLOCK] if _limited(control, action) else []
    if _buys(control, action):
        fields.append(QUANTITY_BLOCK)
        if _purchases_in(values) in PURCHASE_INTERVALS:
            fields.append(PURCHASES_BLOCK)
    return {block: _figure(values, block) for block in fields}


def _figure(values: Values, block: str) -> tuple[Decimal | None, Note | None]:
    try:
        return amounts.parse_amount(form_values.typed(values, block)), None
    except NotAnAmount as problem:
        return None, amounts.note(problem.code)


def _interval(values: Values) -> str:
    return form_values.one_of(values, INTERVAL_BLOCK, INTERVALS, _MONTH)


def _threshold_type(values: Values) -> ThresholdType:
    return form_values.one_of(values, TYPE_BLOCK, ThresholdType, ThresholdType.USAGE_PERCENTAGE)


def _limit_type(values: Values) -> str:
    return _PERCENT if form_values.chosen(values, LIMIT_TYPE_BLOCK) == _PERCENT else _UNITS


def _purchases_in(values: Values) -> str:
    """Empty: how often it may buy stays as it is."""
    return form_values.one_of(values, PURCHASES_IN_BLOCK, (*PURCHASE_INTERVALS, UNLIMITED), "")


def _properties(values: Values) -> str | None:
    """None if the typed text is not properties."""
    try:
        return properties.dump(properties.parse(form_values.typed_lines(values, PROPERTIES_BLOCK)))
    except NotProperties:
        return None


def _typed_wrong(values: Values) -> str:
    wrong = [
        notes.plain(problem)
        for block, (_, problem) in _figures(values).items()
        if problem and form_values.typed(values, block)
    ]
    if PROPERTIES_BLOCK in _belonging(_control(values), _action(values)) and _properties(values) is None:
        wrong.append(notes.plain(_NOT_PROPERTIES))
    return " ".join(wrong)


# The fields


def _now(facts: Facts) -> Block:
    """All that there are, a product's too."""
    called = parts.called(facts)
    entry_lines = [
        f"• {_line(control, label, entry, called)}"
        for control, label in words.LISTS.items()
        for entry in controls.entries(control, facts.customer)
    ]
    if not entry_lines:
        return blocks.section("now", words.NONE_NOW)
    return blocks.section("now", layout.listed(words.NOW, entry_lines, _MOST))


def _line(control: str, label: str, entry: Entry, called: Mapping[str, str]) -> str:
    feature = str(entry.get("feature_id") or "")
    source = "" if entry.get("source", "customer") == "customer" else words.FROM_PRODUCT
    facts_shown = [label, called.get(feature) or feature, value_of(control, entry), source]
    return " · ".join(text.mrkdwn(part, 120) for part in facts_shown if part)


def _pick_control(control: ControlType) -> Block:
    return parts.radio(CONTROL_BLOCK, words.CONTROL, words.CONTROLS, control)


def _pick_action(action: str) -> Block:
    return parts.radio(ACTION_BLOCK, words.ACTION, _ACTIONS, action)


def _type_limit(control: ControlType, values: Values) -> Block:
    label, hint = _LIMIT_WORDS.get(control, (words.LIMIT, words.LIMIT_HINT))
    if control is ControlType.SPEND and _limit_type(values) == _PERCENT:
        hint = words.PERCENT_HINT
    return _type_figure(LIMIT_BLOCK, label, hint, values)


def _type_quantity(values: Values) -> Block:
    return _type_figure(QUANTITY_BLOCK, words.QUANTITY, words.QUANTITY_HINT, values)


def _type_purchases(values: Values) -> Block:
    return _type_figure(PURCHASES_BLOCK, words.PURCHASES, words.PURCHASES_HINT, values)


def _type_figure(block: str, label: str, hint: str, values: Values) -> Block:
    typed = form_values.typed(values, block)[:_LONGEST]
    element = blocks.typed(parts.field_id(block), typed, most=_LONGEST, telling=True)
    return blocks.field(block, label, element, hint, listens=True)


def _pick_threshold_type(values: Values) -> Block:
    labels = {threshold_type.value: label for threshold_type, label in words.THRESHOLD_TYPES.items()}
    return _select(TYPE_BLOCK, words.THRESHOLD_TYPE, labels, _threshold_type(values).value)


def _pick_interval(values: Values) -> Block:
    labels = {interval: words.INTERVAL_NAMES[interval] for interval in INTERVALS}
    return _select(INTERVAL_BLOCK, words.INTERVAL, labels, _interval(values))


def _pick_limit_type(values: Values) -> Block:
    labels = {_UNITS: words.LIMIT_UNITS, _PERCENT: words.LIMIT_PERCENT}
    return _select(LIMIT_TYPE_BLOCK, words.LIMIT_TYPE, labels, _limit_type(values))


def _pick_purchases_in(values: Values) -> Block:
    labels = {_KEPT: words.PURCHASES_KEPT, UNLIMITED: words.PURCHASES_UNLIMITED, **words.PURCHASES_PER}
    return _select(PURCHASES_IN_BLOCK, words.PURCHASES_IN, labels, _purchases_in(values) or _KEPT)


def _select(block: str, label: str, labels: Mapping[str, str], picked: str) -> Block:
    offered = {value: blocks.option(option_label, value) for value, option_label in labels.items()}
    element = blocks.select(parts.field_id(block), label, list(offered.values()), offered[picked])
    return blocks.field(block, label, element, listens=True)


def _type_properties(values: Values) -> Block:
    typed = form_values.typed_lines(values, PROPERTIES_BLOCK)[:_LONGEST_PROPERTIES]
    hint = words.WHICH_HINT if _action(values) == REMOVE else words.PROPERTIES_HINT
    element = blocks.typed(
        parts.field_id(PROPERTIES_BLOCK), typed, most=_LONGEST_PROPERTIES, lines=True, telling=True
    )
    return blocks.field(PROPERTIES_BLOCK, words.PROPERTIES, element, hint, optional=True, listens=True)


_BELONGING: Mapping[str, Callable[[Values], Block]] = {
    LIMIT_TYPE_BLOCK: _pick_limit_type,
    INTERVAL_BLOCK: _pick_interval,
    PROPERTIES_BLOCK: _type_properties,
    TYPE_BLOCK: _pick_threshold_type,
    PURCHASES_IN_BLOCK: _pick_purchases_in,
}
FORM = ChangeForm(build, draft, parse, options={ids.FORM_FEATURE: feature_options})
