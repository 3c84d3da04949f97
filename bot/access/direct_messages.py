"""Messages to one person about a customer: only while that person may see customers."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import People
from bot.access.post_targets import PersonProblem, person_problem
from bot.slack import messages


class DirectMessages:
    """Whoever requested a change may have become a guest, or left, by the time there is something to tell."""

    def __init__(self, slack: AsyncWebClient, people: People) -> None:
        self._slack = slack
        self._people = people
        self._channels: dict[str, str] = {}

    async def problem(self, person: str) -> PersonProblem | None:
        """Why nothing about a customer may be sent to this person now. Never raises."""
        return await person_problem(self._people, person)

    async def channel(self, person: str) -> str:
        """Where their messages with Maple are. Raises Slack's errors."""
        if person not in self._channels:
            self._channels[person] = await messages.open_dm(self._slack, person)
        return self._channels[person]
