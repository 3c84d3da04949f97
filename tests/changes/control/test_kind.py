import json
from decimal import Decimal
from typing import Any

import pytest

from bot.access.limits import Worth
from bot.autumn.models import Invoice
from bot.changes.amounts import AmountNote
from bot.changes.control.kind import ControlChange
from bot.changes.control.request import ControlInput, entry_json, value_of, written_entry
from bot.changes.control.words import ControlLine, ControlNote, ControlType, ThresholdType
from bot.changes.lines import Line
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from tests.changes.facts import AHEAD, BY_USE, NOW, balance, customer, facts, row

CHANGE = ControlChange()
ABOUT = {"feature": "messages"}
SPEND = {"feature_id": "messages", "enabled": True, "overage_limit": 50}
OTHER = {"feature_id": "seats", "enabled": True, "overage_limit": 5}
PLAN = {"feature_id": "messages", "enabled": True, "overage_limit": 9, "source": "plan"}
DAILY = {"feature_id": "messages", "enabled": True, "limit": 20, "interval": "day", "usage": 3}


ALERT = {"feature_id": "messages", "enabled": True, "threshold": 80, "threshold_type": "usage_percentage"}
NAMED = {**ALERT, "name": "Nearly used"}
AT_100 = {**ALERT, "threshold": 100}
LEFT = {**ALERT, "threshold_type": "remaining_percentage"}
TOP_UP = {"feature_id": "messages", "enabled": True, "threshold": 10, "quantity": 100}
RARE = {**TOP_UP, "purchase_limit": {"interval": "month", "interval_count": 1, "limit": 3}}
DAILY_WRITTEN = {name: value for name, value in DAILY.items() if name != "usage"}
FILTERED = {**DAILY, "filter": {"properties": {"model": "x"}}}
PERCENT = {**SPEND, "limit_type": "usage_percentage"}
FOR_X = '{"model":"x"}'
OFF_SPEND = json.dumps({**SPEND, "enabled": False})
OVERAGE_ALLOWED = {"feature_id": "messages", "enabled": True}
SOLD = balance(row(price=AHEAD))


def facts_with_product_controls(**controls: Any) -> Facts:
    return facts(customer=customer(SOLD, billing_controls=controls, invoices=[Invoice(currency="usd")]))


def facts_with_controls(**controls: Any) -> Facts:
    return facts(customer=customer(billing_controls=controls))


def spend_limit(**changes: Any) -> ControlInput:
    return ControlInput(
        **{
            "customer": "cus_1",
            "control": ControlType.SPEND,
            "feature": "messages",
            "limit": Decimal(50),
            **changes,
        }
    )


def remove(**changes: Any) -> ControlInput:
    return spend_limit(**{"remove": True, "limit": None, **changes})


def usage(**changes: Any) -> ControlInput:
    return spend_limit(**{"control": ControlType.USAGE, "limit": Decimal(20), "interval": "day", **changes})


def alert(**changes: Any) -> ControlInput:
    kind = ThresholdType.USAGE_PERCENTAGE
    return spend_limit(
        **{"control": ControlType.ALERT, "limit": Decimal(80), "threshold_type": kind, **changes}
    )


def top_up(**changes: Any) -> ControlInput:
    return spend_limit(
        **{"control": ControlType.TOP_UP, "limit": Decimal(10), "quantity": Decimal(100), **changes}
    )


