"""What Slack says of the people a card is about and for."""

from collections.abc import Sequence

from bot.access.groups import Groups
from bot.access.people import Actor, People
from bot.access.rules import ApprovalRules
from bot.approvals.lifecycle import Record


class Directory:
    """Never raises: what Slack does not say is left out."""

    def __init__(self, people: People, groups: Groups, rules: ApprovalRules) -> None:
        self._people = people
        self._groups = groups
        self.rules = rules

    async def requester(self, record: Record) -> str:
        """Their name, not yet escaped: a mention would notify them of their own request."""
        return await self._people.name(Actor(record.asker, record.asker_team))

    async def approvers(self, record: Record, *, escalate: bool = False) -> str:
        """Whom the policy names, as mentions; without the requester."""
        named: Sequence[str] = [*self.rules.mention, *(self.rules.escalate_to if escalate else ())]
        others = [name for name in dict.fromkeys(named) if name != record.asker]
        return " ".join(await self._groups.mentions(others))
