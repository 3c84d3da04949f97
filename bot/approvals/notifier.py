"""Shows changes in Slack: keeps every card up to date, and has its notices posted."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from cachetools import LRUCache

from bot.access.post_targets import DirectMessages
from bot.approvals import card as approvals_card
from bot.approvals import cards, change_records, message_cards
from bot.approvals.card import Audience, CustomerBackground
from bot.approvals.card_posting import AUDIENCE, ApprovalsChannel, CardPosting, Drawing
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.directory import Backgrounds, Directory
from bot.approvals.lifecycle import CardKind, CardTarget, ChangeEvent, PostedCard, Record, notices_of
from bot.approvals.names import CustomerNames
from bot.approvals.notice_delivery import NoticeDelivery
from bot.background import KeyedLocks
from bot.kit.card import Card
from bot.runtime import Runtime
from bot.slack import messages
from bot.slack.client import SlackClients
from bot.slack.errors import SLACK_ERRORS

_MOST = 1000
"""Changes whose cards are remembered."""


class ChangeNotifier:
    """`within`: seconds that showing one step may take. Less than `cards.POSTING`, so that nobody else starts
    to post a card that is still being posted."""

    def __init__(
        self,
        runtime: Runtime,
        slack: SlackClients,
        names: CustomerNames,
        *,
        channel: ApprovalsChannel,
        directory: Directory,
        direct_messages: DirectMessages,
        within: float,
    ) -> None:
        self._slack = slack.default
        self._database = runtime.database
        self._now = runtime.now
        self._names = names
        self._backgrounds = Backgrounds(runtime.database, directory, runtime.now)
        self._approvals_channel = channel
        self._within = within
        self._direct_messages = direct_messages
        self._posting = CardPosting(
            runtime, slack.default, CHANGE_CARDS, channel=channel, direct_messages=direct_messages
        )
        self._notices = NoticeDelivery(
            runtime,
            slack.once,
            names,
            channel=channel,
            directory=directory,
            direct_messages=direct_messages,
        )
        self._turns = KeyedLocks[int]()
        self._drawn: LRUCache[str, dict[int, PostedCard]] = LRUCache(_MOST)
        """By change and id: the cards as they were last drawn here."""

    async def __call__(self, record: Record, event: ChangeEvent) -> None:
        """Raises Slack's errors or TimeoutError if something could not be shown: the sweeper retries."""
        async with asyncio.timeout(self._within):
            await self._step(record, event)

    async def _step(self, record: Record, event: ChangeEvent) -> None:
        cards = record.cards
        if cards is None:
            cards = tuple(await CHANGE_CARDS.of(self._database, record.id))
        showing = [self._show(card, record) for card in cards]
        if event is ChangeEvent.REDRAW or notices_of(record, event):
            showing.append(self._notices.deliver(record))
        problems = await asyncio.gather(*showing, return_exceptions=True)
        if record.undo_of:
            # The original's button and its link to this undo depend on it: redraw it, though its revision is
            # unchanged.
            undone = await CHANGE_CARDS.of(self._database, record.undo_of)
            problems += await asyncio.gather(*map(self._show, undone), return_exceptions=True)
        if event is ChangeEvent.UNDONE:
            await self._announce_undo(record)
        for problem in problems:
            if problem is not None:
                raise problem

    async def adopt(self, change_id: str, channel: str, ts: str, user: str) -> None:
        """Takes in a card that `user` clicked and that is not known: posted just before the bot crashed. Only
        where the change has a card: a question in someone's direct messages has the same buttons."""
        if any(card.ts == ts for card in self._drawn.get(change_id, {}).values()):
            return
        cards = await self._posted(change_id)
        if not cards or any(card.ts == ts for card in cards):
            return
        kind = self._kind_in(channel, user, cards)
        if kind is None:
            return
        target = CardTarget(kind, channel)
        await CHANGE_CARDS.adopt(self._database, change_id, target, ts, now=self._now())
        await self.redraw(change_id, ts)

    def _kind_in(self, channel: str, user: str, cards: Sequence[PostedCard]) -> CardKind | None:
        """Which card this person can have clicked in this channel; None if the change has none there."""
        if channel == self._approvals_channel.id:
            return CardKind.APPROVAL
        # Only the person themselves can click in their direct messages.
        here = {channel, user} if channel.startswith("D") else {channel}
        own = any(card.kind is CardKind.REQUESTER and card.channel in here for card in cards)
        return CardKind.REQUESTER if own else None

    async def redraw(self, change_id: str, ts: str) -> None:
        """Redraws one card, even if it is up to date."""
        cards = await self._posted(change_id)
        await asyncio.gather(*(self._show(card) for card in cards if card.ts == ts))

    async def _posted(self, change_id: str) -> list[PostedCard]:
        """The cards of a change, after waiting for those being posted here: people may click before Maple has
        stored which message is which card."""
        cards = await CHANGE_CARDS.of(self._database, change_id)
        unposted = [card for card in cards if not card.ts]
        for unposted_card in unposted:
            async with self._turn(unposted_card):
                pass
        return await CHANGE_CARDS.of(self._database, change_id) if unposted else cards

    def _turn(self, card: PostedCard) -> asyncio.Lock:
        return self._turns.of(card.id)

    # Cards

    async def _show(self, card: PostedCard, record: Record | None = None) -> None:
        """Redraws it until it shows the last step, as concurrent redraws may arrive in any order.

        `record`: the change as the caller knows it. Without one it is read when the card's turn comes, and
        the card is drawn even if it already shows the last step.
        """
        async with self._turn(card):
            drawn = self._drawn.get(card.about, {}).get(card.id, card)
            card, anew = max(drawn, card, key=lambda version: version.shown), record is None
            while not card.gone:
                if record is None or record.revision < card.revision:
                    record = await change_records.get(self._database, card.about)
                if record.revision <= card.shown and not anew:
                    return
                anew = False
                redrawn = await self._draw(card, record)
                if redrawn is None:
                    return
                card = self._drawn.setdefault(card.about, {})[card.id] = redrawn

    async def _draw(self, card: PostedCard, record: Record) -> PostedCard | None:
        """The card as it is then; None if it was not drawn."""
        drawing = Drawing(
            record.requester,
            partial(self._card, record, AUDIENCE[card.kind]),
            partial(approvals_card.withheld_card, record, now=self._now()),
        )
        redrawn = await self._posting.show(card, drawing)
        if redrawn is None:
            return None
        if redrawn.gone:
            return replace(card, gone=True)
        return await cards.mark_shown(
            self._database, card, revision=record.revision, now=self._now(), ts=redrawn.ts
        )

    async def _card(self, record: Record, audience: Audience) -> Card:
        names = await self._names.of(record)
        background = CustomerBackground()
        if audience is Audience.APPROVER:
            background = await self._backgrounds.of(record, standing=names.standing)
        return approvals_card.change_card(
            record,
            audience=audience,
            now=self._now(),
            name=names.customer,
            names=names.names,
            background=background,
        )

    # Notices

    async def _announce_undo(self, record: Record) -> None:
        """Tells the requester, below their card, if someone else undid it. Not retried: the card shows it
        too."""
        undo = await change_records.get(self._database, record.undo)
        if (
            undo.requester == record.requester
            or await self._direct_messages.problem(record.requester) is not None
        ):
            return
        names = await self._names.of(record)
        notice = message_cards.undone_notice(record, names=names.names)
        for card in await CHANGE_CARDS.of(self._database, record.id):
            if card.kind is CardKind.REQUESTER and card.ts:
                with contextlib.suppress(*SLACK_ERRORS):
                    channel = await self._posting.address(card)
                    await messages.post(self._slack, channel, notice.text, notice.plain, thread_ts=card.ts)
