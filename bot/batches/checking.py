"""Checks a list line by line before anything is requested: who, what, how much, and what the policy says."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.access.people import Actor
from bot.access.policy import Verb
from bot.approvals import policy_requests
from bot.approvals.daily_limits import DayTotals, Movement, moved_today
from bot.approvals.lifecycle import Record
from bot.approvals.preview import Assessment, inverse
from bot.approvals.results import Permits
from bot.approvals.service import ChangeService
from bot.approvals.steps import Preview
from bot.autumn.errors import AutumnError
from bot.batches.model import BatchLine, CheckedBatch, CheckedLine, LineProblem, LineReason
from bot.batches.policy import refused_request, strictest, together
from bot.batches.reading import CustomerReader, Known, Subject
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
    """`most`: lines in a list."""

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
        self._most = most

    async def check(self, lines: Sequence[BatchLine], actor: Actor) -> CheckedBatch:
        """Never raises for what is wrong with a line."""
        taken, left = lines[: self._most], lines[self._most :]
        problems = [_problem(line, LineReason.TOO_MANY) for line in left]
        try:
            await catalogue(self._autumn)
        except AutumnError:
            return CheckedBatch((), tuple(_problem(line, LineReason.NOT_READ) for line in lines))
        seen = await self._seen([_subject(line) for line in taken], actor)
        judged = []
        for line in taken:
            try:
                judged.append(await self._line(line, seen, actor))
            except Wrong as wrong:
                problems.append(wrong.problem)
        return await self._permitted(judged, problems, actor, Verb.ASK)

    async def check_undo(self, records: Sequence[Record], actor: Actor, undo_of: str) -> CheckedBatch:
        """The inverses of these changes, in this order."""
        inverses = [_inverse(number, record) for number, record in enumerate(records, 1)]
        seen = await self._seen([_subject(line) for line in inverses if line.input], actor)
        judged, problems = [], []
        for line, record in zip(inverses, records, strict=True):
            try:
                judged.append(await self._line(line, seen, actor, undo_of=record.id))
            except Wrong as wrong:
                problems.append(wrong.problem)
        permitted = await self._permitted(judged, problems, actor, Verb.UNDO)
        return replace(permitted, undo_of=undo_of)

    async def _seen(self, subjects: Sequence[Subject], actor: Actor) -> "_Seen":
        known = await self._customers.read(subjects)
        customers = {facts.customer.id or "" for facts in known.values() if isinstance(facts, Facts)}
        moved = await moved_today(
            self._database, self._environment, self._now(), customers=customers, person=actor.user
        )
        return _Seen(known, moved, DayTotals(moved.values()))

    async def _line(self, line: BatchLine, seen: "_Seen", actor: Actor, *, undo_of: str = "") -> "_Judged":
        """Raises Wrong."""
        if undo_of and line.input is None:
            raise Wrong(_problem(line, LineReason.NO_UNDO))
        facts = seen.known[_subject(line)]
        if isinstance(facts, LineReason):
            raise Wrong(_problem(line, facts))
        request = _request(line, facts)
        _once(line, request, seen)
        assessed = await self._look(line, request, facts, actor, seen, undo_of=undo_of)
        seen.totals.add(movement(request, assessed.line.preview, actor.user))
        return assessed

    async def _look(
        self,
        line: BatchLine,
        request: ChangeInput,
        facts: Facts,
        actor: Actor,
        seen: "_Seen",
        *,
        undo_of: str,
    ) -> "_Judged":
        """Raises Wrong. What the lines before it move counts against the limits of the day."""
        today = seen.totals.of(request, actor.user, without=seen.moved.get(undo_of))
        try:
            assessed = await self._changes.look(request, facts, actor, today=today, undo_of=undo_of)
        except AutumnError:
            raise Wrong(_problem(line, LineReason.NOT_READ)) from None
        if assessed.preview is None:
            raise Wrong(_problem(line, LineReason.REFUSED, notes=assessed.judgement.refusals))
        name = facts.customer.name or facts.customer.id or request.customer
        feature = registry.of(request).feature(request)
        return _Judged(CheckedLine(line, request, name, feature, assessed.preview, undo_of), assessed)

    # The policy

    async def _permitted(
        self, judged: Sequence["_Judged"], problems: Sequence[LineProblem], actor: Actor, verb: Verb
    ) -> CheckedBatch:
        wrong = list(problems)
        lines, requests, decisions = [], [], []
        for each in judged:
            request = policy_requests.request_for_preview(verb, each.seen, self._environment)
            decision = await self._permits(request, actor)
            if decision.permit:
                lines.append(each.line)
                requests.append(request)
                decisions.append(decision)
            else:
                barred = _problem(each.line.line, LineReason.NOT_ALLOWED, decision=decision)
                wrong.append(replace(barred, request=request))
        totals = together([line.feature for line in lines], requests)
        decisions += [await self._permits(request, actor) for request in totals]
        wrong.sort(key=lambda problem: problem.number)
        refused = refused_request([*requests, *totals], decisions)
        return CheckedBatch(tuple(lines), tuple(wrong), strictest(decisions), request=refused)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the lines of a list are held against."""

    known: Known
    moved: Mapping[str, Movement]
    """By the change's id, what was moved today."""
    totals: DayTotals
    """Of that, and of what the lines so far move."""
    touched: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """By customer, entity and what a line changes: that line."""


@dataclass(frozen=True, slots=True)
class _Judged:
    line: CheckedLine
    seen: Assessment


def movement(request: ChangeInput, preview: Preview, person: str) -> Movement:
    """What a line moves, for the limits of the day."""
    units = registry.of(request).moved(request, preview.amount, preview.before)
    return Movement(request.customer, person, units, preview.worth)


def _subject(line: BatchLine) -> Subject:
    if line.input is not None:
        return Subject(line.input.customer, line.input.kind, line.input.entity)
    return Subject(line.customer, line.kind or registry.usual_line().id, line.entity)


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


def _once(line: BatchLine, request: ChangeInput, seen: _Seen) -> None:
    """Twice the same in one list is a mistake, and what was shown of the second would be wrong. Raises
    Wrong."""
    for touched in sorted(registry.of(request).touches(request)):
        place = (request.customer, request.entity, touched)
        earlier = seen.touched.setdefault(place, line.number)
        if earlier != line.number:
            raise Wrong(_problem(line, LineReason.REPEATED, other=earlier))


def _inverse(number: int, record: Record) -> BatchLine:
    """The line that takes a change back; without an input if nothing does."""
    reverse = inverse(record, record.after) if record.undoable else None
    return BatchLine(number, record.customer_id, kind=record.kind, input=reverse)


def _problem(line: BatchLine, reason: LineReason, **more: Any) -> LineProblem:
    return LineProblem(line.number, line.text, reason, **more)
