from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.access.limits import Today
from bot.approvals.preview import assess
from bot.autumn.models import Customer, Flag, Reset
from bot.changes import canonical, standalone
from bot.changes.amounts import AmountNote
from bot.changes.grant.kind import GrantChange
from bot.changes.grant.request import GrantInput, grant_id
from bot.changes.grant.words import GrantLine, GrantNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.standalone import GrantSize, GrantState, StandaloneGrant
from bot.changes.ungrant.request import UngrantInput
from tests.changes.facts import MONTHLY, NOW, ONE_OFF, SOON, balance, customer, facts, row

CHANGE = GrantChange()
ABOUT = {"feature": "messages"}
OWN = row("maple_1", included=50, usage=0, plan_id=None, reset=ONE_OFF)
GIFT = OWN.model_copy(update={"id": "gift"})
HELD = facts(balance(row()))
NEW = facts()
UNLIMITED = facts(balance(row(plan_id=None, unlimited=True, reset=None), unlimited=True))
FAR = NOW + timedelta(days=3660)


def grant_of(**changes: Any) -> GrantInput:
    fields = {
        "customer": "cus_1",
        "feature": "messages",
        "grant": "maple_1",
        "size": GrantSize.AMOUNT,
        "amount": Decimal(50),
    }
    return GrantInput(**{**fields, **changes})


def switch(**changes: Any) -> GrantInput:
    return grant_of(**{"feature": "sso", "size": GrantSize.SWITCH, "amount": None, **changes})


def unlimited(**changes: Any) -> GrantInput:
    return grant_of(**{"size": GrantSize.UNLIMITED, "amount": None, **changes})


