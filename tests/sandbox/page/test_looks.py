"""Everything Maple draws looks right: cards, forms and notices, in light, dark and on a phone.

The cases come from the registries and the transcripts, so new ones are checked too. A normal run checks some
of the transcripts; `MAPLE_LOOKS=<folder>` checks all, and saves pictures.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot.autumn.models import Balance, Discount
from bot.changes import buttons
from bot.changes.model import Facts
from bot.doctor.samples import Sample, samples
from bot.lookups.answers import Billing
from bot.lookups.card import card as overview_card
from bot.lookups.overview.card import Overview
from bot.lookups.place import Place
from sandbox.slack import LocalPerson, LocalSlack
from tests.lookups.samples import (
    LATER,
    NOW,
    balance,
    balances,
    customer,
    invoice,
    invoice_list,
    preview,
    subscription,
)
from tests.running import Running
from tests.sandbox.page import gallery
from tests.sandbox.page.conftest import Local
from tests.sandbox.page.looks import DESK, PICTURES, TALL, flaws
from tests.transcripts import recorder, test_transcripts

pytestmark = pytest.mark.asyncio(loop_scope="package")

SUPPORT, ANA, RAJ = "C01SUPPORT", "U01ANA", "U02RAJ"
CONVERSATIONS: dict[str, Callable[[], Awaitable[None]]] = {
    name: play for name, play in vars(test_transcripts).items() if name.startswith("test_")
}
EVERY_DAY = {"test_approving_a_request"}
"""Transcripts with two people, a form and cards that change while they are shown."""


def post(local: Local, blocks: Any, text: str = "card") -> str:
    """Posts directly into the channel, past Slack's rate limit."""
    workspace = local.slack.workspace
    return str(workspace.post(workspace.channel("support"), RAJ, text, list(blocks)).ts)


def in_this_workspace(drawn: Any) -> Any:
    """With the person and the channel replaced by ones of this workspace."""
    return json.loads(json.dumps(drawn).replace("U0MAPLE", RAJ).replace("C0MAPLE", SUPPORT))


def of_type(kind: str) -> Iterator[tuple[Sample, dict[str, Any]]]:
    for sample in samples():
        if sample.view is not None and sample.view["type"] == kind:
            yield sample, in_this_workspace(sample.view)


async def test_every_card_looks_right(local: Local) -> None:
    cards = {
        sample.name: in_this_workspace(sample.card.blocks) for sample in samples() if sample.card is not None
    }
    async with local.seen_by("ana", SUPPORT) as page:
        for name, blocks in cards.items():
            post(local, blocks, name)
        posted = local.slack.workspace.messages[SUPPORT]
        drawn = {message.text: page.locator(f'article[data-ts="{message.ts}"]') for message in posted}
        await expect(drawn[posted[-1].text]).to_be_visible()
        assert await flaws(page, drawn) == []


