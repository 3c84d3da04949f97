"""The change service: submit, approve, deny, withdraw, mark, undo. It knows nothing of Slack's payloads."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sqlalchemy import ColumnElement

from bot.access.limits import EXACT, Today, Tolerance
from bot.access.people import Actor
from bot.access.policy import Decision, DecisionReason, Request, Verb
from bot.approvals import change_records, filled_forms, policy_requests, repository
from bot.approvals.card_posting import ApprovalsChannel
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.daily_limits import TodayCounter, TodayMoved, before_submission, count, with_today
from bot.approvals.engine import Engine
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import Cause, ChangeEvent, PostedCard, Record, State
from bot.approvals.names import CustomerNames
from bot.approvals.preview import Assessment, Assessor, ChangeTimeouts, ReadBack, Sleep, inverse
from bot.approvals.requests import ChangeRequest, Notify, Outcome, Permits, quietly
from bot.approvals.results import Result
from bot.approvals.steps import Basis, Conclusion, Decided
from bot.approvals.submitting import Submitting, clean, current_terms
from bot.approvals.sweeper import Sweeper
from bot.autumn.errors import AutumnError, NotFound
from bot.background import KeyedLocks
from bot.changes.model import ChangeInput, Facts, Verdict
from bot.runtime import Runtime
from bot.store import audit
from bot.store.database import Database, unbroken
from bot.store.tables import changes

_TURN = 15.0
"""Seconds that one approver waits for another."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The people, channels and names around a change."""

    permits: Permits
    notify: Notify
    channel: ApprovalsChannel
    names: CustomerNames
    tolerance: Tolerance = EXACT
    """How far a change may drift from what was shown."""
    progress: Callable[[str], None] = lambda _: None
    """Called with the name of a part of the sweeper whenever that part makes progress."""


@dataclass(frozen=True, slots=True)
class _Permit:
    record: Record
    rule: str
    today: Today
    """What other changes had moved when the policy was asked."""

    def decided(self, actor: Actor, at: datetime, comment: str = "") -> Decided:
        return Decided(actor.user, actor.team, self.rule, at, clean(comment))


