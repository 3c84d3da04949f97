"""A list of changes: its lines as typed and as checked, its states, and how far it has come.

    checked ─▶ waiting ─┬─▶ running ─┬─▶ done
                        ├─▶ denied   └─▶ stopping ─▶ stopped ─┬─▶ running (resumed)
                        ├─▶ withdrawn                         └─▶ done (the approval has expired)
                        └─▶ expired

A batch that needs no approval is running as soon as it is requested. Every line becomes a change of its own,
with the history, lock, read-back and audit trail that every change has.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self

from bot.access.limits import Worth
from bot.access.policy import Decision
from bot.access.rules import MOST_BATCH_LINES, Request
from bot.approvals.lifecycle import Approval
from bot.approvals.steps import Preview
from bot.autumn.models import Environment
from bot.changes import registry
from bot.changes.line_form import LineCells
from bot.changes.model import ChangeInput, Snapshot
from bot.changes.notes import Note

MOST_LINES = MOST_BATCH_LINES
"""In one list; a policy may lower it."""


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One line as it was read, not yet looked up."""

    number: int
    """Of the line in what was pasted or uploaded, from 1; different for every line."""
    customer: str
    """An exact id or an exact email address."""
    cells: LineCells = field(default_factory=LineCells)
    kind: str = ""
    """The id of the kind of change; empty for the usual one."""
    entity: str = ""
    """The id or the name of the customer's entity that it is limited to; empty for the whole customer."""
    input: ChangeInput | None = None
    """Where a form was filled in: the change itself, in place of the cells."""

    @property
    def text(self) -> str:
        """For messages about the line; not escaped."""
        cells = (self.cells.about, self.cells.amount, self.cells.action)
        return ", ".join(cell for cell in (self.customer, *cells, self.kind, self.entity) if cell)


@dataclass(frozen=True, slots=True)
class GatheredChange:
    """A change as filled in in a form, for the list that someone gathers."""

    form: str
    """The submission id of the form, which becomes one line only, or one request."""
    input: ChangeInput
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GatheredList:
    """Changes that someone has added one by one, to request them together."""

    key: str
    """What it is submitted with."""
    lines: tuple[BatchLine, ...]
    reason: str = ""
    """Of the last change that had one."""

    @property
    def version(self) -> str:
        """The same only for the same changes."""
        return hashlib.sha256(repr([line.input for line in self.lines]).encode()).hexdigest()[:16]


class LineReason(StrEnum):
    """Why a line cannot be part of a batch."""

    UNREADABLE = "unreadable"
    """The parser cannot read it; `LineProblem.text` is the line, `detail` the problem."""
    NO_CUSTOMER = "no_customer"
    """Nobody has exactly this id or email address."""
    SEVERAL_CUSTOMERS = "several_customers"
    """Several have this email address."""
    NO_ENTITY = "no_entity"
    """The customer has no such entity, or several are meant by the name."""
    REPEATED = "repeated"
    """An earlier line, `other`, changes the same."""
    AFFECTED = "affected"
    """An earlier line, `other`, changes what this one is based on."""
    REFUSED = "refused"
    """By the guards of the change, as when the customer does not have the feature, or because the line does
    not say which of several is meant; `notes` say why."""
    NOT_ALLOWED = "not_allowed"
    """By the policy; `decision` says why."""
    TOO_MANY = "too_many"
    """The list is longer than a list may be."""
    NO_UNDO = "no_undo"
    """It cannot be undone, or is being undone on its own; in the undo of a batch."""
    NOT_READ = "not_read"
    """Autumn could not be read; the list can be checked again."""


@dataclass(frozen=True, slots=True)
class LineProblem:
    number: int
    text: str
    """The line as typed; not escaped."""
    reason: LineReason
    detail: str = ""
    """In plain words, from the parser; not escaped."""
    notes: tuple[Note, ...] = ()
    decision: Decision | None = None
    other: int = 0
    """With REPEATED and AFFECTED: the number of the earlier line."""
    request: Request | None = None
    """With NOT_ALLOWED: what the policy was asked."""


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line that can be requested."""

    line: BatchLine
    input: ChangeInput
    """The change it becomes."""
    customer: str
    """The customer's name, or their id where they have none; not escaped."""
    feature: str
    """Its id."""
    preview: Preview
    """Before → after, warnings, and the size that the policy judges."""
    undo_of: str = ""
    """The id of the change it takes back, in the undo of a batch."""


@dataclass(frozen=True, slots=True)
class LineSize:
    kind: str
    """Its id."""
    feature: str
    """Its id; empty for kinds that are about none."""
    amount: Decimal | None
    """Without a sign."""
    taken: bool
    """Whether it is taken away."""

    @classmethod
    def of(cls, request: ChangeInput, feature: str, amount: Decimal | None, before: Snapshot) -> Self:
        return cls(request.kind, feature, amount, registry.of(request).takes(request, before))