async def test_every_form_looks_right(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        dialog = page.get_by_role("dialog")
        wrong = []
        for sample, view in of_type("modal"):
            trigger = local.slack.simulation.triggers.issue(ANA)
            await local.web.views_open(trigger_id=trigger, view=view)
            await expect(dialog).to_be_visible()
            wrong += await flaws(page, {sample.name: dialog})
            local.slack.views.clear(ANA)
            await expect(dialog).to_have_count(0)
        assert wrong == []


async def test_home_looks_right(local: Local) -> None:
    ((sample, view),) = of_type("home")
    async with local.seen_by("ana", SUPPORT) as page:
        await page.get_by_role("button", name="Probe").click()
        home = page.get_by_role("tabpanel", name="Home")
        await expect(home).to_contain_text("Welcome home")
        await local.web.views_publish(user_id=ANA, view=view)
        await expect(home).not_to_contain_text("Welcome home")
        assert await flaws(page, {sample.name: home}) == []


def busy_overview(number: int) -> Overview:
    """More of everything than a card can list."""
    used = {f"used_{index}": balance(f"used_{index}", usage=Decimal(900)) for index in range(number)}
    unused = {f"unused_{index}": balance(f"unused_{index}", usage=Decimal(0)) for index in range(number)}
    subscriptions = [
        subscription(f"plan_{index}", past_due=True, canceled_at=NOW, trial_ends_at=LATER)
        for index in range(number)
    ]
    discounts = tuple(
        Discount(id=str(index), name=f"Coupon {index}", type="percentage_discount", discount_value=Decimal(9))
        for index in range(number)
    )
    billing = Billing(discounts, tuple(preview() for _ in range(number)))
    who = customer(balances=used | unused, subscriptions=subscriptions)
    return Overview(who, billing, invoice_list(*[invoice("open", "49")] * number), NOW)


NOT_USED_YET = {f"not_used_{index}": balance(f"not_used_{index}", remaining=1000) for index in range(3)}
OVER_IN_TWO_LINES = {"meeting_minutes": balance("meeting_minutes", remaining=-13_460, granted=10_000)}


@pytest.mark.parametrize(
    "held_balances",
    [balances(3), balances(3) | NOT_USED_YET, OVER_IN_TWO_LINES | balances(2) | NOT_USED_YET],
    ids=["in use", "some not used yet", "one over its limit"],
)
async def test_overview_of_an_ordinary_customer_fits_on_the_first_screen(
    local: Local, held_balances: dict[str, Balance]
) -> None:
    place, who = Place(customer="cus_1"), customer(balances=held_balances)
    answer = Overview(who, Billing((), (preview(),)), invoice_list(*[invoice()] * 11), NOW)
    tools = buttons.tools(place, buttons.offered(place, Facts(who, NOW)), history=True)
    drawn = overview_card(place, answer, shareable=True, tools=tools)
    async with local.seen_by("ana", SUPPORT) as page:
        await local.web.chat_postEphemeral(channel=SUPPORT, user=ANA, text="x", blocks=list(drawn.blocks))
        box = await page.get_by_role("article").bounding_box()
    assert box
    assert box["height"] < 420


async def test_overview_of_a_busy_customer_is_bounded(local: Local) -> None:
    heights = []
    async with local.seen_by("ana", SUPPORT) as page:
        for number in (11, 99):
            drawn = overview_card(Place(customer="cus_1"), busy_overview(number), shareable=True)
            ts = post(local, drawn.blocks)
            box = await page.locator(f'article[data-ts="{ts}"]').bounding_box()
            assert box
            heights.append(box["height"])
    assert heights[1] <= heights[0] < 850


class Looking:
    """Looks at the page of the person who took a step."""

    def __init__(self, local: Local, name: str) -> None:
        self._local, self._name = local, name
        self._pages: dict[str, Page] = {}
        self._slack: LocalSlack | None = None
        self.wrong: list[str] = []
        self.steps = 0

    async def begin(self, maple: Running) -> None:
        self._slack = maple.slack
        for window, person in (("ana", maple.ana), ("raj", maple.lea)):
            page = self._pages[person.id] = await self._local.window(window)
            await page.set_viewport_size({"width": DESK, "height": TALL})
            await page.emulate_media(color_scheme="light")
            await page.goto(f"{maple.slack.url}?person={person.user.name}#{person.channel.id}")
            await expect(page.get_by_role("main")).to_be_visible()

    async def look(self, person: LocalPerson) -> None:
        page = self._pages[person.id]
        await page.evaluate("place => { location.hash = place }", person.channel.id)
        assert self._slack
        # The page is a moment behind its Slack: a form that was just closed may still be on it.
        forms, dialog = self._slack.views.stack(person.id), page.get_by_role("dialog")
        await expect(dialog).to_have_count(1 if forms else 0)
        if forms:
            await expect(dialog).to_contain_text(forms[-1].body["title"]["text"])
        root = dialog if forms else page.get_by_role("log").first
        await expect(root).to_be_visible()
        self.steps += 1
        self.wrong += await flaws(page, {f"{self._name} {self.steps}": root})

    async def aclose(self) -> None:
        for page in self._pages.values():
            await page.goto("about:blank")


@contextmanager
def looked_at_by(looking: Looking) -> Iterator[None]:
    token = recorder.ONLOOKER.set(looking)
    try:
        yield
    finally:
        recorder.ONLOOKER.reset(token)


@pytest.mark.parametrize("name", CONVERSATIONS if PICTURES else sorted(EVERY_DAY))
async def test_every_step_of_a_conversation_looks_right(local: Local, name: str) -> None:
    looking = Looking(local, name.removeprefix("test_"))
    try:
        with looked_at_by(looking):
            await CONVERSATIONS[name]()
    finally:
        await looking.aclose()
    assert looking.steps
    assert looking.wrong == []


SPOIL = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""
UNFIT = {
    "an escape": gallery.section("Tom &amp;amp; Jerry"),
    "a mark of Slack's": gallery.section("&lt;!date^1^{date}|x&gt;"),
    "a style's mark": {"type": "header", "text": gallery.plain("*Acme*")},
    "an emoji's name": gallery.section(":nosuch:"),
    "a value without words": gallery.section("undefined left"),
    "an id of Slack's": gallery.section("asked by U0NOBODY1"),
    "a name of the program's": gallery.section("state awaits_the_payment"),
}


@pytest.mark.parametrize("flaw", UNFIT)
async def test_visual_defect_is_detected(local: Local, flaw: str) -> None:
    post(local, [UNFIT[flaw]])
    async with local.seen_by("ana", SUPPORT) as page:
        differing = await flaws(page, {"card": page.get_by_role("article")})
    assert differing
    assert all(f"{flaw} is left" in match for match in differing)


@pytest.mark.parametrize(
    ("style", "flaw"),
    [
        (".section-block { width: 2000px }", "reaches beyond the edge"),
        (".section-block { color: #999 }", "contrast of 2.85"),
        (".button { max-width: 20px; overflow: hidden }", "cut off"),
        (".text { display: none }", "an empty block"),
        (".section-block { width: 50px }", "a date is broken"),
    ],
    ids=["wide", "pale", "narrow", "empty", "broken"],
)
async def test_defect_caused_by_a_style_is_detected(local: Local, style: str, flaw: str) -> None:
    action = {"type": "actions", "elements": [gallery.button("Give extra allowance")]}
    post(local, [gallery.section("2026-01-14 09:00"), action])
    async with local.seen_by("ana", SUPPORT) as page:
        await expect(page.get_by_role("button", name="Give extra allowance")).to_be_visible()
        await page.evaluate(SPOIL, style)
        differing = await flaws(page, {"card": page.get_by_role("article")})
    assert [match for match in differing if flaw in match]
