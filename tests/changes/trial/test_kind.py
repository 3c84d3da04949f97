"""Trials: what is refused and warned of, what is sent, and what became of it."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.autumn.models import Subscription
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, PendingPayment, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.trial.kind import TrialChange
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction, TrialLine, TrialNote
from tests.changes.billing.quotes import FREE_LATER, OF_ENTITY, PRO, TRIAL, having
from tests.changes.billing.quotes import quote as quoted
from tests.changes.facts import LATER, NOW, ONE_OFF, SOON, balance, row, subscription

CHANGE = TrialChange()
DAY = timedelta(days=1)
CANCELLED = TRIAL.model_copy(update={"canceled_at": NOW, "expires_at": SOON})
NO_UNDO = Note(CommonNote.NO_UNDO)
MAY_NEED_PAYMENT = Note(TrialNote.MAY_NEED_PAYMENT)


def until(ends_at: datetime | None, **changes: object) -> TrialInput:
    known = {"customer": "cus_1", "subscription": "sub_pro", "product": "pro", "ends_at": ends_at}
    return TrialInput.model_validate({**known, "action": TrialAction.MOVE_END, **changes})


def over(**changes: object) -> TrialInput:
    return until(None, action=TrialAction.END_NOW, **changes)


@pytest.mark.parametrize(
    ("asked", "known", "refusal"),
    [
        (until(LATER, customer="cus_2"), having(TRIAL), Note(CommonNote.OTHER_CUSTOMER)),
        (until(LATER, subscription="gone"), having(TRIAL), Note(BillingNote.GONE)),
        (until(LATER, subscription="sub_entity"), having(OF_ENTITY), Note(BillingNote.OF_ENTITY)),
        (until(LATER), having(PRO), Note(TrialNote.NOT_ON_TRIAL)),
        (over(), having(PRO), Note(TrialNote.NOT_ON_TRIAL)),
        (
            until(LATER),
            having(TRIAL.model_copy(update={"trial_ends_at": NOW})),
            Note(TrialNote.NOT_ON_TRIAL),
        ),
        (until(LATER), having(CANCELLED), Note(TrialNote.CANCELLED)),
        (over(), having(CANCELLED), Note(TrialNote.CANCELLED)),
        (until(None), having(TRIAL), Note(TrialNote.NO_END)),
        (until(NOW), having(TRIAL), Note(TrialNote.END_PAST)),
        (
            until(NOW + 730 * DAY + timedelta(seconds=1)),
            having(TRIAL),
            Note(TrialNote.END_TOO_FAR, {"latest": "2028-11-21T15:06:00.000+00:00"}),
        ),
        (until(SOON), having(TRIAL), Note(CommonNote.NOTHING_TO_DO)),
        (until(SOON - timedelta(hours=23)), having(TRIAL), Note(CommonNote.NOTHING_TO_DO)),
        (
            until(LATER),
            having(TRIAL, quote_refused="stripe_error"),
            Note(BillingNote.WOULD_BE_REFUSED, {"code": "stripe_error"}),
        ),
    ],
)
def test_refused(asked: TrialInput, known: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(asked, known, NOW)
    assert judged.refusals == (refusal,)
    assert not judged.warnings


RESETTING = balance(row())
NOT_RESETTING = balance(row(reset=ONE_OFF), row(reset=None), row(plan_id="other"))


@pytest.mark.parametrize(
    ("asked", "known", "warnings"),
    [
        (until(LATER), having(TRIAL), []),
        (until(NOW + 730 * DAY), having(TRIAL), []),
        (until(NOW + timedelta(seconds=1)), having(TRIAL), [Note(TrialNote.SHORTER)]),
        (until(SOON + timedelta(seconds=1)), having(TRIAL), []),
        (until(LATER), having(TRIAL, balances=(RESETTING,)), [Note(TrialNote.RESETS_MOVE)]),
        (until(LATER), having(TRIAL, balances=(NOT_RESETTING,)), []),
        (over(), having(TRIAL, balances=(RESETTING,)), [MAY_NEED_PAYMENT, NO_UNDO]),
    ],
)
def test_warned(asked: TrialInput, known: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(asked, known, NOW)
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
    (write,) = CHANGE.plan(until(ends_at), having(TRIAL))
    assert write.route == "billing.update"
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "subscription_id": "sub_pro",
        "customize": {"free_trial": {"duration_length": days, "duration_type": "day"}},
    }


def test_a_trial_is_ended_by_none() -> None:
    (write,) = CHANGE.plan(over(), having(TRIAL))
    assert write.body["customize"] == {"free_trial": None}


def test_preview_shows_the_day_that_autumn_comes_to() -> None:
    known = having(TRIAL, quoted=quoted())
    billed = Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD")
    assert CHANGE.preview(until(LATER - timedelta(hours=30)), known) == (
        Line(TrialLine.ENDS, "Dec 2, 2026", "Dec 11, 2026"),
        billed,
    )
    assert CHANGE.preview(over(), known) == (Line(TrialLine.ENDS, "Dec 2, 2026", None), billed)


def on_trial(ends_at: datetime | None, subscription_id: str = "sub_pro") -> Subscription:
    return TRIAL.model_copy(update={"trial_ends_at": ends_at, "id": subscription_id})


def state(asked: TrialInput, *held: Subscription) -> Snapshot:
    return CHANGE.snapshot(asked, having(*held))


HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("asked", "after", "verdict"),
    [
        (until(LATER), [on_trial(LATER)], Verdict.APPLIED),
        (until(LATER), [on_trial(LATER, "renewed")], Verdict.APPLIED),
        (until(LATER), [on_trial(LATER, "renewed"), FREE_LATER], Verdict.APPLIED),
        (until(LATER), [on_trial(LATER, "renewed"), OF_ENTITY], Verdict.APPLIED),
        (
            until(LATER),
            [on_trial(LATER, "renewed"), PRO.model_copy(update={"id": "later", "status": "scheduled"})],
            Verdict.APPLIED,
        ),
        (until(LATER), [on_trial(LATER), on_trial(SOON, "other")], Verdict.APPLIED),
        (
            until(LATER),
            [on_trial(LATER, "renewed"), subscription("team", id="other", scope="customer")],
            Verdict.APPLIED,
        ),
        (until(LATER), [on_trial(LATER + DAY + HOUR)], Verdict.APPLIED),
        (until(LATER), [on_trial(LATER + DAY + HOUR + SECOND)], Verdict.UNCLEAR),
        (until(LATER), [on_trial(LATER - HOUR)], Verdict.APPLIED),
        (until(LATER), [on_trial(LATER - HOUR - SECOND)], Verdict.UNCLEAR),
        (until(LATER), [on_trial(SOON)], Verdict.NOT_APPLIED),
        (until(SOON + SECOND), [on_trial(SOON)], Verdict.NOT_APPLIED),
        (until(LATER), [on_trial(None)], Verdict.UNCLEAR),
        (until(LATER), [], Verdict.UNCLEAR),
        (until(LATER), [on_trial(LATER, "one"), on_trial(LATER, "other")], Verdict.UNCLEAR),
        (over(), [on_trial(None)], Verdict.APPLIED),
        (over(), [on_trial(None, "renewed")], Verdict.APPLIED),
        (over(), [on_trial(SOON)], Verdict.NOT_APPLIED),
        (over(), [on_trial(LATER)], Verdict.UNCLEAR),
        (over(), [], Verdict.UNCLEAR),
    ],
)
def test_what_became_of_it(asked: TrialInput, after: list[Subscription], verdict: Verdict) -> None:
    assert CHANGE.verify(asked, state(asked, TRIAL), state(asked, *after)) is verdict


def test_what_is_compared_is_of_its_product() -> None:
    known = state(until(LATER), TRIAL, FREE_LATER)
    assert (known["subscription"], known["of_product"]) == ("sub_pro", "1")


def test_of_a_customer_who_is_gone_it_is_not_known() -> None:
    assert CHANGE.verify(over(), state(over(), TRIAL), None) is Verdict.UNCLEAR


def test_undo_is_about_the_subscription_by_its_new_id() -> None:
    asked = until(LATER)
    before, after = state(asked, TRIAL), state(asked, on_trial(LATER, "renewed"))
    assert CHANGE.inverse(asked, before, after) == until(SOON, subscription="renewed")
    assert CHANGE.inverse(asked, before, state(asked)) == until(SOON)
    assert CHANGE.inverse(over(), before, after) is None
    assert CHANGE.inverse(asked, state(asked, PRO), after) is None


def test_size_is_in_days_and_an_end_now_has_none() -> None:
    known = state(until(LATER), TRIAL)
    assert CHANGE.amount(until(LATER), known) == 10
    assert CHANGE.amount(until(LATER + SECOND), known) == 11
    assert CHANGE.amount(until(SOON - DAY), known) == 1
    assert CHANGE.amount(until(SOON - SECOND), known) == Decimal(1)
    assert CHANGE.amount(over(), known) is None
    assert CHANGE.amount(until(LATER), state(until(LATER), PRO)) is None
    assert CHANGE.amount(until(LATER), state(until(LATER))) is None
    assert CHANGE.products(over(), having(TRIAL)) == {"pro"}


def test_it_holds_until_the_trial_or_the_money_moves() -> None:
    asked = over()
    then = CHANGE.snapshot(asked, having(TRIAL, quoted=quoted(49)))
    assert CHANGE.holds(asked, then, CHANGE.snapshot(asked, having(TRIAL, quoted=quoted(49), at=SOON - DAY)))
    assert not CHANGE.holds(asked, then, CHANGE.snapshot(asked, having(TRIAL, quoted=quoted(59))))
    assert not CHANGE.holds(asked, then, CHANGE.snapshot(asked, having(on_trial(LATER), quoted=quoted(49))))


def test_a_payment_may_be_waited_for() -> None:
    answer = {"payment_url": "https://pay.example/1"}
    assert CHANGE.pending_payment(answer) == PendingPayment("https://pay.example/1")


def test_words() -> None:
    names = {"pro": "Pro"}
    assert CHANGE.summary(until(LATER), names) == "Move the end of the trial of Pro to Dec 12, 2026"
    assert CHANGE.summary(over(), names) == "End the trial of Pro now"
    before = state(over(), TRIAL)
    assert CHANGE.shown_now(over(), before, before)[0].endswith("*Dec 2, 2026*")
    assert CHANGE.shown_now(over(), before, state(over(), on_trial(None)))[0].endswith("*none*")
    assert CHANGE.shown_now(over(), before, state(over()))[0].endswith("no longer there.")
