"""One browser, workspace and app for all page tests."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import LocalSlack
from tests.sandbox.page import gallery
from tests.sandbox.slack.app import bolt, client, over_http

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MANIFEST = Path(__file__).parents[1] / "slack" / "manifest.yml"
_AFRESH = Path(__file__).with_name("afresh.js").read_text(encoding="utf-8")
TIMEOUT = 20_000
"""Milliseconds to wait for something to appear."""
expect.set_options(timeout=TIMEOUT)


@dataclass
class Received:
    """What the app received, and its response to a submission."""

    actions: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_for_actions(self, count: int) -> list[dict[str, Any]]:
        """Waits for `count` actions and returns them."""
        async with asyncio.timeout(TIMEOUT / 1000):
            while len(self.actions) < count:
                self.changed.clear()
                await self.changed.wait()
        return [body["actions"][0] for body in self.actions]


@dataclass
class Local:
    """A running workspace with an app and a browser."""

    slack: LocalSlack
    web: AsyncWebClient
    received: Received
    browser: Browser
    windows: dict[str, tuple[Page, list[str]]] = field(default_factory=dict)
    """One per person for all tests, since its modules stay loaded, with the errors it logged."""

    async def post(self, blocks: gallery.Blocks, channel: str, text: str = "fallback") -> str:
        answer = await self.web.chat_postMessage(channel=channel, text=text, blocks=blocks)
        return str(answer["ts"])

    @asynccontextmanager
    async def seen_by(
        self, handle: str, channel: str, scheme: Literal["dark", "light"] = "light"
    ) -> AsyncIterator[Page]:
        """One person's page. Fails if it logged an error or requested another host."""
        page, wrong = await self._window(handle)
        try:
            await page.set_viewport_size({"width": 1280, "height": 800})
            await page.emulate_media(color_scheme=scheme)
            person = self.slack.person(handle).user.id
            if page.url.startswith(f"{self.slack.url}?person={person}"):
                await page.evaluate(_AFRESH, [person, channel])
            else:
                await page.goto(f"{self.slack.url}?person={person}#{channel}")
                await page.evaluate("localStorage.clear()")
            wrong.clear()
            yield page
            assert wrong == []
        except BaseException:
            await self.windows.pop(handle)[0].context.close()
            raise

    async def window(self, handle: str) -> Page:
        """The person's window, whatever is shown there."""
        return (await self._window(handle))[0]

    async def _window(self, handle: str) -> tuple[Page, list[str]]:
        if handle not in self.windows:
            self.windows[handle] = await self._open()
        return self.windows[handle]

    async def _open(self) -> tuple[Page, list[str]]:
        # A separate window: the browser suspends background tabs.
        context = await self.browser.new_context(locale="en-US")
        context.set_default_timeout(TIMEOUT)
        page = await context.new_page()
        wrong: list[str] = []

        def check_host(request: Request) -> None:
            if not request.url.startswith((self.slack.url, "data:")):
                wrong.append(f"asked {request.url}")

        def check_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                wrong.append(message.text)

        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", check_console)
        page.on("request", check_host)
        return page, wrong


def _answers(app: AsyncApp, received: Received) -> None:
    @app.command("/probe")
    async def command(ack: Any, body: Any, client: Any) -> None:
        await ack()
        if body["text"] == "form":
            await client.views_open(trigger_id=body["trigger_id"], view=gallery.MODAL)

    @app.shortcut("look_up")
    async def look_up(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=gallery.MODAL)

    @app.shortcut("file_this")
    async def file_this(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.chat_postMessage(channel=body["channel"]["id"], text=f"Filed: {body['message']['text']}")

    @app.options("customer")
    async def customers(ack: Any, payload: Any) -> None:
        received.queries.append(payload["value"])
        await ack(options=[gallery.option("Acme Ltd", "cus_1"), gallery.option("Acorn", "cus_2")])

    @app.action(re.compile(".*"))
    async def action(ack: Any, body: Any) -> None:
        received.actions.append(body)
        received.changed.set()
        await ack()

    @app.view("form")
    async def view(ack: Any, body: Any) -> None:
        received.views.append(body["view"])
        await ack(**received.answer)

    @app.event("app_home_opened")
    async def home(event: Any, client: Any) -> None:
        blocks = [
            gallery.section("Welcome *home*"),
            {"type": "actions", "elements": [gallery.button("Start")]},
        ]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.event(re.compile("message|app_mention"))
    async def quiet() -> None:
        return None


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running() -> AsyncIterator[Local]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed: the page cannot be tried in a browser")
        pytest.skip("Chromium is not installed: the page is not tried in a browser")
    async with LocalSlack.running(MANIFEST) as slack:
        app, received = bolt(slack), Received()
        _answers(app, received)
        async with over_http(app, slack), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            try:
                yield Local(slack, client(slack), received, browser)
            finally:
                await browser.close()


@pytest_asyncio.fixture(loop_scope="package")
async def local(running: Local) -> Local:
    """The workspace, with empty channels."""
    running.slack.workspace.messages.clear()
    running.received.actions.clear()
    running.received.views.clear()
    running.received.answer.clear()
    running.received.queries.clear()
    running.slack.views.clear("U01ANA")
    return running
