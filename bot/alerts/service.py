"""The alert service: create, edit, pause, resume, remove. Knows nothing about Slack's payloads."""

from collections.abc import Callable

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Actor, People
from bot.access.post_targets import Pause, PostTargets
from bot.alerts import repository
from bot.alerts.card import alert_stopped
from bot.alerts.model import AlertChoice, AlertSubscription, TooManyAlerts
from bot.alerts.poll import FindPastDue, PastDuePoll
from bot.alerts.posting import AlertPosting, AlertTimeouts
from bot.alerts.repository import NewSubscription
from bot.alerts.ticker import AlertTicker
from bot.log import log
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.slack import messages
from bot.slack.channels import ChannelProblem, Channels
from bot.slack.errors import SLACK_READ_ERRORS, interpret_error
from bot.store import leases


class AlertService:
    """`slack`: a client that never retries on its own. `channels`: which of them may hold customer data.
    `webhooks`: whether Maple receives Autumn's."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        slack: AsyncWebClient,
        channels: Channels,
        people: People,
        find_past_due: FindPastDue,
        webhooks: bool,
        metrics: Metrics,
        timeouts: AlertTimeouts | None = None,
        moved: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.timeouts = timeouts or AlertTimeouts()
        self.webhooks = webhooks
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._channels = channels
        self._slack = slack
        name = leases.new_name()
        posting = AlertPosting(
            runtime,
            name=name,
            slack=slack,
            targets=PostTargets(slack, channels, people),
            timeouts=self.timeouts,
        )
        self.ticker = AlertTicker(
            runtime,
            name=name,
            posting=posting,
            poll=PastDuePoll(runtime, find_past_due, every=self.timeouts.poll),
            tell_owner=self._tell_owner,
            timeouts=self.timeouts,
            metrics=metrics,
            moved=moved,
        )

    async def channel_problem(self, channel: str) -> ChannelProblem | None:
        """Why no alerts may go to this channel, just now; None when they may. Never raises."""
        return (await self._channels.check(channel)).problem

    async def of_channel(self, channel: str) -> list[AlertSubscription]:
        """Active and paused, the oldest first. Of a person's own: `channel` is their id."""
        return await repository.of_channel(self._database, self._env, channel)

    async def get(self, subscription_id: str) -> AlertSubscription | None:
        """None if it does not exist or was removed."""
        return await repository.get(self._database, subscription_id)

    async def create(
        self, submission_id: str, channel: str, owner: Actor, choice: AlertChoice
    ) -> AlertSubscription | ChannelProblem | TooManyAlerts:
        """A new one; the same submission again answers with the first one. `channel`: the owner's id for one
        of their own."""
        private = True
        if channel != owner.user:
            state = await self._channels.check(channel)
            if state.problem is not None:
                return state.problem
            private = state.private
        new = NewSubscription(submission_id, channel, owner.team, owner.user, choice, private)
        return await repository.create(self._database, self._env, new, now=self._now())

    # `by`: the person who does it, by their id in Slack.

    async def edit(
        self, subscription_id: str, version: int, choice: AlertChoice, *, by: str
    ) -> AlertSubscription | None:
        """None if someone else has edited or removed it since that version."""
        return await repository.edit(
            self._database, subscription_id, version=version, choice=choice, now=self._now(), by=by
        )

    async def pause(self, subscription_id: str, *, by: str) -> AlertSubscription | None:
        """None: it is not active."""
        return await repository.pause(self._database, subscription_id, Pause.ASKED, now=self._now(), by=by)

    async def resume(self, subscription_id: str, *, by: str) -> AlertSubscription | ChannelProblem | None:
        """Resumes it: events from now on are posted, and the channel's current privacy is stored. None: it is
        not paused."""
        subscription = await self.get(subscription_id)
        if subscription is None:
            return None
        private = True
        if not subscription.personal:
            state = await self._channels.check(subscription.channel)
            if state.problem is not None:
                return state.problem
            private = state.private
        return await repository.resume(
            self._database, subscription_id, private=private, now=self._now(), by=by
        )

    async def remove(self, subscription_id: str, *, by: str) -> AlertSubscription | None:
        """None: it was removed before."""
        return await repository.remove(self._database, subscription_id, now=self._now(), by=by)

    async def _tell_owner(self, subscription: AlertSubscription) -> bool:
        card = alert_stopped(subscription)
        try:
            channel = await messages.open_dm(self._slack, subscription.owner)
            await messages.post(self._slack, channel, card.text, card.plain)
        except SLACK_READ_ERRORS as error:
            reason = interpret_error(error).reason
            log.warning("owner not told", error=reason, reference=subscription.id, user=subscription.owner)
            return False
        return True
