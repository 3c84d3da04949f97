"""From the subscription to the event, the message and its buttons."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import text

from bot.access.post_targets import Pause
from bot.alerts import form, words
from bot.alerts.posting import AlertTimeouts
from bot.alerts.sources import past_due
from bot.alerts.webhooks import PATH
from bot.changes.balance import words as balance_words
from bot.slack.channels import ChannelProblem
from bot.store import audit
from sandbox.slack import LocalPerson
from tests.journeys.alerting import (
    QUICK,
    SUPPORT,
    alerting,
    create_alert,
    only_alert,
    open_alerts,
    posted_alerts,
    set_up_alert,
)
from tests.running import Mode, Running, actor, running_maple
from tests.screen import on_screen

LEADS = '[digests]\nwho = ["@billing-leads"]\n'
LIMIT = {"customer_id": "cus_acme", "feature_id": "messages", "limit_type": "included"}


def last_payload(maple: Running, kind: str) -> dict[str, Any]:
    """The last request of this type that Slack sent to the bot."""
    return [sent.payload for sent in maple.slack.sent if sent.payload.get("type") == kind][-1]


async def click_as(maple: Running, person: LocalPerson, **action: str) -> None:
    """The last click, as if someone else made it in the same modal, with another action."""
    payload = last_payload(maple, "block_actions")
    await send_as(maple, person, {**payload, "actions": [{**payload["actions"][0], **action}]})


async def send_as(maple: Running, person: LocalPerson, payload: dict[str, Any]) -> None:
    trigger = maple.slack.simulation.triggers.issue(person.id)
    user = {**payload["user"], "id": person.id}
    await maple.slack.deliveries.send("interactive", {**payload, "user": user, "trigger_id": trigger})
    await maple.bot.background.drain(10)


async def test_event_reaches_the_channel_and_its_buttons_work(mode: Mode) -> None:
    async with alerting(mode) as maple:
        ana, raj = maple.ana, maple.raj
        await set_up_alert(ana)
        await ana.close()
        message = maple.autumn.webhooks.send("balances.limit_reached", LIMIT, times=3)
        await raj.sees("Limit reached")
        await maple.autumn.webhooks.settled()
        assert message.statuses == [204] * 3
        await maple.bot.alerts.ticker.tick()
        assert len(posted_alerts(maple)) == 1
        await raj.click(words.OPEN)
        await raj.sees("only visible to you")
        await raj.click(words.GIVE_ALLOWANCE)
        await raj.sees(balance_words.TITLE)


async def test_poll_finds_failed_payment_without_webhooks() -> None:
    async with running_maple("http", alert_pace=AlertTimeouts(tick=3600, poll=0, channel=0)) as maple:
        await open_alerts(maple.ana)
        await maple.ana.sees(words.NO_WEBHOOKS.partition("* ")[2])
        await maple.ana.close()
        await create_alert(maple)
        await maple.bot.alerts.ticker.poll()
        maple.autumn.mark_past_due("cus_northwind")
        maple.clock.move(timedelta(hours=1))
        await maple.bot.alerts.ticker.poll()
        async with asyncio.timeout(30):
            while not posted_alerts(maple):  # a tick that has started may be posting it
                await maple.bot.alerts.ticker.tick()
                await asyncio.sleep(0.01)
        (post,) = posted_alerts(maple)
        assert "Northwind" in post.text
        assert "once an hour" in post.text
        async with httpx.AsyncClient() as client:
            assert (await client.post(f"{maple.bot.url}{PATH}")).status_code == 404


async def test_alert_to_oneself_is_private() -> None:
    async with alerting("http") as maple:
        ana = maple.ana
        ana.go("@raj")
        await open_alerts(ana)
        await ana.sees(words.PROBLEMS[ChannelProblem.DIRECT].what)
        await ana.click(words.NEW)
        await ana.sees(words.TARGET_PERSON)
        ana.does_not_see(words.TARGET_CHANNEL)
        await ana.submit()
        await ana.sees(words.ONLY_YOU.strip("*"))
        await ana.close()
        maple.autumn.webhooks.send("balances.limit_reached", LIMIT)
        ana.go("@maple")
        await ana.sees("Limit reached")
        assert posted_alerts(maple) == []


async def test_subscription_is_edited_paused_resumed_and_removed() -> None:
    async with alerting("http") as maple:
        ana = maple.ana
        await create_alert(maple)
        await open_alerts(ana)
        await ana.click(words.EDIT)
        await ana.sees(words.FIELD_PLANS)
        assert "Pro" in await ana.type_ahead(words.FIELD_PLANS, "pro")
        assert "Messages" in await ana.type_ahead(words.FIELD_FEATURES, "mess")
        await ana.choose(words.FIELD_PLANS, "Pro")
        await ana.submit()
        assert "Pro" in await ana.sees("The alert has been updated")
        assert (await only_alert(maple)).choice.plans == {"pro"}
        await ana.click(words.PAUSE)
        await ana.sees("The alert is paused")
        assert (await only_alert(maple)).pause is Pause.ASKED
        await ana.click(words.RESUME)
        await ana.sees("active again")
        subscription = await only_alert(maple)
        await ana.click(words.REMOVE, confirm=True)
        await ana.sees(words.NO_ALERTS)
        async with maple.bot.database.reading() as connection:
            assert (await audit.verify(connection)).faults == ()
            events = [entry.event async for entry in audit.entries(connection, change_id=subscription.id)]
        assert events == [f"alert_{verb}" for verb in ("created", "edited", "paused", "resumed", "removed")]


async def test_policy_decides_who_may_set_up_alerts() -> None:
    async with alerting("http", policy=LEADS) as maple:
        await set_up_alert(maple.lea)
        before = await only_alert(maple)
        await maple.lea.click(words.EDIT)
        await maple.lea.sees(words.FIELD_PLANS)
        for action in ("alert_new", "alert_edit", "alert_pause", "alert_remove"):
            await click_as(maple, maple.ana, action_id=action, value=f"{before.id}:1")
            await maple.lea.sees("Nothing was changed")
        await send_as(maple, maple.ana, last_payload(maple, "view_submission"))
        await maple.lea.sees("Nothing was changed")
        assert await only_alert(maple) == before
        await open_alerts(maple.ana)
        assert words.ONLY_OTHERS in await maple.ana.sees(words.ONLY_OTHERS)


async def test_alert_to_another_person_cannot_be_changed() -> None:
    async with alerting("http") as maple:
        ana, raj = maple.ana, maple.raj
        own = await create_alert(maple, target=ana.id)
        await open_alerts(ana)
        await ana.click(words.PAUSE)
        await ana.sees("The alert is paused")
        await click_as(maple, raj, action_id="alert_remove")
        await ana.sees(on_screen(words.NOTES[words.AlertNote.NOT_THEIRS]))
        assert await maple.bot.alerts.get(own.id) is not None
        await ana.close()
        await open_alerts(ana)
        await ana.sees(words.RESUME)
        await ana.click(words.RESUME)
        await ana.sees("active again")


async def test_clicks_in_an_outdated_list() -> None:
    async with alerting("http") as maple:
        ana = maple.ana
        await create_alert(maple)
        await open_alerts(ana)
        await ana.click(words.PAUSE)
        await ana.sees("The alert is paused")
        gone = await only_alert(maple)
        await maple.bot.alerts.remove(gone.id, by=ana.id)
        for action in ("alert_pause", "alert_resume", "alert_edit", "alert_remove"):
            await click_as(maple, ana, action_id=action)
            assert words.NOTES[words.AlertNote.CHANGED].split(": ")[1] in ana.last()


async def test_edit_after_somebody_elses_edit_is_confirmed_first() -> None:
    async with alerting("http") as maple:
        ana = maple.ana
        await create_alert(maple)
        await open_alerts(ana)
        alert = await only_alert(maple)
        await ana.click(words.EDIT)
        await ana.sees(words.FIELD_SOURCES)
        await ana.choose(words.FIELD_SOURCES, past_due.SOURCE.title)
        service = maple.bot.alerts
        assert await service.edit(alert.id, alert.version, alert.choice, by=maple.raj.id)
        await ana.submit()
        await ana.sees("Someone else edited this alert")
        assert (await only_alert(maple)).choice == alert.choice, "nothing is replaced yet"
        await ana.submit()
        await ana.sees(words.NOTES[words.AlertNote.EDITED].partition(": ")[2])
        assert (await only_alert(maple)).choice.sources == {past_due.SOURCE.key}
        await ana.click(words.EDIT)
        await ana.sees(words.FIELD_PLANS)
        await service.remove(alert.id, by=maple.raj.id)
        await ana.submit()
        await ana.sees("Someone else changed or removed")


async def test_alert_is_neither_resumed_nor_set_up_in_a_channel_that_became_shared() -> None:
    async with alerting("http") as maple:
        ana = maple.ana
        await create_alert(maple)
        await open_alerts(ana)
        await ana.click(words.NEW)
        await ana.sees(words.FIELD_SOURCES)
        paused = await maple.bot.alerts.pause((await only_alert(maple)).id, by=ana.id)
        assert paused is not None
        channel = maple.slack.workspace.channel("#support")
        channel.kind = "shared"
        await ana.submit()
        await ana.sees(words.PROBLEMS[ChannelProblem.SHARED].what)
        await ana.close()
        channel.kind = "public"
        await open_alerts(ana)
        channel.kind = "shared"
        await ana.click(words.RESUME)
        await ana.sees(words.PROBLEMS[ChannelProblem.SHARED].what)
        assert await only_alert(maple) == paused


async def test_channel_at_its_alert_limit() -> None:
    async with alerting("http") as maple:
        ana = maple.ana
        for number in range(10):
            await maple.bot.alerts.create(f"s{number}", SUPPORT, actor(ana), form.everything())
        await open_alerts(ana)
        await ana.click(words.NEW)
        await ana.sees(words.FIELD_SOURCES)
        await ana.submit()
        await ana.sees("the most there can be")


async def test_silent_autumn_leaves_names_out() -> None:
    async with alerting("http") as maple:
        maple.autumn.faults.add("plans.list", "500", times=None)
        await set_up_alert(maple.ana)


async def test_form_closed_meanwhile_is_answered_in_a_message() -> None:
    async with alerting("http") as maple:
        ana = maple.ana
        await open_alerts(ana)
        await ana.click(words.NEW)
        await ana.sees(words.FIELD_SOURCES)
        maple.slack.faults.add("conversations.info", "latency", seconds=60)
        await ana.submit()
        await ana.close()
        maple.slack.faults.clear()
        assert "only visible to you" in await ana.sees("The alert is set up")


async def test_errors_are_shown_in_the_modal() -> None:
    async with alerting("http") as maple:
        async with maple.bot.database.writing() as connection:
            await connection.execute(text("ALTER TABLE alert_subscriptions RENAME TO lost"))
        await maple.ana.command("/autumn alerts")
        assert "Reference" in await maple.ana.sees("Reference")


async def test_two_replicas_post_each_event_once() -> None:
    async with alerting("http", timeouts=QUICK) as maple:
        await create_alert(maple)
        async with maple.another() as replica:
            second = maple.autumn.webhooks.endpoints[0]
            maple.autumn.send_webhooks_to(f"{replica.url}{PATH}", secret=second.secret)
            maple.autumn.webhooks.hold()
            for number in range(3):
                maple.autumn.webhooks.send("balances.limit_reached", {**LIMIT, "entity_id": f"ws_{number}"})
            maple.autumn.webhooks.release("shuffled", times=3, seed=1)
            await maple.autumn.webhooks.settled()
            for bot in (maple.bot, replica):
                await bot.alerts.ticker.tick()
            assert len({post.text for post in posted_alerts(maple)}) == len(posted_alerts(maple)) == 3
