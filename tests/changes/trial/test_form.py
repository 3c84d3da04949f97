"""The form that changes a trial."""

from datetime import timedelta
from typing import Any

from bot.changes import request_form
from bot.changes import words as changes_words
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from bot.changes.trial import words
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, LATER, NOW

TRIAL = given.subscription(trial_ends_at=LATER)
FURTHER = LATER + timedelta(days=5)


def form(*subscriptions: Any) -> Filling:
    return Filling(
        Meta(kind="trial", customer="cus_1", submission="s1", reason_required=False),
        Facts(given.customer(subscriptions=list(subscriptions or (TRIAL,))), NOW),
    )


def trial_change(action: TrialAction, **changes: Any) -> TrialInput:
    fields = {
        "customer": "cus_1",
        "customer_created_at": BEFORE,
        "subscription": "sub_1",
        "product": "pro",
        "action": action,
    }
    return TrialInput(**{**fields, **changes})


def test_new_end_of_the_trial_is_picked() -> None:
    opened = form()
    assert "Fill in the form to see" in opened.text
    assert opened.submit().errors == {"ends_at": "Pick when the trial should end."}
    opened.fill("ends_at", datetime=int(FURTHER.timestamp()))
    assert "Trial ends on: Dec 2, 2026 → *Dec 7, 2026*" in opened.text
    assert opened.element("ends_at")["initial_date_time"] == int(FURTHER.timestamp())
    assert opened.submit().input == trial_change(TrialAction.MOVE_END, ends_at=FURTHER)


def test_trial_is_ended_now() -> None:
    opened = form()
    opened.fill("ends_at", datetime=int(FURTHER.timestamp()))
    opened.fill("action", option="end_now")
    assert not opened.has("ends_at")
    assert "Trial ends on: Dec 2, 2026 → *now*" in opened.text
    assert opened.submit().input == trial_change(TrialAction.END_NOW)
    opened.fill("action", option="move_end", redraw=False)
    assert opened.submit().errors == {"action": changes_words.STALE}


def test_only_subscriptions_on_trial_are_offered() -> None:
    over = given.subscription(id="over", trial_ends_at=BEFORE)
    other_trial = given.subscription(id="other", trial_ends_at=FURTHER)
    opened = form(TRIAL, over, other_trial, given.subscription(id="paid"))
    assert [value for _, value, _ in opened.options("subscription")] == ["sub_1", "other"]
    opened.fill("ends_at", datetime=int(FURTHER.timestamp()))
    assert "Fill in the form to see" in opened.text
    assert opened.submit().errors == {"subscription": "Pick a subscription."}
    assert words.NO_TRIALS in form(over).text


def test_choice_not_offered_is_refused() -> None:
    opened = form()
    crafted = {**opened.values, "action": {"form:x": {"selected_option": {"value": "forever"}}}}
    parsed = request_form.parse(opened.meta, crafted)
    assert parsed.input is None
    assert parsed.errors == {"action": changes_words.NOT_OFFERED}
