"""The field that picks the product a customer is to have."""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.autumn.models import Plan
from bot.changes.billing import quantity_fields
from bot.changes.forms import fields as parts
from bot.changes.forms.model import FormState
from bot.kit import blocks, form_values, phrases, text
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import names, options


def pickable(offered: Iterable[Plan]) -> list[Plan]:
    """By name; those that an option and the form can carry."""
    fitting = [
        plan for plan in offered if text.length(plan.id) <= blocks.OPTION and quantity_fields.fits(plan)
    ]
    return sorted(fitting, key=lambda plan: ((plan.name or plan.id).casefold(), plan.id))[: options.MOST]


def picked(block: str, values: Values, plans: Iterable[Plan]) -> Plan | None:
    chosen = form_values.chosen(values, block)
    return next((plan for plan in plans if plan.id == chosen), None)


def field(block: str, label: str, placeholder: str, state: FormState, plans: Sequence[Plan]) -> Block:
    currency = names.currency(state.facts.customer)
    drawn = {plan.id: _option(plan, currency) for plan in plans}
    initial = drawn.get(form_values.chosen(state.values, block))
    element = blocks.select(parts.field_id(block), placeholder, list(drawn.values()), initial)
    return blocks.field(block, label, element, listens=True)


def _option(plan: Plan, currency: str) -> Any:
    label = text.literal(plan.name or plan.id, blocks.OPTION) or phrases.NONE
    return blocks.option(label, plan.id, text.literal(names.price(plan, currency), blocks.OPTION))
