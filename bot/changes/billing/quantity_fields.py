"""Fields for how much of each feature a new product is to have."""

from collections.abc import Mapping
from decimal import Decimal

from bot.autumn.models import Plan
from bot.changes import amounts, notes
from bot.changes.amounts import NotAnAmount
from bot.changes.billing import bought, words
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormState, Meta
from bot.kit import blocks, form_values, text
from bot.kit.card import Block
from bot.kit.form_values import Values

_BLOCK = "bought:"
_LONGEST = 100
_MOST = 5
"""Features that a form remembers beside the product, within what Slack lets it carry."""


def fits(plan: Plan) -> bool:
    """Whether the form can ask for all that has to be chosen."""
    sold = bought.sold(plan)
    return len(sold) <= _MOST and all(0 < text.length(feature) <= blocks.OPTION for feature in sold)


def fields(state: FormState, plan: Plan) -> list[Block]:
    called = parts.called(state.facts)
    drawn = []
    for feature in bought.sold(plan):
        block = _block(plan, feature)
        element = blocks.typed(
            parts.field_id(block), _typed(state.values, plan, feature), most=_LONGEST, telling=True
        )
        label = text.literal(words.quantity_of(called.get(feature) or feature), blocks.OPTION)
        drawn.append(blocks.field(block, label, element, words.QUANTITY_HINT, listens=True))
    return drawn


def chosen(values: Values, plan: Plan) -> tuple[FeatureQuantity, ...] | None:
    """None while one is missing or is no number."""
    quantities = {feature: _read(_typed(values, plan, feature))[0] for feature in bought.sold(plan)}
    listed = [
        FeatureQuantity(feature=feature, quantity=quantity)
        for feature, quantity in quantities.items()
        if quantity is not None
    ]
    return tuple(listed) if len(listed) == len(quantities) else None


def problem(values: Values, plan: Plan) -> str:
    """What is wrong with what is typed, in plain words."""
    typed = (_typed(values, plan, feature) for feature in bought.sold(plan))
    wrong = (_read(each)[1] for each in typed if each)
    return next((each for each in wrong if each), "")


def remembered(plan: Plan) -> Mapping[str, str]:
    """The features by block: a submission comes without facts."""
    return {_block(plan, feature): feature for feature in bought.sold(plan)}


def submitted(meta: Meta, values: Values) -> tuple[tuple[FeatureQuantity, ...], dict[str, str]]:
    """What was entered, and what is wrong with it, by block."""
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
    included = bought.included(bought.sold(plan)[feature])
    return amounts.typed(included) if included else ""


def _read(typed: str) -> tuple[Decimal | None, str]:
    """The number, or what is wrong with it."""
    try:
        return amounts.parse_amount(typed), ""
    except NotAnAmount as error:
        return None, notes.plain(amounts.note(error.code))
