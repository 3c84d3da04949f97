"""Values at the limits and just beyond them, which a table of usual cases leaves out."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.access.limits import Worth
from bot.autumn.models import BalanceRow, Feature, Invoice, Plan, PlanItem, Reset, UsagePrice
from bot.changes.amounts import AmountNote, parse_amount, size_problem
from bot.changes.balance.figures import BalanceFigures
from bot.changes.balance.kind import BalanceChange
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceNote
from bot.changes.model import Facts, Verdict
from bot.changes.notes import CommonNote, Note, NoteCode
from bot.changes.words import source as source_words
from tests.changes.facts import BY_USE, LATER, NOW, ONE_OFF, SOON, balance, customer, facts, row, subscription

BALANCE = BalanceChange()
PLAIN = facts(balance(row()))


def edit(action: BalanceAction, amount: Any = None, **changes: Any) -> BalanceInput:
    size = None if amount is None else Decimal(str(amount))
    return BalanceInput(
        **{
            "customer": "cus_1",
            "feature": "messages",
            "row": "row",
            "action": action,
            "amount": size,
            **changes,
        }
    )


GIVE, SET, USAGE, NONE = BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE, BalanceAction.RESET_DATE
TAKE = BalanceAction.TAKE
UNTIL = Note(BalanceNote.UNTIL_RESET, {"at": "2026-12-02T15:06:00.000+00:00"})
NOTHING = [Note(CommonNote.NOTHING_TO_DO)]


@pytest.mark.parametrize(
    "change",
    [
        edit(USAGE, 0),
        edit(SET, 0),
        edit(TAKE, 1000),
        edit(GIVE, 10**12),
        edit(SET, "0.123456"),
        edit(GIVE, "0.000001"),
        edit(NONE, reset_at=NOW + timedelta(milliseconds=1)),
        edit(NONE, reset_at=NOW + timedelta(days=3660)),
        edit(TAKE, 5, cycle=SOON),
    ],
)
def test_guard_allows_values_at_the_limit(change: BalanceInput) -> None:
    assert BALANCE.guard(change, PLAIN, NOW).refusals == ()


@pytest.mark.parametrize(
    ("change", "refusals"),
    [
        # The size comes first: for what cannot be an amount, nothing else is reported.
        (edit(GIVE, -(10**13)), [AmountNote.TOO_LARGE]),
        (edit(USAGE, "-0.0000001"), [AmountNote.TOO_MANY_DECIMALS]),
        (edit(TAKE), [AmountNote.NO_AMOUNT]),
        (edit(GIVE, 0, reset_at=NOW), [BalanceNote.NOT_POSITIVE, BalanceNote.RESET_PAST]),
    ],
)
def test_guard_lists_every_refusal(change: BalanceInput, refusals: list[NoteCode]) -> None:
    assert [note.code for note in BALANCE.guard(change, PLAIN, NOW).refusals] == refusals


@pytest.mark.parametrize("reset_at", [LATER, SOON])
def test_new_date_alone_has_no_amount(reset_at: datetime) -> None:
    change = edit(NONE, 5, reset_at=reset_at)
    assert BALANCE.amount(change, BALANCE.snapshot(change, PLAIN)) is None


def test_row_that_was_already_empty_was_not_emptied_by_the_edit() -> None:
    change = edit(SET, 0)
    empty = facts(balance(row(plan_id=None, reset=ONE_OFF, usage=1000)))
    assert BALANCE.verify(change, BALANCE.snapshot(change, empty), {"row": None}) is Verdict.UNCLEAR


def test_missing_row_has_no_inverse() -> None:
    change = edit(GIVE, 5)
    assert BALANCE.inverse(change, {"row": None}, BALANCE.snapshot(change, PLAIN)) is None


def test_grant_moved_by_somebody_else_is_unclear() -> None:
    change = edit(GIVE, 250)
    moved = facts(balance(row(included=1100, usage=400)))
    snapshots = BALANCE.snapshot(change, PLAIN), BALANCE.snapshot(change, moved)
    assert BALANCE.verify(change, *snapshots) is Verdict.UNCLEAR


UNCLEAR_ROLLOVERS = facts(balance(row(), row("other"), rollovers=((100, 100),)))


def seats(**changes: Any) -> Facts:
    return facts(balance(row(included=5, usage=3, reset=None, **changes), feature_id="seats"))


@pytest.mark.parametrize(
    ("change", "customer_facts", "warnings"),
    [
        (edit(NONE, reset_at=LATER), UNCLEAR_ROLLOVERS, [Note(BalanceNote.OTHER_ROWS, {"count": "1"})]),
        (
            edit(SET, 730),
            facts(balance(row(), rollovers=((100, 80),))),
            [UNTIL, Note(BalanceNote.ROLLOVERS_FIRST, {"units": "50"})],
        ),
        # Seats without a price cost nothing; with a price, half a seat counts too.
        (edit(USAGE, 5, feature="seats"), seats(), []),
        (
            edit(USAGE, "5.5", feature="seats"),
            seats(price=BY_USE),
            [Note(BalanceNote.SEATS_BILLED, {"units": "0.5"})],
        ),
        (edit(GIVE, 5), facts(balance(row(prepaid_grant=Decimal(200)))), [UNTIL]),
        (edit(SET, -40), facts(balance(row(usage=1040))), NOTHING),
        (edit(SET, -39), facts(balance(row(usage=1040))), [UNTIL]),
    ],
)
def test_guard_warns(change: BalanceInput, customer_facts: Facts, warnings: list[Note]) -> None:
    judged = BALANCE.guard(change, customer_facts, NOW)
    assert [*judged.refusals, *judged.warnings] == warnings


def test_snapshot_keeps_every_number_exactly() -> None:
    method = UsagePrice(amount=Decimal(1), billing_method=None)
    full_row = row(prepaid_grant=Decimal(200), usage=301, price=method, expires_at=LATER)
    customer_facts = facts(balance(full_row, rollovers=((100, 80), (None, 7))))
    snapshot = BALANCE.snapshot(edit(GIVE, 1), customer_facts)
    assert snapshot == {
        "row": "row",
        "plan": "pro",
        "included": "1000",
        "prepaid": "200",
        "balance": "899",
        "rolled_granted": "107",
        "rolled_left": "87",
        "interval": "month",
        "resets_at": "2026-12-02T15:06:00.000+00:00",
        "price": "unknown",
        "expires_at": "2026-12-12T15:06:00.000+00:00",
    }
    pool = BalanceFigures.read(snapshot)
    assert pool is not None
    assert pool.snapshot() == snapshot
    assert [pool.granted, pool.remaining, pool.used] == [1307, 986, 321]
    assert pool.expires_at == LATER


def test_another_interval_outdates_the_preview() -> None:
    change = edit(GIVE, 5)
    yearly = facts(balance(row(reset=Reset(interval="year", resets_at=SOON))))
    assert not BALANCE.holds(change, BALANCE.snapshot(change, PLAIN), BALANCE.snapshot(change, yearly))


LOOSE = row("loose", plan_id=None)


@pytest.mark.parametrize("other_row", [LOOSE, row("b", reset=None), row("b", reset=ONE_OFF)])
def test_only_rows_that_a_product_refills_roll_over(other_row: BalanceRow) -> None:
    customer_facts = facts(balance(row(), other_row, rollovers=((100, 80),)))
    assert BALANCE.guard(edit(SET, 1), customer_facts, NOW).allowed
    assert BALANCE.snapshot(edit(SET, 1), customer_facts)["rolled_left"] == "80"
    assert BALANCE.snapshot(edit(SET, 1, row=other_row.id), customer_facts)["rolled_left"] == "0"


def facts_with_hidden_balance(**changes: Any) -> Facts:
    return replace(facts(), customer=customer(subscriptions=[subscription("team", **changes)]))


PLAN = Plan(id="team", items=[PlanItem(feature_id="api"), PlanItem(feature_id="messages")])


@pytest.mark.parametrize(
    ("customer_facts", "refusal"),
    [
        (facts_with_hidden_balance(plan=PLAN, past_due=True), BalanceNote.PAST_DUE_HIDDEN),
        (facts_with_hidden_balance(plan=PLAN), BalanceNote.FEATURE_NOT_HELD),
        (facts_with_hidden_balance(plan=None), BalanceNote.FEATURE_NOT_HELD),
        # A feature that is known only from the balance.
        (
            replace(facts(balance(row(), feature=Feature(id="messages", type="boolean"))), features={}),
            BalanceNote.FEATURE_IS_FLAG,
        ),
    ],
)
def test_guard_says_why_there_is_nothing_to_edit(customer_facts: Facts, refusal: NoteCode) -> None:
    assert [note.code for note in BALANCE.guard(edit(GIVE, 5), customer_facts, NOW).refusals] == [refusal]


def test_consumed_feature_is_no_seat_though_it_never_resets() -> None:
    feature = Feature(id="messages", type="metered", consumable=True)
    customer_facts = replace(facts(balance(row(reset=None, price=BY_USE), feature=feature)), features={})
    assert BALANCE.guard(edit(USAGE, 400), customer_facts, NOW).warnings == ()


def test_customer_with_an_old_id_can_be_given_more() -> None:
    customer_facts = facts(customer=customer(balance(row()), id="ada@acme.example"))
    assert BALANCE.guard(edit(GIVE, 5, customer="ada@acme.example"), customer_facts, NOW).allowed


def test_units_are_worth_the_price_of_their_part() -> None:
    dear = UsagePrice(amount=Decimal(3), billing_method="usage_based")
    parts = balance(row(price=BY_USE), row("other", price=dear))
    customer_facts = facts(customer=customer(parts, invoices=[Invoice(currency="usd")]))
    change = edit(GIVE, 5, row="other")
    before = BALANCE.snapshot(change, customer_facts)
    assert BALANCE.worth(change, BALANCE.amount(change, before), before, customer_facts) == Worth(
        Decimal(15), "USD"
    )


def test_card_says_which_of_several_parts_is_changed() -> None:
    change, several = edit(GIVE, 5), facts(balance(row(), LOOSE))
    for customer_facts, source in ((PLAIN, ""), (several, "Pro · per month · resets Dec 2, 2026 · …row")):
        snapshot, preview = BALANCE.snapshot(change, customer_facts), BALANCE.preview(change, customer_facts)
        assert BALANCE.part(change, snapshot, preview, {"pro": "Pro"}) == (source and source_words(source))


def test_fifteen_digits_are_kept_exactly() -> None:
    assert parse_amount("123456789012.345") == Decimal("123456789012.345")
    assert size_problem(Decimal("123456789012.3456")) is AmountNote.TOO_MANY_DECIMALS
