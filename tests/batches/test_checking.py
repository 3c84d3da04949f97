from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.access.limits import Worth
from bot.access.policy import Decision, DecisionReason, Request, Verb
from bot.batches.model import BatchLine, BatchResult, CheckedBatch, LineReason, value_of
from bot.batches.policy import strictest, together
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceNote
from bot.changes.line_form import LineCells, LineNote
from tests.approvals.harness import ANA, NOW, RAJ
from tests.batches.harness import CUSTOMERS, BatchHarness, lines_giving
from tests.policy import BALANCE, read


def line(customer: str = "cus_bold", feature: str = "messages", number: int = 1) -> BatchLine:
    return (
        lines_giving(customer, feature=feature)[0]
        if number == 1
        else replace(lines_giving(customer, feature=feature)[0], number=number)
    )


async def check(harness: BatchHarness, *lines: BatchLine) -> CheckedBatch:
    return await harness.replica().batches.check(lines, ANA)


async def test_line_is_previewed_before_anything_is_requested(sqlite_harness: BatchHarness) -> None:
    checked = await check(sqlite_harness, line())
    assert checked.requestable
    (only,) = checked.lines
    assert (only.customer, only.feature, only.preview.amount) != ("", "", None)
    assert isinstance(only.input, BalanceInput)
    assert (only.input.customer, only.input.action, only.input.amount) == (
        "cus_bold",
        BalanceAction.GIVE,
        Decimal(100),
    )
    assert only.input.customer_created_at is not None, "for this customer, and no later one with the same id"
    assert [part.label.id for part in only.preview.lines][:2] == ["granted", "remaining"]
    assert sqlite_harness.inner.written() == 0


WRONG_LINES = (
    ("nobody", "messages", LineReason.NO_CUSTOMER),
    ("nobody@nowhere.example", "messages", LineReason.NO_CUSTOMER),
    ("billing@twinpeaks.example", "messages", LineReason.SEVERAL_CUSTOMERS),
    ("cus_bold", "nothing", LineNote.UNKNOWN),
    ("cus_bold", "sso", BalanceNote.FEATURE_IS_FLAG),
    ("cus_bold", "api_calls", BalanceNote.FEATURE_NOT_HELD),
    ("cus_vandelay", "messages", BalanceNote.SEVERAL_SOURCES),
    ("cus_piedpiper", "exports", BalanceNote.ENTITY_BALANCE),
)
"""The line's own problem, or the one that the change's guards report."""


async def test_wrong_line_is_reported_with_its_reason(sqlite_harness: BatchHarness) -> None:
    for customer, feature, reason in WRONG_LINES:
        checked = await check(sqlite_harness, line("cus_html", number=1), line(customer, feature, number=7))
        (problem,) = checked.problems
        assert (problem.number, problem.text) == (7, f"{customer}, {feature}, 100")
        if isinstance(reason, LineReason):
            assert problem.reason is reason, (customer, feature)
        else:
            assert problem.reason is LineReason.REFUSED, (customer, feature)
            assert [note.code for note in problem.notes] == [reason], (customer, feature)
        assert [checked_line.line.number for checked_line in checked.lines] == [1]
        assert not checked.requestable
        assert checked.without_problems().requestable


async def test_customer_and_feature_are_found_as_typed(sqlite_harness: BatchHarness) -> None:
    """A customer is found by exact id or email, a feature by its id or name."""
    for customer, feature in (
        ("hostile1@odd.example", "Messages"),
        ("HOSTILE1@Odd.example", "messages"),
        ("cus_bold", "MESSAGES"),
    ):
        checked = await check(sqlite_harness, line(customer, feature))
        about = [(checked_line.input.customer, checked_line.feature) for checked_line in checked.lines]
        assert about == [("cus_bold", "messages")], (customer, feature)


async def test_second_line_about_the_same_balance_names_the_first(sqlite_harness: BatchHarness) -> None:
    checked = await check(
        sqlite_harness,
        line(number=3),
        line("hostile1@odd.example", number=9),
        line(feature="exports", number=10),
    )
    (problem,) = checked.problems
    assert (problem.number, problem.reason, problem.other) == (9, LineReason.REPEATED, 3)
    assert [checked_line.line.number for checked_line in checked.lines] == [3, 10]


