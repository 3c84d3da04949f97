"""One delivery, carried out: look for it, read the customer, check the target, post, settle.

The process may die at any await. The points where it matters, by their checkpoint, and what is found then:

    noted       the event is stored, with its deliveries   claimed at the next tick of any replica
    claimed     a delivery is taken, nothing is posted     lease lapses: tried again from the start
    marked      a post is noted, perhaps sent              the same: looked for in Slack, posted if not there
    sent        Slack took it                              the same: found, and settled
    settled     posted, and stored as posted               nothing is left to do
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.post_targets import Pause, PostTargets, pause_for_refusal
from bot.alerts import deliveries, repository, sources
from bot.alerts.card import alert_card
from bot.alerts.deliveries import LATE_AFTER
from bot.alerts.model import AlertDelivery, AlertSkip, AlertSubscription
from bot.alerts.sources.source import AlertSource, EventNames
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Customer
from bot.kit.card import Card
from bot.log import log
from bot.lookups import names as lookup_names
from bot.lookups.catalogue import held_plans, missing_names
from bot.lookups.customer import CARD
from bot.runtime import Runtime
from bot.slack import marked_posts
from bot.slack.channel_queue import ChannelQueue, PostTimeouts
from bot.slack.errors import PostAnswer, PostStatus
from bot.slack.marked_posts import Absent, Found, Mark, Unknown


@dataclass(frozen=True, slots=True)
class AlertTimeouts(PostTimeouts):
    """How long the steps of an alert may take."""

    again: float = 30.0
    tick: float = 5.0
    """Between looks at what is due; a webhook of Autumn's is handled at once."""
    at_once: int = 16
    """Deliveries that one process works on at a time; the others wait in the database."""
    poll: float = 3600.0
    """Between two passes over Autumn's customers, for what Autumn sends no webhook about."""


class AlertOutcome(StrEnum):
    POSTED = "posted"
    FOUND = "found"
    """It had already been posted, by a process that ended before it could store that."""
    FILTERED = "filtered"
    LATE = "late"
    PAUSED = "paused"
    """Not posted: the subscription cannot go on, or is paused or removed."""
    PUT_OFF = "put_off"
    """Not yet: tried again later, by whichever process is free."""
    HELD_ELSEWHERE = "held_elsewhere"
    """Another process is working on it, or has done it."""


_SKIPPED = {
    AlertSkip.FILTERED: AlertOutcome.FILTERED,
    AlertSkip.LATE: AlertOutcome.LATE,
    AlertSkip.PAUSED: AlertOutcome.PAUSED,
}


