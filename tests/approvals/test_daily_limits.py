"""The totals of a day's changes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.access.limits import Today, Worth
from bot.approvals.daily_limits import DayTotals, Movement, TodayCounter
from bot.autumn.models import Environment
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.details.request import DetailsInput
from bot.changes.model import ChangeInput
from tests.examples import examples

D = Decimal
GIVEN = BalanceInput(customer="cus_1", feature="messages", row="r", action=BalanceAction.GIVE, amount=D(1))
FIVE_DOLLARS = Worth(D(5), "USD")
KEY = "feature:messages"


def test_customers_and_people_have_separate_daily_totals() -> None:
    movements = (
        Movement("cus_1", "U1", {KEY: D(1)}, Worth(D(10), "USD")),
        Movement("cus_1", "U2", {KEY: D(2), "feature:seats": D(40)}, Worth(D(20), "USD")),
        Movement("cus_2", "U1", {KEY: D(4)}, Worth(D(30), "EUR")),
        Movement("cus_1", "U1", {"feature:seats": D(80)}),
        Movement("cus_2", "U2", {KEY: D(800)}, Worth(D(800), "USD")),
    )
    assert DayTotals(movements).of(GIVEN, "U1") == Today(
        2,
        units=D(3),
        person_units=D(5),
        values={"USD": D(30)},
        person_values={"USD": D(10), "EUR": D(30)},
    )
    nobody = DayTotals([Movement("cus_2", "", {KEY: D(4)})]).of(GIVEN, "")
    assert nobody == Today()


def test_change_without_units_adds_none() -> None:
    renamed = DetailsInput(customer="cus_1", name="New")
    movements = (Movement("cus_1", "U1", {KEY: D(1)}, FIVE_DOLLARS),)
    assert DayTotals(movements).of(renamed, "U1") == Today(
        values={"USD": D(5)},
        person_values={"USD": D(5)},
    )


def test_undo_does_not_count_what_it_reverses() -> None:
    reversed_, other = (Movement("cus_1", "U1", {KEY: units}, FIVE_DOLLARS) for units in (D(7), D(20)))
    totals = DayTotals([reversed_, other])
    assert totals.of(GIVEN, "U1", without=reversed_) == DayTotals([other]).of(GIVEN, "U1")
    assert totals.of(GIVEN, "U1") == DayTotals([reversed_, other]).of(GIVEN, "U1")


def locks(
    env: Environment = Environment.LIVE, requested: ChangeInput = GIVEN, person: str = "U1"
) -> set[int]:
    numbers = TodayCounter(env, requested, person).locks
    assert all(-(2**63) <= number < 2**63 for number in numbers), "PostgreSQL takes 64 bits"
    return set(numbers)


def test_changes_share_the_locks_of_their_customer_and_their_person() -> None:
    customer, person = TodayCounter(Environment.LIVE, GIVEN, "U1").locks
    elsewhere = GIVEN.model_copy(update={"customer": "cus_2"})
    assert locks() & locks(person="U2") == {customer}
    assert locks() & locks(requested=elsewhere) == {person}
    assert not locks() & locks(env=Environment.SANDBOX)
    assert not locks() & locks(requested=GIVEN.model_copy(update={"customer": "U1"}), person="cus_1")
    assert len(locks(person="\ud800")) == 2
    assert not locks(requested=DetailsInput(customer="cus_1", name="New"))


movements = st.builds(
    Movement,
    st.sampled_from(["cus_1", "cus_2"]),
    st.sampled_from(["U1", "U2"]),
    st.dictionaries(st.sampled_from([KEY, "feature:seats"]), st.integers(0, 50).map(D)),
    st.none() | st.builds(Worth, st.integers(0, 50).map(D), st.sampled_from(["USD", "EUR"])),
)


@examples(100)
@given(st.lists(movements, max_size=12), st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_the_order(of_day: list[Movement], random: Any) -> None:
    shuffled = list(of_day)
    random.shuffle(shuffled)
    assert DayTotals(of_day).of(GIVEN, "U1") == DayTotals(shuffled).of(GIVEN, "U1")


@examples(100)
@given(st.lists(movements, max_size=8), movements)
def test_every_unit_moved_counts_once(of_day: Sequence[Movement], one_more: Movement) -> None:
    before, after = DayTotals(of_day).of(GIVEN, "U1"), DayTotals([*of_day, one_more]).of(GIVEN, "U1")
    units = one_more.units.get(KEY, D(0))
    assert after.units - before.units == (units if one_more.customer == "cus_1" else 0)
    assert after.person_units - before.person_units == (units if one_more.person == "U1" else 0)
    value = sum(after.values.values()) - sum(before.values.values())
    worth = one_more.worth.amount if one_more.worth and one_more.customer == "cus_1" else 0
    assert value == worth
