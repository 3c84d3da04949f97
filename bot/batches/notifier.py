"""Shows bulk changes in Slack: their cards as they progress, the outcome, and the lists as files below
them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias

from bot.access.people import Actor, People
from bot.access.post_targets import DirectMessages, PersonProblem
from bot.approvals.card import Audience
from bot.approvals.card_posting import AUDIENCE, ApprovalsChannel, CardPosting, Drawing
from bot.approvals.lifecycle import CardKind, PostedCard
from bot.approvals.names import CustomerNames
from bot.approvals.notice_delivery import NoticePoster
from bot.approvals.notice_queue import Notice, NoticeQueue
from bot.background import KeyedLocks
from bot.batches import card as batch_cards
from bot.batches import csv_file, repository, words
from bot.batches.model import BatchLineRecord, BatchRecord, BatchState, LineState
from bot.batches.repository import BATCH_CARDS
from bot.kit import text
from bot.kit.card import Card
from bot.kit.csv_table import csv_format
from bot.log import log
from bot.runtime import Runtime
from bot.slack import files
from bot.slack.client import SlackClients
from bot.slack.errors import SLACK_READ_ERRORS
from bot.store.database import Database, unbroken
from bot.store.tables import batch_notices, batches

Notify: TypeAlias = Callable[[str, int], Awaitable[None]]
"""Redraws the cards of the batch with this id, which is at this revision."""


EVENT = "maple_bulk_change"
_APPLIED = (BatchState.DONE, BatchState.STOPPED)
_ENDED = (*_APPLIED, BatchState.DENIED, BatchState.WITHDRAWN, BatchState.EXPIRED)
_WITH_NOTICE = (*_APPLIED, BatchState.DENIED, BatchState.EXPIRED)
_SETTLED = (LineState.APPLIED, LineState.REFUSED, LineState.UNCONFIRMED)
BATCH_NOTICES = NoticeQueue(batch_notices, batches, about="batch_id")
"""Of outcomes."""


class BatchNotifier:
    """`within`: seconds that showing one step may take. Less than `cards.POSTING`, so that nobody else starts
    to post a card that is still being posted."""

    def __init__(
        self,
        runtime: Runtime,
        slack: SlackClients,
        people: People,
        names: CustomerNames,
        *,
        channel: ApprovalsChannel,
        direct_messages: DirectMessages,
        within: float,
    ) -> None:
        self._database = runtime.database
        self._now = runtime.now
        self._names = names
        self._slack = slack.default
        self._slack_once = slack.once
        self._people = people
        self._channel = channel
        self._within = within
        self._direct_messages = direct_messages
        self._posting = CardPosting(
            runtime, slack.default, BATCH_CARDS, channel=channel, direct_messages=direct_messages
        )
        self._outcomes = NoticePoster(runtime, slack.once, BATCH_NOTICES, EVENT)
        self._turns = KeyedLocks[str]()

    async def __call__(self, batch_id: str, revision: int) -> None:
        """Redraws what is outdated. Raises Slack's errors or TimeoutError: it is drawn later."""
        async with self._turns.of(batch_id), asyncio.timeout(self._within):
            record = await repository.get(self._database, batch_id)
            if record is None or record.revision < revision:
                return
            lines = await repository.lines(self._database, batch_id)
            cards = await BATCH_CARDS.of(self._database, batch_id)
            outdated = [card for card in cards if card.shown < record.revision]
            telling = [self._draw(card, record, lines) for card in outdated]
            if record.undo_of and _moves_original(record, outdated):
                telling.append(self.redraw_all(record.undo_of))
            # Claimed before a card shows the outcome: from then on it is told, or told later.
            if (notice := await claim_outcome(self._database, record, self._now())) is not None:
                telling.append(self._tell(notice, record, lines))
            for problem in await asyncio.gather(*telling, return_exceptions=True):
                if problem is not None:
                    raise problem

    async def redraw_all(self, batch_id: str) -> None:
        """Redraws what is posted, even if it is up to date: *Undo all…* depends on another bulk change."""
        for card in await BATCH_CARDS.of(self._database, batch_id):
            if card.ts:
                await self.redraw(batch_id, card.ts)

    async def redraw(self, batch_id: str, ts: str) -> None:
        """Redraws one card, even if it is up to date. In turn: an older drawing must not cover a newer
        one."""
        async with self._turns.of(batch_id), asyncio.timeout(self._within):
            record = await repository.get(self._database, batch_id)
            if record is None:
                return
            lines = await repository.lines(self._database, batch_id)
            for card in await BATCH_CARDS.of(self._database, batch_id):
                if card.ts == ts:
                    await self._draw(card, record, lines)

    async def send_csv(self, batch: BatchRecord, lines: Sequence[BatchLineRecord], user: str) -> None:
        """The whole list, to one person's direct messages."""
        await self._share(batch, lines, await self._direct_messages.channel(user), user)

    # Cards

    async def _draw(self, card: PostedCard, record: BatchRecord, lines: Sequence[BatchLineRecord]) -> None:
        drawing = Drawing(
            record.requester,
            partial(self._card, record, lines, AUDIENCE[card.kind]),
            partial(batch_cards.withheld_card, record, now=self._now()),
        )
        redrawn = await self._posting.show(card, drawing)
        if redrawn is None or redrawn.gone:
            return
        await BATCH_CARDS.mark_shown(self._database, card.id, revision=record.revision, ts=redrawn.ts)
        if redrawn.ts and card.kind is CardKind.APPROVAL:
            await self._share_if_taken(record, lines, card.channel, redrawn.ts)

    async def _card(self, record: BatchRecord, lines: Sequence[BatchLineRecord], audience: Audience) -> Card:
        return batch_cards.batch_card(
            record,
            lines,
            audience=audience,
            now=self._now(),
            names=await self._names.for_kinds(line.input.kind for line in lines),
            requester=text.mrkdwn(await self._people.name(Actor(record.requester, record.requester_team))),
        )

    # The outcome

    async def _tell(self, notice: Notice, record: BatchRecord, lines: Sequence[BatchLineRecord]) -> None:
        problem = await self._direct_messages.problem(record.requester)
        if problem is PersonProblem.NOT_MEMBER:
            await self._outcomes.finish(notice)
            await self._share_below_cards(record, lines)
        if problem is not None:
            return
        dm = await self._direct_messages.channel(record.requester)
        posted = await self._outcomes.post(
            notice, dm, batch_cards.outcome_card(record, lines, now=self._now())
        )
        if posted.ts and not posted.posted_earlier:
            await self._share_results(record, lines, dm)

    # Files

    async def _share_results(self, record: BatchRecord, lines: Sequence[BatchLineRecord], dm: str) -> None:
        """Shares them with the requester, and below the card in the approvals channel. Not retried: the cards
        have a button for it."""
        if record.state in _APPLIED:
            await self._share_if_taken(record, lines, dm, "")
        await self._share_below_cards(record, lines)

    async def _share_below_cards(self, record: BatchRecord, lines: Sequence[BatchLineRecord]) -> None:
        """In the approvals channel."""
        if record.state not in _APPLIED:
            return
        for card in await BATCH_CARDS.of(self._database, record.id):
            fit = card.kind is CardKind.APPROVAL and await self._channel.refusal(card.channel) is None
            if fit and card.ts:
                await self._share_if_taken(record, lines, card.channel, card.ts)

    async def _share_if_taken(
        self, record: BatchRecord, lines: Sequence[BatchLineRecord], channel: str, thread_ts: str
    ) -> None:
        with contextlib.suppress(*SLACK_READ_ERRORS):
            await self._share(record, lines, channel, record.requester, thread_ts=thread_ts)

    async def _share(
        self,
        record: BatchRecord,
        lines: Sequence[BatchLineRecord],
        channel: str,
        reader: str,
        *,
        thread_ts: str = "",
    ) -> None:
        """In the format of the reader's locale."""
        chosen = csv_format(await self._people.locale(Actor(reader)))
        name = csv_file.results_name(record.id)
        names = await self._names.for_kinds(line.input.kind for line in lines)
        uploaded = await files.upload_text(self._slack, csv_file.results(lines, chosen, names), name)
        comment = words.csv_comment(len(lines), ended=record.state in _APPLIED)
        await files.share(self._slack_once, channel, uploaded, name, comment, thread_ts=thread_ts)


