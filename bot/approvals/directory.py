"""The people a card is about and for: their names, and whom the policy names."""

from collections.abc import Sequence

from bot.access.groups import Groups
from bot.access.people import Actor, People
from bot.access.permission import widest
from bot.access.policy import Policy, Request, Verb, refused_to_all, who_may
from bot.access.rules import Power, Who
from bot.approvals import policy_requests, words
from bot.approvals.lifecycle import Record
from bot.kit import phrases, text

_MOST_NAMED = 4


class Directory:
    """Never raises: what Slack does not say is left out."""

    def __init__(self, people: People, groups: Groups, policy: Policy) -> None:
        self._people = people
        self._groups = groups
        self._policy = policy
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
        return await self._named(who, record.asker) or words.NOBODY

    async def others_may(self, request: Request, actor: Actor, *, opening: bool = False) -> str:
        """Who may request what this person may not, in mrkdwn and without mentions; empty if nobody may.
        `opening`: who may request any change of this kind."""
        policy = widest(self._policy) if opening else self._policy
        if refused_to_all(policy, Power.ASK, request):
            return ""
        who = who_may(policy, Power.ASK, request)
        return words.OTHER_MEMBERS if who.everyone else await self._named(who, actor.user)

    async def _named(self, who: Who, except_for: str) -> str:
        """In mrkdwn; empty for nobody."""
        others = sorted(who.users - {except_for})
        people = [await self._people.name(Actor(user)) or user for user in others[:_MOST_NAMED]]
        named = [text.mrkdwn(name, 80) for name in (*sorted(who.groups), *people)]
        left = len(others) - len(people)
        return ", ".join(named) + (f" {phrases.and_others(left)}" if left > 0 else "")
