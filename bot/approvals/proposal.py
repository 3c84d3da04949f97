"""A change before it is requested: what it would do, and what the policy requires of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.access.limits import NOTHING, Today, Worth
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import Approval
from bot.autumn.models import Environment
from bot.changes.lines import Line
from bot.changes.model import ChangeInput, Snapshot
from bot.changes.notes import Note


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, from facts that were just read."""

    before: Snapshot
    lines: tuple[Line, ...]
    warnings: tuple[Note, ...] = ()
    amount: Decimal | None = None
    products: frozenset[str] | None = None
    rewards: frozenset[str] | None = None
    worth: Worth | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the policy requires of a change."""

    rule: str
    needed: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Mandate:
    """The approval of a batch. It is the approval of a line by those who may approve the line by itself."""

    batch: str
    approvals: tuple[Approval, ...] = ()
    """Those that count; none if the batch needed none."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that is about to be requested."""

    submission_id: str
    input: ChangeInput
    env: Environment
    asker: str
    asker_team: str
    channel: str
    reason: str
    ticket: str
    preview: Preview
    terms: Terms
    undo_of: str = ""
    mandate: Mandate | None = None
    """For a line of a batch: it is approved as soon as it is requested."""
    today: Today = NOTHING
    """What the policy based the terms on."""
    form: FilledForm | None = None
    """What the form was filled in with; None for a request without one."""
