"""Lines of every kind for lists: parsed, completed for the customer, refused with a reason, applied and
undone."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.access.policy import Verb
from bot.autumn.models import Quote
from bot.autumn.write import Write
from bot.batches import parsing
from bot.batches.model import BatchLine, BatchResult, BatchState, CheckedBatch, LineReason, LineState
from bot.batches.parsing import ForAll, ReadList
from bot.changes import notes, registry
from bot.changes.addition.request import AdditionInput
from bot.changes.addition.words import AdditionNote
from bot.changes.balance.words import BalanceNote
from bot.changes.billing.words import BillingNote
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, CancellationNote, Settlement
from bot.changes.grant.words import GrantNote
from bot.changes.line_form import LineCells, LineNote, LineReader
from bot.changes.model import ChangeInput
from bot.changes.notes import NoteCode
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed, QuantityNote
from bot.changes.refund.words import RefundNote
from bot.changes.registry import UnknownKind
from bot.changes.reward.words import RewardNote
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import SwitchAction
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from bot.changes.usage.words import UsageNote
from tests.approvals.harness import ANA, RAJ
from tests.batches.harness import BatchHarness
from tests.policy import read as read_policy

DAY = datetime(2026, 12, 31, tzinfo=UTC)


def read_list(text: str) -> ReadList:
    answer = parsing.read(text, ForAll())
    assert isinstance(answer, ReadList), answer
    return answer


async def check(harness: BatchHarness, text: str) -> CheckedBatch:
    answer = read_list(text)
    assert not answer.problems, answer.problems
    return await harness.replica().batches.check(answer.lines, ANA)


CHANGES_OF_LINES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("cus_northwind,messages,500", {"kind": "balance", "action": "give", "amount": "500"}),
    ("cus_northwind,Messages,500,,grant", {"kind": "grant", "amount": "500", "every": ""}),
    ("cus_northwind,messages,5,for good,grant", {"kind": "grant", "expires_at": None, "every": ""}),
    ("cus_northwind,messages,5,every month,grant", {"kind": "grant", "every": "month"}),
    ("cus_northwind,messages,5,2026-12-31,grant", {"kind": "grant", "expires_at": DAY}),
    ("cus_northwind,messages,unlimited,,grant", {"kind": "grant", "size": "unlimited", "amount": None}),
    ("cus_noname,Single Sign-On,,,grant", {"kind": "grant", "size": "switch"}),
    ("cus_northwind,messages,20,,record", {"kind": "usage", "value": "20"}),
    ("cus_northwind,loyal10,,apply,reward", {"kind": "reward", "action": "apply"}),
    ("cus_acme,,,remove,reward", {"kind": "reward", "action": "remove"}),
    ("cus_northwind,BONUS500,,redeem,reward", {"kind": "reward", "code": "BONUS500"}),
    ("cus_northwind,pro,,at the end,cancel", {"kind": "cancellation", "action": "at_period_end"}),
    (
        "cus_northwind,Pro,,now with credit,cancellation",
        {"kind": "cancellation", "action": "now", "settlement": "credit", "product": "pro"},
    ),
    ("cus_initech,pro,,take_back,cancel", {"kind": "cancellation", "action": "take_back"}),
    ("cus_bold,in_cXNNUzXytba2sAT2,10,,refund", {"kind": "refund", "amount": "10", "currency": "USD"}),
    ("cus_bold,in_cXNNUzXytba2sAT2,All,,refund", {"kind": "refund", "amount": None}),
    (
        "cus_acme,seats,25,next invoice,quantity",
        {"kind": "quantity", "quantity": "25", "billed": "next_invoice", "product": "extra_seats"},
    ),
    ("cus_acme,seats,25,,Change quantity", {"kind": "quantity", "billed": "now"}),
    ("cus_northwind,support_plus,,,add", {"kind": "addition", "quantities": ()}),
    ("cus_northwind,Message Pack,,,addition", {"product": "message_pack", "subscription": ""}),
    (
        "cus_northwind,extra_seats,10,,Add product",
        {"kind": "addition", "quantities": ({"feature": "seats", "quantity": Decimal(10)},)},
    ),
)


async def test_line_of_each_kind_becomes_its_change(sqlite_harness: BatchHarness) -> None:
    for text, requests in CHANGES_OF_LINES:
        checked = await check(sqlite_harness, text)
        assert checked.requestable, (text, [problem.notes for problem in checked.problems])
        (line,) = checked.lines
        requested = line.input.model_dump()
        expected = {
            name: Decimal(value) if name in ("amount", "value", "quantity") and value else value
            for name, value in requests.items()
        }
        assert {name: requested[name] for name in expected} == expected, text
        assert requested["customer"] == text.partition(",")[0]
        assert requested["customer_created_at"] is not None, text
    assert sqlite_harness.inner.written() == 0


UNFIT_LINES: tuple[tuple[str, NoteCode | str], ...] = (
    ("cus_northwind,nothing,5,,grant", LineNote.UNKNOWN),
    ("cus_northwind,messages,,,grant", "no_amount"),
    ("cus_noname,Single Sign-On,5,,grant", GrantNote.WRONG_SIZE),
    ("cus_northwind,sso,5,,record", UsageNote.NOT_HELD),
    ("cus_northwind,no such coupon,,apply,reward", LineNote.UNKNOWN),
    ("cus_acme,half price,,remove,reward", RewardNote.ANOTHER_COUPON),
    ("cus_bold,,,remove,reward", RewardNote.NO_COUPON),
    ("cus_northwind,BONUS5,,redeem,reward", RewardNote.GRANT_UNKNOWN),
    ("cus_northwind,team,,at the end,cancel", LineNote.UNKNOWN),
    ("cus_northwind,pro,,take back,cancel", CancellationNote.NOT_CANCELLED),
    ("cus_bold,in_nothing,5,,refund", RefundNote.NOT_THEIRS),
    ("cus_html,in_cXNNUzXytba2sAT2,5,,refund", RefundNote.NOT_THEIRS),
    ("cus_bold,in_cXNNUzXytba2sAT2,500,,refund", RefundNote.TOO_MUCH),
    ("cus_acme,nothing,5,,quantity", LineNote.UNKNOWN),
    ("cus_acme,messages,5,,quantity", QuantityNote.NOT_BOUGHT_AHEAD),
    ("cus_northwind,team,,,add", LineNote.UNKNOWN),
    ("cus_northwind,support_plus,3,,add", AdditionNote.NO_QUANTITY),
    ("cus_northwind,extra_seats,,,add", LineNote.MISSING),
)


async def test_line_that_does_not_fit_the_customer_says_why(sqlite_harness: BatchHarness) -> None:
    for text, code in UNFIT_LINES:
        (problem,) = (await check(sqlite_harness, text)).problems
        assert problem.reason is LineReason.REFUSED, text
        codes = [note.code.id for note in problem.notes]
        assert codes == [code if isinstance(code, str) else code.id], text
        assert all(notes.mrkdwn(note) for note in problem.notes), text


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("acme,,,,grant", ["The feature is missing."]),
        ("acme,messages,five,,grant", ["This is not a number"]),
        ("acme,messages,5,some day,grant", ["Write for good, every hour,", "or a date like 2026-12-31"]),
        ("acme,messages,5,set,record", ["takes no action"]),
        ("acme,,,,record", ["The feature is missing.", "The amount is missing."]),
        ("acme,ten,5,apply,reward", ["takes no amount"]),
        ("acme,ten,,,reward", ["The action is missing. Write apply, remove or redeem."]),
        ("acme,,,apply,reward", ["The coupon is missing."]),
        ("acme,,,redeem,reward", ["The promo code is missing."]),
        ("acme,pro,5,at the end,cancel", ["takes no amount"]),
        ("acme,pro,,,cancel", ["The action is missing. Write at the end, take back, now with credit"]),
        ("acme,pro,,now,cancel", ["now is no action here."]),
        ("acme,,,at the end,cancel", ["The product is missing."]),
        ("acme,,all,,refund", ["The invoice is missing."]),
        ("acme,in_1,,,refund", ["The amount is missing."]),
        ("acme,in_1,5,now,refund", ["takes no action"]),
        ("acme,seats,5,later,quantity", ["Write now or next invoice."]),
        ("acme,messages,,reset", ["The date is missing."]),
        ("acme,,many,now,add", ["The product is missing.", "not a number", "takes no action"]),
    ],
)
def test_line_with_too_little_or_too_much_is_refused_before_any_read(text: str, wrong: list[str]) -> None:
    (problem,) = read_list(text).problems
    reasons = " ".join(notes.plain(note) for note in problem.notes)
    assert all(part in reasons for part in wrong), reasons


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("acme,ten,,,reward", LineNote.NO_ACTION),
        ("acme,messages,5,set,record", LineNote.TAKES_NONE),
    ],
)
def test_action_is_required_exactly_where_a_kind_takes_one(text: str, code: LineNote) -> None:
    (problem,) = read_list(text).problems
    assert code in [note.code for note in problem.notes]


def test_header_may_name_the_columns_of_a_kind() -> None:
    answer = read_list("customer,product,action,kind\nacme,pro,at the end,cancel")
    assert answer.lines == (BatchLine(2, "acme", LineCells("pro", "", "at the end"), "cancellation"),)


def test_kind_without_lines_has_no_form_for_them() -> None:
    with pytest.raises(UnknownKind):
        registry.line_form("deletion")


async def test_product_held_twice_is_named_by_its_subscription(sqlite_harness: BatchHarness) -> None:
    facts = await sqlite_harness.replica().changes.read_facts("cancellation", "cus_northwind")
    (first_subscription,) = facts.customer.subscriptions
    second_subscription = first_subscription.model_copy(update={"id": "sub_2"})
    customer = facts.customer.model_copy(update={"subscriptions": [first_subscription, second_subscription]})
    twice = type(facts)(customer, facts.read_at)
    form = registry.line_form("cancellation")

    def filled(about: str) -> Any:
        return form.fill(form.read(LineReader(LineCells(about, action="at the end"))), twice, "x")

    assert filled("pro").code is BillingNote.SEVERAL
    assert filled("sub_2").subscription == "sub_2"


# Entities


async def test_line_may_be_limited_to_an_entity_by_id_or_name(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    entity = (await harness.inner.autumn.entities("cus_piedpiper")).list[0]
    for typed in (entity.id, entity.name.upper()):
        checked = await check(harness, f"customer,feature,amount,entity\ncus_piedpiper,messages,7,{typed}")
        if checked.lines:
            assert checked.lines[0].input.entity == entity.id
        else:
            (problem,) = checked.problems
            assert [note.code for note in problem.notes] == [BalanceNote.SHARED_BALANCE]
    checked = await check(
        harness, "cus_piedpiper,messages,7,,grant,workspace_1\ncus_piedpiper,messages,7,,grant"
    )
    assert [line.input.entity for line in checked.lines] == ["workspace_1", ""]
    batch = await harness.approved(replica, [line.line for line in checked.lines])
    await replica.run()
    assert (await harness.now(replica, batch)).state is BatchState.DONE
    assert await harness.states(replica, batch) == [LineState.APPLIED] * 2
    own = await harness.inner.autumn.entity("cus_piedpiper", "workspace_1")
    assert any(row.id.startswith("maple_") for row in own.balances["messages"].breakdown)


async def test_missing_or_unreadable_entity_refuses_the_line(
    sqlite_harness: BatchHarness,
) -> None:
    text = "cus_piedpiper,messages,7,,grant,nowhere"
    (problem,) = (await check(sqlite_harness, text)).problems
    assert problem.reason is LineReason.NO_ENTITY
    sqlite_harness.inner.local.faults.add("entities.list", "500")
    (problem,) = (await check(sqlite_harness, text)).problems
    assert problem.reason is LineReason.NOT_READ


# Several of one customer

MIXED = """\
cus_northwind,messages,500
cus_northwind,messages,20,,grant
cus_northwind,api_calls,3,,record
cus_northwind,loyal10,,apply,reward
cus_acme,seats,25,,quantity
cus_bold,in_cXNNUzXytba2sAT2,10,,refund
cus_html,starter,,at the end,cancel
"""


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_lines_of_several_kinds_are_applied_and_undone_under_one_approval(
    harness: BatchHarness,
) -> None:
    """On PostgreSQL, which few other tests of these kinds use."""
    replica = harness.replica()
    checked = await check(harness, MIXED)
    assert checked.requestable, checked.problems
    assert checked.value.sums["USD"] > 10
    assert [(total.kind, total.feature, total.lines) for total in checked.totals][:2] == [
        ("balance", "messages", 1),
        ("grant", "messages", 1),
    ]
    batch = await harness.approved(replica, [line.line for line in checked.lines])
    await replica.run()
    states = {line.number: (line.state, line.why) for line in await harness.lines(replica, batch)}
    assert states == dict.fromkeys(range(1, 8), (LineState.APPLIED, "done"))
    assert harness.inner.written() == 7
    assert {total.kind for total in (await harness.now(replica, batch)).totals} == {
        line.input.kind for line in checked.lines
    }
    harness.inner.local.forget_limits()
    undo = await replica.batches.undo(batch.id, ANA, key="undo", reason="the wrong list")
    assert undo.result is BatchResult.DONE, undo
    assert undo.checked is not None
    assert [problem.reason for problem in undo.checked.problems] == [LineReason.NO_UNDO]
    assert undo.batch is not None
    approved = await replica.batches.approve(undo.batch.id, undo.batch.revision, RAJ)
    assert approved.result is BatchResult.DONE
    await replica.run()
    lines = await harness.lines(replica, undo.batch)
    assert [(line.state, line.why) for line in lines] == [(LineState.APPLIED, "done")] * 6
    assert await harness.inner.trail_is_intact()


async def test_product_added_by_a_line_is_removed_by_the_undo(sqlite_harness: BatchHarness) -> None:
    harness, replica = sqlite_harness, sqlite_harness.replica()

    async def bought() -> list[str]:
        return [purchase.plan_id for purchase in (await harness.inner.autumn.customer("cus_rtl")).purchases]

    checked = await check(harness, "cus_rtl,message_pack,,,add")
    batch = await harness.approved(replica, [line.line for line in checked.lines])
    await replica.run()
    assert await harness.states(replica, batch) == [LineState.APPLIED]
    assert await bought() == ["message_pack"]
    undo = await replica.batches.undo(batch.id, ANA, key="undo", reason="the wrong list")
    assert undo.batch is not None
    await replica.batches.approve(undo.batch.id, undo.batch.revision, RAJ)
    await replica.run()
    assert await harness.states(replica, undo.batch) == [LineState.APPLIED]
    assert await bought() == []


PAIRS_WITH_ONE_TARGET = (
    "cus_northwind,messages,5\ncus_northwind,messages,5,,record",
    "cus_bold,in_cXNNUzXytba2sAT2,5,,refund\ncus_bold,in_cXNNUzXytba2sAT2,all,,refund",
    "cus_northwind,loyal10,,apply,reward\ncus_northwind,,,remove,reward",
    "cus_northwind,BONUS500,,redeem,reward\ncus_northwind,BONUS500,,redeem,reward",
    "cus_northwind,messages,5,,grant\ncus_northwind,Messages,6,,grant",
    "cus_acme,seats,25,,quantity\ncus_acme,extra_seats,,at the end,cancel",
    "cus_northwind,message_pack,,,add\ncus_northwind,Message Pack,,,add",
)


async def test_second_line_with_the_same_target_is_refused(sqlite_harness: BatchHarness) -> None:
    for text in PAIRS_WITH_ONE_TARGET:
        problems = (await check(sqlite_harness, text)).problems
        assert [(problem.number, problem.reason, problem.other) for problem in problems] == [
            (2, LineReason.REPEATED, 1)
        ], text


async def test_customer_is_read_once_for_each_kind(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    await check(harness, "cus_bold,messages,5")
    before = len(harness.inner.local.calls)
    await check(harness, "cus_bold,messages,5\ncus_bold,exports,5\ncus_bold,messages,5,,record")
    reads = [call.route for call in harness.inner.local.calls[before:]]
    assert reads.count("customers.get") == 2


async def billing_changes(harness: BatchHarness, customer: str) -> dict[str, ChangeInput]:
    """Changes that may be requested to a customer's products, by a name for the test."""
    held = (await harness.inner.autumn.customer(customer, expand=("subscriptions.plan",))).subscriptions
    ids = {subscription.plan_id: subscription.id for subscription in held}
    main = held[0].plan_id

    def cancelled(product: str, action: CancellationAction) -> CancellationInput:
        settlement = Settlement.CREDIT if action is CancellationAction.NOW else None
        return CancellationInput(
            customer=customer,
            subscription=ids[product],
            product=product,
            action=action,
            settlement=settlement,
        )

    changes: dict[str, ChangeInput] = {
        "switch": SwitchInput(customer=customer, product="starter", action=SwitchAction.AT_PERIOD_END),
        "buy": AdditionInput(customer=customer, product="message_pack"),
        "add": AdditionInput(customer=customer, product="support_plus", subscription="maple_1"),
        "cancel": cancelled(main, CancellationAction.AT_PERIOD_END),
        "end": cancelled(main, CancellationAction.NOW),
        "trial": TrialInput(
            customer=customer, subscription=ids[main], product=main, action=TrialAction.END_NOW
        ),
    }
    if "extra_seats" in ids:
        changes["quantity"] = QuantityInput(
            customer=customer,
            subscription=ids["extra_seats"],
            product="extra_seats",
            feature="seats",
            quantity=Decimal(25),
            billed=Billed.NOW,
        )
        changes["cancel add-on"] = cancelled("support_plus", CancellationAction.AT_PERIOD_END)
    return changes


