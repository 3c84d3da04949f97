"""Puts the parts together: the only module that sees them all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

import handlers
from bot.access.groups import Groups
from bot.access.people import People
from bot.access.permission import Permission
from bot.access.policy import Policy
from bot.access.policy_file import PolicyError, load
from bot.access.post_targets import DirectMessages
from bot.access.who_may import WhoMay
from bot.alerts.poll import PastDueCustomer
from bot.alerts.service import AlertService
from bot.alerts.webhooks import PATH as WEBHOOKS_PATH
from bot.alerts.webhooks import AutumnWebhooks, WebhookSignature
from bot.approvals.card_posting import ApprovalsChannel
from bot.approvals.directory import Directory
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.approvals.names import CustomerNames
from bot.approvals.notifier import ChangeNotifier
from bot.approvals.service import ChangeService, Surroundings
from bot.approvals.wishes import Wishes
from bot.autumn.client import Autumn
from bot.background import BackgroundTasks, Grace, Supervision
from bot.batches.drafts import CheckedLists
from bot.batches.notifier import BatchNotifier
from bot.batches.service import BatchService
from bot.changes import registry as kinds
from bot.changes.open_forms import OpenForms
from bot.digests.delivery.owner_notice import OwnerMessage
from bot.digests.list_card import digest_stopped
from bot.digests.service import DigestService, DigestSlack
from bot.home.service import HomeService, HomeSources
from bot.identity import CannotStart, Identity, watch_token
from bot.links.registry import who_asks
from bot.links.service import LinkService
from bot.log import log
from bot.lookups.find.typeahead import Typeahead
from bot.metrics import Metrics
from bot.runtime import Checkpoint, Runtime, no_checkpoint
from bot.settings import Settings
from bot.slack.channels import Channels
from bot.slack.client import SlackClients
from bot.slack.deliveries import Deliveries
from bot.slack.http import SlackEvents, listening, site
from bot.slack.latest_click import LatestClick
from bot.slack.replies import Replies
from bot.slack.signature import Signature
from bot.slack.socket import Socket
from bot.store.database import Database
from bot.store.health import Health
from bot.store.migrate import migrate
from bot.store.shared_rate_limit import SharedRateLimit
from bot.timings import Timeouts


def _now() -> datetime:
    return datetime.now(UTC)


class Maple:
    """The bot. `async with maple.running():` serves until the block ends; `url` is its HTTP side."""

    def __init__(
        self,
        settings: Settings,
        *,
        timeouts: Timeouts | None = None,
        checkpoint: Checkpoint = no_checkpoint,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """Puts it together; nothing is started. Raises CannotStart when the policy cannot be used."""
        self.settings = settings
        self.timeouts = timeouts = timeouts or Timeouts()
        self.environment = settings.environment
        self.metrics = Metrics()
        self.background = BackgroundTasks()
        self._stopping = Grace(self.timeouts.drain)
        self.url = ""
        self.taking = False
        """Whether new work is taken: from when Slack has said who Maple is, until it is told to stop."""
        self._socket: Socket | None = None
        self._identity = Identity(settings.slack_bot_token)
        self._slack_clients = SlackClients(
            settings.slack_bot_token,
            api_url=settings.slack_api_url,
            timeout=timeouts.slack,
            limited=timeouts.limited,
        )
        self.slack = self._slack_clients.default
        self.database = Database(settings.database_url.get_secret_value(), patience=timeouts.store)
        self._now = self.database.clock(now)
        self._turns = self._shares()
        self.autumn = Autumn(
            key=settings.autumn_secret_key,
            url=settings.autumn_url,
            version=settings.autumn_api_version,
            limits=timeouts.limits,
            retry_policy=timeouts.autumn,
            observe=self.metrics.autumn_called,
            rate=self._turns,
        )
        self._runtime = Runtime(self.database, self.autumn, self.environment, self._now, checkpoint)
        self._health = Health(self.database)
        self._supervision = Supervision(self.metrics, patience=timeouts.stuck)
        self.people = People(
            self.slack, self._identity.known_installation, seconds=timeouts.person, within=timeouts.standing
        )
        self._typeahead = Typeahead(self.autumn, patience=timeouts.typeahead, pasted_patience=timeouts.pasted)
        self._groups = Groups(self.slack, within=timeouts.standing)
        self._names = CustomerNames(self.autumn)
        self._channels = Channels(self.slack)
        self._approvals = ApprovalsChannel(
            settings.maple_approvals_channel or "", partial(self._channels.check, anew=True)
        )
        self._policy = self._load_policy()
        self._permission = Permission(self._policy, self.people, self._groups, self.environment, who_asks())
        self._who_may = WhoMay(self._permission, self.people, self._groups)
        self._directory = Directory(self.people, self._groups, self._policy, self._who_may)
        self._direct_messages = DirectMessages(self.slack, self.people)
        self._notifier = self._change_notifier()
        self.changes = ChangeService(self._runtime, self._surroundings(), timeouts.changes)
        self._batch_notifier = BatchNotifier(
            self._runtime,
            self._slack_clients,
            self.people,
            self._names,
            channel=self._approvals,
            direct_messages=self._direct_messages,
            within=self.timeouts.telling,
        )
        self.batches = self._batches()
        self.digests = self._digests()
        self.alerts = self._alerts()
        self.home = self._home()
        self.services = self._services()
        self.bolt = handlers.bolt_app(
            self.services, client=self._slack_clients.tokenless, authorize=self._identity
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Maple"]:
        """Serves Slack. On the way out: takes nothing new, finishes what was acknowledged, closes everything.

        Raises CannotStart if Slack refuses the token or the database cannot be used, OSError if the address
        is taken.
        """
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._slack_clients.connected())
            stack.push_async_callback(self.autumn.aclose)
            stack.push_async_callback(self.database.aclose)
            if self._turns is not None:
                stack.push_async_callback(self._turns.aclose)
            stack.push_async_callback(self._groups.aclose)
            stack.push_async_callback(self._typeahead.aclose)
            await self._prepare_database()
            stack.push_async_callback(self._drain)
            web = site(self._events(), self.metrics, self.readiness, more=self._webhooks())
            listener = await stack.enter_async_context(
                listening(
                    web,
                    self.settings.host,
                    self.settings.port,
                    limits=self.timeouts.http,
                    cut=lambda reason: self.metrics.connections_cut.labels(reason).inc(),
                )
            )
            self.url = listener.url
            await self._identity.learn_installation(self.slack, every=self.timeouts.retry_start)
            for aside in (
                self._identity.learn_organization(self.autumn),
                watch_token(self.slack, every=self.timeouts.token),
            ):
                stack.callback(asyncio.create_task(aside).cancel)
            sweep = self.timeouts.changes.sweep
            await stack.enter_async_context(self._health.watching(sweep))
            stack.push_async_callback(self.changes.sweeper.stopped)
            stack.callback(self.changes.sweeper.stop)
            self.changes.sweeper.start(sweep)
            for ticker in (self.batches.ticker, self.digests.ticker, self.alerts.ticker):
                stack.push_async_callback(self._stopping.share, ticker.stop)
                ticker.start()
            if self.settings.slack_app_token is not None:
                self._socket = Socket(
                    self.bolt, self.settings.slack_app_token, self.metrics, self.timeouts.socket
                )
                stack.push_async_callback(self._socket.stop)
                await self._socket.start()
            stack.callback(self._stop_taking)
            self.taking = True
            log.info("started", mode=self.mode, port=int(listener.url.rsplit(":", 1)[1]))
            yield self

    @property
    def mode(self) -> str:
        return "socket" if self.settings.socket_mode else "http"

    def readiness(self) -> Mapping[str, bool]:
        """What must be true for Maple to be given work."""
        state = {
            "slack": self._identity.installation is not None and self._slack_clients.token.good,
            "database": self._health.well,
            "background": not self._supervision.stuck(),
            "serving": self.taking,
        }
        if self.settings.socket_mode:
            state["socket"] = self._socket is not None and self._socket.open
        return state

    def _services(self) -> handlers.Services:
        return handlers.Services(
            autumn=self.autumn,
            slack=self.slack,
            slack_once=self._slack_clients.once,
            people=self.people,
            groups=self._groups,
            replies=Replies(self.slack, new_blocks=self.timeouts.new_blocks),
            metrics=self.metrics,
            background=self.background,
            timeouts=self.timeouts,
            environment=self.environment,
            organization=self._identity.organization,
            now=self._now,
            home=self.home,
            changes=self.changes,
            batches=self.batches,
            batch_notifier=self._batch_notifier,
            checked_lists=CheckedLists(),
            digests=self.digests,
            alerts=self.alerts,
            links=LinkService(self._runtime, self._permission),
            permission=self._permission,
            notifier=self._notifier,
            who_may=self._who_may,
            wishes=Wishes(
                self._runtime,
                self._slack_clients.once,
                self._approvals,
                self._directory,
                self._who_may,
            ),
            open_forms=OpenForms(),
            typeahead=self._typeahead,
            presets=self._policy.presets,
            deliveries=Deliveries(self.database, self.background, self._now),
            channels=self._channels,
            latest_click=LatestClick(
                None if self.database.sqlite else self.database, self.background, self._now
            ),
        )

    def _shares(self) -> SharedRateLimit | None:
        """On PostgreSQL there may be other replicas; on SQLite there are none."""
        if self.database.sqlite:
            return None
        return SharedRateLimit(
            self.database,
            self.timeouts.limits,
            self.settings.autumn_secret_key.get_secret_value(),
            alone=self.metrics.turns_alone.inc,
        )

    def _load_policy(self) -> Policy:
        try:
            return load(self.settings.maple_policy, kinds.policy_kinds())
        except PolicyError as error:
            raise CannotStart(str(error)) from None

    def _change_notifier(self) -> ChangeNotifier:
        return ChangeNotifier(
            self._runtime,
            self._slack_clients,
            self._names,
            channel=self._approvals,
            directory=self._directory,
            direct_messages=self._direct_messages,
            within=self.timeouts.telling,
        )

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            self._permission.may,
            self._notify,
            self._approvals,
            self._names,
            self._policy.approvals.tolerance,
            self._supervision.moved,
        )

    def _batches(self) -> BatchService:
        return BatchService(
            self._runtime,
            self.changes,
            self._surroundings(),
            self._notify_list,
            self.timeouts.batches,
            most_lines=self._policy.batches.most_lines,
            rules=self._policy.approvals,
        )

    async def _notify_list(self, batch_id: str, revision: int) -> None:
        """Shows a step of a bulk change wherever it can be seen. Raises what the notifier does."""
        await self.home.list_changed(batch_id)
        await self._batch_notifier(batch_id, revision)

    async def _notify(self, record: Record, event: ChangeEvent) -> None:
        """Shows a step of a change wherever it can be seen. Raises what the notifier does."""
        self.home.changed()
        await self._notifier(record, event)

    def _home(self) -> HomeService:
        sources = HomeSources(
            changes=self.changes,
            batches=self.batches,
            digests=self.digests,
            permission=self._permission,
            people=self.people,
            channels=self._channels,
            organization=self._identity.organization,
        )
        return HomeService(self._runtime, self.slack, self.background, sources)

    def _digests(self) -> DigestService:
        return DigestService(
            self._runtime,
            DigestSlack(
                self._slack_clients.once,
                OwnerMessage(self.slack, digest_stopped),
                self.people,
                shared_channels=self._policy.digests.shared_channels,
                new_blocks=self.timeouts.new_blocks,
                organization=self._identity.organization,
            ),
            metrics=self.metrics,
            timeouts=self.timeouts.digests,
            moved=self._supervision.moved,
        )

    def _alerts(self) -> AlertService:
        async def find_past_due() -> Sequence[PastDueCustomer]:
            items = await self.digests.past_due()
            return [
                PastDueCustomer(item.customer_id, item.plans, item.at) for item in items if item.customer_id
            ]

        slack = self._slack_clients.once
        return AlertService(
            self._runtime,
            slack=slack,
            channels=Channels(slack, self._policy.digests.shared_channels),
            people=self.people,
            find_past_due=find_past_due,
            webhooks=self.settings.autumn_webhook_secret is not None,
            metrics=self.metrics,
            timeouts=self.timeouts.alerts,
            moved=self._supervision.moved,
        )

    def _webhooks(self) -> Mapping[str, AutumnWebhooks]:
        """By path; in Socket Mode as well. None without their secret."""
        secret = self.settings.autumn_webhook_secret
        if secret is None:
            return {}
        endpoint = AutumnWebhooks(
            self._runtime,
            WebhookSignature(secret),
            self.metrics,
            ready=lambda: self.taking,
            noted=self.alerts.ticker.wake,
            largest=self.timeouts.http.body,
        )
        return {WEBHOOKS_PATH: endpoint}

    async def _prepare_database(self) -> None:
        try:
            await migrate(self.database)
        except (SQLAlchemyError, OSError) as error:
            # Its text may hold the address, and with it a password.
            message = f"The database cannot be used ({type(error).__name__}). Check DATABASE_URL."
            raise CannotStart(message) from None

    def _events(self) -> SlackEvents | None:
        secret = self.settings.slack_signing_secret
        if self.settings.socket_mode or secret is None:
            return None
        return SlackEvents(
            self.bolt,
            Signature(secret),
            self.metrics,
            lambda: self.taking,
            largest=self.timeouts.http.body,
        )

    def _stop_taking(self) -> None:
        self.taking = False
        self._stopping.begin()
        log.info("stopping", count=len(self.background))

    async def _drain(self) -> None:
        cut = await self._stopping.share(self.background.drain)
        log.info("stopped", count=cut)
