"""What people do with alerts, by the labels they see, and how Autumn's webhooks reach the bot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot.alerts import form, words
from bot.alerts.model import AlertSubscription
from bot.alerts.posting import AlertTimeouts
from bot.alerts.webhooks import PATH
from sandbox.autumn.webhooks import new_secret
from sandbox.slack import LocalPerson
from sandbox.slack.model import LocalMessage
from tests.running import Mode, Running, actor, running_maple

SUPPORT = "C01SUPPORT"
QUICK = AlertTimeouts(tick=0.1, channel=0.0, overall=0.0, again=0.05, doubt=0.05, poll=3600.0)


@asynccontextmanager
async def alerting(
    mode: Mode, *, policy: str = "", timeouts: AlertTimeouts = QUICK
) -> AsyncIterator[Running]:
    """Everything running, with Autumn's webhooks sent to the bot."""
    secret = new_secret()
    async with running_maple(
        mode, policy=policy, alert_pace=timeouts, webhook_secret=SecretStr(secret)
    ) as maple:
        maple.autumn.send_webhooks_to(f"{maple.bot.url}{PATH}", secret=secret)
        yield maple


async def open_alerts(person: LocalPerson) -> str:
    await person.command("/autumn alerts")
    return await person.sees(words.LIST_WHAT[:30])


async def set_up_alert(person: LocalPerson) -> None:
    """Sets up an alert with the default settings."""
    await open_alerts(person)
    await person.click(words.NEW)
    await person.sees(words.FIELD_SOURCES)
    await person.submit()
    await person.sees("The alert is set up")


async def create_alert(
    maple: Running, *, target: str = SUPPORT, owner: LocalPerson | None = None
) -> AlertSubscription:
    """Sets up an alert as `set_up_alert` does, without the form. `target`: the channel or the person it goes
    to."""
    person = owner or maple.ana
    subscription = await maple.bot.alerts.create(f"form-{target}", target, actor(person), form.everything())
    assert isinstance(subscription, AlertSubscription)
    return subscription


async def only_alert(maple: Running, channel: str = SUPPORT) -> AlertSubscription:
    (subscription,) = await maple.bot.alerts.of_channel(channel)
    return subscription


def posted_alerts(maple: Running, channel: str = SUPPORT) -> list[LocalMessage]:
    """The alerts everyone in the channel sees."""
    return [
        post
        for post in maple.slack.workspace.posts
        if post.channel == channel and post.metadata and post.metadata["event_type"] == "maple_alert"
    ]
