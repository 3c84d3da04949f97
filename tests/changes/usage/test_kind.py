from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.events import Event
from bot.autumn.models import BalanceRow, Entity
from bot.changes.amounts import AmountNote
from bot.changes.facts import gather, gather_for
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import EntityScope, Facts, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.usage.kind import UsageChange
from bot.changes.usage.read import RecentEvents
from bot.changes.usage.request import UsageInput
from bot.changes.usage.words import UsageLine, UsageNote
from tests.autumn.scripted import Scripted, error, listing, ok
from tests.changes.facts import BY_USE, NOW, balance, customer, facts, row

CHANGE = UsageChange()
KNOWN = facts(balance(row(included=1000, usage=300)))
UNLIMITED = facts(balance(row(plan_id=None, usage=5, unlimited=True), unlimited=True))
LISTED = Note(UsageNote.STAYS_LISTED)


def usage_of(value: Any = 20, **changes: Any) -> UsageInput:
    fields = {"customer": "cus_1", "feature": "messages", "value": Decimal(value), "mark": "m1"}
    return UsageInput(**{**fields, **changes})


OVER = row("paid", included=100, usage=160, price=BY_USE)


def undo(value: Any = -20, **changes: Any) -> UsageInput:
    return usage_of(value, **{"mark": "m1-undo", "undoes": True, **changes})


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "refusals"),
    [
        (usage_of(customer="cus_2"), KNOWN, [Note(CommonNote.OTHER_CUSTOMER)]),
        (usage_of(), facts(), [Note(UsageNote.NOT_HELD, {"feature": "messages"})]),
        (usage_of(10**13), KNOWN, [Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})]),
        (usage_of(0), KNOWN, [Note(UsageNote.ZERO)]),
        (usage_of(-1), KNOWN, [Note(UsageNote.ZERO)]),
        (undo(0), KNOWN, [Note(UsageNote.ZERO)]),
        (undo(-301), KNOWN, [Note(UsageNote.LESS_USED, {"used": "300"})]),
        (undo(-1), facts(balance(row(usage=-5))), [Note(UsageNote.LESS_USED, {"used": "0"})]),
    ],
)
def test_guard_refuses(change_input: UsageInput, customer_facts: Facts, refusals: list[Note]) -> None:
    judged = CHANGE.guard(change_input, customer_facts, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (usage_of(), KNOWN, [LISTED]),
        (usage_of(700), KNOWN, [LISTED]),
        (usage_of("700.5"), KNOWN, [Note(UsageNote.MORE_THAN_LEFT, {"left": "700"}), LISTED]),
        (usage_of(10**6), UNLIMITED, [LISTED]),
        (undo(-300), KNOWN, [LISTED]),
        (
            usage_of(customer="a@b"),
            replace(KNOWN, customer=KNOWN.customer.model_copy(update={"id": "a@b"})),
            [LISTED],
        ),
    ],
)
def test_guard_warns(change_input: UsageInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def figures(label: UsageLine, before: str, after: str) -> Line:
    return Line(label, before, after, ValueFormat.NUMBER, about="messages")


@pytest.mark.parametrize(
    ("change_input", "facts", "preview"),
    [
        (
            usage_of(),
            KNOWN,
            (figures(UsageLine.USED, "300", "320"), figures(UsageLine.REMAINING, "700", "680")),
        ),
        (
            usage_of(800),
            KNOWN,
            (
                figures(UsageLine.USED, "300", "1100"),
                figures(UsageLine.REMAINING, "700", "0"),
                figures(UsageLine.OVERAGE, "0", "100"),
            ),
        ),
        (
            usage_of(30),
            facts(balance(OVER)),
            (
                figures(UsageLine.USED, "160", "190"),
                figures(UsageLine.REMAINING, "0", "0"),
                figures(UsageLine.OVERAGE, "60", "90"),
            ),
        ),
        (
            usage_of(120),
            facts(balance(OVER, row(included=100, usage=0))),
            (
                figures(UsageLine.USED, "160", "280"),
                figures(UsageLine.REMAINING, "100", "0"),
                figures(UsageLine.OVERAGE, "60", "80"),
            ),
        ),
        (
            usage_of(50),
            facts(balance(OVER, row(included=100, usage=0))),
            (
                figures(UsageLine.USED, "160", "210"),
                figures(UsageLine.REMAINING, "100", "50"),
                figures(UsageLine.OVERAGE, "60", "60"),
            ),
        ),
        (
            undo(),
            KNOWN,
            (figures(UsageLine.USED, "300", "280"), figures(UsageLine.REMAINING, "700", "720")),
        ),
        (
            undo(-50),
            facts(balance(OVER)),
            (
                figures(UsageLine.USED, "160", "110"),
                figures(UsageLine.REMAINING, "0", "0"),
                figures(UsageLine.OVERAGE, "60", "10"),
            ),
        ),
        (
            undo(-80),
            facts(balance(OVER, row(included=100, usage=70))),
            (
                figures(UsageLine.USED, "230", "150"),
                figures(UsageLine.REMAINING, "30", "50"),
                figures(UsageLine.OVERAGE, "60", "0"),
            ),
        ),
        (usage_of(), UNLIMITED, (figures(UsageLine.USED, "5", "25"),)),
    ],
)
def test_preview_lines(change_input: UsageInput, facts: Facts, preview: tuple[Line, ...]) -> None:
    assert CHANGE.preview(change_input, facts) == preview


def entity_facts(*rows: BalanceRow) -> Facts:
    entity = Entity(id="ws_1", balances={"messages": balance(*rows)})
    return facts(customer=customer(), scope=EntityScope(entity, customer(balance(*rows))))


@pytest.mark.parametrize(
    ("change_input", "facts"),
    [
        (undo(-50), facts(balance(row(included=100, usage=160), row("other", usage=70)))),
        (undo(-50), facts(balance(OVER, row("other", included=10, usage=20, price=BY_USE)))),
        (undo(-50, entity="ws_1"), entity_facts(OVER, row("own", included=100, usage=70))),
    ],
    ids=["debt beside another source", "two in overage", "entity"],
)
def test_only_usage_is_previewed_where_it_is_not_known_which_source_gets_it(
    change_input: UsageInput, facts: Facts
) -> None:
    assert [line.label for line in CHANGE.preview(change_input, facts)] == [UsageLine.USED]


def test_usage_is_deducted_completely_or_not_and_the_event_is_marked() -> None:
    named = {"customer_id": "cus_1", "feature_id": "messages"}
    (write,) = CHANGE.plan(usage_of("1.5"), KNOWN)
    assert dict(write.body) == {
        **named,
        "value": 1.5,
        "properties": {"maple": "m1"},
        "overage_behavior": "reject",
    }
    assert (write.route, write.method, write.path, write.per_customer) == (
        "balances.track",
        "POST",
        "/v1/balances.track",
        True,
    )
    (write,) = CHANGE.plan(undo(), KNOWN)
    assert dict(write.body) == {**named, "value": -20, "properties": {"maple": "m1-undo"}}


def event(value: Any = 20, **properties: Any) -> Event:
    return Event(timestamp=NOW, value=Decimal(value), properties=properties or None)


def test_event_is_found_by_its_mark() -> None:
    events = RecentEvents((event(5), event(7, maple="m0"), event(20, maple="m1")))
    assert CHANGE.snapshot(usage_of(), replace(KNOWN, extra=events)) == {"recorded": "20"}
    assert CHANGE.snapshot(undo(), replace(KNOWN, extra=events)) == {"recorded": None}
    assert CHANGE.snapshot(usage_of(), KNOWN) == {"recorded": None}


NONE: Snapshot = {"recorded": None}


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (NONE, {"recorded": "20"}, Verdict.APPLIED),
        (NONE, {"recorded": "19"}, Verdict.UNCLEAR),
        (NONE, NONE, Verdict.NOT_APPLIED),
        (NONE, None, Verdict.UNCLEAR),
        ({"recorded": "20"}, {"recorded": "20"}, Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(before: Snapshot, after: Snapshot | None, verdict: Verdict) -> None:
    assert CHANGE.verify(usage_of(), before, after) is verdict


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        ({"value": 20, "deductions": [{"value": 20}]}, {"recorded": "20"}),
        ({"value": 20, "deductions": []}, NONE),
        ({"value": 20}, NONE),
        (None, NONE),
    ],
)
def test_answer_counts_by_the_amount_deducted(answer: object, after: Snapshot) -> None:
    assert CHANGE.credited(usage_of(), KNOWN, CHANGE.proof(answer), NONE) == after


