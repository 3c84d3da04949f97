"""Giving a customer a feature of their own, whether or not a product includes it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.access.limits import Worth
from bot.autumn.write import Write
from bot.changes import canonical, lines, price, standalone
from bot.changes.canonical import ZERO, near, same_time
from bot.changes.common import entity_of
from bot.changes.grant import words
from bot.changes.grant.form import FORM
from bot.changes.grant.request import LINE, GrantInput, guard
from bot.changes.grant.words import GrantLine, GrantNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import ChangeInput, Facts, Judgement, Needs, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.spec import NOBODY, UNITS_OF_FEATURE, ChangeKind, DailyTotal, KeyScope
from bot.changes.standalone import GrantSize, GrantState, StandaloneGrant
from bot.changes.ungrant.request import UngrantInput
from bot.kit import numbers, text, times


class GrantChange(ChangeKind[GrantInput]):
    id = "grant"
    command = "grant"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"overview", "features", "feature", "entity"})
    input = GrantInput
    form = FORM
    line_form = LINE
    of_entities = True
    notes = GrantNote
    lines = GrantLine
    scopes = (
        KeyScope(
            "balances:write",
            "give features",
            Write(
                "balances.create",
                "POST",
                "/v1/balances.create",
                {"customer_id": NOBODY, "feature_id": NOBODY, "included_grant": 1},
            ),
        ),
    )
    needs = frozenset({Needs.FEATURES})
    unit = UNITS_OF_FEATURE
    valued = True
    daily = DailyTotal("feature", GrantNote.SAME_DAY)

    def guard(self, request: GrantInput, facts: Facts, now: datetime) -> Judgement:
        return guard(request, facts, now)

    def snapshot(self, request: GrantInput, facts: Facts) -> Snapshot:
        return standalone.snapshot(_given(request, facts))

    def preview(self, request: GrantInput, facts: Facts) -> tuple[Line, ...]:
        preview = [_grant_line(request)]
        balance = facts.customer.balances.get(request.feature)
        if request.size is GrantSize.AMOUNT:
            had = balance.remaining if balance else ZERO
            preview.append(
                Line(
                    GrantLine.REMAINING,
                    canonical.number(had),
                    canonical.number(had + _left(request)),
                    ValueFormat.NUMBER,
                )
            )
        if request.every:
            preview.append(Line(GrantLine.EVERY, None, words.every(request.every, request.every_count)))
        if request.expires_at is not None:
            expires_at = canonical.time(request.expires_at)
            preview.append(Line(GrantLine.EXPIRES, None, expires_at, ValueFormat.TIME))
        return tuple(preview)

    def amount(self, request: GrantInput, before: Snapshot) -> Decimal | None:  # noqa: ARG002
        """The units that are given. An unlimited grant has no size; nor has one that refills and gives them
        again and again, or a feature that is on or off."""
        return _left(request) if request.size is GrantSize.AMOUNT and not request.every else None

    def worth(
        self,
        request: GrantInput,
        amount: Decimal | None,
        before: Snapshot,  # noqa: ARG002
        facts: Facts,
    ) -> Worth | None:
        return price.worth(request.feature, amount, facts)

    def plan(self, request: GrantInput, facts: Facts) -> tuple[Write, ...]:
        body: dict[str, Any] = {
            "customer_id": request.customer,
            "feature_id": request.feature,
            "balance_id": request.grant,
            **entity_of(request),
        }
        if request.size is GrantSize.UNLIMITED:
            body["unlimited"] = True
        if request.amount is not None:
            body["included_grant"] = canonical.figure(request.amount)
        if request.every:
            count = {} if request.every_count == 1 else {"interval_count": request.every_count}
            body["reset"] = {"interval": request.every, **count}
            if request.resets_at is not None and request.resets_at > facts.read_at:
                body["next_reset_at"] = canonical.milliseconds(request.resets_at)
        if request.expires_at is not None:
            body["expires_at"] = canonical.milliseconds(request.expires_at)
        created = Write("balances.create", "POST", "/v1/balances.create", body)
        if request.left is None:
            return (created,)
        names = ("customer_id", "feature_id", "balance_id", "entity_id")
        named = {name: body[name] for name in names if name in body}
        lowered = {**named, "remaining": canonical.figure(request.left)}
        return (
            created,
            Write("balances.update", "POST", "/v1/balances.update", lowered, per_customer=True),
        )

    def verify(self, request: GrantInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        """A grant has its own id, so it is recognized however much the customer uses meanwhile. One that was
        used up before it was read back looks as if it had never been given."""
        if after is None or before.get("row") is not None:
            return Verdict.UNCLEAR
        grant = standalone.read(after)
        if grant is None:
            return Verdict.NOT_APPLIED
        return Verdict.APPLIED if _as_requested(request, grant) else Verdict.UNCLEAR

    def inverse(self, request: GrantInput, before: Snapshot, after: Snapshot) -> ChangeInput | None:  # noqa: ARG002
        row = after.get("row")
        if row is None:
            return None
        return UngrantInput(customer=request.customer, feature=request.feature, row=row)

    def summary(self, request: GrantInput, names: Names) -> str:
        feature, term = lines.name(request.feature, names), _term(request)
        if request.size is GrantSize.SWITCH:
            return words.switch_on(feature, term)
        if request.size is GrantSize.UNLIMITED:
            return words.give_unlimited(feature, term)
        return words.give(feature, numbers.number(_amount(request)), term)

    def shown_now(self, request: GrantInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        grant = standalone.read(after)
        if grant is None:
            return [words.NO_GRANT]
        sizes = {
            GrantSize.AMOUNT: numbers.number(grant.granted),
            GrantSize.UNLIMITED: words.UNLIMITED,
            GrantSize.SWITCH: words.ON,
        }
        bullets = [lines.value_bullet(GrantLine.GRANT, sizes[grant.size])]
        if grant.expires_at is not None:
            bullets.append(lines.value_bullet(GrantLine.EXPIRES, times.billing_moment(grant.expires_at)))
        return bullets

    def sample(self, customer: str) -> GrantInput:
        return GrantInput(
            customer=customer,
            feature="messages",
            grant="maple_sample",
            size=GrantSize.AMOUNT,
            amount=Decimal(500),
        )


def _amount(request: GrantInput) -> Decimal:
    return request.amount or ZERO


def _left(request: GrantInput) -> Decimal:
    return _amount(request) if request.left is None else request.left


def _given(request: GrantInput, facts: Facts) -> StandaloneGrant | None:
    """A grant of an amount is found by its id. One that a customer can have only once is found by its
    feature: Autumn shows an unlimited grant under another id."""
    if request.size is GrantSize.AMOUNT:
        return standalone.find(request.feature, request.grant, facts.customer)
    about = (request.feature, request.size)
    return next(
        (grant for grant in standalone.held(facts.customer) if (grant.feature, grant.size) == about), None
    )


def _as_requested(request: GrantInput, grant: GrantState) -> bool:
    if grant.size is not request.size or not same_time(grant.expires_at, request.expires_at):
        return False
    if request.size is not GrantSize.AMOUNT:
        return True
    lowered = request.left is None or near(max(grant.left, request.left), request.left)
    return lowered and near(grant.granted, _amount(request)) and (grant.interval or "") == request.every


def _grant_line(request: GrantInput) -> Line:
    if request.size is GrantSize.AMOUNT:
        granted = canonical.number(_amount(request))
        return Line(GrantLine.GRANT, None, granted, ValueFormat.NUMBER, about=request.feature)
    granted = words.UNLIMITED if request.size is GrantSize.UNLIMITED else words.ON
    return Line(GrantLine.GRANT, None, granted, about=request.feature)


def _term(request: GrantInput) -> str:
    if request.every:
        return text.mrkdwn(words.every(request.every, request.every_count), 60)
    if request.expires_at is not None:
        return words.until(times.billing_moment(request.expires_at))
    return words.FOR_GOOD_TERM
