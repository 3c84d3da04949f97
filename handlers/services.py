"""What every listener works with, put together once by the composition root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import People
from bot.access.permission import Permission
from bot.approvals.service import ChangeService
from bot.autumn.client import Autumn
from bot.autumn.models import Organization
from bot.background import BackgroundTasks
from bot.digests.service import DigestService
from bot.metrics import Metrics
from bot.store.database import Database
from bot.timings import Timeouts
from handlers.change_notifier import ChangeNotifier
from handlers.latest_click import LatestClick
from handlers.open_forms import OpenForms
from handlers.replies import Replies


@dataclass(frozen=True, slots=True)
class Services:
    autumn: Autumn
    slack: AsyncWebClient
    people: People
    replies: Replies
    metrics: Metrics
    work: BackgroundTasks
    timings: Timeouts
    organization: Callable[[], Organization | None]
    """The organisation Autumn's key belongs to; None until Autumn has said."""
    now: Callable[[], datetime]
    changes: ChangeService
    digests: DigestService
    permission: Permission
    database: Database
    telling: ChangeNotifier
    remembered: OpenForms
    turns: LatestClick
    approvals_closed: Callable[[], Awaitable[str | None]]
    """What stands against asking for approvals in their channel; see `approvals_channel.problem`."""
