"""A customer's coupons, and the grants that promo codes give.

Each feature of a grant becomes a separate row (or a flag), so a new one shows that it was redeemed, however
much is used at the same time.
"""

import json
from decimal import Decimal

from bot.access.limits import Worth
from bot.autumn.models import Coupon, Customer, Discount, FeatureGrant, RewardList
from bot.changes import canonical, price
from bot.changes.common import agreed
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.reward.words import RewardLine
from bot.lookups.invoices import discounting

_NONE = RewardList()


def own_discount(facts: Facts) -> Discount | None:
    return discounting.own_discount(facts.billing.discounts if facts.billing else ())


def subscription_discounts(facts: Facts) -> list[Discount]:
    discounts = facts.billing.discounts if facts.billing else ()
    return [discount for discount in discounts if discount.subscription_id is not None]


def stripe_only(own: Discount | None, facts: Facts) -> bool:
    """Whether the customer's coupon is not one of Autumn's, so that Autumn cannot apply it again."""
    return own is not None and facts.rewards is not None and coupon_of(own.id, facts) is None


def coupon_of(reward_id: str, facts: Facts) -> Coupon | None:
    return next((coupon for coupon in _offered(facts).coupons if coupon.id == reward_id), None)


def coupon_by_code(code: str, facts: Facts) -> Coupon | None:
    coupons = _offered(facts).coupons
    return next(
        (coupon for coupon in coupons if any(promo.code == code for promo in coupon.promo_codes)), None
    )


def grant_of(code: str, facts: Facts) -> FeatureGrant | None:
    """By promo code, letter for letter, as Autumn compares them."""
    grants = _offered(facts).feature_grants
    return next((grant for grant in grants if any(promo.code == code for promo in grant.promo_codes)), None)


def redeemable(facts: Facts) -> bool:
    """Whether there is a grant whose code the customer may still redeem."""
    grants = _offered(facts).feature_grants
    return any(grant.grants and grant.promo_codes and redeemed_code(grant, facts) is None for grant in grants)


def redeemed_code(grant: FeatureGrant, facts: Facts) -> str | None:
    """The code with which the customer redeemed this grant before, as far as is known; each customer can do
    so once.

    Autumn names what a code gave `reward_<code>_<feature>_bal_…`, and no longer shows it once it is used up;
    Maple's own history may still know.
    """
    rows = [row.id for balance in facts.customer.balances.values() for row in balance.breakdown]
    for promo in grant.promo_codes:
        names = tuple(f"reward_{promo.code}_{granted.feature_id}_" for granted in grant.grants)
        if promo.code in facts.redeemed or any(row.startswith(names) for row in rows):
            return promo.code
    return None


def _offered(facts: Facts) -> RewardList:
    return facts.rewards or _NONE


def name_of(reward: Coupon | Discount | FeatureGrant) -> str:
    return reward.name or reward.id


# What redeeming a grant gives, and whether it was given


_ROWS = "rows:"
_GIVES = "gives:"
_UNLIMITED = "unlimited"


def grant_snapshot(grant: FeatureGrant | None, customer: Customer) -> Snapshot:
    if grant is None:
        return {"grant": None}
    snapshot: Snapshot = {"grant": grant.id}
    for granted in grant.grants:
        snapshot[_GIVES + granted.feature_id] = (
            _UNLIMITED if granted.included is None else canonical.number(granted.included)
        )
        snapshot[_ROWS + granted.feature_id] = json.dumps(_rows(granted.feature_id, customer))
    return snapshot


def grant_offer(snapshot: Snapshot) -> Snapshot:
    """The part that says what the grant gives."""
    return {name: value for name, value in snapshot.items() if not name.startswith(_ROWS)}


def granted_features(snapshot: Snapshot) -> frozenset[str] | None:
    """None: it is not known what the grant gives."""
    if snapshot.get("grant") is None:
        return None
    return frozenset(name.removeprefix(_GIVES) for name in snapshot if name.startswith(_GIVES))


def granted_units(snapshot: Snapshot) -> dict[str, Decimal]:
    """What adds up over a day with other changes of the same features."""
    return {
        f"feature:{feature}": amount for feature, amount in _given(snapshot).items() if amount is not None
    }


def grant_worth(snapshot: Snapshot, facts: Facts) -> Worth | None:
    parts = [price.worth(feature, amount, facts) for feature, amount in _given(snapshot).items()]
    priced = [part for part in parts if part is not None]
    currencies = {part.currency for part in priced}
    if len(priced) < len(parts) or len(currencies) != 1:
        return None
    return Worth(sum((part.amount for part in priced), canonical.ZERO), currencies.pop())


def _given(snapshot: Snapshot) -> dict[str, Decimal | None]:
    """By feature. None: unlimited, or on."""
    return {
        name.removeprefix(_GIVES): None if gives is None or gives == _UNLIMITED else Decimal(gives)
        for name, gives in snapshot.items()
        if name.startswith(_GIVES)
    }


def grant_preview(code: str, grant: FeatureGrant | None, customer: Customer) -> tuple[Line, ...]:
    lines = [Line(RewardLine.CODE, None, code)]
    for granted in grant.grants if grant else ():
        balance = customer.balances.get(granted.feature_id)
        if granted.included is None or (balance is not None and balance.unlimited):
            lines.append(Line(RewardLine.GRANT, None, None, about=granted.feature_id))
        else:
            had = balance.remaining if balance else canonical.ZERO
            before, after = canonical.number(had), canonical.number(had + granted.included)
            lines.append(Line(RewardLine.GRANT, before, after, ValueFormat.NUMBER, about=granted.feature_id))
    return tuple(lines)


def grant_verdict(before: Snapshot, after: Snapshot) -> Verdict:
    if before.get("grant") is None or grant_offer(before) != grant_offer(after):
        return Verdict.UNCLEAR
    row_names = [name for name in before if name.startswith(_ROWS)]
    return agreed(appeared(before[name], after[name]) for name in row_names)


def appeared(before: str | None, after: str | None) -> Verdict:
    """Whether a list of ids has one that was not in it."""
    new = set(json.loads(after or "[]")) - set(json.loads(before or "[]"))
    return Verdict.APPLIED if new else Verdict.NOT_APPLIED


def _rows(feature_id: str, customer: Customer) -> list[str]:
    balance, flag = customer.balances.get(feature_id), customer.flags.get(feature_id)
    rows = [row.id for row in balance.breakdown] if balance else []
    return sorted([*rows, *([flag.id] if flag else [])])
