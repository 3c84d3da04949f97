"""What is an entity's own, apart from what it shares with its customer."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Balance, BalanceRow, Customer, Entity, Purchase
from bot.lookups.entities import holdings
from tests.examples import examples
from tests.lookups.samples import LATER, balance, customer, row, subscription


def entity_of(*rows: BalanceRow, shared: tuple[BalanceRow, ...] = ()) -> Entity:
    """As entities.list tells it: the entity's own rows, and those of its customer."""
    return Entity(id="ws", balances={"messages": balance(breakdown=[*rows, *shared])})


SHARED = row(id="shared")
OWN = row(id="own", granted=50, left=20)


def test_rows_that_the_customer_has_are_not_the_entitys_own() -> None:
    holder = customer(balances={"messages": balance(breakdown=[SHARED])})
    shared = holdings.shared_ids(holder)
    (own,) = holdings.own_balances(entity_of(OWN, shared=(SHARED,)), shared)
    assert [own.granted, own.usage, own.remaining] == [50, 30, 20]
    assert not own.unlimited
    assert own.next_reset_at == LATER
    assert holdings.own_balances(entity_of(shared=(SHARED,)), shared) == []


def test_feature_that_only_entities_have_is_all_their_own() -> None:
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


def test_plans_of_the_customer_are_not_the_entitys_own() -> None:
    entity = Entity(
        subscriptions=[subscription("seat", scope="entity"), subscription("pro")],
        purchases=[Purchase(plan_id="pack", scope="entity")],
    )
    assert [held.plan_id for held in holdings.own_plans(entity)] == ["seat", "pack"]


def test_worst_comes_first() -> None:
    def own(feature: str, used: int) -> holdings.OwnBalance:
        return holdings.OwnBalance(feature, 1, Decimal(10), Decimal(used), Decimal(0), False, ())

    unlimited = holdings.OwnBalance("unlimited", 1, Decimal(0), Decimal(99), Decimal(0), True, ())
    ranked = holdings.worst_first([own("little", 1), unlimited, own("much", 9)])
    assert [balance.feature_id for balance in ranked] == ["much", "little", "unlimited"]


AMOUNTS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))


@examples(100)
@given(shared=st.lists(AMOUNTS, max_size=3), own=st.lists(st.lists(AMOUNTS, max_size=3), max_size=5))
def test_own_and_shared_add_up_to_what_autumn_counts(
    shared: list[tuple[int, int]], own: list[list[tuple[int, int]]]
) -> None:
    shared_rows = [row(id=f"s{index}", granted=g, left=g - u) for index, (g, u) in enumerate(shared)]
    entities = [
        entity_of(
            *(row(id=f"e{number}.{index}", granted=g, left=g - u) for index, (g, u) in enumerate(rows)),
            shared=tuple(shared_rows),
        )
        for number, rows in enumerate(own)
    ]
    listed = [held for entity in entities for held in entity.balances["messages"].breakdown]
    every_row = [*shared_rows, *(held for held in listed if held not in shared_rows)]
    whole = Balance(
        feature_id="messages",
        granted=sum((held.included_grant for held in every_row), Decimal(0)),
        usage=sum((held.usage for held in every_row), Decimal(0)),
        breakdown=shared_rows,
    )
    holder = Customer(balances={"messages": whole})
    parts = [
        *holdings.totals(entities, holdings.shared_ids(holder)),
        holdings.shared_rows("messages", holder),
    ]
    assert sum(part.granted for part in parts if part) == whole.granted
    assert sum(part.usage for part in parts if part) == whole.usage