class AlertPosting:
    """`name`: of this process, unlike any other's. `slack`: a client that never retries on its own."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        name: str,
        slack: AsyncWebClient,
        targets: PostTargets,
        timeouts: AlertTimeouts,
    ) -> None:
        self._name = name
        self._database = runtime.database
        self._autumn = runtime.autumn
        self._now = runtime.now
        self._checkpoint = runtime.checkpoint
        self._slack = slack
        self._targets = targets
        self._timeouts = timeouts
        self._turns = ChannelQueue(channel=timeouts.channel, overall=timeouts.overall)

    async def deliver(self, delivery: AlertDelivery) -> AlertOutcome:
        """One attempt, by the holder of the delivery's lease."""
        await self._checkpoint("claimed")
        late = self._now() - delivery.event.noted_at > LATE_AFTER
        if delivery.posting_at is not None:
            earlier = await marked_posts.find(
                self._slack,
                delivery.posted_in,
                _mark(delivery),
                sent_at=delivery.posting_at,
                within=timedelta(seconds=self._timeouts.call),
            )
            match earlier:
                case Found(ts):
                    return await self._posted(delivery, ts, AlertOutcome.FOUND)
                case Unknown(failure) if failure.status is PostStatus.CLOSED:
                    return await self._skipped(delivery, AlertSkip.PAUSED)
                case Unknown(failure) if not late:
                    return await self._put_off(delivery, failure.wait)
                case Unknown() | Absent():
                    pass
                case _:
                    assert_never(earlier)
        if late:
            return await self._skipped(delivery, AlertSkip.LATE)
        subscription = await repository.get(self._database, delivery.subscription)
        source = sources.find(delivery.event.source)
        if subscription is None or subscription.pause is not None or source is None:
            return await self._skipped(delivery, AlertSkip.PAUSED)
        return await self._tell(delivery, subscription, source)

    async def _tell(
        self, delivery: AlertDelivery, subscription: AlertSubscription, source: AlertSource
    ) -> AlertOutcome:
        try:
            customer = await self._customer(delivery)
        except AutumnError as error:
            log.info("alert put off", error=type(error).__name__, reference=delivery.event.id)
            return await self._put_off(delivery)
        if not _holds_wanted_plan(delivery, subscription, customer):
            return await self._skipped(delivery, AlertSkip.FILTERED)
        card = alert_card(delivery.event, source, await self._names(delivery, customer))
        async with self._turns.turn(subscription.channel):
            target = await self._targets.destination(subscription.channel, was_private=subscription.private)
            if target.pause is not None:
                return await self._pause(delivery, subscription, target.pause)
            if not target.channel:
                return await self._put_off(delivery, target.wait)
            return await self._post(delivery, subscription, card, target.channel)

    async def _customer(self, delivery: AlertDelivery) -> Customer | NotFound:
        """Raises AutumnError."""
        try:
            return await self._autumn.customer(delivery.event.occurrence.customer, expand=CARD)
        except NotFound as gone:
            return gone

    async def _names(self, delivery: AlertDelivery, customer: Customer | NotFound) -> EventNames:
        happened = delivery.event.occurrence
        features = [happened.feature] if happened.feature else []
        catalogue_names = await missing_names(self._autumn, customer, plans=happened.plans, features=features)
        if isinstance(customer, NotFound):
            return EventNames("", catalogue_names.features, catalogue_names.plans)
        return EventNames(
            customer.name or customer.email or "",
            lookup_names.features(customer, catalogue_names),
            lookup_names.plans(customer, catalogue_names),
        )

    async def _post(
        self, delivery: AlertDelivery, subscription: AlertSubscription, card: Card, channel: str
    ) -> AlertOutcome:
        until = asyncio.get_running_loop().time() + self._timeouts.call
        marked = await deliveries.about_to_post(
            self._database,
            delivery.id,
            channel,
            by=self._name,
            lease=self._timeouts.lease_time,
            now=self._now(),
        )
        if not marked:
            return AlertOutcome.HELD_ELSEWHERE
        await self._checkpoint("marked")
        answer = await self._send(delivery, card, channel, until)
        await self._checkpoint("sent")
        if answer.status is PostStatus.TAKEN:
            return await self._posted(delivery, answer.ts, AlertOutcome.POSTED)
        log.warning("alert not posted", error=answer.reason, reference=delivery.event.id)
        if answer.status is PostStatus.DOUBT:
            return await self._put_off(delivery, self._timeouts.wait(delivery.tries, self._timeouts.doubt))
        if delivery.posting_at is None:
            # This attempt certainly did not post. An earlier one may have, and is looked for again.
            await deliveries.not_posted(self._database, delivery.id, by=self._name, now=self._now())
        if answer.status is PostStatus.CLOSED:
            return await self._pause(delivery, subscription, pause_for_refusal(answer.reason))
        return await self._put_off(delivery, answer.wait)

    async def _send(self, delivery: AlertDelivery, card: Card, channel: str, until: float) -> PostAnswer:
        """`until`, by the event loop's clock: a process that was held up after it noted that it would send
        may no longer do so."""
        if asyncio.get_running_loop().time() >= until:
            return PostAnswer(PostStatus.DOUBT, "held_up")
        try:
            async with asyncio.timeout_at(until):
                return await marked_posts.send(self._slack, channel, _mark(delivery), card.text, card.plain)
        except TimeoutError:
            return PostAnswer(PostStatus.DOUBT, "timeout")

    # Settling

    async def _posted(self, delivery: AlertDelivery, ts: str, outcome: AlertOutcome) -> AlertOutcome:
        await deliveries.posted(self._database, delivery.id, ts, now=self._now())
        await self._checkpoint("settled")
        return outcome

    async def _skipped(self, delivery: AlertDelivery, why: AlertSkip) -> AlertOutcome:
        held = await deliveries.skipped(self._database, delivery.id, why, by=self._name, now=self._now())
        return _SKIPPED[why] if held else AlertOutcome.HELD_ELSEWHERE

    async def _pause(
        self, delivery: AlertDelivery, subscription: AlertSubscription, why: Pause
    ) -> AlertOutcome:
        if await repository.pause(self._database, subscription.id, why, now=self._now()):
            log.warning("alerts paused", outcome=why, reference=subscription.id, channel=subscription.channel)
        await deliveries.skipped(
            self._database, delivery.id, AlertSkip.PAUSED, by=self._name, now=self._now()
        )
        return AlertOutcome.PAUSED

    async def _put_off(self, delivery: AlertDelivery, seconds: float = 0.0) -> AlertOutcome:
        now = self._now()
        until = now + timedelta(seconds=seconds or self._timeouts.wait(delivery.tries))
        held = await deliveries.put_off(self._database, delivery.id, by=self._name, until=until, now=now)
        return AlertOutcome.PUT_OFF if held else AlertOutcome.HELD_ELSEWHERE


def _mark(delivery: AlertDelivery) -> Mark:
    return Mark("maple_alert", {"delivery": delivery.id})


def _holds_wanted_plan(
    delivery: AlertDelivery, subscription: AlertSubscription, customer: Customer | NotFound
) -> bool:
    """Whether it passes the filter by product: what the event is about counts, or what the customer holds."""
    plans = subscription.choice.plans
    held = set(delivery.event.occurrence.plans)
    if not isinstance(customer, NotFound):
        held |= {plan_id for plan_id, _ in held_plans(customer)}
    return not plans or not plans.isdisjoint(held)
