"""From a person's request to a change that waits, or is applied right away."""

from dataclasses import replace
from datetime import datetime

from bot.access.people import Actor
from bot.access.policy import Decision, DecisionReason
from bot.approvals import policy_requests, repository
from bot.approvals.card_posting import ApprovalsChannel
from bot.approvals.daily_limits import TodayMoved
from bot.approvals.engine import Engine
from bot.approvals.lifecycle import CardKind, CardTarget, ChangeEvent, Record
from bot.approvals.preview import Assessment, assess
from bot.approvals.requests import ChangeRequest, Notify, Outcome, Permits
from bot.approvals.results import Result
from bot.approvals.steps import Draft, Mandate, Preview, Terms
from bot.autumn.models import Customer
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

    async def submit(self, request: ChangeRequest, assessment: Assessment) -> Outcome:
        """Checks the guards, what the form showed, and the policy; then files the request."""
        try:
            return await self._checked(request, assessment)
        except repository.TooManyWait as full:
            return Outcome(_FULL[full.whose], assessment=assessment)
        except repository.FormGathered:
            return Outcome(Result.GATHERED, assessment=assessment)
        except TodayMoved as moved:
            # Another change was let through while the policy was asked: ask it again.
            return await self.submit(
                request, assess(assessment.input, assessment.facts, self._now(), moved.today)
            )

    async def edit(self, record: Record, request: ChangeRequest, assessment: Assessment) -> Outcome | None:
        """Runs the same checks; the change then waits again, even if it could be applied right away. None: it
        no longer waits as in `record`."""
        drafted = await self._drafted(request, assessment)
        if isinstance(drafted, Outcome):
            return drafted
        _, draft, _ = drafted
        draft = replace(
            draft,
            terms=replace(draft.terms, needed=max(1, draft.terms.needed)),
            form=replace(request.form, id=record.id) if request.form else None,
        )
        edited = await repository.edit(self._database, record, draft, now=self._now())
        if edited is None:
            return None
        await self._checkpoint("decided")
        await self._notify(edited, ChangeEvent.EDITED)
        return Outcome(Result.DONE, edited)

    async def _checked(self, request: ChangeRequest, assessment: Assessment) -> Outcome:
        drafted = await self._drafted(request, assessment)
        return drafted if isinstance(drafted, Outcome) else await self._file(*drafted)

    async def _drafted(
        self, request: ChangeRequest, assessment: Assessment
    ) -> tuple[ChangeRequest, Draft, Decision] | Outcome:
        preview = assessment.preview
        if preview is None:
            return Outcome(Result.REFUSED, assessment=assessment)
        still_holds = self._engine.assessor.still_holds
        if request.previewed is not None and not still_holds(
            request.input, request.previewed, preview.before
        ):
            return Outcome(Result.MOVED, assessment=assessment)
        verb = policy_requests.asking_verb(request.undo_of)
        decision = await self._permits(
            policy_requests.request_for_preview(verb, assessment, self._environment), request.actor
        )
        if not decision.permit:
            return Outcome(Result.NOT_ALLOWED, decision=decision, assessment=assessment)
        request = replace(request, reason=clean(request.reason), ticket=clean(request.ticket))
        if decision.reason_required and not request.reason:
            return Outcome(Result.NO_REASON, decision=decision, assessment=assessment)
        if request.mandate is not None:
            mandate = await self._still_mandated(request.actor, request.mandate, assessment)
            if isinstance(mandate, Decision):
                return Outcome(Result.NOT_ALLOWED, decision=mandate, assessment=assessment)
            nobody_left = bool(request.mandate.approvals) and not mandate.approvals
            if nobody_left or decision.approvals > len(mandate.approvals):
                return Outcome(Result.NOT_APPROVED, decision=decision, assessment=assessment)
            request = replace(request, mandate=mandate)
        elif not decision.at_once and (refusal := await self._channel.own_refusal()) is not None:
            return Outcome(refusal, decision=decision, assessment=assessment)
        if request.input.customer_created_at is None:
            request = replace(request, input=_pinned(request.input, assessment.facts.customer))
        return request, replace(self._draft(request, preview, decision), today=assessment.today), decision

    async def _still_mandated(
        self, requester: Actor, mandate: Mandate, assessment: Assessment
    ) -> Mandate | Decision:
        """The mandate reduced to approvers who may still approve this change on its own; or a refusal if one
        of them could not be checked."""
        counting = []
        for approval in mandate.approvals:
            own = approval.person == requester.user
            about = policy_requests.request_for_approval(assessment, self._environment, own=own)
            decision = await self._permits(about, Actor(approval.person, approval.team))
            if decision.reason is DecisionReason.UNCHECKED:
                return decision
            if decision.permit:
                counting.append(approval)
        return replace(mandate, approvals=tuple(counting))

    async def _file(self, request: ChangeRequest, draft: Draft, decision: Decision) -> Outcome:
        filed = await repository.request(
            self._database,
            draft,
            lease=self._engine.lease(),
            targets=self._targets(request, decision),
            now=self._now(),
        )
        if filed is None:
            return Outcome(Result.NO_UNDO)
        record, new = filed
        if not new:
            return Outcome(Result.AGAIN, record)
        await self._checkpoint("asked")
        if not decision.at_once and request.mandate is None:
            await self._notify(record, ChangeEvent.ASKED)
            return Outcome(Result.DONE, record)
        return Outcome(Result.DONE, await self._engine.apply(record) or record)

    def _draft(self, request: ChangeRequest, preview: Preview, decision: Decision) -> Draft:
        return Draft(
            submission_id=request.submission_id,
            input=request.input,
            env=self._environment,
            requester=request.actor.user,
            requester_team=request.actor.team,
            channel=request.channel,
            reason=request.reason,
            ticket=request.ticket,
            preview=preview,
            terms=_terms(request, decision, self._now()),
            undo_of=request.undo_of,
            mandate=request.mandate,
            form=request.form,
        )

    def _targets(self, request: ChangeRequest, decision: Decision) -> list[CardTarget]:
        if request.mandate is not None:
            return []
        targets = [CardTarget(CardKind.REQUESTER, request.card or request.actor.user)]
        if not decision.at_once:
            targets.append(CardTarget(CardKind.APPROVAL, self._channel.id))
        return targets


def _terms(request: ChangeRequest, decision: Decision, now: datetime) -> Terms:
    terms = policy_requests.terms(decision, now)
    return replace(terms, needed=len(request.mandate.approvals)) if request.mandate else terms


def _pinned(requested: ChangeInput, customer: Customer) -> ChangeInput:
    """For this customer, and not for a later one with the same id."""
    return requested.model_copy(update={"customer_created_at": customer.created_at})


async def current_terms(
    permits: Permits, record: Record, assessment: Assessment, now: datetime
) -> Terms | None:
    """What the policy now requires of a change; None if the requester may no longer request it."""
    verb = policy_requests.asking_verb(record.undo_of)
    requester = Actor(record.requester, record.requester_team)
    decision = await permits(policy_requests.request_for_preview(verb, assessment, record.env), requester)
    if not decision.permit:
        return None
    terms = policy_requests.terms(decision, now)
    # Approvers saw the old figures, so at least one must approve the new ones.
    return replace(terms, needed=max(1, terms.needed))


def clean(text: str) -> str:
    """What a person typed, without invisible characters, as the database can keep it."""
    return visible_lines(text)[:_LONGEST]
