"""What the policy is asked about a change, and the terms it answers with."""

from dataclasses import replace
from datetime import datetime

from bot.access.limits import NOTHING_MOVED, Today
from bot.access.people import Actor
from bot.access.policy import Decision, Request, Verb
from bot.approvals.lifecycle import Record
from bot.approvals.preview import Assessment
from bot.approvals.steps import Terms
from bot.autumn.models import Environment
from bot.changes import registry


def request_for_preview(verb: Verb, assessment: Assessment, env: Environment) -> Request:
    """For a preview, on behalf of the requester: before the request, or when the preview is renewed."""
    preview, kind = assessment.preview, registry.of(assessment.input)
    return Request(
        verb,
        kind=kind.policy,
        amount=preview.amount if preview else None,
        environment=env,
        products=preview.products if preview else None,
        rewards=preview.rewards if preview else None,
        features=kind.features(assessment.input, preview.before if preview else {}),
        own=True,
        worth=preview.worth if preview else None,
        earlier=assessment.today,
    )


def request_for_approval(assessment: Assessment, env: Environment, *, own: bool) -> Request:
    """For someone who approves a change in its current form. `own`: whether they requested it."""
    return replace(request_for_preview(Verb.APPROVE, assessment, env), own=own)


def request_for_record(verb: Verb, record: Record, actor: Actor, today: Today = NOTHING_MOVED) -> Request:
    """`today`: what other changes have moved; it matters only before the change is applied."""
    kind = registry.kind(record.kind)
    return Request(
        verb,
        kind=kind.policy,
        amount=record.amount,
        environment=record.env,
        products=record.products,
        rewards=record.rewards,
        features=kind.features(record.input, record.before),
        own=record.requester == actor.user,
        worth=record.worth,
        earlier=today,
    )


def asking_verb(undo_of: str) -> Verb:
    return Verb.UNDO if undo_of else Verb.ASK


def terms(decision: Decision, now: datetime) -> Terms:
    return Terms(decision.rule, decision.approvals, now + decision.expires_after)
