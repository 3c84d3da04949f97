"""Shows bulk changes in Slack: their cards as they go on, the outcome, and the lists as files beside them."""

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from datetime import datetime

from slack_sdk.errors import SlackApiError

from bot.access.direct_messages import DirectMessages
from bot.access.people import Actor, People
from bot.access.post_targets import PersonProblem, is_person
from bot.approvals.approvals_channel import ApprovalsChannel
from bot.approvals.card import Audience
from bot.approvals.lifecycle import CardKind
from bot.approvals.names import CustomerNames
from bot.approvals.results import Result
from bot.batches import card as batch_cards
from bot.batches import cards, csv_file, notices, repository, words
from bot.batches.cards import BatchCard
from bot.batches.model import BatchLineRecord, BatchRecord, BatchState
from bot.batches.notices import ATTEMPT, BatchNotice
from bot.kit import text
from bot.kit.card import Card
from bot.kit.csv_table import csv_format
from bot.log import log
from bot.runtime import Runtime
from bot.slack import files, marked_posts, messages
from bot.slack.client import SlackClients
from bot.slack.errors import MESSAGE_GONE, SLACK_READ_ERRORS, PostStatus, slack_reason
from bot.slack.marked_posts import Mark
from bot.turns import Turns

EVENT = "maple_bulk_change"
_AUDIENCE = {CardKind.APPROVAL: Audience.APPROVER, CardKind.ASKER: Audience.ASKER}
_APPLIED = (BatchState.DONE, BatchState.STOPPED)
_ENDED = (*_APPLIED, BatchState.DENIED, BatchState.WITHDRAWN, BatchState.EXPIRED)


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
        self._turns = Turns[str]()

    async def __call__(self, batch_id: str, revision: int) -> None:
        """Raises Slack's errors or TimeoutError if something could not be shown: it is shown later."""
        async with self._turns.of(batch_id), asyncio.timeout(self._within):
            record = await repository.get(self._database, batch_id)
            if record is None or record.revision < revision:
                return
            lines = await repository.lines(self._database, batch_id)
            shown = await cards.cards_of(self._database, batch_id)
            outdated = [card for card in shown if card.shown < record.revision]
            telling = [self._draw(card, record, lines) for card in outdated]
            if record.undo_of and _moves_original(record, outdated):
                telling.append(self.redraw_all(record.undo_of))
            # Claimed before a card shows the outcome: from then on it is told, or told later.
            if (notice := await notices.claim(self._database, record, self._now())) is not None:
                telling.append(self._tell(notice, record, lines))
            for problem in await asyncio.gather(*telling, return_exceptions=True):
                if problem is not None:
                    raise problem

    async def redraw_all(self, batch_id: str) -> None:
        """Redraws what is posted, though it is up to date: *Undo all…* depends on another bulk change."""
        for card in await cards.cards_of(self._database, batch_id):
            if card.ts:
                await self.redraw(batch_id, card.ts)

    async def redraw(self, batch_id: str, ts: str) -> None:
        """Redraws one card, even if it is up to date."""
        record = await repository.get(self._database, batch_id)
        if record is None:
            return
        lines = await repository.lines(self._database, batch_id)
        for card in await cards.cards_of(self._database, batch_id):
            if card.ts == ts:
                await self._draw(card, record, lines)

    async def send_csv(self, batch: BatchRecord, lines: Sequence[BatchLineRecord], user: str) -> None:
        """The whole list, to one person's direct messages."""
        await self._share(batch, lines, await self._direct_messages.channel(user), user)

    # Cards

    async def _draw(self, card: BatchCard, record: BatchRecord, lines: Sequence[BatchLineRecord]) -> None:
        refusal = None
        if card.kind is CardKind.APPROVAL:
            refusal = await self._channel.refusal(card.channel)
        elif await self._direct_messages.problem(record.asker) is not None:
            return
        if refusal is Result.CHANNEL_SHARED and card.ts:
            await self._update(card, record, batch_cards.withheld_card(record, now=self._now()))
        elif refusal is Result.CHANNEL_UNCHECKED or (refusal and not card.ts):
            return
        else:
            drawn = batch_cards.batch_card(
                record,
                lines,
                audience=_AUDIENCE[card.kind],
                now=self._now(),
                names=await self._names.plans_and_features(),
                requester=text.mrkdwn(await self._people.name(Actor(record.asker, record.asker_team))),
            )
            await (self._update(card, record, drawn) if card.ts else self._post(card, record, lines, drawn))

    async def _post(
        self, card: BatchCard, record: BatchRecord, lines: Sequence[BatchLineRecord], drawn: Card
    ) -> None:
        if not await cards.claim_post(self._database, card.id, now=self._now()):
            return
        channel = await self._address(card)
        try:
            ts = await messages.post(self._slack, channel, drawn.text, drawn.plain)
        except SlackApiError:
            await cards.release_post(self._database, card.id)
            raise
        await cards.mark_shown(self._database, card.id, revision=record.revision, ts=ts)
        if card.kind is CardKind.APPROVAL:
            await self._share_if_taken(record, lines, channel, ts)

    async def _update(self, card: BatchCard, record: BatchRecord, drawn: Card) -> None:
        try:
            await messages.update(self._slack, await self._address(card), card.ts, drawn.text, drawn.plain)
        except SlackApiError as error:
            if slack_reason(error) not in MESSAGE_GONE:
                raise
            await cards.mark_gone(self._database, card.id)
            return
        await cards.mark_shown(self._database, card.id, revision=record.revision)

    # The outcome

    async def _tell(self, notice: BatchNotice, record: BatchRecord, lines: Sequence[BatchLineRecord]) -> None:
        problem = await self._direct_messages.problem(record.asker)
        if problem is PersonProblem.NOT_MEMBER:
            await notices.finish(self._database, notice)
            await self._share_below_cards(record, lines)
        if problem is not None:
            return
        dm = await self._direct_messages.channel(record.asker)
        mark = Mark(EVENT, {"notice": f"{notice.batch_id}:{notice.kind}"})
        if notice.sent_at and await self._told_before(notice, dm, mark, notice.sent_at):
            return
        drawn = batch_cards.outcome_card(record, lines, now=self._now())
        began = self._now()
        await notices.attempt(self._database, notice, began=began)
        posted = await marked_posts.send(self._slack_once, dm, mark, drawn.text, drawn.plain)
        if posted.answer is PostStatus.TAKEN:
            await notices.finish(self._database, notice)
            await self._share_results(record, lines, dm)
            return
        log.warning("outcome not posted", error=posted.reason, reference=record.id)
        doubtful = posted.answer is PostStatus.DOUBT
        await notices.attempt(self._database, notice, began=began if doubtful else None)

    async def _told_before(self, notice: BatchNotice, dm: str, mark: Mark, sent_at: datetime) -> bool:
        """Looks for what an earlier attempt may have posted. Raises TimeoutError if Slack does not say."""
        earlier = await marked_posts.find(self._slack_once, dm, mark, sent_at=sent_at, within=ATTEMPT)
        if earlier.answer is not PostStatus.TAKEN:
            raise TimeoutError
        if earlier.ts:
            await notices.finish(self._database, notice)
        return bool(earlier.ts)

    # Files

    async def _share_results(self, record: BatchRecord, lines: Sequence[BatchLineRecord], dm: str) -> None:
        """To whoever requested it, and below the card in the approvals channel. Not retried: the cards have a
        button for it."""
        if record.state in _APPLIED:
            await self._share_if_taken(record, lines, dm, "")
        await self._share_below_cards(record, lines)

    async def _share_below_cards(self, record: BatchRecord, lines: Sequence[BatchLineRecord]) -> None:
        """In the approvals channel."""
        if record.state not in _APPLIED:
            return
        for card in await cards.cards_of(self._database, record.id):
            fit = card.kind is CardKind.APPROVAL and await self._channel.refusal(card.channel) is None
            if fit and card.ts:
                await self._share_if_taken(record, lines, card.channel, card.ts)

    async def _share_if_taken(
        self, record: BatchRecord, lines: Sequence[BatchLineRecord], channel: str, thread_ts: str
    ) -> None:
        with contextlib.suppress(*SLACK_READ_ERRORS):
            await self._share(record, lines, channel, record.asker, thread_ts=thread_ts)

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
        with tempfile.TemporaryFile() as file:
            file.write(csv_file.results(lines, chosen, await self._names.plans_and_features()).encode())
            uploaded = await files.upload(self._slack, file, name)
        comment = words.csv_comment(len(lines), ended=record.state in _APPLIED)
        await files.share(self._slack_once, channel, uploaded, name, comment, thread_ts=thread_ts)

    # Helpers

    async def _address(self, card: BatchCard) -> str:
        """A person's own card is in their direct messages."""
        if is_person(card.channel):
            return await self._direct_messages.channel(card.channel)
        return card.channel


def _moves_original(undo: BatchRecord, outdated: Sequence[BatchCard]) -> bool:
    """Whether it has just been requested, or ended."""
    return any(not card.shown for card in outdated) or (bool(outdated) and undo.state in _ENDED)
