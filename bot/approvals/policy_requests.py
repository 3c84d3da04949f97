"""What the policy is asked about a change, and the terms it answers with."""

from datetime import datetime

from bot.access.people import Actor
from bot.access.policy import Decision, Request, Verb
from bot.approvals.daily_limits import NOTHING, Today
from bot.approvals.lifecycle import Record
from bot.approvals.preview import Assessment
from bot.approvals.proposal import Terms
from bot.autumn.environment import Environment
from bot.changes import registry


def about_look(verb: Verb, seen: Assessment, env: Environment) -> Request:
    """For a preview, on behalf of the requester: before the request, or when the preview is renewed."""
    preview = seen.preview
    return Request(
        verb,
        kind=registry.of(seen.input).policy,
        amount=preview.amount if preview else None,
        environment=env,
        products=preview.products if preview else None,
        rewards=preview.rewards if preview else None,
        own=True,
        earlier=seen.today.units,
    )


def about_record(verb: Verb, record: Record, actor: Actor, today: Today = NOTHING) -> Request:
    """`today`: what other changes have moved; it matters only before the change is applied."""
    return Request(
        verb,
        kind=registry.kind(record.kind).policy,
        amount=record.amount,
        environment=record.env,
        products=record.products,
        rewards=record.rewards,
        own=record.asker == actor.user,
        earlier=today.units,
    )


def asking_verb(undo_of: str) -> Verb:
    return Verb.UNDO if undo_of else Verb.ASK


def terms(decision: Decision, now: datetime) -> Terms:
    return Terms(decision.rule, decision.approvals, now + decision.expires_after)