@dataclass(frozen=True, slots=True)
class FeatureTotal:
    """Of the lines of one kind that are about the same feature."""

    kind: str
    """Its id."""
    feature: str
    """Its id; empty for kinds that are about none."""
    lines: int
    units: Decimal
    """All that is moved, without signs: 100 added and 50 taken away are 150."""
    unsized: int = 0
    """Lines without a size, such as a new reset date."""
    taken: Decimal = Decimal(0)
    """How many of `units` are taken away."""


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    lines: tuple[CheckedLine, ...]
    """Those that can be requested, in the order of the list."""
    problems: tuple[LineProblem, ...] = ()
    """Those that cannot."""
    decision: Decision | None = None
    """What the policy requires of `lines` together: the strictest of the lines and of their total. None if
    there are no lines."""
    undo_of: str = ""
    """The batch that it takes back."""
    gathered: str = ""
    """Of a list that was gathered: which version of it this is."""
    request: Request | None = None
    """What the policy was asked, if `decision` is a refusal."""

    @property
    def refused(self) -> tuple[Decision, Request] | None:
        """The first refusal of the policy: of a line, or of all together."""
        for problem in self.problems:
            if problem.decision is not None and problem.request is not None:
                return problem.decision, problem.request
        if self.decision is None or self.decision.permit or self.request is None:
            return None
        return self.decision, self.request

    @property
    def requestable(self) -> bool:
        """Whether it can be requested as it is. If there are problems: only `without_problems`."""
        return bool(self.lines) and not self.problems and self.decision is not None and self.decision.permit

    @property
    def fingerprint(self) -> str:
        """The same only for a list that looks the same: what each line would change, with its warnings, and
        how many people must approve. To be compared with what someone was shown."""
        previewed = [(line.input, line.preview.lines, line.preview.warnings) for line in self.lines]
        approvals = self.decision.approvals if self.decision else None
        return hashlib.sha256(repr((previewed, approvals)).encode()).hexdigest()[:16]

    def without_problems(self) -> "CheckedBatch":
        return replace(self, problems=())

    @property
    def totals(self) -> tuple[FeatureTotal, ...]:
        return totals(
            LineSize.of(line.input, line.feature, line.preview.amount, line.preview.before)
            for line in self.lines
        )

    @property
    def value(self) -> "BatchValue":
        return value_of(line.preview.worth for line in self.lines)


def totals(sizes: Iterable[LineSize]) -> tuple[FeatureTotal, ...]:
    """By kind and feature, in the order in which they first come."""
    by_feature: dict[tuple[str, str], FeatureTotal] = {}
    for size in sizes:
        key = size.kind, size.feature
        total = by_feature.get(key, FeatureTotal(*key, 0, Decimal(0)))
        units = size.amount or Decimal(0)
        by_feature[key] = replace(
            total,
            lines=total.lines + 1,
            units=total.units + units,
            unsized=total.unsized + (size.amount is None),
            taken=total.taken + (units if size.taken else 0),
        )
    return tuple(by_feature.values())


@dataclass(frozen=True, slots=True)
class BatchValue:
    """What the lines are worth."""

    sums: Mapping[str, Decimal] = field(default_factory=dict)
    """By currency, in major units, of the lines whose worth is known."""
    unknown: int = 0
    """Lines whose worth is not known."""


def value_of(worths: Iterable[Worth | None]) -> BatchValue:
    sums: dict[str, Decimal] = {}
    unknown = 0
    for worth in worths:
        if worth is None:
            unknown += 1
        else:
            sums[worth.currency] = sums.get(worth.currency, Decimal(0)) + worth.amount
    return BatchValue(sums, unknown)


class BatchState(StrEnum):
    WAITING = "waiting"
    """For approvals."""
    RUNNING = "running"
    STOPPING = "stopping"
    """No further line begins; those that have begun are finished."""
    STOPPED = "stopped"
    """It can be resumed until its approval expires."""
    DONE = "done"
    """No further line will be applied."""
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    """By the requester."""
    EXPIRED = "expired"


CAME_TO_NOTHING = frozenset({BatchState.DENIED, BatchState.WITHDRAWN, BatchState.EXPIRED})


class LineState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    APPLIED = "applied"
    REFUSED = "refused"
    """Nothing was changed; `BatchLineRecord.why` says why."""
    UNCONFIRMED = "unconfirmed"
    """It may have happened; a person has to look. Never tried again."""
    SKIPPED = "skipped"
    """Nothing was changed: the batch was stopped, or Autumn or Slack could not be asked. Resuming the batch
    tries it."""


