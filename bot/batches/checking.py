"""Checks a list line by line before anything is requested: who, what, how much, and what the policy says."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from bot.access.limits import Today, Worth
from bot.access.people import Actor
from bot.access.policy import Decision, Request, Verb
from bot.approvals import policy_requests
from bot.approvals.daily_limits import Movement
from bot.approvals.lifecycle import Record
from bot.approvals.preview import Assessment, inverse
from bot.approvals.proposal import Preview
from bot.approvals.results import Permits
from bot.approvals.service import ChangeService
from bot.autumn.environment import Environment
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Customer, Feature
from bot.batches.model import (
    BatchLine,
    BatchLineRecord,
    CheckedBatch,
    CheckedLine,
    LineAction,
    LineProblem,
    LineReason,
)
from bot.changes import registry
from bot.changes.balance.input import BalanceAction, BalanceInput
from bot.changes.model import ChangeInput, Facts
from bot.lookups.catalogue import Catalogue, catalogue
from bot.lookups.find.query import fold, patterns
from bot.runtime import Runtime

_PAGE = 100
_BALANCE = BalanceInput.model_fields["kind"].default
_ACTIONS = {
    LineAction.GIVE: BalanceAction.GIVE,
    LineAction.SET: BalanceAction.SET,
    LineAction.RESET: BalanceAction.NONE,
}


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
        self._autumn = runtime.autumn
        self._environment = runtime.environment
        self._changes = changes
        self._permits = permits
        self._most = most
        self._at_once = at_once

    async def check(self, lines: Sequence[BatchLine], actor: Actor) -> CheckedBatch:
        """Never raises for what is wrong with a line."""
        taken, left = lines[: self._most], lines[self._most :]
        problems = [_problem(line, LineReason.TOO_MANY) for line in left]
        try:
            features = await catalogue(self._autumn)
        except AutumnError:
            return CheckedBatch((), tuple(_problem(line, LineReason.NOT_READ) for line in lines))
        customers = await self._customers([line.customer for line in taken])
        seen = _Seen(features, customers)
        judged = []
        for line in taken:
            try:
                judged.append(await self._line(line, seen, actor))
            except Wrong as wrong:
                problems.append(wrong.problem)
        return await self._permitted(judged, problems, actor, Verb.ASK)

    async def check_undo(self, records: Sequence[Record], actor: Actor, undo_of: str) -> CheckedBatch:
        """The inverses of these changes, in this order."""
        facts = await self._facts({record.customer_id: record.kind for record in records})
        judged, problems = [], []
        for number, record in enumerate(records, 1):
            try:
                about = facts[record.customer_id]
                judged.append(await self._undo(_undo_line(number, record), record, about, actor))
            except Wrong as wrong:
                problems.append(wrong.problem)
        permitted = await self._permitted(judged, problems, actor, Verb.UNDO)
        return replace(permitted, undo_of=undo_of)

    async def _line(self, line: BatchLine, seen: "_Seen", actor: Actor) -> "_Judged":
        """Raises Wrong."""
        facts = seen.customers[line.customer]
        if isinstance(facts, LineReason):
            raise Wrong(_problem(line, facts))
        feature = _feature(line, seen.features)
        customer_id = facts.customer.id or line.customer
        earlier = seen.balances.setdefault((customer_id, feature.id), line.number)
        if earlier != line.number:
            raise Wrong(_problem(line, LineReason.REPEATED, other=earlier))
        request = _input(line, feature.id, customer_id, facts)
        assessed = await self._look(line, request, facts, actor, planned=seen.planned)
        seen.planned.append(movement(request, assessed.line.preview, actor.user))
        return assessed

    async def _undo(
        self, line: BatchLine, record: Record, facts: Facts | LineReason, actor: Actor
    ) -> "_Judged":
        """Raises Wrong."""
        if isinstance(facts, LineReason):
            raise Wrong(_problem(line, facts))
        reverse = inverse(record, record.after)
        if reverse is None or not record.undoable:
            raise Wrong(_problem(line, LineReason.NO_UNDO))
        return await self._look(line, reverse, facts, actor, undo_of=record.id)

    async def _look(
        self,
        line: BatchLine,
        request: ChangeInput,
        facts: Facts,
        actor: Actor,
        *,
        planned: Sequence[Movement] = (),
        undo_of: str = "",
    ) -> "_Judged":
        """Raises Wrong. `planned`: what the lines before it move, which counts against the day's limits."""
        seen = await self._changes.look(request, facts, actor, planned=planned, undo_of=undo_of)
        if seen.preview is None:
            raise Wrong(_problem(line, LineReason.REFUSED, seen=seen))
        name = facts.customer.name or facts.customer.id or request.customer
        feature = registry.of(request).feature(request)
        return _Judged(CheckedLine(line, request, name, feature, seen.preview, undo_of), seen)

    # Customers

    async def _customers(self, typed: Iterable[str]) -> Mapping[str, Facts | LineReason]:
        async def one(customer: str) -> Facts | LineReason:
            try:
                return await self._by_email(customer) if "@" in customer else await self._open(customer)
            except AutumnError:
                return LineReason.NOT_READ

        return await self._each(dict.fromkeys(typed), one)

    async def _facts(self, kinds: Mapping[str, str]) -> Mapping[str, Facts | LineReason]:
        """By customer's id."""

        async def one(customer_id: str) -> Facts | LineReason:
            try:
                return await self._open(customer_id, kinds[customer_id])
            except AutumnError:
                return LineReason.NOT_READ

        return await self._each(kinds, one)

    async def _open(self, customer_id: str, kind: str = _BALANCE) -> Facts | LineReason:
        try:
            return await self._changes.open(kind, customer_id)
        except NotFound:
            return LineReason.NO_CUSTOMER

    async def _by_email(self, email: str) -> Facts | LineReason:
        """Of the one customer with exactly this address; else of the one with this id."""
        page = await self._autumn.customers(search=patterns(email)[0], limit=_PAGE)
        matching = {each.id for each in page.list if each.id and _has_email(each, email)}
        if len(matching) > 1 or page.next_cursor:
            return LineReason.SEVERAL_CUSTOMERS
        return await self._open(next(iter(matching), email))

    async def _each(
        self, keys: Iterable[str], read: Callable[[str], Awaitable[Facts | LineReason]]
    ) -> Mapping[str, Facts | LineReason]:
        """A few at a time."""
        at_once = asyncio.Semaphore(self._at_once)

        async def in_turn(key: str) -> Facts | LineReason:
            async with at_once:
                return await read(key)

        keys = list(keys)
        return dict(zip(keys, await asyncio.gather(*map(in_turn, keys)), strict=True))

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
                line = each.line.line
                barred = _problem(line, LineReason.NOT_ALLOWED, decision=decision)
                wrong.append(replace(barred, request=request))
        totals = together([line.feature for line in lines], requests)
        decisions += [await self._permits(request, actor) for request in totals]
        wrong.sort(key=lambda problem: problem.number)
        refused = refused_request([*requests, *totals], decisions)
        return CheckedBatch(tuple(lines), tuple(wrong), strictest(decisions), request=refused)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the lines of a list are held against."""

    features: Catalogue
    customers: Mapping[str, Facts | LineReason]
    """By what was typed."""
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    """By customer and feature: the line that changes it."""
    planned: list[Movement] = field(default_factory=list)
    """What the lines so far move."""


@dataclass(frozen=True, slots=True)
class _Judged:
    line: CheckedLine
    seen: Assessment


def movement(request: ChangeInput, preview: Preview, person: str) -> Movement:
    """What a line moves, for the limits of the day."""
    units = registry.of(request).moved(request, preview.amount, preview.before)
    return Movement(request.customer, person, units, preview.worth)


def together(features: Sequence[str], requests: Sequence[Request]) -> list[Request]:
    """For each feature, its lines as if they were one change."""
    by_feature: dict[str, Request] = {}
    for feature, request in zip(features, requests, strict=True):
        total = by_feature.get(feature)
        by_feature[feature] = request if total is None else _sum(total, request)
    return list(by_feature.values())


def requests_of(
    lines: Sequence[BatchLineRecord], earlier: Sequence[Today], environment: Environment
) -> list[Request]:
    """What the policy is asked about a stored batch: each of its lines, and each feature's total. `earlier`:
    what other changes have moved that add up with each line."""
    requests = [
        Request(
            Verb.APPROVE,
            kind=registry.of(line.input).policy,
            amount=line.preview.amount,
            environment=environment,
            products=line.preview.products,
            rewards=line.preview.rewards,
            features=registry.of(line.input).features(line.input, line.preview.before),
            worth=line.preview.worth,
            earlier=today,
        )
        for line, today in zip(lines, earlier, strict=True)
    ]
    return [*requests, *together([line.feature for line in lines], requests)]


def _sum(total: Request, request: Request) -> Request:
    """What is not known of one of them is not known of the sum."""
    amount, worth = None, None
    if total.amount is not None and request.amount is not None:
        amount = total.amount + request.amount
    if total.worth and request.worth and total.worth.currency == request.worth.currency:
        worth = Worth(total.worth.amount + request.worth.amount, total.worth.currency)
    return replace(
        total,
        amount=amount,
        worth=worth,
        products=_joined(total.products, request.products),
        rewards=_joined(total.rewards, request.rewards),
        features=_joined(total.features, request.features),
    )


def _joined(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other


def refused_request(requests: Sequence[Request], decisions: Sequence[Decision]) -> Request | None:
    """The first that the policy refused."""
    asked = zip(requests, decisions, strict=True)
    return next((request for request, decision in asked if not decision.permit), None)


def strictest(decisions: Sequence[Decision]) -> Decision | None:
    """What all of them require together; None of none."""
    refused = next((decision for decision in decisions if not decision.permit), None)
    if refused is not None or not decisions:
        return refused
    most = max(decisions, key=lambda decision: decision.approvals)
    return replace(
        most,
        self_approval=all(decision.self_approval for decision in decisions),
        reason_required=any(decision.reason_required for decision in decisions),
        expires_after=min(decision.expires_after for decision in decisions),
    )


def _feature(line: BatchLine, features: Catalogue) -> Feature:
    """By id, or by a name that only one feature has. Raises Wrong."""
    feature = features.get(line.feature)
    if feature is None:
        named = [each for each in features.values() if fold(each.name) == fold(line.feature)]
        if len(named) != 1:
            raise Wrong(_problem(line, LineReason.NO_FEATURE))
        feature = named[0]
    if feature.type == "boolean":
        raise Wrong(_problem(line, LineReason.NOT_METERED))
    return feature


def _input(line: BatchLine, feature: str, customer_id: str, facts: Facts) -> BalanceInput:
    """Of the balance's only part: a list cannot say which of several is meant. Raises Wrong."""
    balance = facts.customer.balances.get(feature)
    parts = {row.id for row in balance.breakdown if row.id} if balance else set()
    if len(parts) > 1:
        raise Wrong(_problem(line, LineReason.SEVERAL_PARTS))
    return BalanceInput(
        customer=customer_id,
        customer_created_at=facts.customer.created_at,
        feature=feature,
        # Without a part the guards say what is the matter.
        row=next(iter(parts), ""),
        action=_ACTIONS[line.action],
        amount=line.amount,
        reset_at=line.reset_at,
    )


def _undo_line(number: int, record: Record) -> BatchLine:
    """The line that is taken back."""
    # Every line of a batch is a change of a balance.
    taken_back = cast(BalanceInput, record.input)
    action = next((line for line, action in _ACTIONS.items() if action is taken_back.action), LineAction.GIVE)
    return BatchLine(
        number, record.customer_id, action, taken_back.feature, taken_back.amount, taken_back.reset_at
    )


def _has_email(customer: Customer, email: str) -> bool:
    return customer.email.casefold() == email.casefold()


def _problem(
    line: BatchLine,
    reason: LineReason,
    *,
    seen: Assessment | None = None,
    decision: Decision | None = None,
    other: int = 0,
) -> LineProblem:
    notes = seen.judgement.refusals if seen else ()
    return LineProblem(line.number, line.text, reason, notes=notes, decision=decision, other=other)