def with_flag(**changes: Any) -> Customer:
    flag = Flag(**{"id": "maple_1", "feature_id": "sso", **changes})
    return customer(flags={"sso": flag})


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "refusals"),
    [
        (grant_of(customer="cus_2"), NEW, [Note(CommonNote.OTHER_CUSTOMER)]),
        (grant_of(), facts(features={}), [Note(GrantNote.FEATURES_UNREAD)]),
        (grant_of(feature="gone"), NEW, [Note(GrantNote.FEATURE_UNKNOWN, {"feature": "gone"})]),
        (switch(feature="messages"), NEW, [Note(GrantNote.WRONG_SIZE, ABOUT)]),
        (grant_of(feature="sso"), NEW, [Note(GrantNote.WRONG_SIZE, {"feature": "sso"})]),
        (unlimited(feature="sso"), NEW, [Note(GrantNote.WRONG_SIZE, {"feature": "sso"})]),
        (switch(amount=Decimal(1)), NEW, [Note(GrantNote.WRONG_SIZE, {"feature": "sso"})]),
        (unlimited(amount=Decimal(1)), NEW, [Note(GrantNote.WRONG_SIZE, ABOUT)]),
        (grant_of(amount=None), NEW, [Note(AmountNote.NO_AMOUNT)]),
        (grant_of(amount=Decimal(10) ** 13), NEW, [Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})]),
        (grant_of(amount=Decimal(0)), NEW, [Note(GrantNote.NOT_POSITIVE)]),
        (grant_of(amount=Decimal(-1)), NEW, [Note(GrantNote.NOT_POSITIVE)]),
        (switch(), replace(NEW, customer=with_flag()), [Note(GrantNote.ALREADY_ON, {"feature": "sso"})]),
        (
            switch(),
            replace(NEW, customer=with_flag(plan_id="pro")),
            [Note(GrantNote.ALREADY_ON, {"feature": "sso"})],
        ),
        (grant_of(), UNLIMITED, [Note(GrantNote.ALREADY_UNLIMITED, ABOUT)]),
        (unlimited(), UNLIMITED, [Note(GrantNote.ALREADY_UNLIMITED, ABOUT)]),
        (grant_of(), facts(balance(OWN)), [Note(CommonNote.NOTHING_TO_DO)]),
        (grant_of(every="month", expires_at=SOON), NEW, [Note(GrantNote.RESET_AND_EXPIRY)]),
        (
            grant_of(feature="seats", every="month"),
            NEW,
            [Note(GrantNote.NEVER_REFILLS, {"feature": "seats"})],
        ),
        (unlimited(every="month"), NEW, [Note(GrantNote.NEVER_REFILLS, ABOUT)]),
        (switch(every="month"), NEW, [Note(GrantNote.NEVER_REFILLS, {"feature": "sso"})]),
        (grant_of(expires_at=NOW), NEW, [Note(GrantNote.EXPIRY_PAST)]),
        (
            grant_of(expires_at=FAR + timedelta(milliseconds=1)),
            NEW,
            [Note(GrantNote.EXPIRY_TOO_FAR, {"latest": canonical.time(FAR)})],
        ),
    ],
)
def test_guard_refuses(change_input: GrantInput, customer_facts: Facts, refusals: list[Note]) -> None:
    judged = CHANGE.guard(change_input, customer_facts, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize("units", ["1", "0.5"])
def test_little_can_be_given(units: str) -> None:
    assert CHANGE.guard(grant_of(amount=Decimal(units)), NEW, NOW).allowed


LATER_USED, VANISHES = Note(GrantNote.USED_LATER, ABOUT), Note(GrantNote.VANISHES)


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (grant_of(), NEW, [VANISHES]),
        (grant_of(), HELD, [LATER_USED, VANISHES]),
        (grant_of(expires_at=FAR), HELD, [LATER_USED, VANISHES]),
        (grant_of(), facts(balance(row(), GIFT)), [LATER_USED, VANISHES]),
        # Of these it depends, or there is nothing of a product.
        (grant_of(), facts(balance(row(), row("pack", reset=ONE_OFF))), [VANISHES]),
        (grant_of(), facts(balance(row(reset=None))), [VANISHES]),
        (grant_of(), facts(balance(row(reset=Reset(interval="month")))), [VANISHES]),
        (grant_of(), facts(balance(GIFT)), [VANISHES]),
        (grant_of(every="month"), HELD, [VANISHES]),
        (grant_of(expires_at=FAR), NEW, [VANISHES]),
        (grant_of(expires_at=NOW + timedelta(milliseconds=1)), NEW, [VANISHES]),
        (grant_of(feature="seats"), NEW, [VANISHES]),
        (unlimited(), NEW, []),
        (unlimited(), HELD, [Note(GrantNote.HIDES_ROWS, ABOUT)]),
        (switch(expires_at=SOON), NEW, []),
    ],
)
def test_guard_warns(change_input: GrantInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_customer_with_an_old_id_can_be_given_a_feature() -> None:
    customer_facts = facts(customer=customer(id="ada@acme.example"))
    assert CHANGE.guard(grant_of(customer="ada@acme.example"), customer_facts, NOW).allowed


@pytest.mark.parametrize(
    ("change_input", "facts", "preview"),
    [
        (
            grant_of(),
            HELD,
            (
                Line(GrantLine.GRANT, None, "50", ValueFormat.NUMBER, about="messages"),
                Line(GrantLine.REMAINING, "700", "750", ValueFormat.NUMBER),
            ),
        ),
        (
            grant_of(expires_at=SOON, left=Decimal(20)),
            NEW,
            (
                Line(GrantLine.GRANT, None, "50", ValueFormat.NUMBER, about="messages"),
                Line(GrantLine.REMAINING, "0", "20", ValueFormat.NUMBER),
                Line(GrantLine.EXPIRES, None, canonical.time(SOON), ValueFormat.TIME),
            ),
        ),
        (
            grant_of(every="week", every_count=2),
            NEW,
            (
                Line(GrantLine.GRANT, None, "50", ValueFormat.NUMBER, about="messages"),
                Line(GrantLine.REMAINING, "0", "50", ValueFormat.NUMBER),
                Line(GrantLine.EVERY, None, "every 2 weeks"),
            ),
        ),
        (unlimited(), HELD, (Line(GrantLine.GRANT, None, "unlimited", about="messages"),)),
        (switch(), NEW, (Line(GrantLine.GRANT, None, "on", about="sso"),)),
    ],
)
def test_preview_shows_the_grant(change_input: GrantInput, facts: Facts, preview: tuple[Line, ...]) -> None:
    assert CHANGE.preview(change_input, facts) == preview


NAMED = {"customer_id": "cus_1", "feature_id": "messages", "balance_id": "maple_1"}


@pytest.mark.parametrize(
    ("change_input", "body"),
    [
        (grant_of(), {**NAMED, "included_grant": 50}),
        (grant_of(amount=Decimal("1.5")), {**NAMED, "included_grant": 1.5}),
        (
            grant_of(expires_at=SOON),
            {**NAMED, "included_grant": 50, "expires_at": canonical.milliseconds(SOON)},
        ),
        (grant_of(every="month"), {**NAMED, "included_grant": 50, "reset": {"interval": "month"}}),
        (
            grant_of(every="week", every_count=2, resets_at=SOON),
            {
                **NAMED,
                "included_grant": 50,
                "reset": {"interval": "week", "interval_count": 2},
                "next_reset_at": canonical.milliseconds(SOON),
            },
        ),
        (
            grant_of(every="week", resets_at=NOW),
            {**NAMED, "included_grant": 50, "reset": {"interval": "week"}},
        ),
        (unlimited(), {**NAMED, "unlimited": True}),
        (switch(), {**NAMED, "feature_id": "sso"}),
    ],
)
def test_one_grant_with_its_own_id_is_created(change_input: GrantInput, body: dict[str, Any]) -> None:
    (write,) = CHANGE.plan(change_input, NEW)
    assert dict(write.body) == body
    assert (write.route, write.method, write.path) == ("balances.create", "POST", "/v1/balances.create")
    assert not write.per_customer


def test_undoing_a_removal_restores_the_remaining_balance() -> None:
    created, lowered = CHANGE.plan(grant_of(left=Decimal("12.5")), NEW)
    assert dict(created.body) == {**NAMED, "included_grant": 50}
    assert dict(lowered.body) == {**NAMED, "remaining": 12.5}
    assert (lowered.route, lowered.method, lowered.path, lowered.per_customer) == (
        "balances.update",
        "POST",
        "/v1/balances.update",
        True,
    )


def snapshot_with(**changes: Any) -> Snapshot:
    fields = {"row": "maple_1", "size": GrantSize.AMOUNT, "granted": Decimal(50), "left": Decimal(50)}
    return GrantState(**{**fields, **changes}).snapshot()


@pytest.mark.parametrize(
    ("change_input", "after", "verdict"),
    [
        (grant_of(), snapshot_with(), Verdict.APPLIED),
        (grant_of(), snapshot_with(left=Decimal(3)), Verdict.APPLIED),
        (grant_of(), standalone.ABSENT, Verdict.NOT_APPLIED),
        (grant_of(), None, Verdict.UNCLEAR),
        (grant_of(), snapshot_with(granted=Decimal(60)), Verdict.UNCLEAR),
        (grant_of(expires_at=SOON), snapshot_with(expires_at=SOON), Verdict.APPLIED),
        (grant_of(expires_at=SOON), snapshot_with(), Verdict.UNCLEAR),
        (grant_of(every="month"), snapshot_with(interval="month", resets_at=SOON), Verdict.APPLIED),
        (grant_of(every="month"), snapshot_with(), Verdict.UNCLEAR),
        (grant_of(), snapshot_with(interval="month"), Verdict.UNCLEAR),
        (grant_of(left=Decimal(20)), snapshot_with(), Verdict.UNCLEAR),
        (grant_of(left=Decimal(20)), snapshot_with(left=Decimal(20)), Verdict.APPLIED),
        (grant_of(left=Decimal(20)), snapshot_with(left=Decimal("20.0000000001")), Verdict.APPLIED),
        (grant_of(left=Decimal(20)), snapshot_with(left=Decimal(19)), Verdict.APPLIED),
        (unlimited(), snapshot_with(size=GrantSize.UNLIMITED, granted=Decimal(0)), Verdict.APPLIED),
        (unlimited(), snapshot_with(), Verdict.UNCLEAR),
        (switch(), snapshot_with(size=GrantSize.SWITCH, granted=Decimal(0)), Verdict.APPLIED),
        (switch(expires_at=SOON), snapshot_with(size=GrantSize.SWITCH, granted=Decimal(0)), Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(change_input: GrantInput, after: Snapshot | None, verdict: Verdict) -> None:
    assert CHANGE.verify(change_input, standalone.ABSENT, after) is verdict


def test_existing_grant_proves_nothing() -> None:
    assert CHANGE.verify(grant_of(), snapshot_with(), snapshot_with()) is Verdict.UNCLEAR


def test_snapshot_finds_its_grant() -> None:
    assert CHANGE.snapshot(grant_of(), facts(balance(row(), OWN))) == snapshot_with()
    assert CHANGE.snapshot(grant_of(grant="other"), facts(balance(row(), OWN))) == standalone.ABSENT
    # Autumn shows an unlimited grant under another id.
    assert CHANGE.snapshot(unlimited(), UNLIMITED)["row"] == "row"
    assert CHANGE.snapshot(unlimited(), facts(balance(OWN))) == standalone.ABSENT
    assert CHANGE.snapshot(switch(), replace(NEW, customer=with_flag(id="flag")))["row"] == "flag"
    assert CHANGE.snapshot(switch(), replace(NEW, customer=with_flag(plan_id="pro"))) == standalone.ABSENT


def test_amount_is_the_granted_one() -> None:
    assert CHANGE.amount(grant_of(), standalone.ABSENT) == 50
    assert CHANGE.amount(grant_of(left=Decimal(20)), standalone.ABSENT) == 20
    assert CHANGE.amount(grant_of(every="hour"), standalone.ABSENT) is None
    assert CHANGE.amount(unlimited(), standalone.ABSENT) is None
    assert CHANGE.amount(switch(), standalone.ABSENT) is None


def test_grant_is_undone_by_removing_the_row_autumn_shows() -> None:
    undo = CHANGE.inverse(grant_of(), standalone.ABSENT, snapshot_with())
    assert undo == UngrantInput(customer="cus_1", feature="messages", row="maple_1")
    assert CHANGE.inverse(grant_of(), standalone.ABSENT, standalone.ABSENT) is None


@pytest.mark.parametrize(
    ("change_input", "summary"),
    [
        (grant_of(amount=Decimal(1500)), "Give 1,500 Messages for good"),
        (grant_of(every="semi_annual"), "Give 50 Messages every 6 months"),
        (grant_of(every="semi_annual", every_count=2), "Give 50 Messages every 12 months"),
        (grant_of(every="fortnight"), "Give 50 Messages every fortnight"),
        (unlimited(), "Give unlimited Messages for good"),
        (switch(), "Switch on Single Sign-On for good"),
        (grant_of(amount=None), "Give 0 Messages for good"),
        (grant_of(every="x" * 99), f"Give 50 Messages every {'x' * 53}…"),
    ],
)
def test_summary(change_input: GrantInput, summary: str) -> None:
    assert CHANGE.summary(change_input, {"messages": "Messages", "sso": "Single Sign-On"}) == summary


def test_summary_has_the_expiry() -> None:
    assert CHANGE.summary(grant_of(expires_at=SOON), {}).startswith(
        "Give 50 messages until Dec 2, 2026 at 15:06 UTC"
    )


def test_current_state_is_shown() -> None:
    assert CHANGE.shown_now(grant_of(), {}, standalone.ABSENT) == [
        "Maple checked in Autumn: the grant isn't there. Autumn no longer shows one that is used up."
    ]
    assert CHANGE.shown_now(grant_of(), {}, snapshot_with()) == ["• Grant: *50*"]
    assert CHANGE.shown_now(grant_of(), {}, snapshot_with(size=GrantSize.UNLIMITED)) == [
        "• Grant: *unlimited*"
    ]
    line, expires = CHANGE.shown_now(grant_of(), {}, snapshot_with(size=GrantSize.SWITCH, expires_at=SOON))
    assert line == "• Grant: *on*"
    assert expires.startswith("• Expires: *Dec 2, 2026 at 15:06 UTC*")


def test_sample_can_be_given() -> None:
    assert CHANGE.guard(CHANGE.sample("cus_1"), NEW, NOW).allowed


def test_grant_of_one_form_has_one_id() -> None:
    assert grant_id("a" * 32) == "maple_" + "a" * 20


def test_standalone_grants_belong_to_no_product_and_are_not_paid() -> None:
    facts = customer(
        balance(row(), OWN, row("paid", plan_id=None, price={"amount": 1}), row("", plan_id=None)),
        flags={
            "sso": Flag(id="flag", feature_id="sso"),
            "log": Flag(id="log", feature_id="log", plan_id="pro"),
            "old": Flag(feature_id="old"),
        },
    )
    assert [(grant.feature, grant.row) for grant in standalone.held(facts)] == [
        ("messages", "maple_1"),
        ("sso", "flag"),
    ]
    assert standalone.of_plan("messages", "row", facts)
    assert standalone.of_plan("messages", "paid", facts)
    assert standalone.of_plan("log", "log", facts)
    assert not standalone.of_plan("messages", "maple_1", facts)
    assert not standalone.of_plan("sso", "flag", facts)
    assert not standalone.of_plan("sso", "gone", facts)
    assert not standalone.of_plan("other", "row", facts)


@pytest.mark.parametrize(
    "grant",
    [
        GrantState("r", GrantSize.AMOUNT, Decimal(5), Decimal(-2), "week", 2, SOON, None),
        GrantState("r", GrantSize.SWITCH, expires_at=SOON),
    ],
)
def test_grant_is_restored_from_its_snapshot(grant: GrantState) -> None:
    assert standalone.read(grant.snapshot()) == grant
    assert standalone.read({}) is None


def test_refilled_grant_is_read_with_its_interval() -> None:
    refilled = row("m1", plan_id=None, included=30, usage=10, reset=MONTHLY)
    assert list(standalone.held(customer(balance(refilled)))) == [
        StandaloneGrant(
            "m1", GrantSize.AMOUNT, Decimal(30), Decimal(20), "month", 1, SOON, None, feature="messages"
        )
    ]
    every_two = row("w2", plan_id=None, reset={"interval": "week", "interval_count": 2})
    seats = row("s1", plan_id=None, reset=None)
    once = row("o1", plan_id=None, reset=ONE_OFF)
    intervals = [
        (grant.interval, grant.interval_count)
        for grant in standalone.held(customer(balance(every_two, seats, once)))
    ]
    assert intervals == [("week", 2), (None, 1), (None, 1)]


def test_earlier_grants_of_the_day_are_counted() -> None:
    assessment = assess(grant_of(), NEW, NOW, Today(1, Decimal(30)))
    assert (
        Note(GrantNote.SAME_DAY, {"nth": "2", "units": "80", "feature": "messages"})
        in assessment.judgement.warnings
    )
