"""What the policy does not let a person request, passed on to those who may."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Actor
from bot.access.policy import Verb
from bot.access.rules import PolicyKind, Request
from bot.access.who_may import WhoMay
from bot.approvals import change_records, filled_forms, message_cards, policy_requests
from bot.approvals.card_posting import ApprovalsChannel
from bot.approvals.directory import Directory
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import CAME_TO_NOTHING, Record
from bot.approvals.message_cards import Asked, Wish
from bot.approvals.preview import Assessment
from bot.approvals.requests import ChangeRequest
from bot.approvals.results import Result
from bot.changes.forms.fields import called
from bot.kit import mentions
from bot.kit.card import Card
from bot.log import log
from bot.runtime import Runtime
from bot.slack import messages
from bot.slack.errors import SLACK_READ_ERRORS, PostStatus, interpret_error
from bot.store.tables import changes

_WISH = "wish-"
"""Begins the ids of forms that were passed on. The others are their requesters' alone."""


@dataclass(frozen=True, slots=True)
class Others:
    """Who may do what a person may not."""

    named: str = ""
    """In mrkdwn; empty for nobody."""
    askable: bool = False
    """Whether *Ask them* reaches anyone."""


class Wishes:
    """`slack`: a client that never retries on its own."""

    def __init__(
        self,
        runtime: Runtime,
        slack: AsyncWebClient,
        channel: ApprovalsChannel,
        directory: Directory,
        who_may: WhoMay,
    ) -> None:
        self._database = runtime.database
        self._environment = runtime.environment
        self._now = runtime.now
        self._slack = slack
        self._channel = channel
        self._directory = directory
        self._who_may = who_may

    async def others_may_open(self, kind: PolicyKind, actor: Actor) -> Others:
        """Who may request some change of this kind."""
        request = Request(Verb.ASK, kind=kind, environment=self._environment)
        return await self.others(request, [actor.user], opening=True)

    async def others_may(self, assessment: Assessment, actor: Actor) -> Others:
        """Who may request this change."""
        return await self.others(self._asking(assessment), [actor.user])

    async def others(self, request: Request, besides: Sequence[str], *, opening: bool = False) -> Others:
        """Never raises."""
        named = await self._who_may.others(request, besides, opening=opening)
        askable = bool(named) and (
            bool(self._channel.id) or bool(await self._who_may.able(request, besides, opening=opening))
        )
        return Others(named, askable)

    async def pass_on(self, request: ChangeRequest, form: FilledForm, assessment: Assessment) -> Result:
        """Notifies those who may request it, with a button that opens the form as filled in. Once, however
        often the form is submitted. Raises Slack's errors if it surely reached nobody."""
        targets = await self._targets(self._asking(assessment), [request.actor.user])
        if isinstance(targets, Result):
            return targets
        form = replace(form, id=f"{_WISH}{request.submission_id}")
        wish = Wish(
            form_id=form.id,
            requester=await self._directory.name(request.actor),
            others=(await self.others_may(assessment, request.actor)).named,
            mentions=await self._mentions(request.actor),
        )
        card = message_cards.wish_card(
            request, assessment, wish, now=self._now(), names=called(assessment.facts)
        )
        if not await filled_forms.keep_first(self._database, form, now=self._now()):
            return Result.ASKED_BEFORE
        try:
            return await self._send(card, targets)
        except SLACK_READ_ERRORS:
            await filled_forms.drop(self._database, form.id)
            raise

    async def ask(
        self, request: Request, actor: Actor, asked: Asked, *, besides: Sequence[str] = ()
    ) -> Result:
        """Tells those who may what this person would like done. Raises Slack's errors if it surely reached
        nobody."""
        targets = await self._targets(request, [actor.user, *besides])
        if isinstance(targets, Result):
            return targets
        card = message_cards.ask_card(
            asked,
            requester=await self._directory.name(actor),
            mentions=await self._mentions(actor),
            now=self._now(),
        )
        return await self._send(card, targets)

    async def _targets(self, request: Request, besides: Sequence[str]) -> list[str] | Result:
        """Where to post it, or why it cannot be: the approvals channel; without one, a few people who may,
        each by themselves."""
        if self._channel.id:
            return await self._channel.own_refusal() or [self._channel.id]
        return await self._who_may.able(request, besides) or Result.NOBODY_TO_ASK

    async def _send(self, card: Card, targets: Sequence[str]) -> Result:
        """Sends it to everyone Slack lets it be sent to. Raises Slack's error if it surely reached nobody."""
        answers = await asyncio.gather(
            *(self._post(card, target) for target in targets), return_exceptions=True
        )
        for result in (Result.PASSED_ON, Result.MAYBE_PASSED_ON):
            if result in answers:
                return result
        raise next(answer for answer in answers if isinstance(answer, BaseException))

    async def _post(self, card: Card, target: str) -> Result:
        """Raises Slack's error if it was surely not posted."""
        person = mentions.is_user(target)
        channel = await messages.open_dm(self._slack, target) if person else target
        try:
            await messages.post(self._slack, channel, card.text, card.plain)
        except SLACK_READ_ERRORS as error:
            answer = interpret_error(error)
            if answer.status is not PostStatus.DOUBT:
                raise
            log.warning("wish maybe not posted", error=answer.reason)
            return Result.MAYBE_PASSED_ON
        return Result.PASSED_ON

    async def _mentions(self, actor: Actor) -> str:
        """Whom the policy wants mentioned in the approvals channel; empty if the wish is not posted there."""
        return await self._directory.mentions_for(actor.user) if self._channel.id else ""

    def _asking(self, assessment: Assessment) -> Request:
        return policy_requests.request_for_preview(Verb.ASK, assessment, self._environment)

    async def form(self, form_id: str) -> FilledForm | None:
        """The form that was passed on; None if it was not, or has been deleted."""
        return await filled_forms.get(self._database, form_id) if form_id.startswith(_WISH) else None

    async def taken_up(self, form_id: str) -> tuple[str, Record | None]:
        """The id to submit it under, and the change it became, if someone has taken it up: of several people
        who do, only one requests it. If that request ended without effect, it can be taken up again."""
        attempt = 0
        while True:
            submission = hashlib.sha256(f"{form_id} {attempt}".encode()).hexdigest()[:32]
            same = (changes.c.submission_id == submission, changes.c.env == self._environment)
            records = await change_records.find(self._database, *same)
            if not records or records[0].state not in CAME_TO_NOTHING:
                return submission, records[0] if records else None
            attempt += 1
