"""Which subscription a change is about."""

import pytest

from bot.autumn.models import Subscription
from bot.changes.billing import subscriptions
from bot.changes.billing.words import BillingNote
from bot.changes.notes import Note
from bot.changes.spec import NOBODY
from tests.changes.billing.quotes import (
    ADD_ON,
    CANCELLED,
    FREE_LATER,
    OF_ENTITY,
    PRO,
    TEAM_LATER,
    having,
)

NAMELESS = PRO.model_copy(update={"id": ""})


@pytest.mark.parametrize(
    ("subscription_id", "problem"),
    [
        ("sub_pro", None),
        ("sub_seats", None),
        ("", BillingNote.NOT_PICKED),
        ("sub_other", BillingNote.GONE),
        ("sub_entity", BillingNote.OF_ENTITY),
        ("sub_team", BillingNote.SCHEDULED),
    ],
)
def test_only_a_running_one_of_the_customers_own_can_be_changed(
    subscription_id: str, problem: BillingNote | None
) -> None:
    known = having(CANCELLED, ADD_ON, OF_ENTITY, TEAM_LATER, NAMELESS)
    assert subscriptions.problem(subscription_id, known) == (Note(problem) if problem else None)


def test_the_others_are_not_offered() -> None:
    known = having(NAMELESS, OF_ENTITY, CANCELLED, ADD_ON, TEAM_LATER)
    assert subscriptions.offered(known) == [CANCELLED, ADD_ON]
    assert subscriptions.own(known) == [NAMELESS, CANCELLED, ADD_ON, TEAM_LATER]


@pytest.mark.parametrize(
    ("held", "switch", "cancels"),
    [
        ([PRO], None, False),
        ([CANCELLED], None, True),
        ([CANCELLED, FREE_LATER], None, True),
        ([CANCELLED, TEAM_LATER], TEAM_LATER, False),
        ([PRO, TEAM_LATER], None, False),
    ],
)
def test_a_scheduled_change_is_told_from_a_cancellation(
    held: list[Subscription], switch: Subscription | None, cancels: bool
) -> None:
    known = having(*held)
    assert subscriptions.scheduled_switch(held[0], known) == switch
    assert subscriptions.cancels(held[0], known) is cancels


def test_what_is_compared() -> None:
    known = having(CANCELLED, PRO.model_copy(update={"id": "again"}), OF_ENTITY, TEAM_LATER)
    assert subscriptions.snapshot(CANCELLED, "pro", known) == {
        "subscription": "sub_pro",
        "product": "pro",
        "past_due": None,
        "cancelled": "yes",
        "expires_at": "2026-12-12T15:06:00.000+00:00",
        "trial_ends_at": None,
        "period_end": "2026-12-12T15:06:00.000+00:00",
        "switch": "team",
        "of_product": "2",
    }
    late = PRO.model_copy(update={"past_due": True, "trial_ends_at": PRO.current_period_end})
    told = subscriptions.snapshot(late, "pro", having(late))
    assert (told["past_due"], told["cancelled"], told["switch"]) == ("yes", None, None)
    assert told["trial_ends_at"] == told["period_end"]
    assert subscriptions.snapshot(None, "pro", known) == {"subscription": None, "of_product": "2"}


def test_one_without_an_id_is_never_meant() -> None:
    assert subscriptions.find("", having(NAMELESS)) is None


def test_the_doctor_asks_about_nobody_and_changes_nothing() -> None:
    scope = subscriptions.WRITE_SCOPE
    assert (scope.scope, scope.allows) == ("billing:write", "change subscriptions")
    assert dict(scope.probe.body) == {
        "customer_id": NOBODY,
        "subscription_id": NOBODY,
        "cancel_action": "uncancel",
    }


def test_a_change_names_the_subscription_by_its_id() -> None:
    write = subscriptions.update("cus_1", "sub_1", {"cancel_action": "uncancel"})
    assert (write.route, write.method, write.path) == ("billing.update", "POST", "/v1/billing.update")
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "subscription_id": "sub_1",
        "cancel_action": "uncancel",
    }
    assert write.per_customer


def test_what_autumn_would_refuse_is_refused_with_its_reason() -> None:
    assert subscriptions.refused_quote(having(PRO)) is None
    told = subscriptions.refused_quote(having(PRO, quote_refused="plan_already_attached"))
    assert told == Note(BillingNote.WOULD_BE_REFUSED, {"code": "plan_already_attached"})