AFFECTED_PAIRS = (
    ("cus_northwind", "add", "switch", LineReason.AFFECTED),
    ("cus_northwind", "switch", "add", LineReason.AFFECTED),
    ("cus_northwind", "cancel", "switch", LineReason.AFFECTED),
    ("cus_northwind", "switch", "cancel", LineReason.AFFECTED),
    ("cus_northwind", "end", "add", LineReason.AFFECTED),
    ("cus_northwind", "cancel", "end", LineReason.REPEATED),
    ("cus_umbrella", "switch", "trial", LineReason.AFFECTED),
    ("cus_umbrella", "trial", "switch", LineReason.AFFECTED),
    ("cus_umbrella", "trial", "cancel", LineReason.REPEATED),
    ("cus_acme", "cancel add-on", "switch", LineReason.AFFECTED),
    ("cus_acme", "add", "cancel add-on", LineReason.AFFECTED),
)


async def billing_lines(harness: BatchHarness, customer: str, *names: str) -> list[BatchLine]:
    changes = await billing_changes(harness, customer)
    return [
        BatchLine(number, customer, kind=changes[name].kind, input=changes[name])
        for number, name in enumerate(names, 1)
    ]


async def test_line_that_an_earlier_one_affects_is_refused_before_anything_is_requested(
    sqlite_harness: BatchHarness,
) -> None:
    harness, replica = sqlite_harness, sqlite_harness.replica()
    for customer, earlier, later, reason in AFFECTED_PAIRS:
        checked = await replica.batches.check(await billing_lines(harness, customer, earlier, later), ANA)
        problems = [(problem.number, problem.reason, problem.other) for problem in checked.problems]
        assert problems == [(2, reason, 1)], (customer, earlier, later)


