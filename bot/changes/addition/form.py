"""The form that gives a customer a product in addition to the others."""

from bot.autumn.models import Plan
from bot.changes import notes
from bot.changes import words as changes_words
from bot.changes.addition import words
from bot.changes.addition.request import AdditionInput, offered_products
from bot.changes.addition.words import AdditionNote
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
from bot.kit import blocks, form_values
from bot.kit.form_values import Values
from bot.lookups.products.subscriptions import is_one_time

PRODUCT_BLOCK = "addition"
_ONE_TIME = "one_time"


def build(state: FormState) -> FormContent:
    pickable = _pickable(state.facts)
    if not pickable:
        return FormContent(state.meta, closed=words.NO_PRODUCTS)
    plan = _picked(state.values, state.facts)
    content = [product_field(PRODUCT_BLOCK, words.PRODUCT, words.PICK_PRODUCT, state, pickable)]
    if plan is not None:
        content += quantity_fields(state, plan)
    if left_out := len(offered_products(state.facts)) - len(pickable):
        content.append(blocks.context("left_out", words.left_out(left_out)))
    return FormContent(
        _remember(state.meta, plan),
        billing_form.held(state.facts),
        content,
        problem=quantity_problem(state.values, plan) if plan is not None else "",
    )


def draft(meta: Meta, values: Values, facts: Facts) -> AdditionInput | None:
    plan = _picked(values, facts)
    chosen = chosen_quantities(values, plan) if plan is not None else None
    if plan is None or chosen is None:
        return None
    return _request(meta, plan.id, chosen, one_time=is_one_time(plan))


def parse(meta: Meta, values: Values) -> Parsed:
    product = form_values.chosen(values, PRODUCT_BLOCK)
    quantities, errors = submitted_quantities(meta, values)
    if not product:
        errors[PRODUCT_BLOCK] = notes.plain(Note(AdditionNote.NO_PRODUCT))
    elif meta.shown.get(PRODUCT_BLOCK) != product:
        errors = {PRODUCT_BLOCK: changes_words.STALE}
    request = _request(meta, product, quantities, one_time=_ONE_TIME in meta.shown)
    return parts.parsed(meta, values, request, errors)


def _request(
    meta: Meta, product: str, quantities: tuple[FeatureQuantity, ...], *, one_time: bool
) -> AdditionInput:
    """The subscription gets an id of this form's own: one add-on may be held twice."""
    subscription = "" if one_time else f"maple_{parts.digest(meta.submission)}"
    return AdditionInput(
        customer=meta.customer, product=product, subscription=subscription, quantities=quantities
    )


def _remember(meta: Meta, plan: Plan | None) -> Meta:
    if plan is None:
        return meta.model_copy(update={"shown": {}})
    shown = {PRODUCT_BLOCK: plan.id, **remembered_features(plan)}
    return meta.model_copy(update={"shown": {**shown, **({_ONE_TIME: "yes"} if is_one_time(plan) else {})}})


def _picked(values: Values, facts: Facts) -> Plan | None:
    return picked_product(PRODUCT_BLOCK, values, _pickable(facts))


def _pickable(facts: Facts) -> list[Plan]:
    return pickable_products(offered_products(facts).values())


FORM = ChangeForm(build, draft, parse)
