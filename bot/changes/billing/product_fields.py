"""The fields that pick a product, and how much of each feature it is to have."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.autumn.models import Plan
from bot.changes import amounts, notes
from bot.changes.amounts import NotAnAmount
from bot.changes.billing import words
from bot.changes.billing.quantities import FeatureQuantity, included_units, sold_by_quantity
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormState, Meta
from bot.kit import blocks, form_values, phrases, text
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import names, options


def pickable_products(offered: Iterable[Plan]) -> list[Plan]:
    """By name; those that an option and the form can carry."""
    fitting = [plan for plan in offered if text.length(plan.id) <= blocks.OPTION and _fits(plan)]
    return sorted(fitting, key=lambda plan: ((plan.name or plan.id).casefold(), plan.id))[: options.MOST]


def picked_product(block: str, values: Values, plans: Iterable[Plan]) -> Plan | None:
    chosen = form_values.chosen(values, block)
    return next((plan for plan in plans if plan.id == chosen), None)


def product_field(block: str, label: str, placeholder: str, state: FormState, plans: Sequence[Plan]) -> Block:
    currencies = names.currencies(state.facts.customer)
    drawn = {plan.id: _option(plan, currencies) for plan in plans}
    initial = drawn.get(form_values.chosen(state.values, block))
    element = blocks.select(parts.field_id(block), placeholder, list(drawn.values()), initial)
    return blocks.field(block, label, element, listens=True)


def _option(plan: Plan, currencies: names.Currencies) -> Any:
    label = text.literal(plan.name or plan.id, blocks.OPTION) or phrases.NONE
    return blocks.option(label, plan.id, text.literal(names.price(plan, currencies), blocks.OPTION))


# How much of each feature


_BLOCK = "bought:"
_LONGEST = 100
_MOST = 5
"""Features that a form remembers besides the product, within what Slack lets it carry."""


def _fits(plan: Plan) -> bool:
    """Whether the form has room for everything that must be chosen."""
    sold = sold_by_quantity(plan)
    return len(sold) <= _MOST and all(0 < text.length(feature) <= blocks.OPTION for feature in sold)


def quantity_fields(state: FormState, plan: Plan) -> list[Block]:
    called = parts.called(state.facts)
    drawn = []
    for feature in sold_by_quantity(plan):
        block = _block(plan, feature)
        element = blocks.typed(
            parts.field_id(block), _typed(state.values, plan, feature), most=_LONGEST, telling=True
        )
        label = text.literal(words.quantity_of(called.get(feature) or feature), blocks.OPTION)
        drawn.append(blocks.field(block, label, element, words.QUANTITY_HINT, listens=True))
    return drawn


def chosen_quantities(values: Values, plan: Plan) -> tuple[FeatureQuantity, ...] | None:
    """None while one is missing or is not a number."""
    quantities = {feature: _read(_typed(values, plan, feature))[0] for feature in sold_by_quantity(plan)}
    listed = [
        FeatureQuantity(feature=feature, quantity=quantity)
        for feature, quantity in quantities.items()
        if quantity is not None
    ]
    return tuple(listed) if len(listed) == len(quantities) else None


def quantity_problem(values: Values, plan: Plan) -> str:
    """The problem with what is typed, in plain words."""
    typed = (_typed(values, plan, feature) for feature in sold_by_quantity(plan))
    wrong = (_read(entry)[1] for entry in typed if entry)
    return next((problem for problem in wrong if problem), "")


def remembered_features(plan: Plan) -> Mapping[str, str]:
    """The features by block: a submission comes without facts."""
    return {_block(plan, feature): feature for feature in sold_by_quantity(plan)}


def submitted_quantities(meta: Meta, values: Values) -> tuple[tuple[FeatureQuantity, ...], dict[str, str]]:
    """What was entered, and the errors in it by block."""
    quantities, errors = [], {}
    for block, feature in meta.shown.items():
        if not block.startswith(_BLOCK):
            continue
        quantity, wrong = _read(form_values.typed(values, block))
        if quantity is None:
            errors[block] = wrong
        else:
            quantities.append(FeatureQuantity(feature=feature, quantity=quantity))
    return tuple(quantities), errors


def _block(plan: Plan, feature: str) -> str:
    """One for each product, so that what was typed for another is not kept."""
    return f"{_BLOCK}{parts.digest(f'{plan.id} {feature}')}"


def _typed(values: Values, plan: Plan, feature: str) -> str:
    """As typed; to begin with what the product includes, which is the least that can be bought."""
    block = _block(plan, feature)
    if block in values:
        return form_values.typed(values, block)[:_LONGEST]
    included = included_units(sold_by_quantity(plan)[feature])
    return amounts.typed(included) if included else ""


def _read(typed: str) -> tuple[Decimal | None, str]:
    """The number, or the problem with it."""
    try:
        return amounts.parse_amount(typed), ""
    except NotAnAmount as error:
        return None, notes.plain(amounts.note(error.code))
