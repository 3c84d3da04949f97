"""Shows changes in Slack: keeps every card up to date, and tells the person who asked of each step."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from weakref import WeakValueDictionary

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.approvals import card as approvals_card
from bot.approvals import cards, notices, repository
from bot.approvals.approvals_channel import ApprovalsChannel
from bot.approvals.card import Audience
from bot.approvals.cards import PostedCard
from bot.approvals.lifecycle import CardKind, ChangeEvent, Record
from bot.approvals.names import CustomerNames
from bot.approvals.results import Result
from bot.kit.card import Card as Drawn
from bot.slack import messages
from bot.slack.errors import MESSAGE_GONE, SLACK_ERRORS, slack_reason
from bot.store.database import Database

_AUDIENCE = {CardKind.APPROVAL: Audience.APPROVER, CardKind.ASKER: Audience.ASKER}


class ChangeNotifier:
    """`within`: seconds that showing one step may take. Shorter than cards.POSTING, so that nobody else
    starts to post a card that is still being posted."""

    def __init__(
        self,
        slack: AsyncWebClient,
        database: Database,
        names: CustomerNames,
        *,
        channel: ApprovalsChannel,
        now: Callable[[], datetime],
        within: float,
    ) -> None:
        self._slack = slack
        self._database = database
        self._names = names
        self._approvals_channel = channel
        self._now = now
        self._within = within
        self._dms: dict[str, str] = {}
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, record: Record, event: ChangeEvent) -> None:
        """Raises what Slack's client does, or TimeoutError, when something could not be shown: the sweeper
        tries again."""
        async with asyncio.timeout(self._within):
            await self._step(record, event)

    async def _step(self, record: Record, event: ChangeEvent) -> None:
        showing = [self._show(card) for card in await cards.cards_of(self._database, record.id)]
        if record.undo_of:
            # The original's Undo button depends on this undo, so redraw it though its revision is unchanged.
            undone = await cards.cards_of(self._database, record.undo_of)
            showing += [self._show(card, anew=True) for card in undone]
        shown = await asyncio.gather(*showing, return_exceptions=True)
        await self._note(record, event)
        for problem in shown:
            if problem is not None:
                raise problem

    async def adopt(self, change_id: str, channel: str, ts: str) -> None:
        """Takes in a card that was clicked and is not known: one posted just as the bot was cut off."""
        known = await self._posted(change_id)
        if not known or any(card.ts == ts for card in known):
            return
        kind = CardKind.APPROVAL if channel == self._approvals_channel.id else CardKind.ASKER
        if not await cards.adopt(self._database, change_id, kind, channel, ts, shown=0, now=self._now()):
            return
        await asyncio.gather(
            *(self._show(card) for card in await cards.cards_of(self._database, change_id) if card.ts == ts)
        )

    async def redraw(self, change_id: str, ts: str) -> None:
        """One card, as it is to be now, though it shows the last step."""
        known = await self._posted(change_id)
        await asyncio.gather(*(self._show(card, anew=True) for card in known if card.ts == ts))

    async def _posted(self, change_id: str) -> list[PostedCard]:
        """The cards of a change, once those that are being posted here are: people click faster than it is
        noted which message is which card."""
        for card in await cards.cards_of(self._database, change_id):
            if not card.ts:
                async with self._turn(card):
                    pass
        return await cards.cards_of(self._database, change_id)

    def _turn(self, card: PostedCard) -> asyncio.Lock:
        return self._turns.setdefault(card.id, asyncio.Lock())

    # Cards

    async def _show(self, card: PostedCard, *, anew: bool = False) -> None:
        """Redraws it until it shows the last step: redraws that run at once may arrive in another order.

        `anew`: even if it shows the last step already.
        """
        async with self._turn(card):
            shown = 0
            while (current := await self._current(card)) is not None:
                card, record = current
                if record.revision <= (shown or card.shown) and not anew:
                    return
                anew = False
                shown = record.revision
                if not await self._draw(card, record):
                    return

    async def _current(self, card: PostedCard) -> tuple[PostedCard, Record] | None:
        """None when it is gone."""
        for known in await cards.cards_of(self._database, card.change_id):
            if known.id == card.id:
                return known, await repository.get(self._database, card.change_id)
        return None

    async def _draw(self, card: PostedCard, record: Record) -> bool:
        """False when there is nothing more to be done about it."""
        refusal = None
        if card.kind is CardKind.APPROVAL:
            refusal = await self._approvals_channel.refusal(card.channel)
        if refusal is Result.CHANNEL_SHARED and card.ts:
            return await self._update(card, record, approvals_card.withheld_card(record, now=self._now()))
        if refusal is Result.CHANNEL_UNCHECKED or (refusal and not card.ts):
            # The sweeper comes back to it.
            return False
        names = await self._names.of(record)
        drawn = approvals_card.change_card(
            record, audience=_AUDIENCE[card.kind], now=self._now(), name=names.customer, called=names.called
        )
        return await (self._update if card.ts else self._post)(card, record, drawn)

    async def _post(self, card: PostedCard, record: Record, drawn: Drawn) -> bool:
        if not await cards.claim_post(self._database, card.id, now=self._now()):
            return False
        try:
            ts = await messages.post(self._slack, await self._channel(card), drawn.text, drawn.plain)
        except SlackApiError:
            await cards.release_post(self._database, card.id)
            raise
        await cards.mark_shown(self._database, card, revision=record.revision, now=self._now(), ts=ts)
        return True

    async def _update(self, card: PostedCard, record: Record, drawn: Drawn) -> bool:
        try:
            await messages.update(self._slack, await self._channel(card), card.ts, drawn.text, drawn.plain)
        except SlackApiError as error:
            if slack_reason(error) not in MESSAGE_GONE:
                raise
            await cards.mark_gone(self._database, card.id)
            return False
        await cards.mark_shown(self._database, card, revision=record.revision, now=self._now())
        return True

    async def _channel(self, card: PostedCard) -> str:
        """A person's own card is in the direct messages with them."""
        if not card.channel.startswith(("U", "W")):
            return card.channel
        if card.channel not in self._dms:
            self._dms[card.channel] = await messages.open_dm(self._slack, card.channel)
        return self._dms[card.channel]

    # Steps

    async def _note(self, record: Record, event: ChangeEvent) -> None:
        """To the asker, in the channel they asked in; else below their own card. Not tried again when it
        fails, as the card shows it too."""
        names = await self._names.of(record)
        note = notices.notice(record, event, called=names.called)
        if note is None:
            return
        with contextlib.suppress(*SLACK_ERRORS):
            if record.channel.startswith(("C", "G")) and await self._aside(record, note):
                return
            await self._under(record, note)

    async def _aside(self, record: Record, note: Drawn) -> bool:
        """False when Maple or the asker is not in that channel (any more)."""
        try:
            await messages.post_ephemeral(self._slack, record.channel, record.asker, note.text, note.plain)
        except SlackApiError:
            return False
        return True

    async def _under(self, record: Record, note: Drawn) -> None:
        """In the thread of the asker's own card, as long as that is there."""
        known = await cards.cards_of(self._database, record.id)
        own = [card for card in known if card.kind is CardKind.ASKER and card.ts]
        if not own:
            return
        channel = await self._channel(own[0])
        await messages.post(self._slack, channel, note.text, note.plain, thread_ts=own[0].ts)
