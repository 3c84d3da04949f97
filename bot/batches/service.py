"""The service for lists of changes: check, submit, approve, deny, withdraw, stop, resume, check again, undo.
It knows nothing of Slack's payloads."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bot.access.limits import NOTHING_MOVED, Today
from bot.access.people import Actor
from bot.access.policy import Decision, DecisionReason, Request, Verb
from bot.access.rules import ApprovalRules
from bot.approvals import policy_requests
from bot.approvals.daily_limits import DayTotals, moved_today
from bot.approvals.lifecycle import CardKind, CardTarget, PostedCard, Record
from bot.approvals.requests import Permits
from bot.approvals.results import Result
from bot.approvals.service import ChangeService, Surroundings
from bot.approvals.steps import Decided
from bot.approvals.submitting import clean
from bot.batches import drafts, gathering, line_steps, repository
from bot.batches.checking import Checker, movement
from bot.batches.gathering import GatheredVersion
from bot.batches.model import (
    CAME_TO_NOTHING,
    MOST_LINES,
    BatchLine,
    BatchLineRecord,
    BatchOutcome,
    BatchRecord,
    BatchResult,
    BatchState,
    CheckedBatch,
    GatheredChange,
    GatheredList,
    LineState,
)
from bot.batches.notifier import Notify, Redraws
from bot.batches.policy import refused_request, requests_of, strictest
from bot.batches.repository import BATCH_CARDS
from bot.batches.running import BatchTimeouts, Runner
from bot.batches.ticker import BatchTicker
from bot.runtime import Runtime
from bot.store import leases

_MOST_LOOKED_AT = 50
"""Bulk changes that wait, of which a person may be able to decide only a few."""


class BatchService:
    """Sees only the batches of one of Autumn's environments. `notify`: redraws the cards of a batch."""

    def __init__(
        self,
        runtime: Runtime,
        changes: ChangeService,
        surroundings: Surroundings,
        notify: Notify,
        timeouts: BatchTimeouts | None = None,
        *,
        most_lines: int = MOST_LINES,
        rules: ApprovalRules | None = None,
    ) -> None:
        self.most_lines = most_lines
        self._rules = rules or ApprovalRules()
        self._database = runtime.database
        self._environment = runtime.environment
        self._now = runtime.now
        self._checkpoint = runtime.checkpoint
        self._changes = changes
        self._permits: Permits = surroundings.permits
        self._channel = surroundings.channel
        timeouts = timeouts or BatchTimeouts()
        self._at_once = timeouts.at_once
        self._checker = Checker(
            runtime, changes, surroundings.permits, most=most_lines, at_once=timeouts.at_once
        )
        redraws = Redraws(runtime.database, notify, every=timeouts.redraw)
        self._redraws = redraws
        runner = Runner(runtime, changes, redraws, timeouts, name=leases.new_name())
        self.ticker = BatchTicker(runtime, runner, redraws, timeouts, progress=surroundings.progress)

    async def check(self, lines: Sequence[BatchLine], actor: Actor) -> CheckedBatch:
        return await self._checker.check(lines, actor)

    async def get(self, batch_id: str) -> BatchRecord | None:
        record = await repository.get(self._database, batch_id)
        return record if record is not None and record.env is self._environment else None

    async def waiting_for(self, actor: Actor, *, limit: int = 20) -> list[BatchRecord]:
        """Those that wait for this person's decision, oldest first; judged without today's other changes,
        which the click takes into account."""
        waiting: list[BatchRecord] = []
        for record in await repository.waiting(self._database, self._environment, limit=_MOST_LOOKED_AT):
            decided = any(approval.person == actor.user for approval in record.approvals)
            if len(waiting) < limit and not decided and await self._may_decide(record, actor):
                waiting.append(record)
        return waiting

    async def _may_decide(self, record: BatchRecord, actor: Actor) -> bool:
        lines = await self.results(record.id)
        distinct: list[Request] = []
        for request in requests_of(lines, [NOTHING_MOVED] * len(lines), self._environment):
            if request not in distinct:
                distinct.append(request)
        decision, _ = await self._judge(distinct, Verb.APPROVE, record, actor)
        return decision.permit

    async def requested_by(self, user: str, *, limit: int) -> list[BatchRecord]:
        """Newest first."""
        return await repository.requested_by(self._database, self._environment, user, limit=limit)

    async def approval_card(self, batch_id: str) -> PostedCard | None:
        """Where its card is in the approvals channel; None until it is posted."""
        return await BATCH_CARDS.in_approvals_channel(self._database, batch_id)

    async def results(self, batch_id: str) -> Sequence[BatchLineRecord]:
        return await repository.lines(self._database, batch_id)

    async def keep(self, lines: Sequence[BatchLine], actor: Actor) -> str:
        return await drafts.keep(
            self._database, lines, env=self._environment, person=actor.user, now=self._now()
        )

    async def kept(self, draft_id: str, actor: Actor) -> Sequence[BatchLine] | None:
        return await drafts.kept(self._database, draft_id, env=self._environment, person=actor.user)

    async def passed_on(self, draft_id: str) -> Sequence[BatchLine] | None:
        """The lines that someone else stored, for the people they were passed on to."""
        return await drafts.kept(self._database, draft_id, env=self._environment)

    async def taken_up(self, key: str) -> tuple[str, BatchRecord | None]:
        """The key to submit a passed-on list under, at first the one its owner would submit it under: of the
        owner and the people who take it up, only one requests it. And the batch it became, if any. If that
        ended without effect, the list can be taken up again."""
        while True:
            record = await repository.submitted(self._database, key)
            if record is None or record.state not in CAME_TO_NOTHING:
                return key, record
            key = hashlib.sha256(key.encode()).hexdigest()[:32]

    async def gather(self, change: GatheredChange, actor: Actor) -> GatheredList | None:
        """Adds a change to the list that this person gathers. None: its form was submitted."""
        return await gathering.add(
            self._database, change, env=self._environment, person=actor.user, now=self._now()
        )

    async def gathered(self, actor: Actor) -> GatheredList | None:
        return await gathering.gathered(self._database, env=self._environment, person=actor.user)

    async def drop_gathered(self, version: GatheredVersion, actor: Actor) -> bool:
        """False: it is no longer as it was shown, and stays."""
        return await gathering.drop(self._database, version, env=self._environment, person=actor.user)

    async def close_gathered(self, key: str, draft_id: str, actor: Actor) -> None:
        """Once it was passed on as this draft."""
        lines = await self.passed_on(draft_id) or ()
        await gathering.take_out(self._database, key, lines, env=self._environment, person=actor.user)

    async def submit(
        self, key: str, checked: CheckedBatch, actor: Actor, *, reason: str = "", channel: str = ""
    ) -> BatchOutcome:
        same = await repository.submitted(self._database, key)
        if same is not None:
            return BatchOutcome(BatchResult.AGAIN, same)
        decision = checked.decision
        if checked.problems or decision is None:
            return BatchOutcome(BatchResult.PROBLEMS, checked=checked)
        reason = clean(reason)
        if (refusal := await self._refusal(decision, reason)) is not None:
            return BatchOutcome(refusal, checked=checked, decision=decision, request=checked.request)
        draft = repository.BatchDraft(
            submission_id=key,
            checked=checked,
            env=self._environment,
            requester=actor.user,
            requester_team=actor.team,
            channel=channel,
            reason=reason,
            terms=policy_requests.terms(decision, self._now()),
        )
        targets = await self._targets(decision, actor)
        try:
            filed = await repository.request(self._database, draft, targets=targets, now=self._now())
        except repository.TooManyOpen:
            return BatchOutcome(BatchResult.TOO_MANY_WAIT, checked=checked)
        except gathering.ListChanged:
            return BatchOutcome(BatchResult.LIST_CHANGED, checked=checked)
        if filed is None:
            return BatchOutcome(BatchResult.NO_UNDO, checked=checked)
        record, new = filed
        if not new:
            return BatchOutcome(BatchResult.AGAIN, record)
        return replace(await self._announce(record), checked=checked)

    async def _targets(self, decision: Decision, actor: Actor) -> list[CardTarget]:
        """Includes the approvals channel if it is decided there, or if one message there must stand for all
        lines."""
        targets = [CardTarget(CardKind.REQUESTER, actor.user)]
        if not decision.at_once or (self._rules.post_applied and await self._may_be_posted()):
            targets.append(CardTarget(CardKind.APPROVAL, self._channel.id))
        return targets

    async def _may_be_posted(self) -> bool:
        """What cannot be checked now is checked again before it is posted."""
        return await self._channel.own_refusal() in (None, Result.CHANNEL_UNCHECKED)

    async def _refusal(self, decision: Decision, reason: str) -> BatchResult | None:
        if not decision.permit:
            return BatchResult.NOT_ALLOWED
        if decision.reason_required and not reason:
            return BatchResult.NO_REASON
        if not decision.at_once and await self._channel.own_refusal() is not None:
            return BatchResult.NO_CHANNEL
        return None

    async def approve(self, batch_id: str, revision: int, actor: Actor) -> BatchOutcome:
        """One person's approval. With the last one needed, its lines begin to be applied."""
        record = await self._decidable(batch_id, revision)
        if isinstance(record, BatchOutcome):
            return record
        if any(previous.person == actor.user and previous.counts for previous in record.approvals):
            return BatchOutcome(BatchResult.ALREADY, record)
        requests = await self._requests(record)
        decision, refused = await self._judge(requests, Verb.APPROVE, record, actor)
        if not decision.permit:
            return BatchOutcome(BatchResult.NOT_ALLOWED, record, decision=decision, request=refused)
        of_requester, _ = await self._judge(
            requests, _asking(record), record, Actor(record.requester, record.requester_team)
        )
        if of_requester.reason is DecisionReason.UNCHECKED:
            return BatchOutcome(BatchResult.UNCHECKED, record)
        if not of_requester.permit:
            return BatchOutcome(BatchResult.REQUESTER_NOT_ALLOWED, record)
        earlier_approvers = {}
        for approval in record.approvals:
            approver = Actor(approval.person, approval.team)
            about, _ = await self._judge(requests, Verb.APPROVE, record, approver)
            if about.reason is DecisionReason.UNCHECKED:
                return BatchOutcome(BatchResult.UNCHECKED, record)
            earlier_approvers[approval.person] = about.permit
        approved = await repository.approve(
            self._database,
            batch_id,
            revision,
            Decided(actor.user, actor.team, decision.rule, self._now()),
            needed=of_requester.approvals,
            earlier_approvers=earlier_approvers,
        )
        return await self._decided(approved, batch_id)

    async def deny(self, batch_id: str, revision: int, actor: Actor, why: str = "") -> BatchOutcome:
        record = await self._decidable(batch_id, revision)
        if isinstance(record, BatchOutcome):
            return record
        decision, refused = await self._judge(await self._requests(record), Verb.APPROVE, record, actor)
        if not decision.permit:
            return BatchOutcome(BatchResult.NOT_ALLOWED, record, decision=decision, request=refused)
        decided = Decided(actor.user, actor.team, decision.rule, self._now(), clean(why))
        denied = await repository.deny(self._database, batch_id, revision, decided)
        return await self._decided(denied, batch_id)

    async def withdraw(self, batch_id: str, actor: Actor) -> BatchOutcome:
        """For the requester, while it waits."""
        record = await self.get(batch_id)
        if record is None:
            return BatchOutcome(BatchResult.UNKNOWN)
        if record.state is not BatchState.WAITING:
            return BatchOutcome(BatchResult.TOO_LATE, record)
        own = record.requester == actor.user
        decision = await self._permits(Request(Verb.WITHDRAW, environment=record.env, own=own), actor)
        if not decision.permit:
            return BatchOutcome(BatchResult.NOT_ALLOWED, record, decision=decision)
        withdrawn = await repository.withdraw(self._database, batch_id, person=actor.user, now=self._now())
        return await self._decided(withdrawn, batch_id)

    async def stop(self, batch_id: str, actor: Actor) -> BatchOutcome:
        """No further line begins. For the requester, and for anyone who may approve it."""
        record = await self._may_lead(batch_id, actor)
        if isinstance(record, BatchOutcome):
            return record
        stopping = await repository.stop(self._database, batch_id, person=actor.user, now=self._now())
        return await self._decided(stopping, batch_id)

    async def resume(self, batch_id: str, actor: Actor) -> BatchOutcome:
        """Goes on with the lines that were skipped, under the same approval, until that expires."""
        record = await self._may_lead(batch_id, actor)
        if isinstance(record, BatchOutcome):
            return record
        resumed = await repository.resume(self._database, batch_id, person=actor.user, now=self._now())
        return await self._decided(resumed, batch_id)

    async def check_again(self, batch_id: str, actor: Actor) -> BatchOutcome:
        """Reads back the unconfirmed lines once more, and those that wait for the customer to pay."""
        record = await self.get(batch_id)
        if record is None:
            return BatchOutcome(BatchResult.UNKNOWN)
        lines = await self.results(batch_id)
        unconfirmed = [line.change_id for line in lines if line.state is LineState.UNCONFIRMED]
        at_once = asyncio.Semaphore(self._at_once)

        async def check(change_id: str) -> Result:
            async with at_once:
                return (await self._changes.check_again(change_id, actor)).result

        results = set(await asyncio.gather(*map(check, unconfirmed)))
        if results == {Result.TROUBLE}:
            return BatchOutcome(BatchResult.TROUBLE, record)
        await line_steps.outdate_cards(self._database, batch_id, self._now())
        await self._redraws.now(batch_id)
        if not results:
            return BatchOutcome(BatchResult.ALREADY_SETTLED, record)
        if results <= {Result.STILL_UNCONFIRMED, Result.TROUBLE}:
            return BatchOutcome(BatchResult.STILL_UNCONFIRMED, record)
        return BatchOutcome(BatchResult.DONE, await self.get(batch_id))

    async def undo(self, batch_id: str, actor: Actor, *, key: str, reason: str = "") -> BatchOutcome:
        """Requests a batch of the inverses of the applied lines that are not undone yet, latest first. Lines
        that cannot be undone are left out; `checked.problems` says which."""
        record = await self.get(batch_id)
        if record is None:
            return BatchOutcome(BatchResult.UNKNOWN)
        same = await repository.submitted(self._database, key)
        if same is not None:
            return BatchOutcome(BatchResult.AGAIN, same)
        if record.undoing:
            record = await self._without_expired_undo(record)
        if not record.undoable:
            return BatchOutcome(BatchResult.NO_UNDO, record)
        checked = await self._checker.check_undo(await self._applied(batch_id), actor, undo_of=batch_id)
        if not checked.lines:
            return BatchOutcome(BatchResult.PROBLEMS, record, checked)
        outcome = await self.submit(
            key, checked.without_problems(), actor, reason=reason, channel=record.channel
        )
        return replace(outcome, checked=checked)

    async def _without_expired_undo(self, record: BatchRecord) -> BatchRecord:
        """The batch once its undo has ended, if that was not decided or resumed in time."""
        if await repository.expire(self._database, record.undo, now=self._now()) is None:
            return record
        await self._redraws.now(record.undo)
        return await self.get(record.id) or record

    async def _applied(self, batch_id: str) -> list[Record]:
        """Its changes that were applied and are not undone, latest first."""
        records = []
        for line in reversed(await self.results(batch_id)):
            if line.state is LineState.APPLIED and (record := await self._changes.get(line.change_id)):
                records.append(record)
        return [change for change in records if not change.undone]

    async def _requests(self, record: BatchRecord) -> list[Request]:
        """What the policy is asked about the batch: each of its lines, and each feature's total."""
        lines = await self.results(record.id)
        customers = {result.input.customer for result in lines}
        moved = await moved_today(
            self._database, self._environment, self._now(), customers=customers, person=record.requester
        )
        own = {result.change_id for result in lines}
        totals = DayTotals(movement for change_id, movement in moved.items() if change_id not in own)
        earlier: list[Today] = []
        for line in lines:
            earlier.append(totals.of(line.input, record.requester, without=moved.get(line.undo_of)))
            totals.add(movement(line.input, line.preview, record.requester))
        return requests_of(lines, earlier, self._environment)

    async def _judge(
        self, requests: Sequence[Request], verb: Verb, record: BatchRecord, actor: Actor
    ) -> tuple[Decision, Request | None]:
        """The decision, and the request that was refused, if one was."""
        own = record.requester == actor.user
        about = [replace(request, verb=verb, own=own) for request in requests]
        decisions = [await self._permits(request, actor) for request in about]
        decision = strictest(decisions) or Decision(False, DecisionReason.NO_RULE)
        return decision, refused_request(about, decisions)

    async def _decidable(self, batch_id: str, revision: int) -> BatchRecord | BatchOutcome:
        """The batch if it waits, has not expired and was shown as it is; else why it cannot be decided."""
        record = await self.get(batch_id)
        if record is None:
            return BatchOutcome(BatchResult.UNKNOWN)
        if (expired := await repository.expire(self._database, batch_id, now=self._now())) is not None:
            return replace(await self._announce(expired), result=BatchResult.TOO_LATE)
        if record.state is not BatchState.WAITING:
            return BatchOutcome(BatchResult.TOO_LATE, record)
        if record.revision != revision:
            return BatchOutcome(BatchResult.STALE, record)
        return record

    async def _may_lead(self, batch_id: str, actor: Actor) -> BatchRecord | BatchOutcome:
        """The batch if this person requested it and still may, or may approve it; else why they may not."""
        record = await self.get(batch_id)
        if record is None:
            return BatchOutcome(BatchResult.UNKNOWN)
        verb = _asking(record) if record.requester == actor.user else Verb.APPROVE
        decision, refused = await self._judge(await self._requests(record), verb, record, actor)
        if decision.permit:
            return record
        return BatchOutcome(BatchResult.NOT_ALLOWED, record, decision=decision, request=refused)

    async def refused_request_of(
        self, batch_id: str, actor: Actor, verb: Verb
    ) -> tuple[BatchRecord, Request] | None:
        """The batch, and what of it the policy does not let this person decide or undo. None: there is no
        such batch, or they may."""
        record = await self.get(batch_id)
        if record is None:
            return None
        _, refused = await self._judge(await self._requests(record), verb, record, actor)
        return None if refused is None else (record, refused)

    async def _decided(self, record: BatchRecord | None, batch_id: str) -> BatchOutcome:
        """`record`: None if someone else decided first."""
        if record is None:
            return BatchOutcome(BatchResult.TOO_LATE, await self.get(batch_id))
        return await self._announce(record)

    async def _announce(self, record: BatchRecord) -> BatchOutcome:
        await self._checkpoint("batch decided")
        if record.state in (BatchState.RUNNING, BatchState.STOPPING):
            self.ticker.wake()
        await self._redraws.now(record.id)
        return BatchOutcome(BatchResult.DONE, record)


def _asking(record: BatchRecord) -> Verb:
    return policy_requests.asking_verb(record.undo_of)
