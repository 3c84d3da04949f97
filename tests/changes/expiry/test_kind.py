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


def expiry(**changes: Any) -> ExpiryInput:
    fields = {"customer": "cus_1", "feature": "messages", "row": "gift", "expires_at": LATER}
    return ExpiryInput(**{**fields, **changes})


@pytest.mark.parametrize(
    ("change_input", "facts", "refusals"),
    [
        (expiry(customer="cus_2"), grant(), [Note(CommonNote.OTHER_CUSTOMER)]),
        (expiry(row="gone"), grant(), [Note(ExpiryNote.GRANT_GONE, ABOUT)]),
        (expiry(row="row"), grant(), [Note(ExpiryNote.OF_PRODUCT, ABOUT)]),
        (expiry(), grant(unlimited=True), [Note(ExpiryNote.UNLIMITED)]),
        (expiry(), grant(reset=MONTHLY), [Note(ExpiryNote.REFILLS)]),
        (expiry(expires_at=NOW), grant(), [Note(ExpiryNote.PAST)]),
        (expiry(expires_at=NOW), grant(expires_at=NOW), [Note(ExpiryNote.PAST)]),
        (
            expiry(expires_at=FAR + timedelta(milliseconds=1)),
            grant(),
            [Note(ExpiryNote.TOO_FAR, {"latest": canonical.time(FAR)})],
        ),
        (expiry(expires_at=SOON), grant(), [Note(CommonNote.NOTHING_TO_DO)]),
    ],
)
def test_guard_refuses(change_input: ExpiryInput, facts: Facts, refusals: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (expiry(), grant(), []),
        (expiry(expires_at=FAR), grant(), []),
        (expiry(expires_at=NOW + timedelta(milliseconds=1)), grant(), []),
        (expiry(), grant(expires_at=None), [Note(ExpiryNote.CANNOT_CLEAR)]),
        (expiry(), grant(reset=None), []),
    ],
)
def test_guard_warns(change_input: ExpiryInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_switched_on_feature_can_be_made_to_expire() -> None:
    customer_facts = facts(customer=customer(flags={"sso": Flag(id="flag", feature_id="sso")}))
    assert CHANGE.guard(expiry(feature="sso", row="flag"), customer_facts, NOW).allowed


def test_customer_with_an_old_id_can_have_an_expiry_moved() -> None:
    customer_facts = facts(customer=grant().customer.model_copy(update={"id": "ada@acme.example"}))
    assert CHANGE.guard(expiry(customer="ada@acme.example"), customer_facts, NOW).allowed


def test_preview_plan_and_amount() -> None:
    assert CHANGE.preview(expiry(), grant()) == (
        Line(ExpiryLine.EXPIRES, canonical.time(SOON), canonical.time(LATER), ValueFormat.TIME),
    )
    (write,) = CHANGE.plan(expiry(), grant())
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
    assert CHANGE.amount(expiry(), snapshot_with()) is None


def snapshot_with(**changes: Any) -> Snapshot:
    fields = {"row": "gift", "size": GrantSize.AMOUNT, "expires_at": SOON}
    return GrantState(**{**fields, **changes}).snapshot()


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (snapshot_with(), snapshot_with(expires_at=LATER), Verdict.APPLIED),
        (snapshot_with(expires_at=None), snapshot_with(expires_at=LATER), Verdict.APPLIED),
        (snapshot_with(), snapshot_with(), Verdict.NOT_APPLIED),
        (snapshot_with(expires_at=None), snapshot_with(expires_at=None), Verdict.NOT_APPLIED),
        (snapshot_with(), snapshot_with(expires_at=NOW), Verdict.UNCLEAR),
        (snapshot_with(), standalone.ABSENT, Verdict.UNCLEAR),
        (snapshot_with(), None, Verdict.UNCLEAR),
        (standalone.ABSENT, snapshot_with(expires_at=LATER), Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(before: Snapshot, after: Snapshot | None, verdict: Verdict) -> None:
    assert CHANGE.verify(expiry(), before, after) is verdict


def test_expiry_holds_while_it_is_unchanged() -> None:
    assert CHANGE.holds(expiry(), snapshot_with(), snapshot_with())
    assert CHANGE.holds(expiry(), snapshot_with(), snapshot_with(left=canonical.ZERO + 5))
    assert not CHANGE.holds(expiry(), snapshot_with(), snapshot_with(expires_at=LATER))
    assert not CHANGE.holds(expiry(), snapshot_with(), standalone.ABSENT)
    assert not CHANGE.holds(expiry(), standalone.ABSENT, snapshot_with())


def test_expiry_is_undone_only_where_there_was_one() -> None:
    assert CHANGE.inverse(expiry(), snapshot_with(), snapshot_with(expires_at=LATER)) == expiry(
        expires_at=SOON
    )
    assert CHANGE.inverse(expiry(), snapshot_with(expires_at=None), snapshot_with(expires_at=LATER)) is None
    assert CHANGE.inverse(expiry(), standalone.ABSENT, snapshot_with()) is None


def test_wording() -> None:
    assert CHANGE.summary(expiry(), {"messages": "Messages"}).startswith(
        "Move the expiry of the Messages grant to Dec 12, 2026 at 15:06 UTC"
    )
    assert CHANGE.part(expiry(), standalone.ABSENT, (), {}) == ""
    assert CHANGE.part(expiry(), snapshot_with(), (), {}).startswith(
        "*Source:* Granted as gift · 0 of 0 left · Expires Dec 2, 2026"
    )
    assert CHANGE.shown_now(expiry(), {}, standalone.ABSENT) == [
        "Maple checked in Autumn: the grant is no longer there. It was used up, was removed or has expired."
    ]
    assert CHANGE.shown_now(expiry(), {}, snapshot_with(expires_at=None)) == ["• Expires: *never*"]
    (line,) = CHANGE.shown_now(expiry(), {}, snapshot_with())
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