class ChangeService:
    """Sees only the changes of one of Autumn's environments."""

    def __init__(
        self,
        runtime: Runtime,
        surroundings: Surroundings,
        timeouts: ChangeTimeouts | None = None,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.timeouts = timeouts or ChangeTimeouts()
        self.channel = surroundings.channel
        self.names = surroundings.names
        self._database = runtime.database
        self._environment = runtime.environment
        self._now = runtime.now
        self._checkpoint = runtime.checkpoint
        self._permits = surroundings.permits
        self._notify = quietly(surroundings.notify)
        self._approving = KeyedLocks[str]()
        self._assessor = Assessor(runtime, self.names, self.timeouts, surroundings.tolerance, sleep)
        self._engine = Engine(
            runtime,
            assessor=self._assessor,
            current_terms=lambda record, current: current_terms(self._permits, record, current, self._now()),
            notify=self._notify,
            timeouts=self.timeouts,
        )
        self._submitting = Submitting(runtime, self._engine, self._permits, self._notify, self.channel)
        self.sweeper = Sweeper(runtime, self._engine, self._notify, surroundings.progress)

    async def read_facts(self, kind: str, customer_id: str, entity: str = "") -> Facts:
        """Reads the facts for a form. Raises AutumnError."""
        return await self._assessor.read_facts(kind, customer_id, entity)

    async def assess_on(
        self,
        requested: ChangeInput,
        facts: Facts,
        actor: Actor,
        *,
        today: Today | None = None,
        undo_of: str = "",
    ) -> Assessment:
        """The preview for a form, from facts that were read before. `today`: what other changes have moved,
        if already counted. Raises AutumnError."""
        counter = TodayCounter(self._environment, requested, actor.user, undo_of=undo_of)
        return await self._assessor.assess_on(facts, counter, today)

    async def may_request(self, assessment: Assessment, actor: Actor) -> Decision:
        """Whether this person may request it, and what approvals it would need."""
        return await self._permits(
            policy_requests.request_for_preview(Verb.ASK, assessment, self._environment), actor
        )

    async def may_history(self, actor: Actor) -> Decision:
        return await self._permits(Request(Verb.HISTORY, environment=self._environment), actor)

    async def get(self, change_id: str) -> Record | None:
        matching = await self._select(changes.c.id == change_id)
        return matching[0] if matching else None

    async def submitted(self, submission_id: str) -> Record | None:
        """The change that this form became."""
        matching = await self._select(changes.c.submission_id == submission_id)
        return matching[0] if matching else None

    async def history(self, customer_id: str, *, limit: int = 50) -> list[Record]:
        """The changes of a customer, newest first. Ask `may_history` first."""
        return await self._select(changes.c.customer_id == customer_id, newest_first=True, limit=limit)

    async def waiting(self, *, limit: int = 50) -> list[Record]:
        """All requests that wait for approval, oldest first."""
        return await self._select(changes.c.state == State.WAITING, limit=limit)

    async def waiting_for(self, actor: Actor, *, limit: int = 50) -> list[Record]:
        """Those that wait for this person's decision, oldest first."""
        waiting = []
        for record in await self.waiting(limit=limit):
            decided = any(approval.person == actor.user for approval in record.approvals)
            request = policy_requests.request_for_record(Verb.APPROVE, record, actor)
            if not decided and (await self._permits(request, actor)).permit:
                waiting.append(record)
        return waiting

    async def approval_card(self, change_id: str) -> PostedCard | None:
        """Where its card is in the approvals channel; None until it is posted."""
        return await CHANGE_CARDS.in_approvals_channel(self._database, change_id)

    async def requested_by(self, user: str, *, limit: int = 50) -> list[Record]:
        """A person's requests, newest first, without the lines of batches."""
        own = (changes.c.asker == user, changes.c.batch == "")
        return await self._select(*own, newest_first=True, limit=limit)

    async def steps(self, change_id: str) -> list[audit.Entry]:
        """Every step of a change, oldest first."""
        return await _steps(self._database, change_id)

    async def form_of(self, record: Record) -> FilledForm:
        """What its form was filled in with, as far as that is still known."""
        return await filled_forms.of_change(self._database, record)

    async def submit(self, request: ChangeRequest) -> Outcome:
        """Requests a change. One that needs no approval is applied before this returns."""
        counter = TodayCounter(self._environment, request.input, request.actor.user, undo_of=request.undo_of)
        earlier, today = await before_submission(self._database, counter, request.submission_id, self._now())
        if earlier is not None:
            return Outcome(Result.AGAIN, earlier)
        try:
            assessment = await self._assessor.read_and_assess(request.input, today)
        except AutumnError as error:
            return Outcome(Result.TROUBLE, error=error)
        return await self._submitting.submit(request, assessment)

    async def undo(
        self, change_id: str, submission_id: str, actor: Actor, *, channel: str = "", reason: str = ""
    ) -> Outcome:
        """Requests the change that reverses an applied one."""
        original = await self.get(change_id)
        if original is None:
            return Outcome(Result.UNKNOWN)
        back = inverse(original, original.after)
        if not original.undoable or back is None:
            return Outcome(Result.NO_UNDO, original)
        outcome = await self.submit(
            ChangeRequest(
                submission_id,
                back,
                actor,
                channel=channel or original.channel,
                reason=reason,
                ticket=original.ticket,
                undo_of=original.id,
            )
        )
        if outcome.result is Result.NO_UNDO:
            return Outcome(Result.NO_UNDO, await self.get(change_id))
        return outcome

    async def approve(self, change_id: str, version: int, actor: Actor) -> Outcome:
        """One person's approval. With the last one needed, the change is applied before this returns."""
        # Of several people who click at the same time, the first decides; the others need not ask Autumn.
        async with self._approving.within(change_id, _TURN):
            approved = await self._approved(change_id, version, actor)
        if isinstance(approved, Outcome):
            return approved
        if approved.state is State.WAITING:
            return await self._decided(approved, ChangeEvent.APPROVED)
        return Outcome(Result.DONE, await self._engine.apply(approved) or await self.get(change_id))

    async def _approved(self, change_id: str, version: int, actor: Actor) -> Record | Outcome:
        permit = await self._decidable(change_id, version, actor)
        if isinstance(permit, Outcome):
            return permit
        record = permit.record
        if any(approval.person == actor.user and approval.counts for approval in record.approvals):
            return Outcome(Result.ALREADY, record)
        basis = await self._basis(permit, actor)
        if isinstance(basis, Outcome):
            return basis
        try:
            approved = await repository.approve(
                self._database,
                record.id,
                version,
                permit.decided(actor, self._now()),
                basis=basis,
                lease=self._engine.lease(),
            )
        except (repository.ApprovedMeanwhile, TodayMoved):
            # What the policy was asked about has changed meanwhile: ask it again.
            return await self._approved(change_id, version, actor)
        return await self._too_late(record, actor) if approved is None else approved

    async def _basis(self, permit: _Permit, actor: Actor) -> Basis | Outcome:
        """What the policy now says of the requester and earlier approvers; or why it cannot be approved."""
        record = permit.record
        assessment = await self._reassess(permit, actor)
        if isinstance(assessment, Outcome):
            return assessment
        # A size that has moved since it was requested may be more than this person may approve.
        decision = await self._may_approve(record, assessment, actor)
        if not decision.permit:
            return Outcome(Result.NOT_ALLOWED, record, decision)
        of_requester = await self._permits(
            policy_requests.request_for_preview(
                policy_requests.asking_verb(record.undo_of), assessment, self._environment
            ),
            Actor(record.requester, record.requester_team),
        )
        if of_requester.reason is DecisionReason.UNCHECKED:
            return Outcome(Result.UNCHECKED, record)
        if not of_requester.permit:
            return await self._refused(record, Cause.REQUESTER_NOT_ALLOWED, actor)
        earlier_approvers = {}
        for approval in record.approvals:
            if approval.person == actor.user:
                continue
            approver = Actor(approval.person, approval.team)
            decision = await self._may_approve(record, assessment, approver)
            if decision.reason is DecisionReason.UNCHECKED:
                return Outcome(Result.UNCHECKED, record)
            earlier_approvers[approval.person] = decision.permit
        return Basis(
            of_requester.approvals,
            TodayCounter.of(record),
            permit.today,
            earlier_approvers,
            assessment.preview,
        )

    async def _may_approve(self, record: Record, assessment: Assessment, approver: Actor) -> Decision:
        """Whether the policy lets this person approve the change in its current form."""
        own = record.requester == approver.user
        about = policy_requests.request_for_approval(assessment, self._environment, own=own)
        return await self._permits(about, approver)

    async def deny(self, change_id: str, version: int, actor: Actor, reason: str = "") -> Outcome:
        permit = await self._decidable(change_id, version, actor)
        if isinstance(permit, Outcome):
            return permit
        decided = permit.decided(actor, self._now(), reason)
        denied = await repository.deny(self._database, change_id, version, decided)
        if denied is None:
            return await self._too_late(permit.record, actor)
        return await self._decided(denied, ChangeEvent.DENIED)

    async def withdraw(self, change_id: str, actor: Actor) -> Outcome:
        permit = await self._permitted(Verb.WITHDRAW, State.WAITING, change_id, actor)
        if isinstance(permit, Outcome):
            return permit
        withdrawn = await repository.withdraw(self._database, change_id, person=actor.user, now=self._now())
        if withdrawn is None:
            return await self._too_late(permit.record, actor)
        return await self._decided(withdrawn, ChangeEvent.WITHDRAWN)

    async def edit(self, change_id: str, version: int, request: ChangeRequest) -> Outcome:
        """Replaces the requester's own request, while it waits as in `version`."""
        permit = await self._permitted(Verb.WITHDRAW, State.WAITING, change_id, request.actor)
        if isinstance(permit, Outcome):
            return permit
        record = permit.record
        if record.version != version:
            return Outcome(Result.STALE, record)
        if not record.editable or request.input.customer != record.customer_id:
            return Outcome(Result.NO_EDIT, record)
        try:
            counter = TodayCounter(self._environment, request.input, request.actor.user, change_id)
            today = await count(self._database, counter, self._now())
            assessment = await self._assessor.read_and_assess(request.input, today)
        except AutumnError as error:
            return Outcome(Result.TROUBLE, error=error)
        outcome = await self._submitting.edit(record, request, assessment)
        return await self._too_late(record, request.actor) if outcome is None else outcome

    async def mark(self, change_id: str, actor: Actor, applied: bool, comment: str = "") -> Outcome:
        """Someone looked in Autumn, and says whether an unconfirmed change was applied.

        Refused where Autumn clearly shows the opposite; "not applied" also while Autumn cannot be read.
        """
        permit = await self._permitted(Verb.MARK, State.UNCONFIRMED, change_id, actor)
        if isinstance(permit, Outcome):
            return permit
        read_back = await self._assessor.read_back_once(permit.record)
        if (objection := await self._objection(permit.record, read_back, applied)) is not None:
            return Outcome(objection, permit.record)
        after = read_back.after if read_back else None
        settlement = Conclusion(State.FAILED, Cause.MARKED_NOT_APPLIED, after)
        if applied:
            invertible = inverse(permit.record, after or permit.record.after) is not None
            settlement = Conclusion(State.APPLIED, Cause.MARKED_APPLIED, after, invertible=invertible)
        decided = permit.decided(actor, self._now(), comment)
        marked = await repository.mark(self._database, change_id, settlement, decided)
        if marked is None:
            return await self._too_late(permit.record, actor)
        await self._checkpoint("decided")
        await self._engine.announce(marked, ChangeEvent.MARKED)
        return Outcome(Result.DONE, marked)

    async def _objection(self, record: Record, read_back: ReadBack | None, applied: bool) -> Result | None:
        """Why it may not be marked so, by what was read back; None if it may."""
        if read_back is None:
            return None if applied else Result.TROUBLE
        match read_back.verdict:
            case Verdict.APPLIED:
                return None if applied else Result.SEEN_APPLIED
            case Verdict.NOT_APPLIED:
                # A later change may have taken back what this one did.
                if not applied or await change_records.overlapped(self._database, record.id):
                    return None
                return Result.SEEN_NOT_APPLIED
            case Verdict.UNCLEAR:
                return None
            case _:
                assert_never(read_back.verdict)

    async def check_again(self, change_id: str, actor: Actor) -> Outcome:
        """Reads an unconfirmed change back once more. It is applied if Autumn shows it by now."""
        record = await self.get(change_id)
        if record is None:
            return Outcome(Result.UNKNOWN)
        if record.state is not State.UNCONFIRMED:
            return Outcome(Result.ALREADY_SETTLED, record)
        read_back = await self._assessor.read_back_once(record)
        if read_back is None:
            return Outcome(Result.TROUBLE, record)
        settlement = Conclusion(
            State.UNCONFIRMED,
            Cause.FOUND_DONE,
            read_back.after,
            {**record.details, "now": read_back.now},
        )
        if read_back.verdict is Verdict.APPLIED:
            invertible = inverse(record, read_back.after) is not None
            settlement = replace(settlement, state=State.APPLIED, invertible=invertible)
        checked = await repository.check(
            self._database, change_id, settlement, actor=actor.user, now=self._now()
        )
        if checked is None:
            return await self._too_late(record, actor)
        await self._checkpoint("decided")
        await self._engine.announce(checked, ChangeEvent.CHECKED)
        result = Result.STILL_UNCONFIRMED if checked.state is State.UNCONFIRMED else Result.DONE
        return Outcome(result, checked)

    async def _decidable(self, change_id: str, version: int, actor: Actor) -> _Permit | Outcome:
        """The permit to decide a request that waits, has not expired and was shown as it is; or why not."""
        permit = await self._permitted(Verb.APPROVE, State.WAITING, change_id, actor)
        if isinstance(permit, Outcome):
            return permit
        if permit.record.expires_at <= self._now():
            expired = await repository.expire(self._database, change_id, now=self._now())
            if expired is None:
                return await self._too_late(permit.record, actor)
            return await self._decided(expired, ChangeEvent.EXPIRED, Result.TOO_LATE)
        if permit.record.version != version:
            return Outcome(Result.STALE, permit.record)
        return permit

    async def _permitted(self, verb: Verb, state: State, change_id: str, actor: Actor) -> _Permit | Outcome:
        loaded = await with_today(self._database, self._environment, change_id, self._now())
        if loaded is None:
            return Outcome(Result.UNKNOWN)
        record, today = loaded
        if record.state is not state:
            return Outcome(_too_late_for(state), record)
        decision = await self._permits(policy_requests.request_for_record(verb, record, actor, today), actor)
        if not decision.permit:
            return Outcome(Result.NOT_ALLOWED, record, decision)
        return _Permit(record, decision.rule, today)

    async def _reassess(self, permit: _Permit, actor: Actor) -> Assessment | Outcome:
        """The change as Autumn has it now, or why it cannot be approved."""
        record = permit.record
        try:
            assessment = await self._assessor.read_and_assess(record.input, permit.today)
        except NotFound:
            return await self._refused(record, Cause.CUSTOMER_GONE, actor)
        except AutumnError as error:
            now = await self.get(record.id) or record
            if (now.state, now.version) != (record.state, record.version):
                return await self._too_late(record, actor)
            return Outcome(Result.TROUBLE, record, error=error)
        if assessment.preview is None:
            return await self._refused(record, Cause.GUARDED, actor, assessment)
        if self._assessor.still_holds(record.input, record.before, assessment.preview.before):
            return assessment
        superseded = await repository.supersede(
            self._database,
            record,
            (assessment.preview, await current_terms(self._permits, record, assessment, self._now())),
            lease=self._engine.lease(),
            actor=actor.user,
            now=self._now(),
        )
        if superseded is None:
            return await self._too_late(record, actor)
        return await self._decided(superseded, ChangeEvent.SUPERSEDED, Result.SUPERSEDED)

    async def _refused(
        self, record: Record, ending: Cause, actor: Actor, assessment: Assessment | None = None
    ) -> Outcome:
        refusals = assessment.judgement.refusals if assessment else ()
        failed = await repository.refuse(
            self._database, record, ending, refusals=refusals, actor=actor.user, now=self._now()
        )
        if failed is None:
            return await self._too_late(record, actor)
        return await self._decided(failed, ChangeEvent.FAILED, Result.FAILED)

    async def _too_late(self, record: Record, actor: Actor) -> Outcome:
        """For someone who came too late: how the change stands now."""
        now = await self.get(record.id) or record
        if now.state is State.WAITING:
            approved = any(approval.person == actor.user for approval in now.approvals)
            return Outcome(Result.ALREADY if approved else Result.STALE, now)
        return Outcome(_too_late_for(record.state), now)

    async def _decided(self, record: Record, event: ChangeEvent, result: Result = Result.DONE) -> Outcome:
        await self._checkpoint("decided")
        await self._notify(record, event)
        return Outcome(result, record)

    async def _select(
        self, *where: ColumnElement[bool], newest_first: bool = False, limit: int = 1
    ) -> list[Record]:
        return await change_records.find(
            self._database, *where, changes.c.env == self._environment, newest_first=newest_first, limit=limit
        )


@unbroken
async def _steps(database: Database, change_id: str) -> list[audit.Entry]:
    async with database.reading() as connection:
        return [entry async for entry in audit.entries(connection, change_id=change_id)]


def _too_late_for(expected: State) -> Result:
    """For someone who acted on a change in this state, which it has left."""
    return Result.ALREADY_SETTLED if expected is State.UNCONFIRMED else Result.TOO_LATE
