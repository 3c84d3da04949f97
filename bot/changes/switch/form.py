"""The form that changes a customer's product."""

from bot.autumn.models import Plan
from bot.changes import notes
from bot.changes import words as changes_words
from bot.changes.billing import form as billing_form
from bot.changes.billing.product_fields import (
    chosen_quantities,
    pickable_products,
    picked_product,
    product_field,
    quantity_fields,
    quantity_problem,
    remembered_features,
    submitted_quantities,
)
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.spec import ChangeForm
from bot.changes.switch import words
from bot.changes.switch.request import SwitchInput, offered_products, replaced_by
from bot.changes.switch.words import Kept, SwitchAction, SwitchNote
from bot.kit import blocks, form_values
from bot.kit.form_values import Values

PRODUCT_BLOCK = "product"
_REPLACES = "replaces"
ACTION_BLOCK = "action"
KEPT_BLOCK = "kept"


def build(state: FormState) -> FormContent:
    pickable = _pickable(state.facts)
    if not pickable:
        return FormContent(state.meta, closed=words.NO_PRODUCTS)
    action, plan = _action(state.values), _picked(state.values, state.facts)
    content = [
        product_field(PRODUCT_BLOCK, words.PRODUCT, words.PICK_PRODUCT, state, pickable),
        *(quantity_fields(state, plan) if plan is not None else ()),
        parts.radio(ACTION_BLOCK, words.WHEN, words.ACTIONS, action),
    ]
    if action is SwitchAction.NOW:
        content.append(parts.radio(KEPT_BLOCK, words.KEPT, words.KEEPING, _kept(state.values)))
    if left_out := len(offered_products(state.facts)) - len(pickable):
        content.append(blocks.context("left_out", words.left_out(left_out)))
    return FormContent(
        _remember(state, plan),
        billing_form.held(state.facts),
        content,
        problem=quantity_problem(state.values, plan) if plan is not None else "",
    )


def draft(meta: Meta, values: Values, facts: Facts) -> SwitchInput | None:
    plan = _picked(values, facts)
    quantities = chosen_quantities(values, plan) if plan is not None else None
    if plan is None or quantities is None:
        return None
    return _request(meta, values, _replaced(plan.id, facts), quantities)


def parse(meta: Meta, values: Values) -> Parsed:
    quantities, errors = submitted_quantities(meta, values)
    chosen = form_values.chosen(values, PRODUCT_BLOCK)
    if not chosen:
        errors[PRODUCT_BLOCK] = notes.plain(Note(SwitchNote.NO_PRODUCT))
    if ACTION_BLOCK not in values or (chosen and meta.shown.get(PRODUCT_BLOCK) != chosen):
        errors[PRODUCT_BLOCK] = changes_words.STALE
    elif _action(values) is SwitchAction.NOW and KEPT_BLOCK not in values:
        errors[ACTION_BLOCK] = changes_words.STALE
    request = _request(meta, values, meta.shown.get(_REPLACES, ""), quantities)
    return parts.parsed(meta, values, request, errors)


def _remember(state: FormState, plan: Plan | None) -> Meta:
    """The meta with what the picked product replaces and sells: a submission comes without facts."""
    if plan is None:
        return state.meta.model_copy(update={"shown": {}})
    shown = {PRODUCT_BLOCK: plan.id, _REPLACES: _replaced(plan.id, state.facts)}
    return state.meta.model_copy(update={"shown": shown | dict(remembered_features(plan))})


def _picked(values: Values, facts: Facts) -> Plan | None:
    return picked_product(PRODUCT_BLOCK, values, _pickable(facts))


def _replaced(product: str, facts: Facts) -> str:
    return next((subscription.plan_id for subscription in replaced_by(product, facts)), "")


def _request(
    meta: Meta, values: Values, replaces: str, quantities: tuple[FeatureQuantity, ...]
) -> SwitchInput:
    action = _action(values)
    return SwitchInput(
        customer=meta.customer,
        product=form_values.chosen(values, PRODUCT_BLOCK),
        action=action,
        kept=_kept(values) if action is SwitchAction.NOW else Kept.NOTHING,
        replaces=replaces,
        quantities=quantities,
    )


def _action(values: Values) -> SwitchAction:
    return form_values.one_of(values, ACTION_BLOCK, words.ACTIONS, SwitchAction.NOW)


def _kept(values: Values) -> Kept:
    return form_values.one_of(values, KEPT_BLOCK, Kept, Kept.NOTHING)


def _pickable(facts: Facts) -> list[Plan]:
    return pickable_products(offered_products(facts).values())


FORM = ChangeForm(build, draft, parse)
