from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Flag
from bot.changes import notes, standalone
from bot.changes.forms.fields import digest
from bot.changes.grant.request import GrantInput
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.standalone import GrantSize, GrantState
from bot.changes.ungrant.kind import UngrantChange
from bot.changes.ungrant.request import UngrantInput
from bot.changes.ungrant.words import UngrantLine, UngrantNote
from tests.changes.facts import NOW, ONE_OFF, SOON, balance, customer, facts, row

CHANGE = UngrantChange()
ABOUT = {"feature": "messages"}
GIFT = row("gift", included=100, usage=40, plan_id=None, reset=ONE_OFF)
KNOWN = facts(balance(row(), GIFT))
FLAGGED = facts(customer=customer(flags={"sso": Flag(id="flag", feature_id="sso")}))
LOST = Note(UngrantNote.FEATURE_LOST, ABOUT)
HIDDEN = Note(UngrantNote.OTHERS_HIDDEN, ABOUT)


def removal(**changes: Any) -> UngrantInput:
    return UngrantInput(**{"customer": "cus_1", "feature": "messages", "row": "gift", **changes})


@pytest.mark.parametrize(
    ("change_input", "refusals"),
    [
        (removal(customer="cus_2"), [Note(CommonNote.OTHER_CUSTOMER)]),
        (removal(row="gone"), [Note(UngrantNote.USED_UP, ABOUT)]),
        (removal(feature="other"), [Note(UngrantNote.USED_UP, {"feature": "other"})]),
        (removal(row="row"), [Note(UngrantNote.OF_PRODUCT, ABOUT)]),
    ],
)
def test_guard_refuses(change_input: UngrantInput, refusals: list[Note]) -> None:
    judged = CHANGE.guard(change_input, KNOWN, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "warnings"),
    [
        (removal(), KNOWN, [Note(UngrantNote.USED, {"units": "40"})]),
        (removal(), facts(balance(GIFT)), [Note(UngrantNote.USED, {"units": "40"}), LOST]),
        (removal(), facts(balance(row("gift", usage=0, plan_id=None))), [LOST]),
        (removal(), facts(balance(row("gift", usage=-5, plan_id=None))), [LOST]),
        (removal(), facts(balance(row("gift", usage=5, plan_id=None, unlimited=True))), [HIDDEN]),
        (removal(feature="sso", row="flag"), FLAGGED, [Note(UngrantNote.FEATURE_LOST, {"feature": "sso"})]),
    ],
)
def test_guard_warns(change_input: UngrantInput, customer_facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, customer_facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_customer_with_an_old_id_can_lose_a_grant() -> None:
    facts = replace(KNOWN, customer=KNOWN.customer.model_copy(update={"id": "ada@acme.example"}))
    assert CHANGE.guard(removal(customer="ada@acme.example"), facts, NOW).allowed


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "preview"),
    [
        (
            removal(),
            KNOWN,
            (
                Line(UngrantLine.GRANT, "100", None, ValueFormat.NUMBER, about="messages"),
                Line(UngrantLine.REMAINING, "760", "700", ValueFormat.NUMBER),
            ),
        ),
        (
            removal(),
            facts(balance(row(), row("gift", included=100, usage=140, plan_id=None))),
            (
                Line(UngrantLine.GRANT, "100", None, ValueFormat.NUMBER, about="messages"),
                Line(UngrantLine.REMAINING, "700", "700", ValueFormat.NUMBER),
            ),
        ),
        (
            removal(),
            facts(balance(row("gift", plan_id=None, unlimited=True))),
            (Line(UngrantLine.GRANT, "unlimited", None, about="messages"),),
        ),
        (removal(feature="sso", row="flag"), FLAGGED, (Line(UngrantLine.GRANT, "on", None, about="sso"),)),
        (removal(row="gone"), KNOWN, (Line(UngrantLine.GRANT, "on", None, about="messages"),)),
    ],
)
def test_preview_shows_what_is_lost(
    change_input: UngrantInput, customer_facts: Facts, preview: tuple[Line, ...]
) -> None:
    assert CHANGE.preview(change_input, customer_facts) == preview


def test_feature_and_row_are_always_named() -> None:
    (write,) = CHANGE.plan(removal(), KNOWN)
    assert dict(write.body) == {"customer_id": "cus_1", "feature_id": "messages", "balance_id": "gift"}
    assert (write.route, write.method, write.path) == ("balances.delete", "POST", "/v1/balances.delete")
    assert not write.per_customer


