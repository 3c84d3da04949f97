"""A customer's coupon, and feature grants by promo code."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from pydantic import BaseModel, ValidationError

from bot.access.limits import Worth, worth_in
from bot.autumn.models import Coupon, Discount
from bot.autumn.write import Write, in_path
from bot.changes import canonical
from bot.changes import words as changes_words
from bot.changes.billing import quote, subscriptions
from bot.changes.common import recreated
from bot.changes.estimate import currency_of, estimates
from bot.changes.lines import Line, ValueFormat, name, value_bullet
from bot.changes.model import Facts, Judgement, Needs, Proof, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.reward import attached, words
from bot.changes.reward.form import FORM
from bot.changes.reward.request import LINE, RewardInput, guard
from bot.changes.reward.rewards import (
    coupon_of,
    grant_of,
    grant_offer,
    grant_preview,
    grant_snapshot,
    grant_verdict,
    grant_worth,
    granted_features,
    granted_units,
    name_of,
    own_discount,
    redeemable,
    stripe_only,
)
from bot.changes.reward.words import RewardAction, RewardLine, RewardNote
from bot.changes.spec import NOBODY, ChangeKind, KeyScope
from bot.kit import phrases, text


class _AppliedCoupon(BaseModel):
    id: str
    name: str | None = None


class _CouponAnswer(BaseModel):
    """Autumn's answer to a coupon that it applied."""

    coupon: _AppliedCoupon


_PERCENTAGE = "percentage_discount"


