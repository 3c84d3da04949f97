"""What every listener works with, put together once by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.autumn.client import Autumn
from bot.autumn.models import Organization
from bot.metrics import Metrics
from bot.people import People
from bot.timings import Timings
from bot.work import Work
from handlers.reply import Replies


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
