"""Posts notices: each at most once, tried for about a day and a half."""

from dataclasses import dataclass, replace
from typing import assert_never

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.post_targets import DirectMessages, PersonProblem
from bot.approvals import change_records, notice_queue
from bot.approvals.card import Audience, change_card
from bot.approvals.card_posting import ApprovalsChannel
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.directory import Backgrounds, Directory
from bot.approvals.lifecycle import CardKind, CardTarget, NoticeKind, Record, State
from bot.approvals.message_cards import outcome_card, reminder_card
from bot.approvals.names import CustomerNames
from bot.approvals.notice_queue import ATTEMPT, CHANGE_NOTICES, Notice, NoticeQueue
from bot.approvals.results import Result
from bot.kit.card import Card
from bot.log import log
from bot.runtime import Runtime
from bot.slack import marked_posts, messages
from bot.slack.errors import PostStatus
from bot.slack.marked_posts import Absent, Found, Mark, Unknown

EVENT = "maple_notice"


@dataclass(frozen=True, slots=True)
class PostedNotice:
    ts: str = ""
    """Of the message; empty if it is not known to be there."""
    posted_earlier: bool = False
    """Whether an earlier attempt had posted it."""


class NoticePoster:
    """Posts what a queue keeps. `slack`: a client that never retries on its own. `event`: of the messages'
    marks."""

    def __init__(self, runtime: Runtime, slack: AsyncWebClient, queue: NoticeQueue, event: str) -> None:
        self._database = runtime.database
        self._now = runtime.now
        self._slack = slack
        self._queue = queue
        self._event = event

    async def post(self, notice: Notice, channel: str, card: Card) -> PostedNotice:
        """One attempt, unless an earlier one reached Slack. Raises nothing of Slack's."""
        mark = self._mark(notice)
        if notice.sent_at is not None:
            earlier = await marked_posts.find(
                self._slack, channel, mark, sent_at=notice.sent_at, within=ATTEMPT
            )
            match earlier:
                case Found(ts):
                    await self.finish(notice)
                    return PostedNotice(ts, posted_earlier=True)
                case Unknown(failure):
                    log.warning("notice not looked for", error=failure.reason, reference=notice.about)
                    return PostedNotice()
                case Absent():
                    pass
                case _:
                    assert_never(earlier)
        await self._queue.attempt(self._database, notice, began=self._now())
        posted = await marked_posts.send(self._slack, channel, mark, card.text, card.plain)
        if posted.status is PostStatus.TAKEN:
            await self.finish(notice)
        else:
            log.warning("notice not posted", error=posted.reason, reference=notice.about)
            if posted.status is not PostStatus.DOUBT:
                await self._queue.attempt(self._database, notice, began=None)
        return PostedNotice(posted.ts)

    async def finish(self, notice: Notice) -> None:
        """For a notice that is posted, or can never be."""
        await self._queue.finish(self._database, notice)

    def _mark(self, notice: Notice) -> Mark:
        version = [str(notice.version)] if notice.version else []
        return Mark(self._event, {"notice": ":".join([notice.about, *version, notice.kind])})


class NoticeDelivery:
    """Delivers the notices about changes. `slack`: a client that never retries on its own."""

    def __init__(
        self,
        runtime: Runtime,
        slack: AsyncWebClient,
        names: CustomerNames,
        *,
        channel: ApprovalsChannel,
        directory: Directory,
        direct_messages: DirectMessages,
    ) -> None:
        self._database = runtime.database
        self._now = runtime.now
        self._slack = slack
        self._poster = NoticePoster(runtime, slack, CHANGE_NOTICES, EVENT)
        self._names = names
        self._approvals_channel = channel
        self._directory = directory
        self._backgrounds = Backgrounds(runtime.database, directory, runtime.now)
        self._direct_messages = direct_messages

    async def deliver(self, change: Record) -> None:
        """Posts the notices of a change that are due. Raises Slack's errors: the sweeper tries again, without
        the link to a payment, which is not stored."""
        for notice in await notice_queue.claim(self._database, change.id, self._now()):
            record = change
            if notice.revision != change.revision:
                # The change has moved on since.
                current = await change_records.get(self._database, change.id)
                record = replace(current, payment_url=change.payment_url)
            kind = NoticeKind(notice.kind)
            match kind:
                case NoticeKind.OUTCOME | NoticeKind.SETTLED:
                    await self._post_outcome(notice, record)
                case NoticeKind.HALF_TIME | NoticeKind.LAST_HOUR:
                    await self._remind(notice, record)
                case NoticeKind.APPLIED_AT_ONCE:
                    await self._post_applied(notice, record)
                case _:
                    assert_never(kind)

    async def _post_outcome(self, notice: Notice, record: Record) -> None:
        problem = await self._direct_messages.problem(record.requester)
        if problem is PersonProblem.NOT_MEMBER:
            await self._poster.finish(notice)
        if problem is not None:
            return
        channel = await self._direct_messages.channel(record.requester)
        names = await self._names.of(record)
        card = outcome_card(record, now=self._now(), name=names.customer, names=names.names)
        await self._poster.post(notice, channel, card)

    async def _post_applied(self, notice: Notice, record: Record) -> None:
        """The card of a change that nobody had to approve, in the approvals channel."""
        refusal = await self._approvals_channel.own_refusal()
        if refusal is Result.CHANNEL_UNCHECKED:
            return
        if refusal is not None or not self._directory.rules.post_applied:
            await self._poster.finish(notice)
            return
        names = await self._names.of(record)
        card = change_card(
            record,
            audience=Audience.APPROVER,
            now=self._now(),
            name=names.customer,
            names=names.names,
            background=await self._backgrounds.of(record, standing=names.standing),
        )
        target = CardTarget(CardKind.APPROVAL, self._approvals_channel.id)
        posted = await self._poster.post(notice, target.channel, card)
        if posted.ts:
            await CHANGE_CARDS.adopt(
                self._database, record.id, target, posted.ts, now=self._now(), revision=record.revision
            )

    async def _remind(self, notice: Notice, record: Record) -> None:
        """In the thread of the card, if the request still waits as it was."""
        await self._poster.finish(notice)
        waits = record.state is State.WAITING and record.version == notice.version
        if not self._directory.rules.remind or not waits:
            return
        for card in await CHANGE_CARDS.of(self._database, record.id):
            if card.kind is not CardKind.APPROVAL or not card.ts:
                continue
            if await self._approvals_channel.refusal(card.channel) is not None:
                continue
            escalate = notice.kind == NoticeKind.LAST_HOUR
            names = await self._names.of(record)
            mentions = await self._directory.mentions(record, escalate=escalate)
            drawn = reminder_card(record, mentions, name=names.customer, names=names.names)
            await messages.post(self._slack, card.channel, drawn.text, drawn.plain, thread_ts=card.ts)
