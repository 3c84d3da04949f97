"""The people a card is about and for: their names, and whom the policy names."""

from collections.abc import Sequence

from bot.access.groups import Groups
from bot.access.people import Actor, People
from bot.access.policy import Policy, Verb, who_may
from bot.access.rules import Power
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

    async def requester(self, record: Record) -> str:
        """Their name, in mrkdwn: a mention would notify them of their own request."""
        name = await self._people.name(Actor(record.asker, record.asker_team))
        return text.mrkdwn(name, 80)

    async def mentions(self, record: Record, *, escalate: bool = False) -> str:
        """Whom the policy wants to be told, as mentions; without the requester."""
        named: Sequence[str] = [*self.rules.mention, *(self.rules.escalate_to if escalate else ())]
        others = [name for name in dict.fromkeys(named) if name != record.asker]
        return " ".join(await self._groups.mentions(others))

    async def may_approve(self, record: Record) -> str:
        """In mrkdwn, and without mentions, which would notify."""
        request = policy_requests.request_for_record(Verb.APPROVE, record, Actor(""))
        who = who_may(self._policy, Power.APPROVE, request)
        if who.everyone:
            return words.EVERY_MEMBER
        others = sorted(who.users - {record.asker})
        people = [await self._people.name(Actor(user)) or user for user in others[:_MOST_NAMED]]
        named = [text.mrkdwn(name, 80) for name in (*sorted(who.groups), *people)]
        left = len(others) - len(people)
        if not named:
            return words.NOBODY
        return ", ".join(named) + (f" {phrases.and_others(left)}" if left > 0 else "")
