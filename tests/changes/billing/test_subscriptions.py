"""Which subscription a change is about."""

import pytest

from bot.autumn.models import Entity, Purchase, Subscription
from bot.changes.billing import subscriptions
from bot.changes.billing.words import BillingNote
from bot.changes.model import EntityScope
from bot.changes.notes import Note
from bot.changes.spec import NOBODY
from tests.changes.billing.quotes import (
    ADD_ON,
    CANCELLED,
    FREE_LATER,
    OF_ENTITY,
    PRO,
    TEAM_LATER,
    facts_with,
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
def test_only_running_subscriptions_of_the_customer_can_be_changed(
    subscription_id: str, problem: BillingNote | None
) -> None:
    facts = facts_with(CANCELLED, ADD_ON, OF_ENTITY, TEAM_LATER, NAMELESS)
    assert subscriptions.problem(subscription_id, facts) == (Note(problem) if problem else None)


def test_others_are_not_offered() -> None:
    facts = facts_with(NAMELESS, OF_ENTITY, CANCELLED, ADD_ON, TEAM_LATER)
    assert subscriptions.offered(facts) == [CANCELLED, ADD_ON]
    assert subscriptions.own(facts) == [NAMELESS, CANCELLED, ADD_ON, TEAM_LATER]


@pytest.mark.parametrize(
    ("subscriptions_held", "switch", "cancels"),
    [
        ([PRO], None, False),
        ([CANCELLED], None, True),
        ([CANCELLED, FREE_LATER], None, True),
        ([CANCELLED, TEAM_LATER], TEAM_LATER, False),
        ([PRO, TEAM_LATER], None, False),
    ],
)
def test_scheduled_change_and_cancellation_are_distinguished(
    subscriptions_held: list[Subscription], switch: Subscription | None, cancels: bool
) -> None:
    facts = facts_with(*subscriptions_held)
    assert subscriptions.scheduled_switch(subscriptions_held[0], facts) == switch
    assert subscriptions.cancels(subscriptions_held[0], facts) is cancels


def test_snapshot() -> None:
    facts = facts_with(CANCELLED, PRO.model_copy(update={"id": "again"}), OF_ENTITY, TEAM_LATER)
    assert subscriptions.snapshot(CANCELLED, "pro", facts) == {
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
    snapshot = subscriptions.snapshot(late, "pro", facts_with(late))
    assert (snapshot["past_due"], snapshot["cancelled"], snapshot["switch"]) == ("yes", None, None)
    assert snapshot["trial_ends_at"] == snapshot["period_end"]
    assert subscriptions.snapshot(None, "pro", facts) == {"subscription": None, "of_product": "2"}


def test_purchases_of_entities_belong_to_the_entity() -> None:
    own, of_entity = (Purchase(plan_id="pack", scope=scope) for scope in ("customer", "entity"))
    facts = facts_with(purchases=[own, of_entity])
    assert subscriptions.purchases(facts) == [own]
    view = facts_with(purchases=[of_entity], scope=EntityScope(Entity(id="ws_1"), facts.customer))
    assert subscriptions.purchases(view) == [of_entity]


def test_subscription_without_an_id_is_never_matched() -> None:
    assert subscriptions.find("", facts_with(NAMELESS)) is None


def test_doctors_probe_names_no_customer_and_changes_nothing() -> None:
    scope = subscriptions.WRITE_SCOPE
    assert (scope.scope, scope.allows) == ("billing:write", "change subscriptions")
    assert dict(scope.probe.body) == {
        "customer_id": NOBODY,
        "subscription_id": NOBODY,
        "cancel_action": "uncancel",
    }


def test_change_names_the_subscription_by_its_id() -> None:
    write = subscriptions.update("cus_1", "sub_1", {"cancel_action": "uncancel"})
    assert (write.route, write.method, write.path) == ("billing.update", "POST", "/v1/billing.update")
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "subscription_id": "sub_1",
        "cancel_action": "uncancel",
    }
    assert write.per_customer


def test_autumns_refusal_of_a_preview_is_a_refusal_with_its_reason() -> None:
    assert subscriptions.refused_quote(facts_with(PRO)) is None
    note = subscriptions.refused_quote(facts_with(PRO, quote_refused="plan_already_attached"))
    assert note == Note(BillingNote.WOULD_BE_REFUSED, {"code": "plan_already_attached"})
