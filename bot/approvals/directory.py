"""The people a card is about and for: their names, and whom the policy names."""

from collections.abc import Sequence

from bot.access import words
from bot.access.groups import Groups
from bot.access.people import Actor, People
from bot.access.policy import Policy, Verb, who_may
from bot.access.rules import Power
from bot.access.who_may import WhoMay
from bot.approvals import policy_requests
from bot.approvals.lifecycle import Record
from bot.kit import text


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
        return await self.name(Actor(record.asker, record.asker_team))

    async def name(self, actor: Actor) -> str:
        """In mrkdwn."""
        return text.mrkdwn(await self._people.name(actor), 80)

    async def mentions(self, record: Record, *, escalate: bool = False) -> str:
        """Whom the policy wants to be told, as mentions; without the requester."""
        return await self.mentions_for(record.asker, escalate=escalate)

    async def mentions_for(self, requester: str, *, escalate: bool = False) -> str:
        named: Sequence[str] = [*self.rules.mention, *(self.rules.escalate_to if escalate else ())]
        others = [name for name in dict.fromkeys(named) if name != requester]
        return " ".join(await self._groups.mentions(others))

    async def may_approve(self, record: Record) -> str:
        """In mrkdwn, and without mentions, which would notify."""
        request = policy_requests.request_for_record(Verb.APPROVE, record, Actor(""))
        who = who_may(self._policy, Power.APPROVE, request)
        if who.everyone:
            return words.EVERY_MEMBER
        return await self._who_may.named(who, [record.asker]) or words.NOBODY