async def test_list_is_limited_to_the_policys_length(sqlite_harness: BatchHarness) -> None:
    batches = sqlite_harness.replica(most_lines=2).batches
    checked = await batches.check(lines_giving(*CUSTOMERS[:4]), ANA)
    assert [line.line.number for line in checked.lines] == [1, 2]
    assert [(problem.number, problem.reason) for problem in checked.problems] == [
        (3, LineReason.TOO_MANY),
        (4, LineReason.TOO_MANY),
    ]


async def test_unreadable_line_can_be_checked_again(sqlite_harness: BatchHarness) -> None:
    faults = sqlite_harness.inner.local.faults
    faults.add("customers.get", "500", customer="cus_bold")
    checked = await check(sqlite_harness, line(), line("cus_html", number=2))
    assert [(problem.number, problem.reason) for problem in checked.problems] == [(1, LineReason.NOT_READ)]
    faults.clear()
    assert (await check(sqlite_harness, line())).requestable


async def test_address_that_cannot_be_searched_can_be_checked_again(sqlite_harness: BatchHarness) -> None:
    sqlite_harness.inner.local.faults.add("customers.list", "500")
    checked = await check(sqlite_harness, line("hostile1@odd.example"))
    assert [problem.reason for problem in checked.problems] == [LineReason.NOT_READ]


async def test_unreadable_features_refuse_every_line(sqlite_harness: BatchHarness) -> None:
    sqlite_harness.inner.local.faults.add("features.list", "500")
    checked = await check(sqlite_harness, line(), line("cus_html", number=2))
    assert [problem.reason for problem in checked.problems] == [LineReason.NOT_READ] * 2


async def test_reset_dates_and_remainders_are_lines_too(sqlite_harness: BatchHarness) -> None:
    lines = [
        BatchLine(1, "cus_bold", LineCells("messages", "5", "set")),
        BatchLine(2, "cus_html", LineCells("messages", str((NOW + timedelta(days=3)).date()), "reset")),
    ]
    checked = await check(sqlite_harness, *lines)
    assert checked.requestable, checked.problems
    (total,) = checked.totals
    assert (total.units, total.lines, total.unsized) == (Decimal(1995), 2, 1)


# The policy

POLICY = """
[[allow]]
who = "everyone"
may = ["ask", "approve"]
changes = "balance"
amount_up_to = 1000

[[allow]]
who = "everyone"
may = "at_once"
changes = "balance"
amount_up_to = 150

[[require]]
changes = "balance"
amount_over = 250
approvals = 2
"""


async def test_policy_applies_the_strictest_line_and_the_total(sqlite_harness: BatchHarness) -> None:
    """Splitting a large change into small lines gains nothing."""
    sqlite_harness.inner.permissions.policy = read(POLICY)
    for amount, customers, approvals in ((100, 1, 0), (100, 2, 1), (100, 3, 2), (300, 1, 2)):
        checked = await check(sqlite_harness, *lines_giving(*CUSTOMERS[:customers], amount=amount))
        assert checked.decision is not None
        assert checked.decision.permit
        assert checked.decision.approvals == approvals, (amount, customers)


async def test_total_beyond_the_persons_limit_is_refused(
    sqlite_harness: BatchHarness,
) -> None:
    sqlite_harness.inner.permissions.policy = read(POLICY)
    replica = sqlite_harness.replica()
    checked = await replica.batches.check(lines_giving(*CUSTOMERS[:5], amount=250), ANA)
    assert (checked.problems, checked.requestable) == ((), False)
    outcome = await replica.batches.submit("form", checked, ANA)
    assert outcome.result is BatchResult.NOT_ALLOWED
    assert outcome.decision == checked.decision


async def test_line_refused_by_the_policy_is_named(sqlite_harness: BatchHarness) -> None:
    sqlite_harness.inner.permissions.policy = read(POLICY)
    lines = [*lines_giving("cus_bold"), replace(lines_giving("cus_html", amount=1001)[0], number=2)]
    (problem,) = (await check(sqlite_harness, *lines)).problems
    assert (problem.number, problem.reason) == (2, LineReason.NOT_ALLOWED)
    assert problem.decision is not None
    assert problem.decision.reason is DecisionReason.NO_RULE


