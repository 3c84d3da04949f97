"""Which changes of one list conflict: an earlier one touches what the preview of a later one rests on."""

from decimal import Decimal

import pytest

from bot.changes import registry
from bot.changes.addition.request import AdditionInput
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction
from bot.changes.model import ChangeInput
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from bot.changes.refund.request import RefundInput
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import SwitchAction
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from tests.changes.billing.quotes import ADD_ON, OF_ENTITY, PRO, facts_with

FACTS = facts_with(PRO, ADD_ON, OF_ENTITY)


def cancel(
    subscription: str, product: str = "pack", action: CancellationAction = CancellationAction.NOW
) -> CancellationInput:
    return CancellationInput(
        customer="cus_1",
        subscription=subscription,
        product=product,
        action=action,
        one_time=not subscription,
    )


def quantity(subscription: str, product: str = "pro") -> QuantityInput:
    return QuantityInput(
        customer="cus_1",
        subscription=subscription,
        product=product,
        feature="seats",
        quantity=Decimal(5),
        billed=Billed.NOW,
    )


def add(product: str, subscription: str = "maple_1") -> AdditionInput:
    return AdditionInput(customer="cus_1", product=product, subscription=subscription)


def trial(subscription: str, product: str) -> TrialInput:
    return TrialInput(
        customer="cus_1", subscription=subscription, product=product, action=TrialAction.END_NOW
    )


def attach(subscription: str, product: str) -> RewardInput:
    return RewardInput(
        customer="cus_1",
        action=RewardAction.ATTACH,
        reward="ten",
        subscription=subscription,
        product=product,
    )


def refund(invoice: str) -> RefundInput:
    return RefundInput(customer="cus_1", invoice=invoice, currency="USD")


SWITCH = SwitchInput(customer="cus_1", product="team", action=SwitchAction.NOW)
BUY = add("pack", "")
REMOVE = cancel("")
COUPON = attach("sub_pro", "pro")


@pytest.mark.parametrize(
    ("first", "then", "conflict"),
    [
        (cancel("sub_pro"), quantity("sub_pro"), True),
        (cancel("sub_pro"), quantity("sub_seats"), False),
        (cancel("sub_pro"), COUPON, True),
        (cancel("sub_seats"), COUPON, False),
        # A change of the main product leaves add-ons and purchases as they are.
        (SWITCH, quantity("sub_pro"), True),
        (SWITCH, quantity("sub_seats"), False),
        (SWITCH, cancel("sub_pro"), True),
        (SWITCH, COUPON, True),
        (SWITCH, cancel("sub_seats"), False),
        (SWITCH, REMOVE, False),
        (SWITCH, add("seats"), True),
        (SWITCH, BUY, False),
        # It shows what becomes of them, and what is left of the period of the main product.
        (quantity("sub_pro"), SWITCH, True),
        (quantity("sub_seats"), SWITCH, False),
        (quantity("sub_entity"), SWITCH, False),
        (cancel("sub_seats"), SWITCH, True),
        (REMOVE, SWITCH, False),
        (add("support"), SWITCH, True),
        (BUY, SWITCH, False),
        # So does what is added for the period.
        (quantity("sub_pro"), add("support"), True),
        (quantity("sub_seats"), add("support"), False),
        (quantity("sub_pro"), BUY, False),
        (add("support"), add("more"), False),
        (add("support"), add("support", "maple_2"), True),
        (BUY, BUY, True),
        (REMOVE, REMOVE, True),
        # What is shown of a product includes how often the customer has it.
        (BUY, REMOVE, True),
        (REMOVE, BUY, True),
        (BUY, cancel("", "other"), False),
        (cancel("sub_1", "support"), add("support"), True),
        (cancel("sub_1", "support"), add("more"), False),
        (add("support"), cancel("sub_1", "support"), True),
        (add("support"), cancel("sub_1", "more"), False),
        (cancel("sub_1", "support"), cancel("sub_2", "support"), True),
        (add("seats"), quantity("sub_seats", "seats"), True),
        (add("seats"), trial("sub_seats", "seats"), True),
        (add("seats"), attach("sub_seats", "seats"), True),
        (add("support"), attach("sub_seats", "seats"), False),
        # Until it ends, the customer has it as often as before.
        (cancel("sub_1", "support", CancellationAction.AT_PERIOD_END), add("support"), False),
        (cancel("sub_1", "support", CancellationAction.TAKE_BACK), add("support"), False),
        (refund("in_1"), refund("in_1"), True),
        (refund("in_1"), refund("in_2"), False),
    ],
)
def test_change_conflicts_with_an_earlier_one_that_its_preview_rests_on(
    first: ChangeInput, then: ChangeInput, conflict: bool
) -> None:
    touched = registry.of(first).touches(first)
    assert bool(touched & registry.of(then).rests_on(then, FACTS)) is conflict
