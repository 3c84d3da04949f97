"""Checks a list line by line before anything is requested: who, what, how much, and what the policy says."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.access.limits import NOTHING_MOVED
from bot.access.people import Actor
from bot.access.policy import Verb
from bot.approvals import policy_requests
from bot.approvals.daily_limits import DayTotals, Movement, moved_today
from bot.approvals.lifecycle import Record
from bot.approvals.preview import Assessment, assess, inverse
from bot.approvals.requests import Permits
from bot.approvals.service import ChangeService
from bot.approvals.steps import Preview
from bot.autumn.errors import AutumnError
from bot.batches.customer_reader import CustomerReader, Known, Subject, read_each
from bot.batches.model import BatchLine, CheckedBatch, CheckedLine, LineProblem, LineReason
from bot.batches.policy import refused_request, strictest, together
from bot.changes import registry
from bot.changes.line_form import LineReader
from bot.changes.model import ChangeInput, Facts
from bot.changes.notes import Note
from bot.lookups.catalogue import catalogue
from bot.runtime import Runtime


class Wrong(Exception):
    """A line cannot be part of a batch."""

    def __init__(self, problem: LineProblem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


class Checker:
    """`most`: lines in a list. `at_once`: how many requests go to Autumn at a time."""

    def __init__(
        self, runtime: Runtime, changes: ChangeService, permits: Permits, *, most: int, at_once: int
    ) -> None:
        self._database = runtime.database
        self._autumn = runtime.autumn
        self._environment = runtime.environment
        self._now = runtime.now
        self._changes = changes
        self._permits = permits
        self._customers = CustomerReader(runtime.autumn, changes, at_once=at_once)
        self._at_once = at_once
        self._most = most

    async def check(self, lines: Sequence[BatchLine], actor: Actor) -> CheckedBatch:
        """Never raises for a problem with a line."""
        within_limit, beyond = lines[: self._most], lines[self._most :]
        problems = [_problem(line, LineReason.TOO_MANY) for line in beyond]
        try:
            await catalogue(self._autumn)
        except AutumnError:
            return CheckedBatch((), tuple(_problem(line, LineReason.NOT_READ) for line in lines))
        context = await self._context([_subject(line) for line in within_limit], actor)
        judged, wrong = await self._judge_all([(line, "") for line in within_limit], context, actor)
        return await self._permitted(judged, [*problems, *wrong], actor, Verb.ASK)

    async def check_undo(self, records: Sequence[Record], actor: Actor, undo_of: str) -> CheckedBatch:
        """The inverses of these changes, in this order."""
        inverses = [_inverse(number, record) for number, record in enumerate(records, 1)]
        context = await self._context([_subject(line) for line in inverses if line.input], actor)
        undone = [(line, record.id) for line, record in zip(inverses, records, strict=True)]
        judged, problems = await self._judge_all(undone, context, actor)
        permitted = await self._permitted(judged, problems, actor, Verb.UNDO)
        return replace(permitted, undo_of=undo_of)

    async def _context(self, subjects: Sequence[Subject], actor: Actor) -> "_ListContext":
        facts_by_subject = await self._customers.read(subjects)
        customers = {
            facts.customer.id or "" for facts in facts_by_subject.values() if isinstance(facts, Facts)
        }
        moved = await moved_today(
            self._database, self._environment, self._now(), customers=customers, person=actor.user
        )
        return _ListContext(facts_by_subject, moved, DayTotals(moved.values()))

    async def _judge_all(
        self, lines: Sequence[tuple[BatchLine, str]], context: "_ListContext", actor: Actor
    ) -> tuple[list["_Judged"], list[LineProblem]]:
        """Each line, with the id of the change that it takes back, in their order."""
        line_changes, problems = [], []
        for line, undo_of in lines:
            try:
                line_changes.append(_change_of(line, undo_of, context))
            except Wrong as wrong:
                problems.append(wrong.problem)

        async def assess_alone(change: _LineChange) -> Assessment | AutumnError:
            """On its own: what the lines before it move is counted afterwards."""
            try:
                return await self._changes.assess_on(
                    change.request, change.facts, actor, today=NOTHING_MOVED, undo_of=change.undo_of
                )
            except AutumnError as error:
                return error

        judged = []
        assessments = await read_each(line_changes, assess_alone, at_once=self._at_once)
        for change, assessment in zip(line_changes, assessments, strict=True):
            try:
                judged.append(self._judge(change, assessment, context, actor))
            except Wrong as wrong:
                problems.append(wrong.problem)
        return judged, problems

    def _judge(
        self, change: "_LineChange", alone: Assessment | AutumnError, context: "_ListContext", actor: Actor
    ) -> "_Judged":
        """Raises Wrong. What the earlier lines move counts against the daily limits."""
        line, request = change.line, change.request
        if isinstance(alone, AutumnError):
            raise Wrong(_problem(line, LineReason.NOT_READ))
        today = context.totals.of(request, actor.user, without=context.moved.get(change.undo_of))
        assessed = assess(request, alone.facts, self._now(), today)
        if assessed.preview is None:
            raise Wrong(_problem(line, LineReason.REFUSED, notes=assessed.judgement.refusals))
        name = change.facts.customer.name or change.facts.customer.id or request.customer
        feature = registry.of(request).feature(request)
        context.totals.add(movement(request, assessed.preview, actor.user))
        checked = CheckedLine(line, request, name, feature, assessed.preview, change.undo_of)
        return _Judged(checked, assessed)

    # The policy

    async def _permitted(
        self, judged: Sequence["_Judged"], problems: Sequence[LineProblem], actor: Actor, verb: Verb
    ) -> CheckedBatch:
        wrong = list(problems)
        lines, requests, decisions = [], [], []
        for judged_line in judged:
            request = policy_requests.request_for_preview(verb, judged_line.assessment, self._environment)
            decision = await self._permits(request, actor)
            if decision.permit:
                lines.append(judged_line.line)
                requests.append(request)
                decisions.append(decision)
            else:
                barred = _problem(judged_line.line.line, LineReason.NOT_ALLOWED, decision=decision)
                wrong.append(replace(barred, request=request))
        totals = together([line.feature for line in lines], requests)
        decisions += [await self._permits(total, actor) for total in totals]
        wrong.sort(key=lambda problem: problem.number)
        refused = refused_request([*requests, *totals], decisions)
        return CheckedBatch(tuple(lines), tuple(wrong), strictest(decisions), request=refused)


@dataclass(frozen=True, slots=True)
class _ListContext:
    """What the lines of a list are checked against."""

    facts_by_subject: Known
    moved: Mapping[str, Movement]
    """By the change's id, what was moved today."""
    totals: DayTotals
    """The totals of the day, including what the lines so far move."""
    touched: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """By customer, entity and what a line changes: that line."""


