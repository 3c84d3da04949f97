"""What the policy does not let a person request, passed on to those who may."""

from dataclasses import replace

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Actor
from bot.access.policy import Verb
from bot.access.rules import PolicyKind, Request
from bot.approvals import filled_forms, policy_requests, wish_card
from bot.approvals.approvals_channel import ApprovalsChannel
from bot.approvals.directory import Directory
from bot.approvals.filled_forms import FilledForm
from bot.approvals.preview import Assessment
from bot.approvals.results import ChangeRequest, Result
from bot.approvals.wish_card import Wish
from bot.changes.forms.fields import called
from bot.runtime import Runtime
from bot.slack import messages


class Wishes:
    def __init__(
        self, runtime: Runtime, slack: AsyncWebClient, channel: ApprovalsChannel, directory: Directory
    ) -> None:
        self._database = runtime.database
        self._environment = runtime.environment
        self._now = runtime.now
        self._slack = slack
        self._channel = channel
        self._directory = directory

    async def others_may_open(self, kind: PolicyKind, actor: Actor) -> str:
        """Who may request some change of this kind, in mrkdwn; empty if they cannot be asked."""
        request = Request(Verb.ASK, kind=kind, environment=self._environment)
        if not self._channel.id:
            return ""
        return await self._directory.others_may(request, actor, opening=True)

    async def others_may(self, seen: Assessment, actor: Actor) -> str:
        """Who may request this change, in mrkdwn; empty if they cannot be asked."""
        request = policy_requests.request_for_preview(Verb.ASK, seen, self._environment)
        return await self._directory.others_may(request, actor) if self._channel.id else ""

    async def pass_on(self, request: ChangeRequest, form: FilledForm, seen: Assessment) -> Result:
        """Posts it in the approvals channel, with a button that opens the form as it is filled in. Once,
        however often the form is submitted. Raises Slack's errors."""
        if (refusal := await self._channel.own_refusal()) is not None:
            return refusal
        form = replace(form, id=f"wish-{request.submission_id}")
        if not await filled_forms.keep_first(self._database, form, now=self._now()):
            return Result.AGAIN
        wish = Wish(
            form_id=form.id,
            requester=await self._directory.name(request.actor),
            others=await self.others_may(seen, request.actor),
            mentions=await self._directory.mentions_for(request.actor.user),
        )
        card = wish_card.wish_card(request, seen, wish, now=self._now(), names=called(seen.facts))
        try:
            await messages.post(self._slack, self._channel.id, card.text, card.plain)
        except SlackApiError:
            await filled_forms.drop(self._database, form.id)
            raise
        return Result.PASSED_ON

    async def form(self, form_id: str) -> FilledForm | None:
        """None: it is not kept any more."""
        return await filled_forms.get(self._database, form_id)
