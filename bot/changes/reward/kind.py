"""A customer's coupon, and feature grants by promo code."""

from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from bot.access.rules import Kind
from bot.autumn.models import Coupon, Discount
from bot.changes import canonical
from bot.changes.estimate import estimates
from bot.changes.model import (
    Facts,
    Judgement,
    Line,
    LineLabel,
    Needs,
    RewardAction,
    RewardInput,
    Snapshot,
    ValueFormat,
    Verdict,
    Write,
)
from bot.changes.reward import grant
from bot.changes.reward.coupons import coupon_of, grant_of, name_of, own_discount
from bot.changes.reward.guard import guard


class RewardChange:
    kind = Kind.REWARD
    needs = frozenset({Needs.BILLING, Needs.REWARDS, Needs.FEATURES})

    def guard(self, asked: RewardInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002 - as all kinds
        return guard(asked, facts)

    def snapshot(self, asked: RewardInput, facts: Facts) -> Snapshot:
        if asked.action is RewardAction.REDEEM:
            return grant.snapshot(grant_of(asked.code, facts), facts.customer)
        own, coupon = own_discount(facts), coupon_of(asked.reward, facts)
        return {**_discount(own), **_offer(coupon)}

    def preview(self, asked: RewardInput, facts: Facts) -> tuple[Line, ...]:
        if asked.action is RewardAction.REDEEM:
            return grant.preview(asked.code, grant_of(asked.code, facts), facts.customer)
        own, coupon = own_discount(facts), coupon_of(asked.reward, facts)
        before = name_of(own) if own else None
        after = name_of(coupon) if coupon else None
        return (Line(LineLabel.COUPON, before, after), *_invoices(facts, coupon))

    def amount(self, asked: RewardInput, before: Snapshot) -> Decimal | None:
        """The discount's value: percent, or an amount in major units; `before` tells its type.

        One that takes the place of another counts as the larger of the two, and has no size when they cannot
        be compared. Nor has a grant: it may be of several features.
        """
        removed, given = before.get("coupon_value"), before.get("offer_value")
        if asked.action is RewardAction.REMOVE:
            return None if removed is None else Decimal(removed)
        if given is None or removed is None:
            return None if given is None else Decimal(given)
        comparable = before.get("coupon_type") == before.get("offer_type")
        return max(Decimal(removed), Decimal(given)) if comparable else None

    def holds(self, asked: RewardInput, then: Snapshot, now: Snapshot) -> bool:
        """The coupon that goes, and the one that comes, are those that were shown; of a grant, what it
        gives. What the customer has of the features may have moved."""
        if asked.action is RewardAction.REDEEM:
            return grant.offer(then) == grant.offer(now)
        return then == now

    def plan(self, asked: RewardInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002 - as all kinds
        coupons = f"/v1/customers/{_in_path(asked.customer)}/coupons"
        match asked.action:
            case RewardAction.APPLY:
                path = f"{coupons}/{_in_path(asked.reward)}"
                return (Write("coupons.add", "POST", path),)
            case RewardAction.REMOVE:
                return (Write("coupons.remove", "DELETE", coupons),)
            case _:
                body = {"code": asked.code, "customer_id": asked.customer}
                return (Write("rewards.redeem", "POST", "/v1/rewards.redeem", body),)

    def verify(self, asked: RewardInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        """A coupon is there or not, whatever is used; an invoice finalised in between may use up one that
        is for one invoice, which then reads as not applied, and is never taken for a failure alone."""
        if after is None:
            return Verdict.UNCLEAR
        if asked.action is RewardAction.REDEEM:
            return grant.verify(before, after)
        wanted = asked.reward if asked.action is RewardAction.APPLY else None
        if after.get("coupon") == wanted:
            return Verdict.APPLIED
        return Verdict.NOT_APPLIED if after.get("coupon") == before.get("coupon") else Verdict.UNCLEAR

    def inverse(self, asked: RewardInput, before: Snapshot, after: Snapshot) -> RewardInput | None:
        if asked.action is RewardAction.REDEEM:
            return None
        was, instead = before.get("coupon"), after.get("coupon") or ""
        if was is None:
            return RewardInput(customer=asked.customer, action=RewardAction.REMOVE, instead=instead)
        return RewardInput(customer=asked.customer, action=RewardAction.APPLY, reward=was, instead=instead)


def _in_path(part: str) -> str:
    # "." and ".." would be taken for steps in the path.
    return "%2E" * len(part) if part in (".", "..") else quote(part, safe="", errors="replace")


def _discount(own: Discount | None) -> Snapshot:
    if own is None:
        return {"coupon": None, "coupon_name": None, "coupon_type": None, "coupon_value": None}
    return {
        "coupon": own.id,
        "coupon_name": own.name,
        "coupon_type": own.type,
        "coupon_value": canonical.number(own.discount_value),
    }


def _offer(coupon: Coupon | None) -> Snapshot:
    if coupon is None:
        return {}
    duration = coupon.duration
    return {
        "offer": coupon.id,
        "offer_type": coupon.type,
        "offer_value": canonical.number(coupon.value),
        "offer_duration": f"{duration.type} {duration.length or ''}".strip() if duration else None,
        "offer_plans": None if coupon.plan_ids is None else ",".join(coupon.plan_ids),
    }


def _invoices(facts: Facts, coupon: Coupon | None) -> tuple[Line, ...]:
    return tuple(
        Line(
            LineLabel.NEXT_INVOICE,
            canonical.number(one.before),
            canonical.number(one.after),
            ValueFormat.MONEY,
            currency=one.currency,
            about=canonical.time_or_none(one.at) or "",
            estimate=True,
        )
        for one in estimates(facts, coupon)
    )
