"""What redeeming a feature grant gives, and whether it was given.

Each feature of a grant becomes a row of its own (or a flag), so a new one tells that it was redeemed,
however much is used at the same time.
"""

import json
from decimal import Decimal

from bot.access.limits import Worth
from bot.autumn.models import Customer, FeatureGrant
from bot.changes import canonical, price
from bot.changes.common import agreed
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.reward.words import RewardLine

_ROWS = "rows:"
_GIVES = "gives:"
_UNLIMITED = "unlimited"


def snapshot(grant: FeatureGrant | None, customer: Customer) -> Snapshot:
    if grant is None:
        return {"grant": None}
    told: Snapshot = {"grant": grant.id}
    for one in grant.grants:
        told[_GIVES + one.feature_id] = _UNLIMITED if one.included is None else canonical.number(one.included)
        told[_ROWS + one.feature_id] = json.dumps(_rows(one.feature_id, customer))
    return told


def offer(told: Snapshot) -> Snapshot:
    """The part that says what the grant gives."""
    return {name: value for name, value in told.items() if not name.startswith(_ROWS)}


def features(told: Snapshot) -> frozenset[str] | None:
    """None: it is not known what the grant gives."""
    if told.get("grant") is None:
        return None
    return frozenset(name.removeprefix(_GIVES) for name in told if name.startswith(_GIVES))


def units(told: Snapshot) -> dict[str, Decimal]:
    """What adds up over a day with other changes of the same features."""
    return {f"feature:{feature}": amount for feature, amount in _given(told).items() if amount is not None}


def worth(told: Snapshot, facts: Facts) -> Worth | None:
    parts = [price.worth(feature, amount, facts) for feature, amount in _given(told).items()]
    known = [part for part in parts if part is not None]
    currencies = {part.currency for part in known}
    if len(known) < len(parts) or len(currencies) != 1:
        return None
    return Worth(sum((part.amount for part in known), canonical.ZERO), currencies.pop())


def _given(told: Snapshot) -> dict[str, Decimal | None]:
    """By feature. None: unlimited, or on."""
    return {
        name.removeprefix(_GIVES): None if gives in (None, _UNLIMITED) else Decimal(gives or 0)
        for name, gives in told.items()
        if name.startswith(_GIVES)
    }


def preview(code: str, grant: FeatureGrant | None, customer: Customer) -> tuple[Line, ...]:
    lines = [Line(RewardLine.CODE, None, code)]
    for one in grant.grants if grant else ():
        balance = customer.balances.get(one.feature_id)
        if one.included is None or (balance is not None and balance.unlimited):
            lines.append(Line(RewardLine.GRANT, None, None, about=one.feature_id))
        else:
            had = balance.remaining if balance else canonical.ZERO
            before, after = canonical.number(had), canonical.number(had + one.included)
            lines.append(Line(RewardLine.GRANT, before, after, ValueFormat.NUMBER, about=one.feature_id))
    return tuple(lines)


def verify(before: Snapshot, after: Snapshot) -> Verdict:
    if before.get("grant") is None or offer(before) != offer(after):
        return Verdict.UNCLEAR
    kept = [name for name in before if name.startswith(_ROWS)]
    return agreed(appeared(before[name], after[name]) for name in kept)


def appeared(before: str | None, after: str | None) -> Verdict:
    """Whether a list of ids has one that was not in it."""
    new = set(json.loads(after or "[]")) - set(json.loads(before or "[]"))
    return Verdict.APPLIED if new else Verdict.NOT_APPLIED


def _rows(feature_id: str, customer: Customer) -> list[str]:
    balance, flag = customer.balances.get(feature_id), customer.flags.get(feature_id)
    rows = [row.id for row in balance.breakdown] if balance else []
    return sorted([*rows, *([flag.id] if flag else [])])
