"""What every listener works with, put together once by the composition root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import People
from bot.access.permission import Permission
from bot.approvals.service import Changes
from bot.autumn.client import Autumn
from bot.autumn.models import Organization
from bot.background import Work
from bot.digests.service import Digests
from bot.metrics import Metrics
from bot.store.database import Database
from bot.timings import Timings
from handlers.change_notifier import Telling
from handlers.latest_click import Turns
from handlers.open_forms import Remembered
from handlers.replies import Replies


@dataclass(frozen=True, slots=True)
class Desk:
    autumn: Autumn
    slack: AsyncWebClient
    people: People
    replies: Replies
    metrics: Metrics
    work: Work
    timings: Timings
    organization: Callable[[], Organization | None]
    """The organisation Autumn's key belongs to; None until Autumn has said."""
    now: Callable[[], datetime]
    changes: Changes
    digests: Digests
    permission: Permission
    database: Database
    telling: Telling
    remembered: Remembered
    turns: Turns
    approvals_closed: Callable[[], Awaitable[str | None]]
    """What stands against asking for approvals in their channel; see `approvals_channel.problem`."""
