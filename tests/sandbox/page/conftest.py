"""One browser, one workspace and one small app for all tests of the page."""

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
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright
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
TIMEOUT = 5000
"""Milliseconds that a thing may take to appear."""


@dataclass
class Heard:
    """What reached the app, and how it answers a submission."""

    actions: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, count: int) -> list[dict[str, Any]]:
        """The first so many presses and choices, once they are there."""
        async with asyncio.timeout(TIMEOUT / 1000):
            while len(self.actions) < count:
                self.news.clear()
                await self.news.wait()
        return [body["actions"][0] for body in self.actions]


@dataclass
class Local:
    """A running workspace with its app, as the tests use it."""

    slack: LocalSlack
    web: AsyncWebClient
    heard: Heard
    browser: Browser
    tabs: dict[str, tuple[Page, list[str]]] = field(default_factory=dict)
    """One a person for all tests: a second load finds the modules in the cache."""
    loads: int = 0

    async def post(self, blocks: gallery.Blocks, channel: str, text: str = "fallback") -> str:
        answer = await self.web.chat_postMessage(channel=channel, text=text, blocks=blocks)
        return str(answer["ts"])

    @asynccontextmanager
    async def seen_by(
        self, handle: str, channel: str, scheme: Literal["dark", "light"] = "light"
    ) -> AsyncIterator[Page]:
        """The page of one person. At the end nothing may have gone wrong in it, nor come from outside."""
        if handle not in self.tabs:
            self.tabs[handle] = await self._tab()
        page, wrong = self.tabs[handle]
        wrong.clear()
        await page.set_viewport_size({"width": 1280, "height": 800})
        await page.emulate_media(color_scheme=scheme)
        # An address that was not there before is loaded anew; the same one with a hash is not.
        self.loads += 1
        await page.goto(f"{self.slack.url}?load={self.loads}&person={handle}#{channel}")
        yield page
        assert wrong == []
        await page.evaluate("localStorage.clear()")

    async def _tab(self) -> tuple[Page, list[str]]:
        # A window of its own: a tab behind another one is put to sleep by the browser.
        context = await self.browser.new_context(locale="en-US")
        context.set_default_timeout(TIMEOUT)
        page = await context.new_page()
        wrong: list[str] = []

        def asked(request: Request) -> None:
            if not request.url.startswith((self.slack.url, "data:")):
                wrong.append(f"asked {request.url}")

        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                wrong.append(message.text)

        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", said)
        page.on("request", asked)
        return page, wrong


def _answers(app: AsyncApp, heard: Heard) -> None:
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
        heard.asked.append(payload["value"])
        await ack(options=[gallery.option("Acme Ltd", "cus_1"), gallery.option("Acorn", "cus_2")])

    @app.action(re.compile(".*"))
    async def action(ack: Any, body: Any) -> None:
        heard.actions.append(body)
        heard.news.set()
        await ack()

    @app.view("form")
    async def view(ack: Any, body: Any) -> None:
        heard.views.append(body["view"])
        await ack(**heard.answer)

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
        app, heard = bolt(slack), Heard()
        _answers(app, heard)
        async with over_http(app, slack), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            try:
                yield Local(slack, client(slack), heard, browser)
            finally:
                await browser.close()


@pytest_asyncio.fixture(loop_scope="package")
async def local(running: Local) -> Local:
    """The workspace with empty channels."""
    running.slack.workspace.messages.clear()
    running.heard.actions.clear()
    running.heard.views.clear()
    running.heard.answer.clear()
    running.heard.asked.clear()
    running.slack.views.clear("U01ANA")
    return running