def test_undo_is_the_negative_amount_and_has_no_undo() -> None:
    assert CHANGE.inverse(usage_of(), NONE, {"recorded": "20"}) == undo()
    assert CHANGE.inverse(undo(), NONE, {"recorded": "-20"}) is None
    assert CHANGE.amount(undo(), NONE) == 20


def test_wording() -> None:
    names = {"messages": "Messages"}
    assert CHANGE.summary(usage_of(1500), names) == "Record 1,500 Messages used"
    assert CHANGE.summary(undo(), names) == "Take 20 Messages off the recorded usage"
    assert CHANGE.shown_now(usage_of(), {}, {"recorded": "20"}) == ["• Recorded: *20*"]
    assert CHANGE.shown_now(usage_of(), {}, NONE) == [
        "Maple found no such event among the newest. Look for it in the customer's events."
    ]


@pytest.mark.parametrize("readable", [True, False])
async def test_events_are_optional_and_read_only_for_a_request(readable: bool) -> None:
    events = listing({"timestamp": 1, "properties": {"maple": "m1"}}) if readable else error(500)
    script = Scripted({"customers.get": ok({"id": "cus_1"}), "events.list": events})
    client = script.client()
    try:
        opened = await gather_for(client, "usage", "cus_1", now=lambda: NOW)
        assert (opened.extra, [call.route for call in script.received]) == (None, ["customers.get"])
        requested = await gather(client, usage_of(), now=lambda: NOW)
    finally:
        await client.aclose()
    assert isinstance(requested.extra, RecentEvents) is readable
    assert (CHANGE.snapshot(usage_of(), requested)["recorded"] is not None) is readable
    body = next(call.body for call in script.received if call.route == "events.list")
    assert (body["customer_id"], body["feature_id"], body["limit"]) == ("cus_1", "messages", 100)


def test_usage_is_offered_only_where_there_is_a_balance() -> None:
    assert CHANGE.applies_to(KNOWN, "")
    assert CHANGE.applies_to(KNOWN, "messages")
    assert not CHANGE.applies_to(KNOWN, "seats")
    assert not CHANGE.applies_to(facts(), "")


def test_sample_can_be_recorded() -> None:
    assert CHANGE.guard(CHANGE.sample("cus_1"), KNOWN, NOW).allowed