class RewardChange(ChangeKind[RewardInput]):
    id = "reward"
    command = "reward"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"overview", "products", "invoices"})
    input = RewardInput
    form = FORM
    line_form = LINE
    notes = RewardNote
    lines = RewardLine
    scopes = (
        KeyScope(
            "billing:write",
            "apply coupons",
            Write("coupons.add", "POST", f"/v1/customers/{NOBODY}/coupons/{NOBODY}"),
        ),
        KeyScope(
            "rewards:write",
            "redeem promo codes",
            Write("rewards.redeem", "POST", "/v1/rewards.redeem", {"customer_id": NOBODY, "code": NOBODY}),
        ),
    )
    needs = frozenset({Needs.BILLING, Needs.STRIPE_LINK, Needs.REWARDS, Needs.FEATURES, Needs.HISTORY})
    unit = "percent or money"
    valued = True
    has_rewards = True

    def needs_for(self, request: RewardInput) -> frozenset[Needs]:
        if request.action is RewardAction.REDEEM:
            # A grant has nothing to do with Stripe, and must not wait for it.
            return self.needs - {Needs.BILLING, Needs.STRIPE_LINK}
        return self.needs

    def quotes(self, request: RewardInput) -> bool:
        return request.action is RewardAction.ATTACH

    def with_history(self, facts: Facts, applied: Sequence[RewardInput]) -> Facts:
        """With the promo codes that were redeemed: Autumn shows only grants that are not used up."""
        redeemed = (
            earlier.code
            for earlier in applied
            if earlier.action is RewardAction.REDEEM and not recreated(earlier, facts.customer)
        )
        return replace(facts, redeemed=frozenset(redeemed))

    def applies_to(self, facts: Facts, feature: str) -> bool:  # noqa: ARG002
        """A coupon to apply, a code to redeem, or a discount to remove, which only those in Stripe have."""
        if facts.rewards is None or facts.rewards.coupons or redeemable(facts):
            return True
        if facts.billing is None:
            return facts.customer.stripe_id is not None
        return own_discount(facts) is not None

    def touches(self, request: RewardInput) -> frozenset[str]:
        if request.action is RewardAction.REDEEM:
            return frozenset({f"code {request.code}"})
        return frozenset({"coupon", subscriptions.touched(request.subscription)})

    def rests_on(self, request: RewardInput, facts: Facts) -> frozenset[str]:
        if request.action is not RewardAction.ATTACH:
            return self.touches(request)
        return subscriptions.rests_on(request.subscription, request.product, facts) | self.touches(request)

    def guard(self, request: RewardInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: RewardInput, facts: Facts) -> Snapshot:
        if request.action is RewardAction.REDEEM:
            return grant_snapshot(grant_of(request.code, facts), facts.customer)
        coupon = coupon_of(request.reward, facts)
        if request.action is RewardAction.ATTACH:
            held = attached.snapshot(request.reward, request.subscription, request.product, facts)
            return {**held, **_offer(coupon)}
        own = own_discount(facts)
        gone_for_good: Snapshot = {"stripe_only": "yes"} if stripe_only(own, facts) else {}
        return {**_discount(own), **gone_for_good, **_offer(coupon)}

    def preview(self, request: RewardInput, facts: Facts) -> tuple[Line, ...]:
        if request.action is RewardAction.REDEEM:
            return grant_preview(request.code, grant_of(request.code, facts), facts.customer)
        if request.action is RewardAction.ATTACH:
            return tuple(attached.preview(request.reward, request.product, facts))
        own, coupon = own_discount(facts), coupon_of(request.reward, facts)
        before = name_of(own) if own else None
        after = name_of(coupon) if coupon else None
        return (Line(RewardLine.COUPON, before, after), *_invoices(facts, coupon))

    def amount(self, request: RewardInput, before: Snapshot) -> Decimal | None:  # noqa: ARG002
        """The discount's value: percent, or an amount in major units; `before` tells its type.

        One that takes the place of another counts as the larger of the two, and has no size when they cannot
        be compared. Nor has a grant: it may be of several features.
        """
        removed, applied = before.get("coupon_value"), before.get("offer_value")
        values = [Decimal(value) for value in (removed, applied) if value is not None]
        comparable = len(values) < 2 or before.get("coupon_type") == before.get("offer_type")
        return max(values, default=None) if comparable else None

    def worth(
        self, request: RewardInput, amount: Decimal | None, before: Snapshot, facts: Facts
    ) -> Worth | None:
        """A coupon's amount of money; for a grant, what its units cost. A percentage has no amount."""
        if request.action is RewardAction.REDEEM:
            return grant_worth(before, facts)
        types = (before.get("coupon_type"), before.get("offer_type"))
        return None if _PERCENTAGE in types else worth_in(amount, currency_of(facts))

    def features(self, request: RewardInput, before: Snapshot) -> frozenset[str] | None:
        if request.action is not RewardAction.REDEEM:
            return frozenset()
        return granted_features(before)

    def moved(self, request: RewardInput, amount: Decimal | None, before: Snapshot) -> Mapping[str, Decimal]:  # noqa: ARG002
        """The units of a grant's features, which add up with those given otherwise."""
        return granted_units(before) if request.action is RewardAction.REDEEM else {}

    def holds(self, request: RewardInput, previewed: Snapshot, current: Snapshot) -> bool:
        """The coupon to remove and the one to apply are those that were shown; a grant still gives what was
        shown. The customer's balances may have changed."""
        if request.action is RewardAction.REDEEM:
            return grant_offer(previewed) == grant_offer(current)
        return quote.holds(previewed, current)

    def plan(self, request: RewardInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        coupons = f"/v1/customers/{in_path(request.customer)}/coupons"
        match request.action:
            case RewardAction.APPLY:
                path = f"{coupons}/{in_path(request.reward)}"
                return (Write("coupons.add", "POST", path),)
            case RewardAction.ATTACH:
                body = {"discounts": [{"reward_id": request.reward}]}
                return (subscriptions.update(request.customer, request.subscription, body),)
            case RewardAction.REMOVE:
                return (Write("coupons.remove", "DELETE", coupons),)
            case RewardAction.REDEEM:
                redeemed = {"code": request.code, "customer_id": request.customer}
                return (Write("rewards.redeem", "POST", "/v1/rewards.redeem", redeemed),)
            case _:
                assert_never(request.action)

    def verify(self, request: RewardInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        """A coupon is there or not, whatever is used. An invoice finalised in between may use up a coupon for
        one invoice; it then reads as not applied, which alone is never taken for a failure."""
        if after is None:
            return Verdict.UNCLEAR
        if request.action is RewardAction.REDEEM:
            return grant_verdict(before, after)
        if request.action is RewardAction.ATTACH:
            return attached.verify(before, after)
        expected = request.reward if request.action is RewardAction.APPLY else None
        if after.get("coupon") == expected:
            return Verdict.APPLIED
        return Verdict.NOT_APPLIED if after.get("coupon") == before.get("coupon") else Verdict.UNCLEAR

    def inverse(self, request: RewardInput, before: Snapshot, after: Snapshot) -> RewardInput | None:
        if request.action in (RewardAction.ATTACH, RewardAction.REDEEM):
            return None
        if before.get("stripe_only"):
            return None
        was, instead = before.get("coupon"), after.get("coupon") or ""
        if was is None:
            return RewardInput(customer=request.customer, action=RewardAction.REMOVE, instead=instead)
        return RewardInput(customer=request.customer, action=RewardAction.APPLY, reward=was, instead=instead)

    def rewards(self, request: RewardInput, facts: Facts) -> frozenset[str] | None:
        if request.action is RewardAction.REDEEM:
            redeemed = grant_of(request.code, facts)
            return None if redeemed is None else frozenset({redeemed.id})
        if facts.billing is None:
            return None
        if request.action is RewardAction.ATTACH:
            return frozenset({request.reward})
        applied = {request.reward} if request.action is RewardAction.APPLY else set()
        replaced = own_discount(facts)
        return frozenset(applied | ({replaced.id} if replaced else set()))

    def proof(self, answer: object) -> Proof:
        """The coupon that Autumn says it applied."""
        try:
            coupon = _CouponAnswer.model_validate(answer).coupon
        except ValidationError:
            return {}
        return {"coupon": coupon.id, **({"coupon_name": coupon.name} if coupon.name else {})}

    def credited(self, request: RewardInput, facts: Facts, proof: Proof, after: Snapshot) -> Snapshot:
        """With a coupon that Autumn says it applied.

        Applying one creates the customer in Stripe, so a customer read back without Stripe is a copy from
        before.
        """
        if not proof or request.action is not RewardAction.APPLY or facts.customer.stripe_id is not None:
            return after
        return {**after, "coupon_name": None, **proof}

    def summary(self, request: RewardInput, names: Names) -> str:
        match request.action:
            case RewardAction.APPLY:
                return words.apply_coupon(name(request.reward, names))
            case RewardAction.ATTACH:
                return words.attach_coupon(name(request.reward, names), name(request.product, names))
            case RewardAction.REDEEM:
                return words.redeem(text.mrkdwn(request.code, 60) or phrases.NONE)
            case RewardAction.REMOVE:
                return words.REMOVE_COUPON
            case _:
                assert_never(request.action)

    def shown_now(self, request: RewardInput, before: Snapshot, after: Snapshot) -> Sequence[str]:
        if request.action is RewardAction.REDEEM:
            absent = grant_verdict(before, after) is Verdict.NOT_APPLIED
            return [words.NO_GRANT if absent else words.PART_OF_GRANT]
        if request.action is RewardAction.ATTACH:
            return [words.ATTACHED if attached.is_there(after) else words.NOT_ATTACHED]
        coupon = after.get("coupon_name") or after.get("coupon")
        value = text.mrkdwn(coupon, 100) if coupon else changes_words.ABSENT
        return [value_bullet(RewardLine.COUPON, value)]

    def sample(self, customer: str) -> RewardInput:
        return RewardInput(customer=customer, action=RewardAction.APPLY, reward="ten")


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
            RewardLine.NEXT_INVOICE,
            canonical.number(invoice.before),
            canonical.number(invoice.after),
            ValueFormat.MONEY,
            currency=invoice.currency,
            about=canonical.time_or_none(invoice.at) or "",
            estimate=True,
        )
        for invoice in estimates(facts, coupon)
    )