@pytest.mark.parametrize(
    ("customer", "names"),
    [
        ("cus_acme", ("quantity", "switch", "cancel add-on")),
        ("cus_acme", ("switch", "quantity")),
        ("cus_acme", ("cancel add-on", "add")),
        ("cus_northwind", ("buy", "add", "cancel")),
        ("cus_northwind", ("buy", "switch")),
        ("cus_northwind", ("switch", "buy")),
    ],
)
async def test_lines_of_one_customer_that_do_not_affect_each_other_are_applied(
    sqlite_harness: BatchHarness, customer: str, names: Sequence[str]
) -> None:
    harness, replica = sqlite_harness, sqlite_harness.replica()
    batch = await harness.approved(replica, await billing_lines(harness, customer, *names))
    await replica.run()
    assert await harness.states(replica, batch) == [LineState.APPLIED] * len(names)


async def test_autumn_is_asked_for_several_previews_at_a_time_and_lines_keep_their_order(
    sqlite_harness: BatchHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    autumn = sqlite_harness.inner.autumn
    quote, all_asked = autumn.quote, asyncio.Barrier(3)

    async def with_the_others(write: Write) -> Quote:
        async with asyncio.timeout(30):
            await all_asked.wait()
        return await quote(write)

    monkeypatch.setattr(autumn, "quote", with_the_others)
    lines = "cus_html,starter,,at the end,cancel\ncus_acme,seats,25,,quantity\ncus_rtl,message_pack,,,add"
    checked = await check(sqlite_harness, lines)
    assert [line.input.kind for line in checked.lines] == ["cancellation", "quantity", "addition"]


async def test_missing_preview_from_autumn_is_reported(sqlite_harness: BatchHarness) -> None:
    sqlite_harness.inner.local.faults.add("billing.preview_update", "500")
    (problem,) = (await check(sqlite_harness, "cus_northwind,pro,,at the end,cancel")).problems
    assert problem.reason is LineReason.NOT_READ


# The policy


async def test_each_kind_has_its_own_rules_and_its_money_adds_up(
    sqlite_harness: BatchHarness,
) -> None:
    sqlite_harness.inner.permissions.policy = read_policy(
        """
        [[allow]]
        who = "everyone"
        may = ["ask", "approve"]
        changes = ["balance", "refund"]

        [[allow]]
        who = "everyone"
        may = "at_once"
        changes = "balance"

        [[allow]]
        who = "everyone"
        may = "at_once"
        changes = "refund"
        value_up_to = { USD = 15 }
        """
    )
    checked = await check(sqlite_harness, "cus_bold,in_cXNNUzXytba2sAT2,10,,refund\ncus_bold,messages,5")
    assert checked.decision is not None
    assert checked.decision.approvals == 0
    two = await check(
        sqlite_harness,
        "cus_bold,in_cXNNUzXytba2sAT2,10,,refund\ncus_html,in_bEdMRnc1Tj6Ro9Js,10,,refund",
    )
    assert two.decision is not None
    assert two.decision.approvals == 1
    (problem,) = (await check(sqlite_harness, "cus_northwind,messages,5,,grant")).problems
    assert problem.reason is LineReason.NOT_ALLOWED
    assert {request.verb for request in sqlite_harness.inner.permissions.requests} == {Verb.ASK}


async def test_products_gathered_for_one_customer_are_all_added(sqlite_harness: BatchHarness) -> None:
    """The first of them starts the customer's billing period."""
    harness = sqlite_harness
    added = AdditionInput(customer="cus_wayne", product="support_plus", subscription="maple_1")
    bought = AdditionInput(customer="cus_wayne", product="message_pack")
    lines = [
        BatchLine(number, request.customer, kind=request.kind, input=request)
        for number, request in enumerate((added, bought), 1)
    ]
    replica = harness.replica()
    batch = await harness.approved(replica, lines)
    await replica.run()
    assert [(line.state, line.why) for line in await harness.lines(replica, batch)] == [
        (LineState.APPLIED, "done")
    ] * 2
    assert harness.inner.written() == 2
