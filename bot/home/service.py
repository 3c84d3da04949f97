"""Draws Home tabs: when one is opened, and again when something on it changes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cachetools import LRUCache
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Actor, People, Standing
from bot.access.permission import Permission
from bot.approvals.lifecycle import PostedCard, Record
from bot.approvals.names import KnownNames
from bot.approvals.service import ChangeService
from bot.autumn.models import Organization
from bot.background import BackgroundTasks, KeyedLocks
from bot.batches.model import BatchRecord, BatchState
from bot.batches.service import BatchService
from bot.changes import registry
from bot.digests.model import Digest
from bot.digests.service import DigestService
from bot.home import card, repository
from bot.home.card import HomeFacts
from bot.links import registry as links
from bot.log import log
from bot.runtime import Runtime
from bot.slack.channels import Channels

_MOST_PEOPLE = 1000
_MOST_WAITING = 50
_MOST_LISTS = 100
_MOST_KEPT = 5000
"""Look-ups that are kept while they cannot be written."""
_GATHERED = 1.0
"""Seconds in which the customers that people look up are gathered, to be written together."""


@dataclass(frozen=True, slots=True)
class HomeSources:
    """Where the facts on a Home tab come from."""

    changes: ChangeService
    batches: BatchService
    digests: DigestService
    permission: Permission
    people: People
    channels: Channels
    organization: Callable[[], Organization | None]


class HomeService:
    def __init__(
        self, runtime: Runtime, slack: AsyncWebClient, background: BackgroundTasks, sources: HomeSources
    ) -> None:
        self._database = runtime.database
        self._environment = runtime.environment
        self._now = runtime.now
        self._slack = slack
        self._background = background
        self._sources = sources
        self._last_looked_up: LRUCache[str, str] = LRUCache(_MOST_PEOPLE)
        self._looked_up: dict[tuple[str, str], datetime] = {}
        self._list_stages: LRUCache[str, tuple[BatchState, int] | None] = LRUCache(_MOST_LISTS)
        self._noting = False
        self._writing = asyncio.Lock()
        self._due: set[str] = set()
        self._everyone_due = False
        self._redrawing = False
        self._publishing = KeyedLocks[str]()

    async def opened(self, actor: Actor) -> None:
        """Draws the tab of a person who opened it. Raises what Slack's client and the database do."""
        await repository.note_open(self._database, actor, self._now())
        try:
            if others := await self._write_looked_up() - {actor.user}:
                self.changed(*others)
        except Exception as error:  # noqa: BLE001 - the tab is drawn without them
            _warn_of_customers(error)
        await self._publish(actor)

    def looked_up(self, actor: Actor, customer_id: str) -> None:
        """Notes in the background that a person looked at a customer; looking up does not depend on it."""
        if self._last_looked_up.get(actor.user) == customer_id:
            return
        self._last_looked_up[actor.user] = customer_id
        self._looked_up[actor.user, customer_id] = self._now()
        if not self._noting:
            self._noting = True
            self._background.start(self._note_customers())

    def changed(self, *people: str) -> None:
        """Redraws the open tabs in the background: these people's, or everyone's if nobody is named."""
        self._due |= {*people}
        self._everyone_due |= not people
        if not self._redrawing:
            self._redrawing = True
            self._background.start(self._redraw())

    async def list_changed(self, batch_id: str) -> None:
        """Redraws the tabs when a bulk change is decided or in another state; not for each of its lines."""
        record = await self._sources.batches.get(batch_id)
        stage = (record.state, len(record.approvals)) if record else None
        if self._list_stages.get(batch_id) != stage:
            self._list_stages[batch_id] = stage
            self.changed()

    async def _note_customers(self) -> None:
        """The first right away, and those of the next second together."""
        try:
            while self._looked_up:
                people = await self._write_looked_up()
                self.changed(*people)
                await self._background.pause(_GATHERED)
        except Exception as error:  # noqa: BLE001 - the customers' cards are still shown
            _warn_of_customers(error)
        finally:
            self._noting = False

    async def _write_looked_up(self) -> set[str]:
        """The people whose look-ups were written. What could not be written is kept for the next time."""
        # One at a time, so that an older look-up never replaces a newer one.
        async with self._writing:
            looked_up, self._looked_up = self._looked_up, {}
            if looked_up:
                try:
                    await repository.note_customers(self._database, self._environment, looked_up)
                except BaseException:
                    newest = sorted((looked_up | self._looked_up).items(), key=lambda item: item[1])
                    self._looked_up = dict(newest[-_MOST_KEPT:])
                    raise
            return {person for person, _ in looked_up}

    async def _redraw(self) -> None:
        """What changes meanwhile is drawn in one more round."""
        try:
            while self._due or self._everyone_due:
                due, everyone = self._due, self._everyone_due
                self._due, self._everyone_due = set(), False
                for actor in await repository.opened(self._database, self._now()):
                    if everyone or actor.user in due:
                        await self._publish_quietly(actor)
        except Exception as error:  # noqa: BLE001 - the tab is drawn when it is opened the next time
            log.warning("home tabs not redrawn", error=type(error).__name__)
        finally:
            self._redrawing = False

    async def _publish_quietly(self, actor: Actor) -> None:
        try:
            if await self._sources.people.standing(actor) is Standing.MEMBER:
                await self._publish(actor)
        except Exception as error:  # noqa: BLE001 - the others' tabs are still drawn
            log.warning("home tab not redrawn", error=type(error).__name__, user=actor.user)

    async def _publish(self, actor: Actor) -> None:
        # One at a time for each person, so that what was read earlier never covers what was read later.
        async with self._publishing.of(actor.user):
            view = card.home(await self._facts(actor), [*registry.help_lines(), *links.help_lines()])
            await self._slack.views_publish(user_id=actor.user, view=view)

    async def _facts(self, actor: Actor) -> HomeFacts:
        sources = self._sources
        powers, deciding, requests, lists, recent, digests = await asyncio.gather(
            sources.permission.powers(actor, [kind.policy for kind in registry.KINDS]),
            sources.changes.waiting_for(actor, limit=_MOST_WAITING),
            sources.changes.requested_by(actor.user, limit=card.MOST_REQUESTS),
            self._lists(actor),
            repository.recent(self._database, actor.user, self._environment),
            self._digests_of(actor),
        )
        deciding_lists, requested_lists = lists
        listed = deciding[: card.MOST_DECIDING]
        customers = {record.customer_id for record in (*listed, *requests)} | {*recent[: card.MOST_RECENT]}
        names, cards, of_lists, features = await asyncio.gather(
            self._names(customers),
            self._cards(listed, sources.changes.approval_card),
            self._cards(deciding_lists, sources.batches.approval_card),
            sources.changes.names.plans_and_features(),
        )
        return HomeFacts(
            powers=powers,
            organization=sources.organization(),
            deciding=deciding,
            requests=requests,
            deciding_lists=deciding_lists,
            requested_lists=requested_lists,
            features=features,
            recent=recent,
            digests=digests,
            names=names,
            cards={**cards, **of_lists},
        )

    async def _lists(self, actor: Actor) -> tuple[Sequence[BatchRecord], Sequence[BatchRecord]]:
        """Bulk changes that wait for this person's decision, and those they requested."""
        source = self._sources.batches
        deciding = await source.waiting_for(actor, limit=card.MOST_LISTS)
        return deciding, await source.requested_by(actor.user, limit=card.MOST_LISTS)

    async def _digests_of(self, actor: Actor) -> Sequence[Digest] | None:
        """Of the channels this person is in, and their own; the others are none of their business."""
        digests = await self._sources.digests.all()
        if not digests:
            return ()
        channels = await self._sources.channels.of_person(actor.user)
        if channels is None:
            return None
        return [digest for digest in digests if digest.channel in channels or digest.concerns(actor.user)]

    async def _names(self, customers: set[str]) -> Mapping[str, KnownNames]:
        about = self._sources.changes.names.about
        names = await asyncio.gather(*(about(customer, coupons=False) for customer in sorted(customers)))
        return dict(zip(sorted(customers), names, strict=True))

    async def _cards(
        self,
        records: Sequence[Record] | Sequence[BatchRecord],
        card_of: Callable[[str], Awaitable[PostedCard | None]],
    ) -> Mapping[str, str]:
        """Where their cards are in the approvals channel."""
        permalinks = {}
        for record in records:
            if place := await card_of(record.id):
                permalinks[record.id] = self._sources.people.permalink(place.channel, place.ts)
        return permalinks


def _warn_of_customers(error: Exception) -> None:
    log.warning("customers not noted", error=type(error).__name__)
