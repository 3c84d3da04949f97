"""What entities hold of a balance."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Balance, BalanceRow, Rollover
from bot.lookups.entities_share import entities_share

UNITS = st.decimals(0, 10**9, places=2)
ROWS = st.lists(
    st.builds(BalanceRow, included_grant=UNITS, prepaid_grant=UNITS, remaining=UNITS, usage=UNITS), max_size=4
)


@given(ROWS, st.lists(st.tuples(UNITS, UNITS), max_size=3), UNITS.filter(bool), UNITS, UNITS)
def test_rows_rollovers_and_share_add_up_to_the_totals(
    rows: list[BalanceRow],
    rolled: list[tuple[Decimal, Decimal]],
    granted: Decimal,
    remaining: Decimal,
    used: Decimal,
) -> None:
    rollovers = [Rollover(granted=left + spent, balance=left) for left, spent in rolled]
    balance = Balance(
        feature_id="messages",
        granted=sum((row.included_grant + row.prepaid_grant for row in rows), granted)
        + sum(left + spent for left, spent in rolled),
        remaining=sum((row.remaining for row in rows), remaining) + sum(left for left, _ in rolled),
        usage=sum((row.usage for row in rows), used) + sum(spent for _, spent in rolled),
        breakdown=rows,
        rollovers=rollovers,
    )
    share = entities_share(balance)
    assert share is not None
    assert (share.included_grant, share.remaining, share.usage) == (granted, remaining, used)


@pytest.mark.parametrize(
    "balance",
    [
        Balance(feature_id="a", granted=Decimal(5), unlimited=True),
        Balance(feature_id="a"),
        # Unused seats come off the usage of the whole.
        Balance(
            feature_id="seats",
            granted=Decimal(5),
            remaining=Decimal(3),
            usage=Decimal(2),
            breakdown=[BalanceRow(included_grant=Decimal(5), remaining=Decimal(1), usage=Decimal(4))],
        ),
        Balance(
            feature_id="a",
            granted=Decimal("0.3"),
            breakdown=[BalanceRow(included_grant=Decimal("0.30000000000000004"))],
        ),
    ],
)
def test_balance_without_entities_has_no_share(balance: Balance) -> None:
    assert entities_share(balance) is None
