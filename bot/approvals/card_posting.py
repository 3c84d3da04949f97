"""Where the cards of changes, and of lists of them, may be shown, and how each is posted once and redrawn."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.post_targets import DirectMessages, is_person
from bot.approvals.card import Audience
from bot.approvals.cards import CardTable
from bot.approvals.lifecycle import CardKind, PostedCard
from bot.approvals.results import Result
from bot.kit.card import Card
from bot.runtime import Runtime
from bot.slack import messages
from bot.slack.channels import Channel, ChannelProblem
from bot.slack.errors import MESSAGE_GONE, slack_reason

AUDIENCE = {CardKind.APPROVAL: Audience.APPROVER, CardKind.REQUESTER: Audience.REQUESTER}


class ApprovalsChannel:
    """`id`: empty if there is none; then only changes that need no approval can be requested. `read_channel`
    asks Slack about a channel on every call, and never raises."""

    def __init__(self, channel_id: str, read_channel: Callable[[str], Awaitable[Channel]]) -> None:
        self.id = channel_id
        self._read_channel = read_channel

    async def refusal(self, channel_id: str) -> Result | None:
        """Why customer data may not be shown in this channel; None if it may."""
        problem = (await self._read_channel(channel_id)).problem
        match problem:
            case None:
                return None
            case ChannelProblem.SHARED:
                return Result.CHANNEL_SHARED
            case ChannelProblem.UNCHECKED:
                return Result.CHANNEL_UNCHECKED
            case ChannelProblem.DIRECT | ChannelProblem.OUT | ChannelProblem.ARCHIVED:
                return Result.CHANNEL_OUT
            case _:
                assert_never(problem)

    async def own_refusal(self) -> Result | None:
        """Why nothing can be approved in the approvals channel; None if it can."""
        return await self.refusal(self.id) if self.id else Result.NO_CHANNEL


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a card shows. Drawn only when it may be shown."""

    requester: str
    draw: Callable[[], Awaitable[Card]]
    withheld: Callable[[], Card]
    """Instead, in a channel that is now shared with another company."""


@dataclass(frozen=True, slots=True)
class Redrawn:
    ts: str = ""
    """Of the message, if it was just posted."""
    gone: bool = False
    """Whether the card can never be shown again."""


class CardPosting:
    def __init__(
        self,
        runtime: Runtime,
        slack: AsyncWebClient,
        table: CardTable,
        *,
        channel: ApprovalsChannel,
        direct_messages: DirectMessages,
    ) -> None:
        self._database = runtime.database
        self._now = runtime.now
        self._slack = slack
        self._table = table
        self._approvals_channel = channel
        self._direct_messages = direct_messages

    async def show(self, card: PostedCard, drawing: Drawing) -> Redrawn | None:
        """Posts or redraws the card; None if it may not be shown now, or another process posts it. Raises
        Slack's errors: the code that keeps cards up to date tries again."""
        refusal = None
        if card.kind is CardKind.APPROVAL:
            refusal = await self._approvals_channel.refusal(card.channel)
        elif await self._direct_messages.problem(drawing.requester) is not None:
            return None
        if refusal is Result.CHANNEL_SHARED and card.ts:
            return await self._update(card, drawing.withheld())
        if refusal is Result.CHANNEL_UNCHECKED or (refusal and not card.ts):
            return None
        return await (self._update if card.ts else self._post)(card, await drawing.draw())

    async def address(self, card: PostedCard) -> str:
        """A person's own card is in their direct messages."""
        if is_person(card.channel):
            return await self._direct_messages.channel(card.channel)
        return card.channel

    async def _post(self, card: PostedCard, drawn: Card) -> Redrawn | None:
        if not await self._table.claim_post(self._database, card.id, now=self._now()):
            return None
        try:
            ts = await messages.post(self._slack, await self.address(card), drawn.text, drawn.plain)
        except SlackApiError:
            await self._table.release_post(self._database, card.id)
            raise
        return Redrawn(ts=ts)

    async def _update(self, card: PostedCard, drawn: Card) -> Redrawn:
        try:
            await messages.update(self._slack, await self.address(card), card.ts, drawn.text, drawn.plain)
        except SlackApiError as error:
            if slack_reason(error) not in MESSAGE_GONE:
                raise
            await self._table.mark_gone(self._database, card.id)
            return Redrawn(gone=True)
        return Redrawn()
