from datetime import timedelta
from typing import Any

import pytest

from bot.autumn.models import Flag
from bot.changes import canonical, standalone
from bot.changes.expiry.kind import ExpiryChange
from bot.changes.expiry.request import ExpiryInput
from bot.changes.expiry.words import ExpiryLine, ExpiryNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.standalone import GrantSize, GrantState
from tests.changes.facts import LATER, MONTHLY, NOW, ONE_OFF, SOON, balance, customer, facts, row

CHANGE = ExpiryChange()
ABOUT = {"feature": "messages"}
FAR = NOW + timedelta(days=3660)


def grant(**changes: Any) -> Facts:
    fields = {"plan_id": None, "reset": ONE_OFF, "expires_at": SOON, **changes}
    return facts(balance(row(), row("gift", **fields), unlimited=fields.get("unlimited", False)))


def ask(**changes: Any) -> ExpiryInput:
    fields = {"customer": "cus_1", "feature": "messages", "row": "gift", "expires_at": LATER}
    return ExpiryInput(**{**fields, **changes})


@pytest.mark.parametrize(
    ("change_input", "facts", "refusals"),
    [
        (ask(customer="cus_2"), grant(), [Note(CommonNote.OTHER_CUSTOMER)]),
        (ask(row="gone"), grant(), [Note(ExpiryNote.GRANT_GONE, ABOUT)]),
        (ask(row="row"), grant(), [Note(ExpiryNote.OF_PRODUCT, ABOUT)]),
        (ask(), grant(unlimited=True), [Note(ExpiryNote.UNLIMITED)]),
        (ask(), grant(reset=MONTHLY), [Note(ExpiryNote.REFILLS)]),
        (ask(expires_at=NOW), grant(), [Note(ExpiryNote.PAST)]),
        (ask(expires_at=NOW), grant(expires_at=NOW), [Note(ExpiryNote.PAST)]),
        (
            ask(expires_at=FAR + timedelta(milliseconds=1)),
            grant(),
            [Note(ExpiryNote.TOO_FAR, {"latest": canonical.time(FAR)})],
        ),
        (ask(expires_at=SOON), grant(), [Note(CommonNote.NOTHING_TO_DO)]),
    ],
)
def test_guard_refuses(change_input: ExpiryInput, facts: Facts, refusals: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (ask(), grant(), []),
        (ask(expires_at=FAR), grant(), []),
        (ask(expires_at=NOW + timedelta(milliseconds=1)), grant(), []),
        (ask(), grant(expires_at=None), [Note(ExpiryNote.CANNOT_CLEAR)]),
        (ask(), grant(reset=None), []),
    ],
)
def test_guard_warns(change_input: ExpiryInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_switched_on_feature_can_be_made_to_expire() -> None:
    customer_facts = facts(customer=customer(flags={"sso": Flag(id="flag", feature_id="sso")}))
    assert CHANGE.guard(ask(feature="sso", row="flag"), customer_facts, NOW).allowed


def test_customer_with_an_old_id_can_have_an_expiry_moved() -> None:
    customer_facts = facts(customer=grant().customer.model_copy(update={"id": "ada@acme.example"}))
    assert CHANGE.guard(ask(customer="ada@acme.example"), customer_facts, NOW).allowed


def test_preview_plan_and_amount() -> None:
    assert CHANGE.preview(ask(), grant()) == (
        Line(ExpiryLine.EXPIRES, canonical.time(SOON), canonical.time(LATER), ValueFormat.TIME),
    )
    (write,) = CHANGE.plan(ask(), grant())
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "feature_id": "messages",
        "balance_id": "gift",
        "expires_at": canonical.milliseconds(LATER),
    }
    assert (write.route, write.method, write.path, write.per_customer) == (
        "balances.update",
        "POST",
        "/v1/balances.update",
        True,
    )
    assert CHANGE.amount(ask(), told()) is None


def told(**changes: Any) -> Snapshot:
    fields = {"row": "gift", "size": GrantSize.AMOUNT, "expires_at": SOON}
    return GrantState(**{**fields, **changes}).snapshot()


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (told(), told(expires_at=LATER), Verdict.APPLIED),
        (told(expires_at=None), told(expires_at=LATER), Verdict.APPLIED),
        (told(), told(), Verdict.NOT_APPLIED),
        (told(expires_at=None), told(expires_at=None), Verdict.NOT_APPLIED),
        (told(), told(expires_at=NOW), Verdict.UNCLEAR),
        (told(), standalone.ABSENT, Verdict.UNCLEAR),
        (told(), None, Verdict.UNCLEAR),
        (standalone.ABSENT, told(expires_at=LATER), Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(before: Snapshot, after: Snapshot | None, verdict: Verdict) -> None:
    assert CHANGE.verify(ask(), before, after) is verdict


def test_expiry_holds_while_it_is_unchanged() -> None:
    assert CHANGE.holds(ask(), told(), told())
    assert CHANGE.holds(ask(), told(), told(left=canonical.ZERO + 5))
    assert not CHANGE.holds(ask(), told(), told(expires_at=LATER))
    assert not CHANGE.holds(ask(), told(), standalone.ABSENT)
    assert not CHANGE.holds(ask(), standalone.ABSENT, told())


def test_expiry_is_undone_only_where_there_was_one() -> None:
    assert CHANGE.inverse(ask(), told(), told(expires_at=LATER)) == ask(expires_at=SOON)
    assert CHANGE.inverse(ask(), told(expires_at=None), told(expires_at=LATER)) is None
    assert CHANGE.inverse(ask(), standalone.ABSENT, told()) is None


def test_wording() -> None:
    assert CHANGE.summary(ask(), {"messages": "Messages"}).startswith(
        "Let the grant of Messages expire on Dec 12, 2026 at 15:06 UTC"
    )
    assert CHANGE.part(ask(), standalone.ABSENT, (), {}) == ""
    assert CHANGE.part(ask(), told(), (), {}).startswith(
        "*Part:* Granted as gift · 0 of 0 left · Expires Dec 2, 2026"
    )
    assert CHANGE.shown_now(ask(), {}, standalone.ABSENT) == [
        "Maple read it, and the grant is no longer there: it was used up, removed, or it has expired."
    ]
    assert CHANGE.shown_now(ask(), {}, told(expires_at=None)) == ["• Expires: *never*"]
    (line,) = CHANGE.shown_now(ask(), {}, told())
    assert line.startswith("• Expires: *Dec 2, 2026 at 15:06 UTC*")


@pytest.mark.parametrize(
    ("customer_facts", "feature", "applies"),
    [
        (grant(), "", True),
        (grant(), "messages", True),
        (grant(), "seats", False),
        (grant(reset=MONTHLY), "", False),
        (grant(unlimited=True), "", False),
        (facts(balance(row())), "", False),
    ],
)
def test_expiry_is_offered_only_where_a_grant_can_expire(
    customer_facts: Facts, feature: str, applies: bool
) -> None:
    assert CHANGE.applies_to(customer_facts, feature) is applies


def test_sample_moves_an_expiry_of_its_grant() -> None:
    sample = CHANGE.sample("cus_1")
    own = row("maple_sample", plan_id=None, reset=ONE_OFF)
    assert CHANGE.guard(sample, facts(balance(own)), sample.expires_at - timedelta(days=1)).allowed
