"""Removing a customer's standalone grant, never what a product includes."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from bot.autumn.write import Write
from bot.changes import canonical, lines, standalone
from bot.changes.canonical import ZERO, near
from bot.changes.common import entity_of
from bot.changes.forms import fields, grants
from bot.changes.grant.request import GrantInput
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import ChangeInput, Facts, Judgement, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.spec import NOBODY, UNITS_OF_FEATURE, ChangeKind, KeyScope
from bot.changes.standalone import MAPLE_ID, GrantSize
from bot.changes.ungrant import words
from bot.changes.ungrant.form import FORM
from bot.changes.ungrant.request import UngrantInput, guard
from bot.changes.ungrant.words import UngrantLine, UngrantNote


class UngrantChange(ChangeKind[UngrantInput]):
    id = "ungrant"
    command = "ungrant"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"features", "feature"})
    input = UngrantInput
    form = FORM
    of_entities = True
    notes = UngrantNote
    lines = UngrantLine
    scopes = (
        KeyScope(
            "balances:write",
            "remove grants",
            Write(
                "balances.delete",
                "POST",
                "/v1/balances.delete",
                {"customer_id": NOBODY, "feature_id": NOBODY, "balance_id": NOBODY},
            ),
        ),
    )
    unit = UNITS_OF_FEATURE

    def applies_to(self, facts: Facts, feature: str) -> bool:
        return any(feature in ("", grant.feature) for grant in standalone.held(facts.customer))

    def touches(self, request: UngrantInput) -> frozenset[str]:
        return frozenset({f"grant {request.row}"})

    def guard(self, request: UngrantInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: UngrantInput, facts: Facts) -> Snapshot:
        return standalone.snapshot(standalone.find(request.feature, request.row, facts.customer))

    def preview(self, request: UngrantInput, facts: Facts) -> tuple[Line, ...]:
        grant = standalone.find(request.feature, request.row, facts.customer)
        if grant is None or grant.size is not GrantSize.AMOUNT:
            size = words.UNLIMITED if grant and grant.size is GrantSize.UNLIMITED else words.ON
            return (Line(UngrantLine.GRANT, size, None, about=request.feature),)
        remaining = facts.customer.balances[request.feature].remaining
        return (
            Line(
                UngrantLine.GRANT,
                canonical.number(grant.granted),
                None,
                ValueFormat.NUMBER,
                about=request.feature,
            ),
            Line(
                UngrantLine.REMAINING,
                canonical.number(remaining),
                canonical.number(remaining - max(grant.left, ZERO)),
                ValueFormat.NUMBER,
            ),
        )

    def amount(self, request: UngrantInput, before: Snapshot) -> Decimal | None:  # noqa: ARG002
        """The units that are taken back: those that are left. A grant that would refill has no size."""
        grant = standalone.read(before)
        if grant is None or grant.size is not GrantSize.AMOUNT or grant.interval:
            return None
        return max(grant.left, ZERO)

    def holds(self, request: UngrantInput, previewed: Snapshot, current: Snapshot) -> bool:  # noqa: ARG002
        """Whatever was used of the grant meanwhile; more must not have been added to it."""
        was, is_ = standalone.read(previewed), standalone.read(current)
        if was is None or is_ is None:
            return False
        return was.size is is_.size and near(was.granted, is_.granted)

    def plan(self, request: UngrantInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        # Always both: a feature alone means all of its rows, the products' too.
        body = {
            "customer_id": request.customer,
            "feature_id": request.feature,
            "balance_id": request.row,
            **entity_of(request),
        }
        return (Write("balances.delete", "POST", "/v1/balances.delete", body),)

    def verify(self, request: UngrantInput, before: Snapshot, after: Snapshot | None) -> Verdict:  # noqa: ARG002
        """A grant that is used up disappears like one that was removed: either way nothing of it is left."""
        if after is None or before.get("row") is None:
            return Verdict.UNCLEAR
        return Verdict.APPLIED if after.get("row") is None else Verdict.NOT_APPLIED

    def inverse(self, request: UngrantInput, before: Snapshot, after: Snapshot) -> ChangeInput | None:  # noqa: ARG002
        """The same grant again, with what was left of it."""
        grant = standalone.read(before)
        if grant is None:
            return None
        sized = grant.size is GrantSize.AMOUNT
        return GrantInput(
            customer=request.customer,
            feature=request.feature,
            grant=_again(request),
            size=grant.size,
            amount=grant.granted if sized else None,
            expires_at=grant.expires_at,
            every=grant.interval or "",
            every_count=grant.interval_count,
            resets_at=grant.resets_at,
            left=grant.left if sized and not near(grant.used, ZERO) else None,
        )

    def summary(self, request: UngrantInput, names: Names) -> str:
        return words.remove(lines.name(request.feature, names))

    def part(self, request: UngrantInput, before: Snapshot, preview: Sequence[Line], names: Names) -> str:  # noqa: ARG002
        return grants.part(standalone.read(before))

    def shown_now(self, request: UngrantInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        return [words.GONE if after.get("row") is None else words.STILL_THERE]

    def sample(self, customer: str) -> UngrantInput:
        return UngrantInput(customer=customer, feature="messages", row="maple_sample")


def _again(request: UngrantInput) -> str:
    """The company's own id is kept; one that Autumn made cannot be given."""
    return (
        request.row if not request.row.startswith("cus_ent_") else f"{MAPLE_ID}{fields.digest(request.row)}"
    )
