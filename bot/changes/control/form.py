"""The form that sets or removes a billing control."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.changes import amounts, notes
from bot.changes import words as changes_words
from bot.changes.amounts import NotAnAmount
from bot.changes.control import entries, words
from bot.changes.control.input import INTERVALS, ControlInput, ControlType
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
from bot.lookups import options

CONTROL_BLOCK = "control"
ACTION_BLOCK = "action"
LIMIT_BLOCK = "limit"
INTERVAL_BLOCK = "interval"

SET, REMOVE = "set", "remove"
_ACTIONS = {SET: words.SET, REMOVE: words.REMOVE}
_MONTH = "month"
_LONGEST = 100
_MOST = 15


def build(state: FormState) -> FormContent:
    offered = features.offered(state.facts, switches=False)
    if not offered:
        return FormContent(state.meta, closed=words.NO_FEATURES)
    control, action = _control(state.values), _action(state.values)
    feature = _feature(state.meta, state.values)
    fields = [_pick_control(control), features.field(offered, feature), _pick_action(action)]
    if _limited(control, action):
        fields.append(_type_limit(state.values))
    if control is ControlType.USAGE and action == SET:
        fields.append(_pick_interval(_interval(state.values)))
    meta = state.meta.model_copy(update={"feature": feature})
    return FormContent(meta, [_now(state.facts)], fields, problem=_typed_wrong(state.values))


def draft(meta: Meta, values: Values, facts: Facts) -> ControlInput | None:  # noqa: ARG001 - as all kinds
    feature = _feature(meta, values)
    limit, wrong = _limit(values)
    if not feature or (wrong is not None and form_values.typed(values, LIMIT_BLOCK)):
        return None
    return _requested(meta, feature, limit, values)


def parse(meta: Meta, values: Values) -> Parsed:
    feature = _feature(meta, values)
    limit, wrong = _limit(values)
    errors = {} if feature else {FEATURE_BLOCK: forms_words.NO_FEATURE_PICKED}
    if wrong is not None and LIMIT_BLOCK in values:
        errors[LIMIT_BLOCK] = notes.plain(wrong)
    elif wrong is not None or _interval_is_missing(values):
        errors[CONTROL_BLOCK] = changes_words.STALE
    return parts.parsed(meta, values, _requested(meta, feature, limit, values), errors)


def feature_options(facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    return options.feature_options(features.offered(facts, switches=False), typed)


# What is filled in


def _requested(meta: Meta, feature: str, limit: Decimal | None, values: Values) -> ControlInput:
    control, action = _control(values), _action(values)
    return ControlInput(
        customer=meta.customer,
        control=control,
        feature=feature,
        remove=action == REMOVE,
        limit=limit,
        interval=_interval(values) if control is ControlType.USAGE and action == SET else "",
    )


def _feature(meta: Meta, values: Values) -> str:
    return form_values.chosen(values, FEATURE_BLOCK) or meta.feature


def _control(values: Values) -> ControlType:
    picked = form_values.chosen(values, CONTROL_BLOCK)
    return next((control for control in ControlType if control == picked), ControlType.SPEND)


def _action(values: Values) -> str:
    return REMOVE if form_values.chosen(values, ACTION_BLOCK) == REMOVE else SET


def _limited(control: ControlType, action: str) -> bool:
    return action == SET and control is not ControlType.OVERAGE


def _limit(values: Values) -> tuple[Decimal | None, Note | None]:
    if not _limited(_control(values), _action(values)):
        return None, None
    try:
        return amounts.parse_amount(form_values.typed(values, LIMIT_BLOCK)), None
    except NotAnAmount as problem:
        return None, amounts.note(problem.code)


def _interval(values: Values) -> str:
    picked = form_values.chosen(values, INTERVAL_BLOCK)
    return picked if picked in INTERVALS else _MONTH


def _interval_is_missing(values: Values) -> bool:
    asked = _control(values) is ControlType.USAGE and _action(values) == SET
    return asked and INTERVAL_BLOCK not in values


def _typed_wrong(values: Values) -> str:
    _, wrong = _limit(values)
    return notes.plain(wrong) if wrong and form_values.typed(values, LIMIT_BLOCK) else ""


# The fields


def _now(facts: Facts) -> Block:
    """All that there are, a product's too."""
    called = parts.called(facts)
    found = [
        f"• {_line(control, label, entry, called)}"
        for control, label in words.LISTS.items()
        for entry in entries.shown(control, facts.customer)
    ]
    if not found:
        return blocks.section("now", words.NONE_NOW)
    return blocks.section("now", layout.listed(words.NOW, found, _MOST))


def _line(control: str, label: str, entry: entries.Entry, called: Mapping[str, str]) -> str:
    feature = str(entry.get("feature_id") or "")
    source = "" if entry.get("source", "customer") == "customer" else words.FROM_PRODUCT
    told = [label, called.get(feature) or feature, value_of(control, entry), source]
    return " · ".join(text.mrkdwn(part, 60) for part in told if part)


def _pick_control(control: ControlType) -> Block:
    offered = {each: blocks.option(label, each.value, more) for each, (label, more) in words.CONTROLS.items()}
    element = blocks.radio(parts.field_id("control"), list(offered.values()), offered[control])
    return blocks.field(CONTROL_BLOCK, words.CONTROL, element, listens=True)


def _pick_action(action: str) -> Block:
    offered = {each: blocks.option(label, each, more) for each, (label, more) in _ACTIONS.items()}
    element = blocks.radio(parts.field_id("action"), list(offered.values()), offered[action])
    return blocks.field(ACTION_BLOCK, words.ACTION, element, listens=True)


def _type_limit(values: Values) -> Block:
    typed = form_values.typed(values, LIMIT_BLOCK)[:_LONGEST]
    element = blocks.typed(parts.field_id("limit"), typed, most=_LONGEST, telling=True)
    return blocks.field(LIMIT_BLOCK, words.LIMIT, element, words.LIMIT_HINT, listens=True)


def _pick_interval(interval: str) -> Block:
    offered = {each: blocks.option(words.INTERVAL_NAMES[each], each) for each in INTERVALS}
    element = blocks.select(
        parts.field_id("interval"), words.INTERVAL, list(offered.values()), offered[interval]
    )
    return blocks.field(INTERVAL_BLOCK, words.INTERVAL, element, listens=True)


FORM = ChangeForm(build, draft, parse, options={ids.FORM_FEATURE: feature_options})