@dataclass(frozen=True, slots=True)
class BatchProgress:
    counts: Mapping[LineState, int]

    @property
    def all(self) -> int:
        return sum(self.counts.values())

    def of(self, *states: LineState) -> int:
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def ended(self) -> int:
        return self.all - self.of(LineState.QUEUED, LineState.RUNNING)


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One batch. Ids of people and channels are Slack's."""

    id: str
    state: BatchState
    revision: int
    """Grows with every step; a card with a lower one is out of date. A decision is about one revision of a
    waiting batch."""
    env: Environment
    requester: str
    requester_team: str
    channel: str
    """Where it was requested; may be empty."""
    reason: str
    rule: str
    """The policy's rule that allowed the request."""
    needed: int
    """Approvals; 0: applied right away."""
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    progress: BatchProgress
    totals: tuple[FeatureTotal, ...]
    value: BatchValue = BatchValue()
    approvals: tuple[Approval, ...] = ()
    decided_by: str = ""
    """Who gave the last approval, denied it or withdrew it."""
    decided_at: datetime | None = None
    comment: str = ""
    """Given with a denial."""
    stopped_by: str = ""
    undo_of: str = ""
    """The batch that it takes back."""
    undo: str = ""
    """The last undo of this batch that is open or has ended."""
    undoing: bool = False
    """Whether an undo of it is open."""
    left_to_undo: int = 0
    """Applied lines that can be undone, and are not being undone."""

    @property
    def stoppable(self) -> bool:
        return self.state is BatchState.RUNNING and self.progress.of(LineState.QUEUED) > 0

    @property
    def resumable(self) -> bool:
        return self.state is BatchState.STOPPED and self.progress.of(LineState.SKIPPED) > 0

    @property
    def checkable(self) -> bool:
        """Whether it has ended, for now, with lines that are unconfirmed or wait for the customer to pay."""
        ended = self.state in (BatchState.DONE, BatchState.STOPPED)
        return ended and self.progress.of(LineState.UNCONFIRMED) > 0

    @property
    def undoable(self) -> bool:
        """Whether *Undo* can be offered, whatever the policy says."""
        ended = self.state in (BatchState.DONE, BatchState.STOPPED)
        return ended and not self.undoing and self.left_to_undo > 0


@dataclass(frozen=True, slots=True)
class BatchLineRecord:
    """One line of a batch, and what became of it."""

    number: int
    state: LineState
    input: ChangeInput
    customer: str
    """The customer's name when the list was checked; not escaped."""
    feature: str
    preview: Preview
    typed: str
    """The customer as typed."""
    change_id: str = ""
    """The change it became; empty before it began."""
    why: str = ""
    """Once it has ended: the change's `Cause`, or its `State`; a `Result` where none was requested."""
    undo_of: str = ""
    attempt: int = 0


class BatchResult(StrEnum):
    DONE = "done"
    """`BatchOutcome.batch` is the batch after the step."""
    AGAIN = "again"
    """This form was already submitted; `batch` is what it became."""
    PROBLEMS = "problems"
    """Lines that cannot be requested, or none that can; `checked` says which. Nothing was requested."""
    NOT_ALLOWED = "not_allowed"
    """By the policy; `decision` says why."""
    REQUESTER_NOT_ALLOWED = "requester_not_allowed"
    """The requester may no longer request it; nothing was decided."""
    NO_REASON = "no_reason"
    """The policy requires a reason."""
    NO_CHANNEL = "no_channel"
    """It needs approval, and there is no approvals channel, or it cannot be used."""
    TOO_MANY_WAIT = "too_many_wait"
    """No more of this person's batches may wait."""
    TOO_LATE = "too_late"
    """Someone else was first, or it expired; `batch` says which."""
    STALE = "stale"
    """The clicked card showed an earlier revision."""
    ALREADY = "already"
    """This person has already approved it; it needs others."""
    UNCHECKED = "unchecked"
    """Slack could not be asked about the requester or an earlier approver; nothing was decided."""
    STILL_UNCONFIRMED = "still_unconfirmed"
    """Its unconfirmed lines were read back again, and Autumn still does not clearly show any of them."""
    ALREADY_SETTLED = "already_settled"
    """No line is unconfirmed any more."""
    TROUBLE = "trouble"
    """Autumn could not be read for any unconfirmed line."""
    NO_UNDO = "no_undo"
    """There is nothing to undo, or it is being undone."""
    LIST_CHANGED = "list_changed"
    """Someone has added to the gathered list since, or cancelled it; nothing was requested."""
    UNKNOWN = "unknown"
    """There is no such batch."""


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    result: BatchResult
    batch: BatchRecord | None = None
    checked: CheckedBatch | None = None
    decision: Decision | None = None
    request: Request | None = None
    """What the policy was asked, if it refused."""
