"""What a card says besides the change: the people it is about and for, and what helps them to decide."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.access import words
from bot.access.groups import Groups
from bot.access.people import Actor, People
from bot.access.policy import Policy, Verb, who_may
from bot.access.rules import Power
from bot.access.who_may import WhoMay
from bot.approvals import change_records, policy_requests
from bot.approvals.card import EARLIER_DAYS, CustomerBackground
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.lifecycle import Record, State
from bot.kit import text
from bot.store.database import Database
from bot.store.tables import changes

_MOST = 100


class Directory:
    """Never raises: what Slack does not say is left out."""

    def __init__(self, people: People, groups: Groups, policy: Policy, who_may: WhoMay) -> None:
        self._people = people
        self._groups = groups
        self._policy = policy
        self._who_may = who_may
        self.rules = policy.approvals

    def permalink(self, channel: str, ts: str) -> str:
        """The address of a message; empty while the workspace's address is not known."""
        return self._people.permalink(channel, ts)

    async def requester(self, record: Record) -> str:
        """Their name, in mrkdwn: a mention would notify them of their own request."""
        return await self.name(Actor(record.requester, record.requester_team))

    async def name(self, actor: Actor) -> str:
        """In mrkdwn."""
        return text.mrkdwn(await self._people.name(actor), 80)

    async def mentions(self, record: Record, *, escalate: bool = False) -> str:
        """Mentions of those whom the policy names for requests that wait; without the requester."""
        return await self.mentions_for(record.requester, escalate=escalate)

    async def mentions_for(self, requester: str, *, escalate: bool = False) -> str:
        named: Sequence[str] = [*self.rules.mention, *(self.rules.escalate_to if escalate else ())]
        mentioned = [name for name in dict.fromkeys(named) if name != requester]
        return " ".join(await self._groups.mentions(mentioned))

    async def may_approve(self, record: Record) -> str:
        """In mrkdwn, and without mentions, which would notify."""
        request = policy_requests.request_for_record(Verb.APPROVE, record, Actor(""))
        who = who_may(self._policy, Power.APPROVE, request)
        if who.everyone:
            return words.EVERY_MEMBER
        return await self._who_may.named(who, [record.requester]) or words.NOBODY


class Backgrounds:
    """What approvers need to know besides the change itself."""

    def __init__(self, database: Database, directory: Directory, now: Callable[[], datetime]) -> None:
        self._database = database
        self._directory = directory
        self._now = now

    async def of(self, record: Record, *, standing: str) -> CustomerBackground:
        """`standing`: the customer's, in mrkdwn. What helps to decide is read only while it waits."""
        requester = await self._directory.requester(record)
        background = CustomerBackground(
            requester,
            standing,
            undone_card=await self._card_of(record.undo_of),
            undo_card=await self._card_of(record.undo),
        )
        if record.state is not State.WAITING:
            return background
        customer_changes = await change_records.find(
            self._database,
            changes.c.env == record.env,
            changes.c.customer_id == record.customer_id,
            changes.c.id != record.id,
            changes.c.state.in_((State.WAITING, State.APPLIED)),
            newest_first=True,
            limit=_MOST,
        )
        since = self._now() - timedelta(days=EARLIER_DAYS)
        return replace(
            background,
            mentions=await self._directory.mentions(record),
            may_approve=await self._directory.may_approve(record),
            earlier=tuple(
                change
                for change in customer_changes
                if change.state is State.APPLIED
                and change.kind == record.kind
                and change.created_at >= since
                and not (change.undo_of or change.undone)
            ),
            also_open=sum(change.state is State.WAITING for change in customer_changes),
        )

    async def _card_of(self, change_id: str) -> str:
        """Its address in the approvals channel; empty if it has no card there, or is not a change."""
        card = await CHANGE_CARDS.in_approvals_channel(self._database, change_id) if change_id else None
        return self._directory.permalink(card.channel, card.ts) if card else ""
