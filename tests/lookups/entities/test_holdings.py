"""What belongs to an entity alone, and what it shares with its customer."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Balance, BalanceRow, Customer, Entity, Purchase, Rollover
from bot.lookups.entities import holdings
from bot.lookups.entities.holdings import entities_share
from tests.examples import examples
from tests.lookups.samples import LATER, balance, customer, row, subscription

UNITS = st.decimals(0, 10**9, places=2)
ROWS = st.lists(
    st.builds(BalanceRow, included_grant=UNITS, prepaid_grant=UNITS, remaining=UNITS, usage=UNITS), max_size=4
)


def entity_of(*rows: BalanceRow, shared: tuple[BalanceRow, ...] = ()) -> Entity:
    """As entities.list answers: the entity's own rows and those of its customer."""
    return Entity(id="ws", balances={"messages": balance(breakdown=[*rows, *shared])})


SHARED = row(id="shared")
OWN = row(id="own", granted=50, remaining=20)


def test_customers_rows_are_not_the_entitys_own() -> None:
    holder = customer(balances={"messages": balance(breakdown=[SHARED])})
    shared = holdings.shared_ids(holder)
    (own,) = holdings.own_balances(entity_of(OWN, shared=(SHARED,)), shared)
    assert [own.granted, own.usage, own.remaining] == [50, 30, 20]
    assert not own.unlimited
    assert own.next_reset_at == LATER
    assert holdings.own_balances(entity_of(shared=(SHARED,)), shared) == []


def test_feature_only_entities_have_is_entirely_their_own() -> None:
    for holder in (customer(balances={}), customer(balances={"messages": balance(breakdown=[])})):
        (own,) = holdings.own_balances(entity_of(OWN), holdings.shared_ids(holder))
        assert own.granted == 50
        assert holdings.shared_rows("messages", holder) is None


def test_shared_rows_are_added_up() -> None:
    holder = customer(balances={"messages": balance(breakdown=[SHARED, row(id="pack", reset=None)])})
    shared = holdings.shared_rows("messages", holder)
    assert shared is not None
    assert shared.granted == 2000
    assert shared.next_reset_at == LATER


def test_customers_plans_are_not_the_entitys_own() -> None:
    entity = Entity(
        subscriptions=[subscription("seat", scope="entity"), subscription("pro")],
        purchases=[Purchase(plan_id="pack", scope="entity")],
    )
    assert [own_plan.plan_id for own_plan in holdings.own_plans(entity)] == ["seat", "pack"]


def test_lowest_balance_comes_first() -> None:
    def own(feature: str, used: int) -> holdings.OwnBalance:
        return holdings.OwnBalance(feature, 1, Decimal(10), Decimal(used), Decimal(0), False, ())

    unlimited = holdings.OwnBalance("unlimited", 1, Decimal(0), Decimal(99), Decimal(0), True, ())
    ranked = holdings.worst_first([own("little", 1), unlimited, own("much", 9)])
    assert [balance.feature_id for balance in ranked] == ["much", "little", "unlimited"]


AMOUNTS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))


@examples(100)
@given(shared=st.lists(AMOUNTS, max_size=3), own=st.lists(st.lists(AMOUNTS, max_size=3), max_size=5))
def test_own_and_shared_add_up_to_autumns_totals(
    shared: list[tuple[int, int]], own: list[list[tuple[int, int]]]
) -> None:
    shared_rows = [row(id=f"s{index}", granted=g, remaining=g - u) for index, (g, u) in enumerate(shared)]
    entities = [
        entity_of(
            *(row(id=f"e{number}.{index}", granted=g, remaining=g - u) for index, (g, u) in enumerate(rows)),
            shared=tuple(shared_rows),
        )
        for number, rows in enumerate(own)
    ]
    listed = [listed_row for entity in entities for listed_row in entity.balances["messages"].breakdown]
    every_row = [*shared_rows, *(listed_row for listed_row in listed if listed_row not in shared_rows)]
    total = Balance(
        feature_id="messages",
        granted=sum((listed_row.included_grant for listed_row in every_row), Decimal(0)),
        usage=sum((listed_row.usage for listed_row in every_row), Decimal(0)),
        breakdown=shared_rows,
    )
    holder = Customer(balances={"messages": total})
    parts = [
        *holdings.totals(entities, holdings.shared_ids(holder)),
        holdings.shared_rows("messages", holder),
    ]
    assert sum(part.granted for part in parts if part) == total.granted
    assert sum(part.usage for part in parts if part) == total.usage


@given(ROWS, st.lists(st.tuples(UNITS, UNITS), max_size=3), UNITS.filter(bool), UNITS, UNITS)
def test_rows_rollovers_and_share_add_up_to_the_totals(
    rows: list[BalanceRow],
    rolled: list[tuple[Decimal, Decimal]],
    granted: Decimal,
    remaining: Decimal,
    used: Decimal,
) -> None:
    rollovers = [
        Rollover(granted=remaining_rollover + spent, balance=remaining_rollover)
        for remaining_rollover, spent in rolled
    ]
    balance = Balance(
        feature_id="messages",
        granted=sum((row.included_grant + row.prepaid_grant for row in rows), granted)
        + sum(remaining_rollover + spent for remaining_rollover, spent in rolled),
        remaining=sum((row.remaining for row in rows), remaining)
        + sum(remaining_rollover for remaining_rollover, _ in rolled),
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
        # Unused seats are deducted from the usage of the whole customer.
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
