from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Flag
from bot.changes import standalone
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


def ask(**changes: Any) -> UngrantInput:
    return UngrantInput(**{"customer": "cus_1", "feature": "messages", "row": "gift", **changes})


@pytest.mark.parametrize(
    ("change_input", "refusals"),
    [
        (ask(customer="cus_2"), [Note(CommonNote.OTHER_CUSTOMER)]),
        (ask(row="gone"), [Note(UngrantNote.USED_UP, ABOUT)]),
        (ask(feature="other"), [Note(UngrantNote.USED_UP, {"feature": "other"})]),
        (ask(row="row"), [Note(UngrantNote.OF_PRODUCT, ABOUT)]),
    ],
)
def test_guard_refuses(change_input: UngrantInput, refusals: list[Note]) -> None:
    judged = CHANGE.guard(change_input, KNOWN, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "warnings"),
    [
        (ask(), KNOWN, [Note(UngrantNote.USED, {"units": "40"})]),
        (ask(), facts(balance(GIFT)), [Note(UngrantNote.USED, {"units": "40"}), LOST]),
        (ask(), facts(balance(row("gift", usage=0, plan_id=None))), [LOST]),
        (ask(), facts(balance(row("gift", usage=-5, plan_id=None))), [LOST]),
        (ask(), facts(balance(row("gift", usage=5, plan_id=None, unlimited=True))), [LOST]),
        (ask(feature="sso", row="flag"), FLAGGED, [Note(UngrantNote.FEATURE_LOST, {"feature": "sso"})]),
    ],
)
def test_guard_warns(change_input: UngrantInput, customer_facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, customer_facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_customer_with_an_old_id_can_lose_a_grant() -> None:
    facts = replace(KNOWN, customer=KNOWN.customer.model_copy(update={"id": "ada@acme.example"}))
    assert CHANGE.guard(ask(customer="ada@acme.example"), facts, NOW).allowed


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "preview"),
    [
        (
            ask(),
            KNOWN,
            (
                Line(UngrantLine.GRANT, "100", None, ValueFormat.NUMBER, about="messages"),
                Line(UngrantLine.REMAINING, "760", "700", ValueFormat.NUMBER),
            ),
        ),
        (
            ask(),
            facts(balance(row(), row("gift", included=100, usage=140, plan_id=None))),
            (
                Line(UngrantLine.GRANT, "100", None, ValueFormat.NUMBER, about="messages"),
                Line(UngrantLine.REMAINING, "700", "700", ValueFormat.NUMBER),
            ),
        ),
        (
            ask(),
            facts(balance(row("gift", plan_id=None, unlimited=True))),
            (Line(UngrantLine.GRANT, "unlimited", None, about="messages"),),
        ),
        (ask(feature="sso", row="flag"), FLAGGED, (Line(UngrantLine.GRANT, "on", None, about="sso"),)),
        (ask(row="gone"), KNOWN, (Line(UngrantLine.GRANT, "on", None, about="messages"),)),
    ],
)
def test_preview_shows_what_is_lost(
    change_input: UngrantInput, customer_facts: Facts, preview: tuple[Line, ...]
) -> None:
    assert CHANGE.preview(change_input, customer_facts) == preview


def test_feature_and_row_are_always_named() -> None:
    (write,) = CHANGE.plan(ask(), KNOWN)
    assert dict(write.body) == {"customer_id": "cus_1", "feature_id": "messages", "balance_id": "gift"}
    assert (write.route, write.method, write.path) == ("balances.delete", "POST", "/v1/balances.delete")
    assert not write.per_customer