async def test_gifts_of_the_day_count_with_the_list(sqlite_harness: BatchHarness) -> None:
    sqlite_harness.inner.permissions.policy = read(POLICY)
    replica = sqlite_harness.replica()
    first = await sqlite_harness.submitted(replica, lines_giving("cus_bold"))
    await replica.run()
    checked = await replica.batches.check(lines_giving("cus_bold"), ANA)
    assert checked.decision is not None
    assert checked.decision.approvals == 1
    waiting = await sqlite_harness.submitted(replica, lines_giving("cus_bold"))
    assert (first.needed, waiting.needed) == (0, 1)
    approved = await replica.batches.approve(waiting.id, waiting.revision, RAJ)
    assert approved.result is BatchResult.DONE
    requests = sqlite_harness.inner.permissions.requests
    assert Decimal(100) in {call.earlier.units for call in requests if call.verb is Verb.APPROVE}


def allowed_decision(**content: object) -> Decision:
    return replace(Decision(True, DecisionReason.ALLOWED), **content)  # type: ignore[arg-type]


def test_strictest_of_several_decisions() -> None:
    assert strictest([]) is None
    refused = Decision(False, DecisionReason.DENIED, "no")
    assert strictest([allowed_decision(), refused, Decision(False, DecisionReason.NO_RULE)]) is refused
    together_decided = strictest(
        [
            allowed_decision(approvals=0, rule="a", self_approval=True, expires_after=timedelta(hours=1)),
            allowed_decision(approvals=2, rule="b", self_approval=True),
            allowed_decision(approvals=1, rule="c", reason_required=True),
        ]
    )
    assert together_decided == allowed_decision(
        approvals=2, rule="b", self_approval=False, reason_required=True, expires_after=timedelta(hours=1)
    )


def test_lines_of_a_feature_are_judged_as_one_change() -> None:
    gift = Request(Verb.ASK, kind=BALANCE, amount=Decimal(5), products=frozenset({"pro"}))
    other_gift = replace(gift, amount=Decimal(7), products=frozenset({"free"}))
    unsized = replace(gift, amount=None, products=None)
    assert together(["messages", "messages", "seats"], [gift, other_gift, gift]) == [
        replace(gift, amount=Decimal(12), products=frozenset({"pro", "free"})),
        gift,
    ]
    (total,) = together(["messages"] * 3, [gift, unsized, other_gift])
    assert (total.amount, total.products) == (None, None)


@pytest.mark.parametrize(
    ("worths", "sum_of_worths"),
    [
        ((("5", "USD"), ("7", "USD")), ("12", "USD")),
        ((("5", "USD"), ("7", "EUR")), None),
        ((("5", "USD"), None), None),
    ],
)
def test_money_of_a_list_is_known_in_one_currency(
    worths: tuple[tuple[str, str] | None, ...], sum_of_worths: tuple[str, str] | None
) -> None:
    requests = [Request(Verb.ASK, kind=BALANCE, worth=worth(amount)) for amount in worths]
    (total,) = together(["messages"] * 2, requests)
    assert total.worth == worth(sum_of_worths)
    worths_read = [worth(amount) for amount in worths]
    assert value_of([*worths_read, None]).sums.get("USD") in (Decimal(12), Decimal(5))


def worth(content: tuple[str, str] | None) -> Worth | None:
    return None if content is None else Worth(Decimal(content[0]), content[1])


async def test_small_gifts_to_many_count_towards_the_daily_limit(
    sqlite_harness: BatchHarness,
) -> None:
    sqlite_harness.inner.permissions.policy = read(
        """
        [[allow]]
        who = "everyone"
        may = ["ask", "approve", "at_once"]
        changes = "balance"
        per_person_day = 250
        """
    )
    checked = await check(sqlite_harness, *lines_giving(*CUSTOMERS[:3]))
    assert [(problem.number, problem.reason) for problem in checked.problems] == [(3, LineReason.NOT_ALLOWED)]
