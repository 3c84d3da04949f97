"""Autumn's answer to a coupon counts as evidence only if the read-back is older."""

from dataclasses import replace
from typing import Any

import pytest

from bot.changes import registry
from bot.changes.details.request import DetailsInput
from bot.changes.model import ChangeInput, Snapshot
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from tests.changes.facts import customer, facts

APPLY = RewardInput(customer="cus_1", action=RewardAction.APPLY, reward="ten")
AFTER: Snapshot = {"coupon": None, "coupon_name": None, "offer": "ten"}
GIVEN: Snapshot = {"coupon": "ten", "coupon_name": "Ten off", "offer": "ten"}
ANSWER = {"customer": {"processor": {"id": "cus_stripe"}}, "coupon": {"id": "ten", "name": "Ten off", "x": 1}}


@pytest.mark.parametrize(
    ("change_input", "stripe_id", "answer", "after"),
    [
        (APPLY, None, ANSWER, GIVEN),
        (APPLY, None, {"coupon": {"id": "ten"}}, {**GIVEN, "coupon_name": None}),
        (APPLY, "cus_stripe", ANSWER, AFTER),
        (APPLY, None, None, AFTER),
        (APPLY, None, {"success": True}, AFTER),
        (APPLY, None, {"coupon": {"id": 7}}, AFTER),
        (APPLY, None, ["coupon"], AFTER),
        (RewardInput(customer="cus_1", action=RewardAction.REMOVE), None, ANSWER, AFTER),
        (RewardInput(customer="cus_1", action=RewardAction.REDEEM, code="x"), None, ANSWER, AFTER),
        (DetailsInput(customer="cus_1", name="x"), None, ANSWER, AFTER),
    ],
)
def test_credited_answers(
    change_input: ChangeInput, stripe_id: str | None, answer: Any, after: Snapshot
) -> None:
    customer_facts = replace(facts(), customer=customer(stripe_id=stripe_id))
    kind = registry.of(change_input)
    assert kind.credited(change_input, customer_facts, kind.proof(answer), dict(AFTER)) == after