def told(**changes: Any) -> Snapshot:
    fields = {"granted": Decimal(100), "left": Decimal(60), "row": "gift", "size": GrantSize.AMOUNT}
    return GrantState(**{**fields, **changes}).snapshot()


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (told(), standalone.ABSENT, Verdict.APPLIED),
        (told(), told(), Verdict.NOT_APPLIED),
        (told(), told(left=Decimal(1)), Verdict.NOT_APPLIED),
        (told(), None, Verdict.UNCLEAR),
        (standalone.ABSENT, standalone.ABSENT, Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(before: Snapshot, after: Snapshot | None, verdict: Verdict) -> None:
    assert CHANGE.verify(ask(), before, after) is verdict


def test_amount_is_what_is_taken_back() -> None:
    assert CHANGE.snapshot(ask(), KNOWN) == told()
    assert CHANGE.amount(ask(), told()) == 60
    assert CHANGE.amount(ask(), told(left=Decimal(-5))) == 0
    assert CHANGE.amount(ask(), told(size=GrantSize.UNLIMITED)) is None
    assert CHANGE.amount(ask(), standalone.ABSENT) is None


def test_removal_holds_while_only_usage_changes() -> None:
    assert CHANGE.holds(ask(), told(), told(left=Decimal(1)))
    assert not CHANGE.holds(ask(), told(), told(granted=Decimal(200)))
    assert not CHANGE.holds(ask(), told(), told(size=GrantSize.UNLIMITED))
    assert not CHANGE.holds(ask(), told(), standalone.ABSENT)
    assert not CHANGE.holds(ask(), standalone.ABSENT, told())


def again(**changes: Any) -> GrantInput:
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
        (ask(), told(), again()),
        (ask(), told(left=Decimal(100)), again(left=None)),
        (ask(), told(expires_at=SOON), again(expires_at=SOON)),
        (
            ask(),
            told(interval="week", interval_count=2, resets_at=SOON),
            again(every="week", every_count=2, resets_at=SOON),
        ),
        (
            ask(),
            told(size=GrantSize.SWITCH, granted=Decimal(0), left=Decimal(0)),
            again(size=GrantSize.SWITCH, amount=None, left=None),
        ),
        (
            ask(),
            told(size=GrantSize.UNLIMITED, granted=Decimal(0), left=Decimal(-5)),
            again(size=GrantSize.UNLIMITED, amount=None, left=None),
        ),
        (
            ask(row="cus_ent_1"),
            told(row="cus_ent_1"),
            again(grant=f"maple_{digest('cus_ent_1')}"),
        ),
        (ask(), standalone.ABSENT, None),
    ],
)
def test_removal_is_undone_by_the_same_grant(
    change_input: UngrantInput, before: Snapshot, undo: GrantInput | None
) -> None:
    assert CHANGE.inverse(change_input, before, standalone.ABSENT) == undo


def test_wording() -> None:
    assert CHANGE.summary(ask(), {"messages": "Messages"}) == "Remove the grant of Messages"
    assert CHANGE.part(ask(), told(), (), {}) == "*Part:* Granted as gift · 60 of 100 left"
    assert CHANGE.part(ask(), told(row="maple_1234567"), (), {}) == (
        "*Part:* Standalone grant · 60 of 100 left · …234567"
    )
    assert CHANGE.part(ask(), told(size=GrantSize.SWITCH, row="cus_ent_123456"), (), {}) == (
        "*Part:* Standalone grant · On · …123456"
    )
    assert CHANGE.part(ask(), told(size=GrantSize.UNLIMITED, left=Decimal(-1)), (), {}) == (
        "*Part:* Granted as gift · Unlimited"
    )
    assert CHANGE.shown_now(ask(), {}, standalone.ABSENT) == ["Maple read it, and the grant is not there."]
    assert CHANGE.shown_now(ask(), {}, told()) == ["Maple read it, and the grant is still there."]


def test_overdrawn_grant_is_shown_as_nothing_left() -> None:
    assert CHANGE.part(ask(), told(left=Decimal(-5)), (), {}) == "*Part:* Granted as gift · 0 of 100 left"


def test_removal_is_offered_only_where_there_is_a_grant() -> None:
    assert CHANGE.applies_to(KNOWN, "")
    assert CHANGE.applies_to(KNOWN, "messages")
    assert not CHANGE.applies_to(KNOWN, "seats")
    assert not CHANGE.applies_to(facts(balance(row())), "")


def test_sample_removes_its_grant() -> None:
    known = facts(balance(row("maple_sample", plan_id=None)))
    assert CHANGE.guard(CHANGE.sample("cus_1"), known, NOW).allowed