def overage(**changes: Any) -> ControlInput:
    return spend_limit(**{"control": ControlType.OVERAGE, "limit": None, **changes})


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "refusals"),
    [
        (spend_limit(customer="cus_2"), facts_with_controls(), [Note(CommonNote.OTHER_CUSTOMER)]),
        (
            spend_limit(customer="a@b"),
            facts(customer=customer(id="a@b")),
            [Note(CommonNote.OLD_ID)],
        ),
        (spend_limit(), facts(features={}), [Note(ControlNote.FEATURES_UNREAD)]),
        (
            spend_limit(feature="gone"),
            facts_with_controls(),
            [Note(ControlNote.FEATURE_UNKNOWN, {"feature": "gone"})],
        ),
        (
            spend_limit(feature="sso"),
            facts_with_controls(),
            [Note(ControlNote.FEATURE_UNKNOWN, {"feature": "sso"})],
        ),
        (usage(), facts_with_controls(usage_limits=[DAILY, DAILY]), [Note(ControlNote.SEVERAL, ABOUT)]),
        (
            remove(control=ControlType.USAGE),
            facts_with_controls(usage_limits=[DAILY, DAILY]),
            [Note(ControlNote.SEVERAL, ABOUT)],
        ),
        (spend_limit(limit=None), facts_with_controls(), [Note(AmountNote.NO_AMOUNT)]),
        (usage(limit=None), facts_with_controls(), [Note(AmountNote.NO_AMOUNT)]),
        (
            spend_limit(limit=Decimal(10) ** 13),
            facts_with_controls(),
            [Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})],
        ),
        (spend_limit(limit=Decimal(-1)), facts_with_controls(), [Note(ControlNote.NEGATIVE)]),
        (remove(), facts_with_controls(), [Note(ControlNote.NOT_THERE)]),
        (remove(), facts_with_controls(spend_limits=[OTHER, PLAN]), [Note(ControlNote.NOT_THERE)]),
        (spend_limit(), facts_with_controls(spend_limits=[SPEND]), [Note(CommonNote.NOTHING_TO_DO)]),
        (usage(), facts_with_controls(usage_limits=[DAILY]), [Note(CommonNote.NOTHING_TO_DO)]),
        (alert(limit=None), facts_with_controls(), [Note(AmountNote.NO_AMOUNT)]),
        (alert(remove=True, limit=None), facts_with_controls(), [Note(AmountNote.NO_AMOUNT)]),
        (alert(limit=Decimal(-1)), facts_with_controls(), [Note(ControlNote.NEGATIVE)]),
        (
            alert(limit=Decimal(101), threshold_type=ThresholdType.REMAINING_PERCENTAGE),
            facts_with_controls(),
            [Note(ControlNote.PERCENTAGE)],
        ),
        (alert(remove=True), facts_with_controls(usage_alerts=[AT_100]), [Note(ControlNote.NOT_THERE)]),
        (alert(), facts_with_controls(usage_alerts=[NAMED]), [Note(CommonNote.NOTHING_TO_DO)]),
        (alert(), facts_with_controls(usage_alerts=[ALERT, NAMED]), [Note(ControlNote.SEVERAL, ABOUT)]),
        (top_up(limit=None), facts_with_controls(), [Note(AmountNote.NO_AMOUNT)]),
        (top_up(quantity=None), facts_with_controls(), [Note(AmountNote.NO_AMOUNT)]),
        (top_up(quantity=Decimal("0.5")), facts_with_controls(), [Note(ControlNote.QUANTITY_TOO_SMALL)]),
        (
            top_up(quantity=Decimal(10) ** 13),
            facts_with_controls(),
            [Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})],
        ),
        (top_up(), facts_with_controls(auto_topups=[RARE]), [Note(CommonNote.NOTHING_TO_DO)]),
        (
            top_up(purchases_in="unlimited"),
            facts_with_controls(auto_topups=[TOP_UP]),
            [Note(CommonNote.NOTHING_TO_DO)],
        ),
        (
            top_up(purchases_in="month", purchases=Decimal(3)),
            facts_with_controls(auto_topups=[RARE]),
            [Note(CommonNote.NOTHING_TO_DO)],
        ),
        *(
            (top_up(purchases_in=interval), facts_with_controls(), [Note(ControlNote.PURCHASES)])
            for interval in ("hour", "day", "week", "month")
        ),
        *(
            (
                top_up(purchases_in="day", purchases=Decimal(number)),
                facts_with_controls(),
                [Note(ControlNote.PURCHASES)],
            )
            for number in ("0", "-1", "1.5", "1000001")
        ),
        (
            spend_limit(percentage=True),
            facts_with_controls(spend_limits=[PERCENT]),
            [Note(CommonNote.NOTHING_TO_DO)],
        ),
        (
            spend_limit(),
            facts_with_controls(spend_limits=[{**SPEND, "limit_type": "absolute"}]),
            [Note(CommonNote.NOTHING_TO_DO)],
        ),
        (
            usage(properties=FOR_X),
            facts_with_controls(usage_limits=[FILTERED]),
            [Note(CommonNote.NOTHING_TO_DO)],
        ),
        (
            usage(properties=FOR_X),
            facts_with_controls(usage_limits=[FILTERED, FILTERED]),
            [Note(ControlNote.SEVERAL, ABOUT)],
        ),
        (
            remove(control=ControlType.USAGE, properties=FOR_X),
            facts_with_controls(usage_limits=[DAILY]),
            [Note(ControlNote.NOT_THERE)],
        ),
        (
            remove(control=ControlType.USAGE),
            facts_with_controls(usage_limits=[FILTERED]),
            [Note(ControlNote.NOT_THERE)],
        ),
        (
            spend_limit(limit=None, restores=json.dumps(SPEND)),
            facts_with_controls(spend_limits=[SPEND]),
            [Note(CommonNote.NOTHING_TO_DO)],
        ),
    ],
)
def test_guard_refuses(change_input: ControlInput, customer_facts: Facts, refusals: list[Note]) -> None:
    judged = CHANGE.guard(change_input, customer_facts, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "warnings"),
    [
        (spend_limit(limit=Decimal(0)), facts_with_controls(), [Note(ControlNote.CUTS_USE)]),
        (usage(limit=Decimal(21)), facts_with_controls(usage_limits=[DAILY]), [Note(ControlNote.CUTS_USE)]),
        (usage(interval="week"), facts_with_controls(usage_limits=[DAILY]), [Note(ControlNote.CUTS_USE)]),
        (spend_limit(), facts_with_controls(spend_limits=[OTHER]), [Note(ControlNote.CUTS_USE)]),
        (
            spend_limit(),
            facts_with_controls(spend_limits=[{**OTHER, "source": "plan"}]),
            [Note(ControlNote.CUTS_USE)],
        ),
        (
            spend_limit(),
            facts_with_controls(spend_limits=[PLAN]),
            [Note(ControlNote.REPLACES_PRODUCT), Note(ControlNote.CUTS_USE)],
        ),
        (
            spend_limit(percentage=True),
            facts_with_controls(spend_limits=[SPEND]),
            [Note(ControlNote.CUTS_USE), Note(ControlNote.PERCENTAGE_INCLUDED)],
        ),
        (spend_limit(), facts_with_controls(spend_limits=[PERCENT]), [Note(ControlNote.CUTS_USE)]),
        (
            spend_limit(limit=None, restores=json.dumps(SPEND)),
            facts_with_controls(spend_limits=[PERCENT]),
            [Note(ControlNote.CUTS_USE)],
        ),
        (
            spend_limit(limit=None, restores=json.dumps(PERCENT)),
            facts_with_controls(spend_limits=[SPEND]),
            [Note(ControlNote.CUTS_USE), Note(ControlNote.PERCENTAGE_INCLUDED)],
        ),
        # An undo that switches a control off.
        *(
            (asked, facts_with_controls(**{asked.control: [now]}), [Note(ControlNote.IS_OFF)])
            for asked, now in (
                (spend_limit(limit=None, restores=OFF_SPEND), SPEND),
                (spend_limit(limit=None, restores=json.dumps({**PERCENT, "enabled": False})), PERCENT),
                (usage(restores=json.dumps({**DAILY_WRITTEN, "enabled": False})), DAILY),
                (overage(restores=json.dumps({**OVERAGE_ALLOWED, "enabled": False})), OVERAGE_ALLOWED),
                (alert(restores=json.dumps({**ALERT, "enabled": False})), ALERT),
                (top_up(restores=json.dumps({**TOP_UP, "enabled": False})), TOP_UP),
            )
        ),
        (
            spend_limit(limit=None, restores=OFF_SPEND),
            facts_with_controls(spend_limits=[PLAN]),
            [Note(ControlNote.REPLACES_PRODUCT), Note(ControlNote.IS_OFF)],
        ),
        (usage(), facts_with_controls(usage_limits=[FILTERED]), [Note(ControlNote.CUTS_USE)]),
        (
            remove(control=ControlType.USAGE),
            facts_with_controls(usage_limits=[FILTERED, DAILY]),
            [Note(ControlNote.PRODUCT_COUNTS)],
        ),
        *(
            (
                top_up(purchases_in="hour", purchases=Decimal(number)),
                facts_with_product_controls(auto_topups=[RARE]),
                [Note(ControlNote.BUYS)],
            )
            for number in (1, 1_000_000)
        ),
        (
            top_up(purchases_in="unlimited"),
            facts_with_product_controls(auto_topups=[RARE]),
            [Note(ControlNote.BUYS), Note(ControlNote.NO_PURCHASE_LIMIT)],
        ),
        (overage(), facts_with_controls(), [Note(ControlNote.MAY_BE_BILLED)]),
        (
            alert(limit=Decimal(101)),
            facts_with_controls(usage_alerts=[ALERT]),
            [Note(ControlNote.STOPS_NOTHING)],
        ),
        (
            alert(limit=Decimal(100), threshold_type=ThresholdType.REMAINING_PERCENTAGE),
            facts_with_controls(),
            [Note(ControlNote.STOPS_NOTHING)],
        ),
        (
            top_up(quantity=Decimal(1)),
            facts_with_product_controls(auto_topups=[RARE]),
            [Note(ControlNote.BUYS)],
        ),
        (
            top_up(),
            facts_with_product_controls(),
            [Note(ControlNote.BUYS), Note(ControlNote.NO_PURCHASE_LIMIT)],
        ),
        (
            top_up(),
            facts_with_controls(),
            [
                Note(ControlNote.BUYS),
                Note(ControlNote.NO_PURCHASE_LIMIT),
                Note(ControlNote.NOT_SOLD, ABOUT),
            ],
        ),
        (
            top_up(restores=json.dumps(RARE)),
            facts(balance(row(), row(price=BY_USE))),
            [Note(ControlNote.BUYS), Note(ControlNote.NOT_SOLD, ABOUT)],
        ),
        (
            remove(control=ControlType.TOP_UP),
            facts_with_controls(auto_topups=[TOP_UP]),
            [Note(ControlNote.PRODUCT_COUNTS)],
        ),
        (remove(), facts_with_controls(spend_limits=[SPEND]), [Note(ControlNote.PRODUCT_COUNTS)]),
        (
            remove(),
            facts(features={}, customer=customer(billing_controls={"spend_limits": [SPEND]})),
            [Note(ControlNote.PRODUCT_COUNTS)],
        ),
        (
            spend_limit(limit=None, restores=json.dumps(SPEND)),
            facts_with_controls(),
            [Note(ControlNote.CUTS_USE)],
        ),
    ],
)
def test_guard_warns(change_input: ControlInput, customer_facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, customer_facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


@pytest.mark.parametrize(
    ("change_input", "facts", "written"),
    [
        (spend_limit(), facts_with_controls(), [SPEND]),
        (spend_limit(), facts_with_controls(spend_limits=[{**OTHER, "source": "customer"}]), [OTHER, SPEND]),
        (spend_limit(limit=Decimal("0.5")), facts_with_controls(), [{**SPEND, "overage_limit": 0.5}]),
        (
            spend_limit(limit=Decimal(60)),
            facts_with_controls(spend_limits=[SPEND, OTHER]),
            [{**SPEND, "overage_limit": 60}, OTHER],
        ),
        (spend_limit(), facts_with_controls(spend_limits=[PLAN, {**OTHER, "source": "plan"}]), [SPEND]),
        (
            spend_limit(limit=Decimal(60)),
            facts_with_controls(spend_limits=[PERCENT]),
            [{**SPEND, "overage_limit": 60}],
        ),
        (
            spend_limit(limit=Decimal(60)),
            facts_with_controls(spend_limits=[{**PERCENT, "skip_overage_billing": True}]),
            [{**SPEND, "overage_limit": 60, "skip_overage_billing": True}],
        ),
        (
            spend_limit(limit=Decimal(120), percentage=True),
            facts_with_controls(spend_limits=[SPEND]),
            [{**PERCENT, "overage_limit": 120}],
        ),
        (
            spend_limit(limit=None, restores=json.dumps(SPEND)),
            facts_with_controls(spend_limits=[PERCENT]),
            [SPEND],
        ),
        (remove(), facts_with_controls(spend_limits=[OTHER, SPEND]), [OTHER]),
        (remove(), facts_with_controls(spend_limits=[SPEND]), []),
        (remove(), facts_with_controls(spend_limits=[OTHER]), [OTHER]),
        (spend_limit(limit=None, restores=json.dumps(SPEND)), facts_with_controls(), [SPEND]),
    ],
)
def test_full_list_is_written_without_the_products_controls(
    change_input: ControlInput, facts: Facts, written: list[Any]
) -> None:
    (write,) = CHANGE.plan(change_input, facts)
    assert dict(write.body) == {"customer_id": "cus_1", "billing_controls": {"spend_limits": written}}
    assert (write.route, write.method, write.path) == ("customers.update", "POST", "/v1/customers.update")


@pytest.mark.parametrize(
    ("change_input", "facts", "written"),
    [
        (alert(), facts_with_controls(), [ALERT]),
        (alert(), facts_with_controls(usage_alerts=[AT_100]), [AT_100, ALERT]),
        (alert(), facts_with_controls(usage_alerts=[LEFT]), [LEFT, ALERT]),
        (alert(), facts_with_controls(usage_alerts=[{**NAMED, "enabled": False}, AT_100]), [NAMED, AT_100]),
        (alert(remove=True), facts_with_controls(usage_alerts=[AT_100, ALERT]), [AT_100]),
        (
            alert(remove=True),
            facts_with_controls(usage_alerts=[{"threshold": 80, "name": "Of no feature"}, ALERT]),
            [{"threshold": 80, "name": "Of no feature"}],
        ),
        (alert(restores=json.dumps(ALERT)), facts_with_controls(usage_alerts=[NAMED]), [ALERT]),
        (top_up(), facts_with_controls(), [TOP_UP]),
        (
            top_up(purchases_in="month", purchases=Decimal(3)),
            facts_with_controls(auto_topups=[{**RARE, "purchase_limit": {"interval": "day", "limit": 9}}]),
            [RARE],
        ),
        (
            top_up(purchases_in="unlimited"),
            facts_with_controls(auto_topups=[{**RARE, "invoice_mode": True}]),
            [{**TOP_UP, "invoice_mode": True}],
        ),
        (top_up(quantity=Decimal(50)), facts_with_controls(auto_topups=[RARE]), [{**RARE, "quantity": 50}]),
        (
            top_up(limit=None, quantity=None, restores=json.dumps(TOP_UP)),
            facts_with_controls(auto_topups=[RARE]),
            [TOP_UP],
        ),
        (remove(control=ControlType.TOP_UP), facts_with_controls(auto_topups=[RARE]), []),
    ],
)
def test_alert_and_top_up_keep_their_other_fields(
    change_input: ControlInput, facts: Facts, written: list[Any]
) -> None:
    (write,) = CHANGE.plan(change_input, facts)
    assert write.body["billing_controls"] == {change_input.control.value: written}


def test_amount_of_a_top_up_is_what_it_buys_and_costs() -> None:
    facts = facts_with_product_controls(auto_topups=[TOP_UP])
    request = top_up(quantity=Decimal(30))
    before = CHANGE.snapshot(request, facts)
    assert CHANGE.amount(request, before) == Decimal(30)
    assert CHANGE.worth(request, Decimal(30), before, facts) == Worth(Decimal(30), "USD")
    assert CHANGE.amount(top_up(remove=True), before) is None
    assert CHANGE.worth(alert(), CHANGE.amount(alert(), before), before, facts) is None


def test_undo_of_an_alert_is_for_the_same_alert() -> None:
    undo = CHANGE.inverse(alert(), snapshot_of(), snapshot_of(ALERT))
    assert undo == alert(remove=True)
    removed = CHANGE.inverse(alert(remove=True), snapshot_of(NAMED), snapshot_of())
    assert isinstance(removed, ControlInput)
    assert CHANGE.plan(removed, facts_with_controls(usage_alerts=[AT_100]))[0].body["billing_controls"] == {
        "usage_alerts": [AT_100, NAMED]
    }


def test_usage_in_a_control_is_not_written_back() -> None:
    (write,) = CHANGE.plan(
        usage(limit=Decimal(30)), facts_with_controls(usage_limits=[{**DAILY, "source": "customer"}])
    )
    assert write.body["billing_controls"] == {
        "usage_limits": [{"feature_id": "messages", "enabled": True, "limit": 30, "interval": "day"}]
    }
    (write,) = CHANGE.plan(usage(), facts_with_controls())
    assert write.body["billing_controls"] == {
        "usage_limits": [{"feature_id": "messages", "enabled": True, "limit": 20, "interval": "day"}]
    }
    seats = {**DAILY, "feature_id": "seats"}
    (write,) = CHANGE.plan(usage(remove=True), facts_with_controls(usage_limits=[DAILY, seats]))
    assert write.body["billing_controls"] == {
        "usage_limits": [{name: value for name, value in seats.items() if name != "usage"}]
    }
    (write,) = CHANGE.plan(
        usage(limit=Decimal(30), properties=FOR_X),
        facts_with_controls(usage_limits=[{**DAILY, "anchor": "utc"}, {**FILTERED, "anchor": "utc"}]),
    )
    limit_fields = {"feature_id": "messages", "enabled": True, "interval": "day", "anchor": "utc"}
    assert write.body["billing_controls"] == {
        "usage_limits": [
            {**limit_fields, "limit": 20},
            {**limit_fields, "limit": 30, "filter": FILTERED["filter"]},
        ]
    }
    (write,) = CHANGE.plan(overage(), facts_with_controls())
    assert write.body["billing_controls"] == {
        "overage_allowed": [{"feature_id": "messages", "enabled": True}]
    }


@pytest.mark.parametrize(
    ("change_input", "facts", "line"),
    [
        (spend_limit(), facts_with_controls(), Line(ControlLine.SPEND, None, "50 units", about="messages")),
        (
            spend_limit(limit=Decimal(7)),
            facts_with_controls(spend_limits=[SPEND]),
            Line(ControlLine.SPEND, "50 units", "7 units", about="messages"),
        ),
        (
            remove(),
            facts_with_controls(spend_limits=[SPEND]),
            Line(ControlLine.SPEND, "50 units", None, about="messages"),
        ),
        (usage(), facts_with_controls(), Line(ControlLine.USAGE, None, "20 units a day", about="messages")),
        (overage(), facts_with_controls(), Line(ControlLine.OVERAGE, None, "allowed", about="messages")),
        (alert(), facts_with_controls(), Line(ControlLine.ALERT, None, "at 80% used", about="messages")),
    ],
)
def test_preview_lines(change_input: ControlInput, facts: Facts, line: Line) -> None:
    assert CHANGE.preview(change_input, facts) == (line,)
    assert CHANGE.amount(change_input, CHANGE.snapshot(change_input, facts)) is None


def snapshot_of(entry: Any = None, *other_entries: Any) -> Snapshot:
    facts = [*([entry] if entry else []), *other_entries]
    return {"entry": entry_json(entry), "list": json.dumps(facts, sort_keys=True)}


def test_snapshot_has_the_entry_and_the_written_list() -> None:
    assert CHANGE.snapshot(spend_limit(), facts_with_controls(spend_limits=[SPEND, OTHER])) == snapshot_of(
        SPEND, OTHER
    )
    assert CHANGE.snapshot(spend_limit(), facts_with_controls(spend_limits=[PLAN])) == snapshot_of()
    assert CHANGE.snapshot(spend_limit(), facts_with_controls(spend_limits="odd")) == snapshot_of()
    assert CHANGE.snapshot(spend_limit(), facts_with_controls(spend_limits=["odd"])) == snapshot_of()
    assert not CHANGE.holds(spend_limit(), snapshot_of(SPEND), snapshot_of(SPEND, OTHER))


MORE = {**SPEND, "skip_overage_billing": False}


@pytest.mark.parametrize(
    ("change_input", "before", "after", "verdict"),
    [
        (spend_limit(), snapshot_of(), snapshot_of(SPEND), Verdict.APPLIED),
        (spend_limit(), snapshot_of(), snapshot_of(MORE), Verdict.APPLIED),
        (spend_limit(), snapshot_of(), snapshot_of(), Verdict.NOT_APPLIED),
        (
            spend_limit(),
            snapshot_of({**SPEND, "overage_limit": 9}),
            snapshot_of({**SPEND, "overage_limit": 9}),
            Verdict.NOT_APPLIED,
        ),
        (spend_limit(), snapshot_of(), snapshot_of({**SPEND, "overage_limit": 9}), Verdict.UNCLEAR),
        (spend_limit(), snapshot_of(), None, Verdict.UNCLEAR),
        (remove(), snapshot_of(SPEND), snapshot_of(), Verdict.APPLIED),
        (remove(), snapshot_of(SPEND), snapshot_of(SPEND), Verdict.NOT_APPLIED),
        (remove(), snapshot_of(SPEND), snapshot_of(MORE), Verdict.UNCLEAR),
        (spend_limit(percentage=True), snapshot_of(SPEND), snapshot_of(PERCENT), Verdict.APPLIED),
        (spend_limit(percentage=True), snapshot_of(SPEND), snapshot_of(SPEND), Verdict.NOT_APPLIED),
        (
            spend_limit(),
            snapshot_of(PERCENT),
            snapshot_of({**SPEND, "limit_type": "absolute"}),
            Verdict.APPLIED,
        ),
        (spend_limit(), snapshot_of(PERCENT), snapshot_of(PERCENT), Verdict.NOT_APPLIED),
        (
            spend_limit(restores=json.dumps(SPEND)),
            snapshot_of(PERCENT),
            snapshot_of(PERCENT),
            Verdict.NOT_APPLIED,
        ),
        (spend_limit(restores=json.dumps(SPEND)), snapshot_of(PERCENT), snapshot_of(SPEND), Verdict.APPLIED),
        (top_up(purchases_in="unlimited"), snapshot_of(RARE), snapshot_of(RARE), Verdict.NOT_APPLIED),
        (top_up(purchases_in="unlimited"), snapshot_of(RARE), snapshot_of(TOP_UP), Verdict.APPLIED),
        (
            top_up(purchases_in="month", purchases=Decimal(3)),
            snapshot_of(TOP_UP),
            snapshot_of(RARE),
            Verdict.APPLIED,
        ),
        (top_up(purchases_in="day", purchases=Decimal(3)), snapshot_of(), snapshot_of(RARE), Verdict.UNCLEAR),
        (usage(properties=FOR_X), snapshot_of(), snapshot_of(FILTERED), Verdict.APPLIED),
        (
            alert(restores=json.dumps({**ALERT, "name": "absolute"})),
            snapshot_of(ALERT),
            snapshot_of(ALERT),
            Verdict.NOT_APPLIED,
        ),
    ],
)
def test_verdict_of_the_read_back(
    change_input: ControlInput, before: Snapshot, after: Snapshot | None, verdict: Verdict
) -> None:
    assert CHANGE.verify(change_input, before, after) is verdict


def test_control_is_undone_by_its_earlier_entry() -> None:
    undo = CHANGE.inverse(spend_limit(), snapshot_of(MORE), snapshot_of(SPEND))
    assert isinstance(undo, ControlInput)
    assert written_entry(undo, facts_with_controls().customer) == MORE
    assert (undo.remove, undo.feature, undo.control) == (False, "messages", ControlType.SPEND)
    assert CHANGE.inverse(spend_limit(), snapshot_of(), snapshot_of(SPEND)) == remove()
    undo = CHANGE.inverse(usage(properties=FOR_X), snapshot_of(), snapshot_of(FILTERED))
    assert undo == remove(control=ControlType.USAGE, properties=FOR_X)


@pytest.mark.parametrize(
    ("change_input", "entry", "extra_fields"),
    [
        (spend_limit(), SPEND, {"limit_type": "usage_percentage"}),
        (spend_limit(), SPEND, {"skip_overage_billing": True}),
        (usage(), DAILY_WRITTEN, {"anchor": "utc"}),
        (alert(), ALERT, {"name": "Nearly used"}),
        (top_up(), TOP_UP, {"purchase_limit": RARE["purchase_limit"]}),
        (top_up(), TOP_UP, {"invoice_mode": True}),
    ],
)
def test_entry_is_restored_without_fields_it_did_not_have(
    change_input: ControlInput, entry: dict[str, Any], extra_fields: dict[str, Any]
) -> None:
    restoring, facts = (
        change_input.model_copy(update={"restores": json.dumps(entry)}),
        {**entry, **extra_fields},
    )
    assert CHANGE.verify(restoring, snapshot_of(facts), snapshot_of(facts)) is Verdict.NOT_APPLIED
    assert CHANGE.verify(restoring, snapshot_of(facts), snapshot_of(entry)) is Verdict.APPLIED
    (write,) = CHANGE.plan(restoring, facts_with_controls(**{change_input.control.value: [facts]}))
    assert write.body["billing_controls"] == {change_input.control.value: [entry]}


@pytest.mark.parametrize(
    ("control", "entry", "value"),
    [
        ("spend_limits", SPEND, "50 units"),
        ("spend_limits", PERCENT, "50% of what the main product includes"),
        ("spend_limits", {"overage_limit": 50}, "off"),
        ("spend_limits", {"enabled": True}, "– units"),
        ("usage_limits", {"limit": 1500, "interval": "week"}, "1,500 units a week"),
        ("usage_limits", {**DAILY, "enabled": False}, "off"),
        ("usage_limits", {"limit": 2, "interval": "eon"}, "2 units a eon"),
        ("overage_allowed", {"enabled": True}, "allowed"),
        ("overage_allowed", {}, "off"),
        ("usage_limits", FILTERED, "20 units a day, only with model = x"),
        ("usage_limits", {**DAILY, "filter": {"properties": {}}}, "20 units a day"),
        ("usage_limits", {**DAILY, "filter": {"properties": "odd"}}, "20 units a day"),
        ("usage_limits", {**DAILY, "filter": "odd"}, "20 units a day"),
        ("usage_limits", {"limit": 2}, "2 units a "),
        ("usage_alerts", {"threshold": 80}, "at 80 "),
        (
            "auto_topups",
            {**TOP_UP, "purchase_limit": {"limit": 3}},
            "buy 100 when fewer than 10 are left, at most 3 times a ",
        ),
        ("usage_alerts", {"threshold": 80, "threshold_type": "usage"}, "at 80 units used"),
        ("usage_alerts", {"threshold": 80, "threshold_type": "moons"}, "at 80 moons"),
        ("usage_alerts", {**ALERT, "enabled": False}, "off"),
        ("auto_topups", TOP_UP, "buy 100 when fewer than 10 are left"),
        ("auto_topups", RARE, "buy 100 when fewer than 10 are left, at most 3 times a month"),
        (
            "auto_topups",
            {**TOP_UP, "purchase_limit": {"interval": "hour", "limit": 1}},
            "buy 100 when fewer than 10 are left, at most once an hour",
        ),
        (
            "auto_topups",
            {**TOP_UP, "purchase_limit": {"interval": "week", "interval_count": 2, "limit": 3}},
            "buy 100 when fewer than 10 are left, at most 3 times in 2 weeks",
        ),
        (
            "auto_topups",
            {**TOP_UP, "purchase_limit": {"interval": "week", "interval_count": "odd", "limit": 3}},
            "buy 100 when fewer than 10 are left, at most 3 times a week",
        ),
        ("auto_topups", {"threshold": 1, "quantity": 2}, "off"),
    ],
)
def test_value_of_an_entry(control: str, entry: dict[str, Any], value: str) -> None:
    assert value_of(control, entry) == value


def test_wording() -> None:
    names = {"messages": "Messages"}
    assert CHANGE.summary(spend_limit(), names) == "Spend limit for Messages: 50 units"
    assert CHANGE.summary(overage(), names) == "Allow overage for Messages"
    assert CHANGE.summary(remove(), names) == "Remove the spend limit for Messages"
    assert CHANGE.shown_now(spend_limit(), {}, snapshot_of()) == ["• Spend limit: *none*"]
    assert CHANGE.shown_now(usage(), {}, snapshot_of(DAILY)) == ["• Usage limit: *20 units a day*"]


def test_long_value_is_shown_in_full() -> None:
    many = {**RARE, "threshold": 100_000_000, "quantity": 100_000_000}
    value = value_of("auto_topups", many)
    assert len(value) > 60
    assert value in CHANGE.summary(top_up(restores=json.dumps(many)), {})
    assert CHANGE.shown_now(top_up(), {}, snapshot_of(many)) == [f"• Auto top-up: *{value}*"]


def test_entry_is_stored_in_one_order() -> None:
    assert entry_json({"b": 1, "a": 2}) == '{"a":2,"b":1}'


def test_offers_and_needs() -> None:
    assert CHANGE.offered_on == {"features", "feature"}
    assert (CHANGE.command, CHANGE.of_entities) == ("controls", True)
    assert [scope.scope for scope in CHANGE.scopes] == ["customers:write"]


def test_sample_is_a_valid_request() -> None:
    assert CHANGE.sample("cus_1") == spend_limit()
