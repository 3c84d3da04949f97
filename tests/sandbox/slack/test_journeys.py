"""A small Bolt app, over both transports, used as a person would."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from freezegun import freeze_time
from slack_bolt.async_app import AsyncApp

from sandbox.slack import LocalSlack, NotOnScreen
from tests.sandbox.slack.app import (
    Json,
    actions,
    bolt,
    button,
    modal,
    over_http,
    over_socket,
    plain,
    section,
    text_input,
)


def card(text: str) -> list[Json]:
    return [section(text), actions(button("Next", "next", value="2"), button("Form", "form"))]


def small_app(slack: LocalSlack) -> AsyncApp:
    app = bolt(slack)

    @app.command("/probe")
    async def command(ack: Any, respond: Any, command: Json) -> None:
        await ack()
        await respond(text="card", blocks=card(f"*First* card of {command['text']}"))

    @app.action("next")
    async def following(ack: Any, respond: Any, action: Json) -> None:
        await ack()
        await respond(text="card", blocks=card(f"Card number {action['value']}"), replace_original=True)

    @app.action("form")
    async def form(ack: Any, client: Any, body: Json) -> None:
        await ack()
        await client.views_open(
            trigger_id=body["trigger_id"],
            view=modal(text_input("Reason", "reason"), section("Go on"), callback_id="form"),
        )

    @app.view("form")
    async def submitted(ack: Any, view: Json, client: Any, body: Json) -> None:
        reason = view["state"]["values"]["reason"]["reason_text"]["value"]
        if len(reason) < 3:
            await ack(response_action="errors", errors={"reason": "Say more"})
            return
        await ack()
        await client.chat_postMessage(channel="C01SUPPORT", text=f"<@{body['user']['id']}> said {reason}")

    @app.shortcut("look_up")
    async def look_up(ack: Any, client: Any, body: Json) -> None:
        await ack()
        select = {
            "type": "external_select",
            "action_id": "customer",
            "placeholder": plain("A customer"),
            "min_query_length": 1,
        }
        block = {"type": "input", "block_id": "who", "label": plain("Customer"), "element": select}
        await client.views_open(trigger_id=body["trigger_id"], view=modal(block, callback_id="looked_up"))

    @app.options("customer")
    async def options(ack: Any, payload: Json) -> None:
        names = ["Acme Ltd", "Acme Inc", "Bolt & Co"]
        differing = [name for name in names if payload["value"].lower() in name.lower()]
        await ack(options=[{"text": plain(name), "value": name} for name in differing])

    @app.view("looked_up")
    async def looked_up(ack: Any, view: Json) -> None:
        chosen = view["state"]["values"]["who"]["customer"]["selected_option"]["value"]
        await ack(response_action="update", view=modal(section(f"Found {chosen}")))

    @app.event("app_home_opened")
    async def home(client: Any, event: Json) -> None:
        view = {"type": "home", "blocks": [section("Welcome home"), actions(button("Next", "home_next"))]}
        await client.views_publish(user_id=event["user"], view=view)

    @app.event("app_mention")
    async def mentioned(say: Any, event: Json) -> None:
        await say(text=f"You called, <@{event['user']}>?", thread_ts=event["ts"])

    @app.event("message")
    async def message() -> None:
        pass

    return app


@pytest.fixture(params=["http", "socket"])
async def app(request: pytest.FixtureRequest, slack: LocalSlack) -> AsyncIterator[AsyncApp]:
    served = small_app(slack)
    async with over_http(served, slack) if request.param == "http" else over_socket(served, slack):
        yield served


async def test_command_click_and_form(slack: LocalSlack, app: AsyncApp) -> None:
    ana, raj = slack.person("ana"), slack.person("raj")
    await ana.command("/probe cus_1")
    await ana.sees("First card of cus_1")
    raj.does_not_see("First card")
    await ana.click("Next")
    await ana.sees("Card number 2")
    ana.does_not_see("First card")
    await ana.click("Form")
    await ana.sees("== A form ==")
    await ana.submit()
    await ana.sees("Please complete this required field.")
    await ana.fill("Reason", "no")
    await ana.submit()
    await ana.sees("Say more")
    await ana.fill("Reason", "because")
    await ana.submit()
    await raj.sees("@ana said because")
    ana.does_not_see("== A form ==")


async def test_shortcut_with_typeahead(slack: LocalSlack, app: AsyncApp) -> None:
    ana = slack.person("ana")
    await ana.shortcut("Look up")
    await ana.sees("Customer")
    assert await ana.type_ahead("Customer", "acme") == ["Acme Ltd", "Acme Inc"]
    await ana.choose("Customer", "Acme Inc")
    await ana.sees("[Acme Inc ▾]")
    await ana.submit()
    await ana.sees("Found Acme Inc")
    with pytest.raises(NotOnScreen, match="Found Acme Inc"):
        await ana.click("Next")


async def test_home_and_mention(slack: LocalSlack, app: AsyncApp) -> None:
    ana = slack.person("ana")
    await ana.open_home()
    await ana.sees("Welcome home")
    ana.go("#support")
    await ana.say("hello @probe")
    await ana.sees("You called, @ana?")
    await ana.settled()


async def test_frozen_clock_is_used_for_signatures_and_triggers(slack: LocalSlack, app: AsyncApp) -> None:
    ana = slack.person("ana")
    with freeze_time("2026-03-01 12:00", real_asyncio=True) as frozen:
        await ana.command("/probe cus_1")
        await ana.sees("First card")
        frozen.tick(600)
        await ana.click("Form")
        await ana.sees("== A form ==")
        assert slack.sent[-1].at == datetime(2026, 3, 1, 12, 10, tzinfo=UTC).timestamp()
