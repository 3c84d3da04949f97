"""A change before it is asked for: what it would do, and what the policy asks of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.approvals.daily_limits import NOTHING, Today
from bot.autumn.environment import Environment
from bot.changes.lines import Line
from bot.changes.model import ChangeInput, Snapshot
from bot.changes.notes import Note


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, from facts read just now."""

    before: Snapshot
    lines: tuple[Line, ...]
    warnings: tuple[Note, ...] = ()
    amount: Decimal | None = None
    products: frozenset[str] | None = None
    rewards: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the policy asks of a change."""

    rule: str
    needed: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A change before it is asked for."""

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
    today: Today = NOTHING
    """What the terms were judged by."""
