"""The forms in which changes are asked for: one modal each.

view = loading(meta)                       # opened at once
view = build(FormState(meta, facts, ...))  # once the facts are read, and whenever something is filled in
draft(meta, values)                        # what to preview, if enough is filled in
parse(meta, values)                        # a submission: the input, or what is wrong with it
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from bot.access.rules import Kind
from bot.changes.balance import form as balance
from bot.changes.deletion import form as deletion
from bot.changes.details import form as details
from bot.changes.forms import fields
from bot.changes.forms.fields import REASON_BLOCK, TICKET_BLOCK, called
from bot.changes.forms.model import AnyInput, FormPreview, FormState, Meta, Parsed
from bot.changes.model import Facts
from bot.changes.reward import form as reward
from bot.kit.card import Card
from bot.kit.form_values import Values

__all__ = [
    "REASON_BLOCK",
    "TICKET_BLOCK",
    "FormPreview",
    "FormState",
    "Meta",
    "Parsed",
    "Values",
    "build",
    "called",
    "draft",
    "feature_options",
    "loading",
    "parse",
    "reward_options",
    "stopped",
    "working",
]

_FORMS: Mapping[Kind, ModuleType] = {
    Kind.BALANCE: balance,
    Kind.REWARD: reward,
    Kind.DETAILS: details,
    Kind.DELETION: deletion,
}


def loading(meta: Meta) -> dict[str, Any]:
    """What is opened at once, while Autumn is read."""
    return fields.loading(meta)


def working(meta: Meta) -> dict[str, Any]:
    """What a submitted form becomes while it is checked and taken in."""
    return fields.working(meta)


def stopped(meta: Meta, card: Card) -> dict[str, Any]:
    """The form when it cannot go on: `card` (of `views.trouble`, `views.refused`) says why."""
    return fields.stopped(meta, card)


def build(state: FormState) -> dict[str, Any]:
    """The form as it is to be now. What was filled in stays in it."""
    found: dict[str, Any] = _FORMS[state.meta.kind].build(state)
    return found


def draft(meta: Meta, values: Values, facts: Facts) -> AnyInput | None:
    """The change as filled in so far, to be judged and previewed; None while there is nothing to judge.

    Not to be asked for: that is for `parse`.
    """
    found: AnyInput | None = _FORMS[meta.kind].draft(meta, values, facts)
    return found


def parse(meta: Meta, values: Values) -> Parsed:
    """A submission."""
    found: Parsed = _FORMS[meta.kind].parse(meta, values)
    return found


def feature_options(facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    """For the balance form's external select."""
    return balance.feature_options(facts, typed)


def reward_options(facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    """For the reward form's external select."""
    return reward.reward_options(facts, typed)
