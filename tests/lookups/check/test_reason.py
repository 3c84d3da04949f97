"""Why Autumn allows or refuses a customer's use of a number of units."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Check, Entity, Flag
from bot.lookups.check.reason import Why, reason
from tests.lookups.samples import balance, customer

FLAG = Flag(feature_id="sso", plan_id="pro")


def limits(**lists: Any) -> dict[str, Any]:
    return {name: [{"feature_id": "messages", **entry}] for name, entry in lists.items()}


def check(needed: int, *, allowed: bool, **held: Any) -> Check:
    return Check(allowed=allowed, required_balance=Decimal(needed), balance=balance(**held))


OVER = {"overage_allowed": True}
ALLOWED = {"enabled": True}
SKIPPED = {"enabled": True, "skip_overage_billing": True}


@pytest.mark.parametrize(
    ("checked", "controls", "why"),
    [
        (Check(allowed=True, flag=FLAG), {}, Why.SWITCHED_ON),
        (Check(allowed=True), {}, Why.AUTUMN_ALLOWS),
        (check(5000, allowed=True, unlimited=True), {}, Why.UNLIMITED),
        (check(700, allowed=True), {}, Why.ENOUGH_LEFT),
        (check(701, allowed=True, **OVER), {}, Why.OVERAGE_OF_PRODUCT),
        (check(701, allowed=True, **OVER), limits(spend_limits=SKIPPED), Why.OVERAGE_NOT_BILLED),
        (check(701, allowed=True), limits(overage_allowed=ALLOWED), Why.OVERAGE_ALLOWED),
        (check(701, allowed=True), limits(overage_allowed={}), Why.AUTUMN_ALLOWS),
        (Check(), {}, Why.NOT_HELD),
        (Check(flag=FLAG), {}, Why.AUTUMN_REFUSES),
        (check(701, allowed=False), {}, Why.NOT_ENOUGH),
        (check(700, allowed=False), {}, Why.AUTUMN_REFUSES),
        (check(701, allowed=False, unlimited=True), {}, Why.AUTUMN_REFUSES),
        (check(6, allowed=False), limits(usage_limits={"limit": 20, "usage": 15}), Why.USAGE_LIMIT),
        (check(5, allowed=False), limits(usage_limits={"limit": 20, "usage": 15}), Why.AUTUMN_REFUSES),
        (
            check(6, allowed=False),
            limits(usage_limits={"limit": 20, "usage": 15, "filter": {"properties": {"model": "x"}}}),
            Why.AUTUMN_REFUSES,
        ),
        (check(21, allowed=False), limits(usage_limits={"limit": 20}), Why.USAGE_LIMIT),
        (check(6, allowed=False), limits(usage_limits={"limit": 20, "usage": "?"}), Why.AUTUMN_REFUSES),
        (check(6, allowed=False), limits(usage_limits={"limit": "NaN", "usage": 15}), Why.AUTUMN_REFUSES),
        (
            check(6, allowed=False),
            limits(usage_limits={"limit": 20, "usage": 15, "enabled": False}),
            Why.AUTUMN_REFUSES,
        ),
        (
            check(701, allowed=False, **OVER),
            limits(spend_limits={"overage_limit": 50, "enabled": True}),
            Why.SPEND_LIMIT,
        ),
        (check(701, allowed=False), limits(spend_limits={"overage_limit": 5}), Why.NOT_ENOUGH),
        (check(701, allowed=False, **OVER), limits(spend_limits={"overage_limit": 5}), Why.AUTUMN_REFUSES),
        (check(701, allowed=False, max_purchase=Decimal(9), **OVER), {}, Why.MOST_TO_BUY),
        (check(701, allowed=False), limits(overage_allowed=ALLOWED), Why.AUTUMN_REFUSES),
        (check(701, allowed=False), {"usage_limits": "odd", "spend_limits": ["odd"]}, Why.NOT_ENOUGH),
    ],
)
def test_reason_follows_from_the_check_and_the_billing_controls(
    checked: Check, controls: dict[str, Any], why: Why
) -> None:
    explanation = reason(checked, "messages", checked.required_balance, customer(billing_controls=controls))
    assert explanation.why is why
    assert (explanation.limit is not None) == (why in (Why.USAGE_LIMIT, Why.SPEND_LIMIT))


@pytest.mark.parametrize(("limited", "most"), [("tokens", 1000), ("credits", 10)])
def test_limit_of_a_feature_paid_with_credits_is_in_its_own_units(limited: str, most: int) -> None:
    """1,001 tokens take 11 credits."""
    checked = Check(required_balance=Decimal(11), balance=balance("credits"))
    controls = {"usage_limits": [{"feature_id": limited, "limit": most}]}
    limited_customer = customer(billing_controls=controls)
    assert reason(checked, "tokens", Decimal(1001), limited_customer).why is Why.USAGE_LIMIT
    fitting = Check(required_balance=Decimal(10), balance=balance("credits"))
    assert reason(fitting, "tokens", Decimal(1000), limited_customer).why is Why.AUTUMN_REFUSES


def test_control_of_the_entity_comes_before_that_of_its_customer() -> None:
    def limited(most: int) -> dict[str, Any]:
        return limits(spend_limits={"overage_limit": most, "enabled": True})

    entity = Entity(id="ws_1", billing_controls=limited(5))
    checked = check(701, allowed=False, **OVER)
    found = reason(checked, "messages", Decimal(701), entity, customer(billing_controls=limited(50)))
    assert found.limit is not None
    assert (found.why, found.limit["overage_limit"]) == (Why.SPEND_LIMIT, 5)
