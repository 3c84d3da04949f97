"""Moving the expiry of a customer's standalone grant."""

from collections.abc import Sequence
from datetime import datetime

from bot.autumn.write import Write
from bot.changes import canonical, lines, standalone
from bot.changes.canonical import same_time
from bot.changes.common import entity_of
from bot.changes.expiry import words
from bot.changes.expiry.form import FORM
from bot.changes.expiry.request import ExpiryInput, guard, movable
from bot.changes.expiry.words import ExpiryLine, ExpiryNote
from bot.changes.forms import grants
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Judgement, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.spec import UPDATE_BALANCE, ChangeKind, KeyScope
from bot.kit import times
from bot.lookups.samples import SOON


class ExpiryChange(ChangeKind[ExpiryInput]):
    id = "expiry"
    command = "expiry"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"features", "feature"})
    input = ExpiryInput
    form = FORM
    of_entities = True
    notes = ExpiryNote
    lines = ExpiryLine
    scopes = (KeyScope("balances:write", "move a grant's expiry", UPDATE_BALANCE),)

    def applies_to(self, facts: Facts, feature: str) -> bool:
        return any(
            movable(grant) for grant in standalone.held(facts.customer) if feature in ("", grant.feature)
        )

    def touches(self, request: ExpiryInput) -> frozenset[str]:
        return frozenset({f"grant {request.row}"})

    def guard(self, request: ExpiryInput, facts: Facts, now: datetime) -> Judgement:
        return guard(request, facts, now)

    def snapshot(self, request: ExpiryInput, facts: Facts) -> Snapshot:
        return standalone.snapshot(standalone.find(request.feature, request.row, facts.customer))

    def preview(self, request: ExpiryInput, facts: Facts) -> tuple[Line, ...]:
        before, after = self.snapshot(request, facts).get("expires_at"), canonical.time(request.expires_at)
        return (Line(ExpiryLine.EXPIRES, before, after, ValueFormat.TIME),)

    def holds(self, request: ExpiryInput, previewed: Snapshot, current: Snapshot) -> bool:  # noqa: ARG002
        """Usage since the preview does not matter; only the expiry does."""
        was, is_ = standalone.read(previewed), standalone.read(current)
        return was is not None and is_ is not None and same_time(was.expires_at, is_.expires_at)

    def plan(self, request: ExpiryInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        body = {
            "customer_id": request.customer,
            "feature_id": request.feature,
            "balance_id": request.row,
            **entity_of(request),
            "expires_at": canonical.milliseconds(request.expires_at),
        }
        return (Write("balances.update", "POST", "/v1/balances.update", body, per_customer=True),)

    def verify(self, request: ExpiryInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        """Autumn gives the same answer if it has no such grant, so only what is read back counts."""
        was, is_ = standalone.read(before), standalone.read(after or {})
        if was is None or is_ is None:
            return Verdict.UNCLEAR
        if same_time(is_.expires_at, request.expires_at):
            return Verdict.APPLIED
        return Verdict.NOT_APPLIED if same_time(is_.expires_at, was.expires_at) else Verdict.UNCLEAR

    def inverse(self, request: ExpiryInput, before: Snapshot, after: Snapshot) -> ExpiryInput | None:  # noqa: ARG002
        """None if it never expired: Autumn cannot remove an expiry."""
        was = standalone.read(before)
        if was is None or was.expires_at is None:
            return None
        return request.model_copy(update={"expires_at": was.expires_at})

    def summary(self, request: ExpiryInput, names: Names) -> str:
        return words.move(lines.name(request.feature, names), times.billing_moment(request.expires_at))

    def part(self, request: ExpiryInput, before: Snapshot, preview: Sequence[Line], names: Names) -> str:  # noqa: ARG002
        return grants.part(standalone.read(before))

    def shown_now(self, request: ExpiryInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        grant = standalone.read(after)
        if grant is None:
            return [words.GONE]
        expires = times.billing_moment(grant.expires_at) if grant.expires_at else words.NEVER
        return [lines.value_bullet(ExpiryLine.EXPIRES, expires)]

    def sample(self, customer: str) -> ExpiryInput:
        return ExpiryInput(customer=customer, feature="messages", row="maple_sample", expires_at=SOON)
