"""Trials: refusals and warnings, the write, and its verdict."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.autumn.models import Subscription
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, PaymentPage, PendingPayment, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.trial.kind import TrialChange
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction, TrialLine, TrialNote
from tests.changes.billing.quotes import FREE_LATER, OF_ENTITY, PRO, TRIAL, facts_with
from tests.changes.billing.quotes import quote as quoted
from tests.changes.facts import LATER, NOW, ONE_OFF, SOON, balance, row, subscription

CHANGE = TrialChange()
DAY = timedelta(days=1)
CANCELLED = TRIAL.model_copy(update={"canceled_at": NOW, "expires_at": SOON})
NO_UNDO = Note(CommonNote.NO_UNDO)
MAY_NEED_PAYMENT = Note(TrialNote.MAY_NEED_PAYMENT)


def trial_until(ends_at: datetime | None, **changes: object) -> TrialInput:
    fields = {"customer": "cus_1", "subscription": "sub_pro", "product": "pro", "ends_at": ends_at}
    return TrialInput.model_validate({**fields, "action": TrialAction.MOVE_END, **changes})


def trial_ended_now(**changes: object) -> TrialInput:
    return trial_until(None, action=TrialAction.END_NOW, **changes)


@pytest.mark.parametrize(
    ("change_input", "facts", "refusal"),
    [
        (trial_until(LATER, customer="cus_2"), facts_with(TRIAL), Note(CommonNote.OTHER_CUSTOMER)),
        (trial_until(LATER, subscription="gone"), facts_with(TRIAL), Note(BillingNote.GONE)),
        (trial_until(LATER, subscription="sub_entity"), facts_with(OF_ENTITY), Note(BillingNote.OF_ENTITY)),
        (trial_until(LATER), facts_with(PRO), Note(TrialNote.NOT_ON_TRIAL)),
        (trial_ended_now(), facts_with(PRO), Note(TrialNote.NOT_ON_TRIAL)),
        (
            trial_until(LATER),
            facts_with(TRIAL.model_copy(update={"trial_ends_at": NOW})),
            Note(TrialNote.NOT_ON_TRIAL),
        ),
        (trial_until(LATER), facts_with(CANCELLED), Note(TrialNote.CANCELLED)),
        (trial_ended_now(), facts_with(CANCELLED), Note(TrialNote.CANCELLED)),
        (trial_until(None), facts_with(TRIAL), Note(TrialNote.NO_END)),
        (trial_until(NOW), facts_with(TRIAL), Note(TrialNote.END_PAST)),
        (
            trial_until(NOW + 730 * DAY + timedelta(seconds=1)),
            facts_with(TRIAL),
            Note(TrialNote.END_TOO_FAR, {"latest": "2028-11-21T15:06:00.000+00:00"}),
        ),
        (trial_until(SOON), facts_with(TRIAL), Note(CommonNote.NOTHING_TO_DO)),
        (trial_until(SOON - timedelta(hours=23)), facts_with(TRIAL), Note(CommonNote.NOTHING_TO_DO)),
        (
            trial_until(LATER),
            facts_with(TRIAL, quote_refused="stripe_error"),
            Note(BillingNote.WOULD_BE_REFUSED, {"code": "stripe_error"}),
        ),
    ],
)
def test_guard_refuses(change_input: TrialInput, facts: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.refusals == (refusal,)
    assert not judged.warnings


def on_trial(ends_at: datetime | None, subscription_id: str = "sub_pro") -> Subscription:
    return TRIAL.model_copy(update={"trial_ends_at": ends_at, "id": subscription_id})


RESETTING = balance(row())
NOT_RESETTING = balance(row(reset=ONE_OFF), row(reset=None), row(plan_id="other"))


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (trial_until(LATER), facts_with(TRIAL), []),
        (trial_until(NOW + 730 * DAY), facts_with(TRIAL), []),
        (trial_until(NOW + timedelta(seconds=1)), facts_with(TRIAL), [Note(TrialNote.SHORTER)]),
        (trial_until(SOON + timedelta(seconds=1)), facts_with(TRIAL), []),
        # Autumn rounds up to whole days from now: such a trial ends later than it did.
        (trial_until(SOON + timedelta(minutes=30)), facts_with(on_trial(SOON + timedelta(hours=1))), []),
        (trial_until(LATER), facts_with(TRIAL, balances=(RESETTING,)), [Note(TrialNote.RESETS_MOVE)]),
        (trial_until(LATER), facts_with(TRIAL, balances=(NOT_RESETTING,)), []),
        (trial_ended_now(), facts_with(TRIAL, balances=(RESETTING,)), [MAY_NEED_PAYMENT, NO_UNDO]),
    ],
)
def test_guard_warns(change_input: TrialInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


@pytest.mark.parametrize(
    ("ends_at", "days"),
    [
        (NOW + 14 * DAY, 14),
        (NOW + 14 * DAY + timedelta(seconds=1), 15),
        (NOW + 14 * DAY - timedelta(seconds=1), 14),
        (NOW + timedelta(seconds=1), 1),
    ],
)
def test_plan_counts_whole_days_from_now(ends_at: datetime, days: int) -> None:
    (write,) = CHANGE.plan(trial_until(ends_at), facts_with(TRIAL))
    assert write.route == "billing.update"
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "subscription_id": "sub_pro",
        "customize": {"free_trial": {"duration_length": days, "duration_type": "day"}},
    }


def test_trial_is_ended_by_none() -> None:
    (write,) = CHANGE.plan(trial_ended_now(), facts_with(TRIAL))
    assert write.body["customize"] == {"free_trial": None}


def test_preview_shows_the_day_autumn_arrives_at() -> None:
    facts = facts_with(TRIAL, quoted=quoted())
    billed = Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD")
    assert CHANGE.preview(trial_until(LATER - timedelta(hours=30)), facts) == (
        Line(TrialLine.ENDS, "Dec 2, 2026", "Dec 11, 2026"),
        billed,
    )
    assert CHANGE.preview(trial_ended_now(), facts) == (Line(TrialLine.ENDS, "Dec 2, 2026", None), billed)


def snapshot_of(request: TrialInput, *subscriptions: Subscription) -> Snapshot:
    return CHANGE.snapshot(request, facts_with(*subscriptions))


HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("change_input", "after", "verdict"),
    [
        (trial_until(LATER), [on_trial(LATER)], Verdict.APPLIED),
        (trial_until(LATER), [on_trial(LATER, "renewed")], Verdict.APPLIED),
        (trial_until(LATER), [on_trial(LATER, "renewed"), FREE_LATER], Verdict.APPLIED),
        (trial_until(LATER), [on_trial(LATER, "renewed"), OF_ENTITY], Verdict.APPLIED),
        (
            trial_until(LATER),
            [on_trial(LATER, "renewed"), PRO.model_copy(update={"id": "later", "status": "scheduled"})],
            Verdict.APPLIED,
        ),
        (trial_until(LATER), [on_trial(LATER), on_trial(SOON, "other")], Verdict.APPLIED),
        (
            trial_until(LATER),
            [on_trial(LATER, "renewed"), subscription("team", id="other", scope="customer")],
            Verdict.APPLIED,
        ),
        (trial_until(LATER), [on_trial(LATER + DAY + HOUR)], Verdict.APPLIED),
        (trial_until(LATER), [on_trial(LATER + DAY + HOUR + SECOND)], Verdict.UNCLEAR),
        (trial_until(LATER), [on_trial(LATER - HOUR)], Verdict.APPLIED),
        (trial_until(LATER), [on_trial(LATER - HOUR - SECOND)], Verdict.UNCLEAR),
        (trial_until(LATER), [on_trial(SOON)], Verdict.NOT_APPLIED),
        (trial_until(SOON + SECOND), [on_trial(SOON)], Verdict.NOT_APPLIED),
        (trial_until(LATER), [on_trial(None)], Verdict.UNCLEAR),
        (trial_until(LATER), [], Verdict.UNCLEAR),
        (trial_until(LATER), [on_trial(LATER, "one"), on_trial(LATER, "other")], Verdict.UNCLEAR),
        (trial_ended_now(), [on_trial(None)], Verdict.APPLIED),
        (trial_ended_now(), [on_trial(None, "renewed")], Verdict.APPLIED),
        (trial_ended_now(), [on_trial(SOON)], Verdict.NOT_APPLIED),
        (trial_ended_now(), [on_trial(LATER)], Verdict.UNCLEAR),
        (trial_ended_now(), [], Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(
    change_input: TrialInput, after: list[Subscription], verdict: Verdict
) -> None:
    assert (
        CHANGE.verify(change_input, snapshot_of(change_input, TRIAL), snapshot_of(change_input, *after))
        is verdict
    )


def test_snapshot_covers_its_product() -> None:
    facts = snapshot_of(trial_until(LATER), TRIAL, FREE_LATER)
    assert (facts["subscription"], facts["of_product"]) == ("sub_pro", "1")


def test_verdict_is_unclear_when_the_customer_is_gone() -> None:
    assert CHANGE.verify(trial_ended_now(), snapshot_of(trial_ended_now(), TRIAL), None) is Verdict.UNCLEAR


def test_undo_uses_the_subscriptions_new_id() -> None:
    request = trial_until(LATER)
    before, after = snapshot_of(request, TRIAL), snapshot_of(request, on_trial(LATER, "renewed"))
    assert CHANGE.inverse(request, before, after) == trial_until(SOON, subscription="renewed")
    assert CHANGE.inverse(request, before, snapshot_of(request)) == trial_until(SOON)
    assert CHANGE.inverse(trial_ended_now(), before, after) is None
    assert CHANGE.inverse(request, snapshot_of(request, PRO), after) is None


def test_amount_is_in_days_and_ending_now_has_none() -> None:
    facts = snapshot_of(trial_until(LATER), TRIAL)
    assert CHANGE.amount(trial_until(LATER), facts) == 10
    assert CHANGE.amount(trial_until(LATER + SECOND), facts) == 11
    assert CHANGE.amount(trial_until(SOON - DAY), facts) == 1
    assert CHANGE.amount(trial_until(SOON - SECOND), facts) == Decimal(1)
    assert CHANGE.amount(trial_ended_now(), facts) is None
    assert CHANGE.amount(trial_until(LATER), snapshot_of(trial_until(LATER), PRO)) is None
    assert CHANGE.amount(trial_until(LATER), snapshot_of(trial_until(LATER))) is None
    assert CHANGE.products(trial_ended_now(), facts_with(TRIAL)) == {"pro"}


def test_trial_holds_until_it_or_the_money_changes() -> None:
    request = trial_ended_now()
    then = CHANGE.snapshot(request, facts_with(TRIAL, quoted=quoted(49)))
    assert CHANGE.holds(
        request, then, CHANGE.snapshot(request, facts_with(TRIAL, quoted=quoted(49), at=SOON - DAY))
    )
    assert not CHANGE.holds(request, then, CHANGE.snapshot(request, facts_with(TRIAL, quoted=quoted(59))))
    assert not CHANGE.holds(
        request, then, CHANGE.snapshot(request, facts_with(on_trial(LATER), quoted=quoted(49)))
    )


def test_change_may_wait_for_payment() -> None:
    answer = {"payment_url": "https://pay.example/1"}
    assert CHANGE.pending_payment(answer) == PendingPayment(
        "https://pay.example/1", page=PaymentPage.CHECKOUT
    )


def test_wording() -> None:
    names = {"pro": "Pro"}
    summary = "Move the end of the trial of Pro to Dec 12, 2026, or up to a day later"
    assert CHANGE.summary(trial_until(LATER), names) == summary
    assert CHANGE.summary(trial_ended_now(), names) == "End the trial of Pro now"
    before = snapshot_of(trial_ended_now(), TRIAL)
    assert CHANGE.shown_now(trial_ended_now(), before, before)[0].endswith("*Dec 2, 2026*")
    assert CHANGE.shown_now(trial_ended_now(), before, snapshot_of(trial_ended_now(), on_trial(None)))[
        0
    ].endswith("*none*")
    assert CHANGE.shown_now(trial_ended_now(), before, snapshot_of(trial_ended_now()))[0].endswith(
        "no longer there."
    )


@pytest.mark.parametrize(
    ("change_input", "after", "result"),
    [
        (trial_until(LATER), [on_trial(LATER)], "Autumn set the end of the trial to *Dec 12, 2026*."),
        (
            trial_until(LATER),
            [on_trial(LATER + 23 * HOUR, "renewed")],
            "Autumn set the end of the trial to *Dec 13, 2026*.",
        ),
        # As when someone marked it as applied.
        (trial_until(LATER), [TRIAL], ""),
        (trial_until(LATER), [on_trial(LATER + 3 * DAY)], ""),
        (trial_until(LATER), [on_trial(None)], ""),
        (trial_until(LATER), [], ""),
        (trial_ended_now(), [on_trial(None)], ""),
    ],
)
def test_result_names_the_day_that_autumn_arrived_at(
    change_input: TrialInput, after: list[Subscription], result: str
) -> None:
    before, read_back = snapshot_of(change_input, TRIAL), snapshot_of(change_input, *after)
    assert CHANGE.unlike_preview(change_input, before, read_back) == result