def snapshot_with(**changes: Any) -> Snapshot:
    fields = {"granted": Decimal(100), "left": Decimal(60), "row": "gift", "size": GrantSize.AMOUNT}
    return GrantState(**{**fields, **changes}).snapshot()


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (snapshot_with(), standalone.ABSENT, Verdict.APPLIED),
        (snapshot_with(), snapshot_with(), Verdict.NOT_APPLIED),
        (snapshot_with(), snapshot_with(left=Decimal(1)), Verdict.NOT_APPLIED),
        (snapshot_with(), None, Verdict.UNCLEAR),
        (standalone.ABSENT, standalone.ABSENT, Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(before: Snapshot, after: Snapshot | None, verdict: Verdict) -> None:
    assert CHANGE.verify(removal(), before, after) is verdict


def test_amount_is_what_is_taken_back() -> None:
    assert CHANGE.snapshot(removal(), KNOWN) == snapshot_with()
    assert CHANGE.amount(removal(), snapshot_with()) == 60
    assert CHANGE.amount(removal(), snapshot_with(left=Decimal(-5))) == 0
    assert CHANGE.amount(removal(), snapshot_with(size=GrantSize.UNLIMITED)) is None
    assert CHANGE.amount(removal(), snapshot_with(interval="month")) is None
    assert CHANGE.amount(removal(), standalone.ABSENT) is None


def test_removal_holds_while_only_usage_changes() -> None:
    assert CHANGE.holds(removal(), snapshot_with(), snapshot_with(left=Decimal(1)))
    assert not CHANGE.holds(removal(), snapshot_with(), snapshot_with(granted=Decimal(200)))
    assert not CHANGE.holds(removal(), snapshot_with(), snapshot_with(size=GrantSize.UNLIMITED))
    assert not CHANGE.holds(removal(), snapshot_with(), standalone.ABSENT)
    assert not CHANGE.holds(removal(), standalone.ABSENT, snapshot_with())


def grant_again(**changes: Any) -> GrantInput:
    fields = {
        "customer": "cus_1",
        "feature": "messages",
        "grant": "gift",
        "size": GrantSize.AMOUNT,
        "amount": Decimal(100),
        "left": Decimal(60),
    }
    return GrantInput(**{**fields, **changes})


@pytest.mark.parametrize(
    ("change_input", "before", "undo"),
    [
        (removal(), snapshot_with(), grant_again()),
        (removal(), snapshot_with(left=Decimal(100)), grant_again(left=None)),
        (removal(), snapshot_with(expires_at=SOON), grant_again(expires_at=SOON)),
        (
            removal(),
            snapshot_with(interval="week", interval_count=2, resets_at=SOON),
            grant_again(every="week", every_count=2, resets_at=SOON),
        ),
        (
            removal(),
            snapshot_with(size=GrantSize.SWITCH, granted=Decimal(0), left=Decimal(0)),
            grant_again(size=GrantSize.SWITCH, amount=None, left=None),
        ),
        (
            removal(),
            snapshot_with(size=GrantSize.UNLIMITED, granted=Decimal(0), left=Decimal(-5)),
            grant_again(size=GrantSize.UNLIMITED, amount=None, left=None),
        ),
        (
            removal(row="cus_ent_1"),
            snapshot_with(row="cus_ent_1"),
            grant_again(grant=f"maple_{digest('cus_ent_1')}"),
        ),
        (removal(), standalone.ABSENT, None),
    ],
)
def test_removal_is_undone_by_the_same_grant(
    change_input: UngrantInput, before: Snapshot, undo: GrantInput | None
) -> None:
    assert CHANGE.inverse(change_input, before, standalone.ABSENT) == undo


def test_wording() -> None:
    assert CHANGE.summary(removal(), {"messages": "Messages"}) == "Remove the Messages grant"
    assert CHANGE.part(removal(), snapshot_with(), (), {}) == "*Source:* Granted as gift · 60 of 100 left"
    assert CHANGE.part(removal(), snapshot_with(row="maple_1234567"), (), {}) == (
        "*Source:* Standalone grant · 60 of 100 left · …234567"
    )
    assert CHANGE.part(removal(), snapshot_with(size=GrantSize.SWITCH, row="cus_ent_123456"), (), {}) == (
        "*Source:* Standalone grant · On · …123456"
    )
    assert CHANGE.part(removal(), snapshot_with(size=GrantSize.UNLIMITED, left=Decimal(-1)), (), {}) == (
        "*Source:* Granted as gift · Unlimited"
    )
    assert CHANGE.shown_now(removal(), {}, standalone.ABSENT) == [
        "Maple checked in Autumn: the grant isn't there."
    ]
    assert CHANGE.shown_now(removal(), {}, snapshot_with()) == [
        "Maple checked in Autumn: the grant is still there."
    ]


def test_removal_of_an_unlimited_grant_does_not_say_that_nothing_is_left() -> None:
    """Autumn hides whatever else the customer has of it, so nobody knows."""
    assert notes.mrkdwn(HIDDEN, {"messages": "Messages"}) == (
        "Whatever else the customer has of Messages counts again. Autumn hides it while the feature is "
        "unlimited, so this may also be all they have."
    )


def test_overdrawn_grant_is_shown_as_nothing_left() -> None:
    assert (
        CHANGE.part(removal(), snapshot_with(left=Decimal(-5)), (), {})
        == "*Source:* Granted as gift · 0 of 100 left"
    )


def test_removal_is_offered_only_where_there_is_a_grant() -> None:
    assert CHANGE.applies_to(KNOWN, "")
    assert CHANGE.applies_to(KNOWN, "messages")
    assert not CHANGE.applies_to(KNOWN, "seats")
    assert not CHANGE.applies_to(facts(balance(row())), "")


def test_sample_removes_its_grant() -> None:
    customer_facts = facts(balance(row("maple_sample", plan_id=None)))
    assert CHANGE.guard(CHANGE.sample("cus_1"), customer_facts, NOW).allowed