@dataclass(frozen=True, slots=True)
class _LineChange:
    """The change that a line asks for, and for which customer."""

    line: BatchLine
    request: ChangeInput
    facts: Facts
    undo_of: str


@dataclass(frozen=True, slots=True)
class _Judged:
    line: CheckedLine
    assessment: Assessment


def movement(request: ChangeInput, preview: Preview, person: str) -> Movement:
    """What a line moves, for the daily limits."""
    units = registry.of(request).moved(request, preview.amount, preview.before)
    return Movement(request.customer, person, units, preview.worth)


def _subject(line: BatchLine) -> Subject:
    if line.input is not None:
        return Subject(line.input.customer, line.input.kind, line.input.entity)
    return Subject(line.customer, line.kind or registry.usual_line().id, line.entity)


def _change_of(line: BatchLine, undo_of: str, context: _ListContext) -> _LineChange:
    """Raises Wrong."""
    if undo_of and line.input is None:
        raise Wrong(_problem(line, LineReason.NO_UNDO))
    facts = context.facts_by_subject[_subject(line)]
    if isinstance(facts, LineReason):
        raise Wrong(_problem(line, facts))
    request = _request(line, facts)
    _check_undisturbed(line, request, facts, context)
    return _LineChange(line, request, facts, undo_of)


def _request(line: BatchLine, facts: Facts) -> ChangeInput:
    """The change, for this customer and entity. Raises Wrong."""
    if line.input is not None:
        return line.input
    kind = line.kind or registry.usual_line().id
    form, reader = registry.line_form(kind), LineReader(line.cells)
    listed = form.read(reader)
    wrong = next(iter(reader.wrong.values()), None)
    request = wrong or form.fill(listed, facts, secrets.token_hex(10))
    if isinstance(request, Note):
        raise Wrong(_problem(line, LineReason.REFUSED, notes=(request,)))
    pinned = {"customer_created_at": facts.customer.created_at, "entity": _entity(facts)}
    return request.model_copy(update=pinned)


def _entity(facts: Facts) -> str:
    entity = facts.scope.entity if facts.scope else None
    return entity.id if entity else ""


def _check_undisturbed(line: BatchLine, request: ChangeInput, facts: Facts, context: _ListContext) -> None:
    """Raises Wrong if a line before this one makes the same change, which is a mistake, or changes what this
    one's preview rests on."""
    kind = registry.of(request)
    touches = kind.touches(request)
    for rested_on in sorted(kind.rests_on(request, facts)):
        if earlier := context.touched.get((request.customer, request.entity, rested_on)):
            reason = LineReason.REPEATED if rested_on in touches else LineReason.AFFECTED
            raise Wrong(_problem(line, reason, other=earlier))
    for touched in touches:
        context.touched[request.customer, request.entity, touched] = line.number


def _inverse(number: int, record: Record) -> BatchLine:
    """The line that takes a change back; without an input if nothing does."""
    reverse = inverse(record, record.after) if record.undoable else None
    return BatchLine(number, record.customer_id, kind=record.kind, input=reverse)


def _problem(line: BatchLine, reason: LineReason, **more: Any) -> LineProblem:
    return LineProblem(line.number, line.text, reason, **more)