def _moves_original(undo: BatchRecord, outdated: Sequence[PostedCard]) -> bool:
    """Whether the undo has just been requested, or has ended: then the original's card changes too."""
    return any(not card.shown for card in outdated) or (bool(outdated) and undo.state in _ENDED)


def outcome_kind(record: BatchRecord) -> str:
    """The kind of its notice; empty if it needs none. A batch can be stopped several times, each time further
    on."""
    if record.state not in _WITH_NOTICE:
        return ""
    if record.state is not BatchState.STOPPED:
        return record.state
    return f"stopped:{record.progress.of(*_SETTLED)}"


@unbroken
async def claim_outcome(database: Database, record: BatchRecord, now: datetime) -> Notice | None:
    """The notice of its outcome, to be posted; None if it needs none, it is posted, or another process posts
    it."""
    if not (kind := outcome_kind(record)):
        return None
    async with database.writing() as connection:
        await BATCH_NOTICES.add(connection, record.id, kind, now)
        claimed = await BATCH_NOTICES.claim(connection, record.id, now, kind=kind)
    return claimed[0] if claimed else None


class Redraws:
    """Announces batches as they change, so that their cards are redrawn. `every`: seconds between redraws of
    one batch."""

    def __init__(self, database: Database, notify: Notify, *, every: float) -> None:
        self._database = database
        self._notify = notify
        self._every = every
        self._due: set[str] = set()
        self._drawing: dict[str, asyncio.Task[None]] = {}

    def changed(self, batch_id: str) -> None:
        """The batch changed: its cards are redrawn soon, and again after the last change."""
        self._due.add(batch_id)
        if batch_id not in self._drawing:
            drawing = asyncio.create_task(self._draw(batch_id))
            self._drawing[batch_id] = drawing
            drawing.add_done_callback(lambda _: self._drawing.pop(batch_id, None))

    async def now(self, batch_id: str) -> None:
        """Draws it, without waiting. Never raises: the ticker draws later what could not be drawn."""
        self._due.discard(batch_id)
        try:
            await self._notify(batch_id, await repository.revision(self._database, batch_id))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in Slack must not stop the batch
            log.warning("batch not shown", error=type(error).__name__, reference=batch_id)

    async def aclose(self) -> None:
        for drawing in self._drawing.values():
            drawing.cancel()
        await asyncio.gather(*self._drawing.values(), return_exceptions=True)

    async def _draw(self, batch_id: str) -> None:
        while batch_id in self._due:
            await self.now(batch_id)
            await asyncio.sleep(self._every)
