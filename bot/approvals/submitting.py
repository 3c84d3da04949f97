"""From a person's wish to a change that waits, or is carried out at once."""

from dataclasses import replace
from datetime import datetime

from bot.access.people import Actor
from bot.access.policy import Decision
from bot.approvals import policy_requests, repository
from bot.approvals.approvals_channel import ApprovalsChannel
from bot.approvals.daily_limits import TodayMoved
from bot.approvals.engine import Engine
from bot.approvals.lifecycle import CardKind, CardTarget, ChangeEvent, Record
from bot.approvals.notify import Notify
from bot.approvals.preview import Assessment, assess
from bot.approvals.proposal import Draft, Preview, Terms
from bot.approvals.results import ChangeRequest, Outcome, Permits, Result
from bot.autumn.models import Customer
from bot.changes import registry
from bot.changes.model import ChangeInput
from bot.kit.visible import visible_lines
from bot.runtime import Runtime

_LONGEST = 3000
_FULL = {
    repository.Whose.PERSON: Result.TOO_MANY_OF_PERSON,
    repository.Whose.CHANNEL: Result.TOO_MANY_OF_CHANNEL,
}


class Submitting:
    def __init__(
        self, runtime: Runtime, engine: Engine, permits: Permits, notify: Notify, channel: ApprovalsChannel
    ) -> None:
        self._database = runtime.database
        self._environment = runtime.environment
        self._now = runtime.now
        self._checkpoint = runtime.checkpoint
        self._engine = engine
        self._permits = permits
        self._notify = notify
        self._channel = channel

    async def submit(self, wish: ChangeRequest, seen: Assessment) -> Outcome:
        """Judges it by the guards, by what the form showed, and by the policy; then asks."""
        try:
            return await self._judged(wish, seen)
        except repository.TooManyWait as full:
            return Outcome(_FULL[full.whose], look=seen)
        except TodayMoved as moved:
            # Another change was let through while the policy was asked about this one: ask it again.
            return await self.submit(wish, assess(seen.input, seen.facts, self._now(), moved.today))

    async def _judged(self, wish: ChangeRequest, seen: Assessment) -> Outcome:
        preview = seen.preview
        if preview is None:
            return Outcome(Result.REFUSED, look=seen)
        if wish.seen is not None and not registry.of(wish.input).holds(wish.input, wish.seen, preview.before):
            return Outcome(Result.MOVED, look=seen)
        verb = policy_requests.asking_verb(wish.undo_of)
        decision = await self._permits(policy_requests.about_look(verb, seen, self._environment), wish.actor)
        if not decision.permit:
            return Outcome(Result.NOT_ALLOWED, decision=decision, look=seen)
        wish = replace(wish, reason=clean(wish.reason), ticket=clean(wish.ticket))
        if decision.reason_required and not wish.reason:
            return Outcome(Result.NO_REASON, decision=decision, look=seen)
        if not decision.at_once and (unfit := await self._channel.own_refusal()) is not None:
            return Outcome(unfit, decision=decision, look=seen)
        if wish.input.customer_created_at is None:
            wish = replace(wish, input=_pinned(wish.input, seen.facts.customer))
        draft = replace(self._draft(wish, preview, decision), today=seen.today)
        return await self._ask(wish, draft, decision)

    async def _ask(self, wish: ChangeRequest, draft: Draft, decision: Decision) -> Outcome:
        asked = await repository.request(
            self._database,
            draft,
            lease=self._engine.lease(),
            spots=self._spots(wish, decision),
            now=self._now(),
        )
        if asked is None:
            return Outcome(Result.NO_UNDO)
        record, fresh = asked
        if not fresh:
            return Outcome(Result.AGAIN, record)
        await self._checkpoint("asked")
        if not decision.at_once:
            await self._notify(record, ChangeEvent.ASKED)
            return Outcome(Result.DONE, record)
        return Outcome(Result.DONE, await self._engine.apply(record) or record)

    def _draft(self, wish: ChangeRequest, preview: Preview, decision: Decision) -> Draft:
        return Draft(
            submission_id=wish.submission_id,
            input=wish.input,
            env=self._environment,
            asker=wish.actor.user,
            asker_team=wish.actor.team,
            channel=wish.channel,
            reason=wish.reason,
            ticket=wish.ticket,
            preview=preview,
            terms=policy_requests.terms(decision, self._now()),
            undo_of=wish.undo_of,
        )

    def _spots(self, wish: ChangeRequest, decision: Decision) -> list[CardTarget]:
        spots = [CardTarget(CardKind.ASKER, wish.card or wish.actor.user)]
        if not decision.at_once:
            spots.append(CardTarget(CardKind.APPROVAL, self._channel.id))
        return spots


def _pinned(asked: ChangeInput, customer: Customer) -> ChangeInput:
    """For this very customer, and not for a later one with the same id."""
    return asked.model_copy(update={"customer_created_at": customer.created_at})


async def current_terms(may: Permits, record: Record, seen: Assessment, now: datetime) -> Terms | None:
    """What the policy asks of a change as it is now; None when it does not let the asker ask for it."""
    verb = policy_requests.asking_verb(record.undo_of)
    asker = Actor(record.asker, record.asker_team)
    decision = await may(policy_requests.about_look(verb, seen, record.env), asker)
    if not decision.permit:
        return None
    terms = policy_requests.terms(decision, now)
    # It was shown to people who were to decide: somebody has to look at the new figures as well.
    return replace(terms, needed=max(1, terms.needed))


def clean(text: str) -> str:
    """What a person typed, as it is seen, and as the databases can keep it."""
    return visible_lines(text)[:_LONGEST]
