"""What every handler works with, put together once by bot.app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.groups import Groups
from bot.access.people import People
from bot.access.permission import Permission
from bot.access.presets import Preset
from bot.access.who_may import WhoMay
from bot.alerts.service import AlertService
from bot.approvals.notifier import ChangeNotifier
from bot.approvals.service import ChangeService
from bot.approvals.wishes import Wishes
from bot.autumn.client import Autumn
from bot.autumn.models import Environment, Organization
from bot.background import BackgroundTasks
from bot.batches.drafts import CheckedLists
from bot.batches.notifier import BatchNotifier
from bot.batches.service import BatchService
from bot.changes.open_forms import OpenForms
from bot.digests.service import DigestService
from bot.home.service import HomeService
from bot.links.service import LinkService
from bot.lookups.find.typeahead import Typeahead
from bot.metrics import Metrics
from bot.slack.channels import Channels
from bot.slack.deliveries import Deliveries
from bot.slack.latest_click import LatestClick
from bot.slack.replies import Replies
from bot.timings import Timeouts


@dataclass(frozen=True, slots=True)
class Services:
    autumn: Autumn
    slack: AsyncWebClient
    slack_once: AsyncWebClient
    """Never retries on its own."""
    people: People
    groups: Groups
    replies: Replies
    metrics: Metrics
    background: BackgroundTasks
    timeouts: Timeouts
    environment: Environment
    """Of Autumn's key."""
    organization: Callable[[], Organization | None]
    """The organization Autumn's key belongs to; None until Autumn has said."""
    now: Callable[[], datetime]
    home: HomeService
    changes: ChangeService
    batches: BatchService
    batch_notifier: BatchNotifier
    checked_lists: CheckedLists
    digests: DigestService
    alerts: AlertService
    links: LinkService
    permission: Permission
    notifier: ChangeNotifier
    who_may: WhoMay
    wishes: Wishes
    open_forms: OpenForms
    typeahead: Typeahead
    presets: tuple[Preset, ...]
    """Of the policy."""
    latest_click: LatestClick
    deliveries: Deliveries
    channels: Channels
