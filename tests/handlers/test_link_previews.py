"""Previews of links to customers' pages in Autumn."""

import pytest

from bot.kit import links
from bot.lookups import labels
from bot.timings import Timeouts
from sandbox.autumn import LocalAutumn
from sandbox.slack.model import Json
from tests.handlers.test_conversations import events, outcomes
from tests.running import Mode, Running, running_maple

ACME = "https://app.useautumn.com/sandbox/customers/cus_acme"
NAMED = """
[[allow]]
who = "everyone"
may = ["ask", "approve", "history"]

[link_previews]
channels = ["C01SUPPORT"]
"""


def previews(maple: Running) -> list[Json]:
    """The previews that Maple sent, by link."""
    return [call.args["unfurls"] for call in maple.slack.calls if call.method == "chat.unfurl"]


def customers_read(autumn: LocalAutumn) -> list[str]:
    return [call.route for call in autumn.calls if call.route.startswith("customers")]


@pytest.mark.parametrize(
    ("url", "env", "customer"),
    [
        ("https://app.useautumn.com/customers/cus_1", "live", "cus_1"),
        ("https://app.useautumn.com/customers/cus_1?tab=x#y", "live", "cus_1"),
        ("https://app.useautumn.com/customers/cus_1/invoices", "live", "cus_1"),
        ("https://app.useautumn.com/sandbox/customers/org%3A1", "sandbox", "org:1"),
        ("https://app.useautumn.com/sandbox/customers/cus_1", "live", ""),
        ("https://app.useautumn.com/customers/cus_1", "sandbox", ""),
        ("https://app.useautumn.com/customers", "live", ""),
        ("https://app.useautumn.com/products/pro", "live", ""),
        ("https://app.useautumn.com.evil.example/customers/cus_1", "live", ""),
        ("https://evil.example/https://app.useautumn.com/customers/cus_1", "live", ""),
    ],
)
def test_customer_is_read_from_a_link(url: str, env: str, customer: str) -> None:
    assert links.customer_of(url, env) == customer


async def test_link_shows_a_button_and_nothing_of_the_customer(maple: Running) -> None:
    await maple.ana.say(f"Look at {ACME}")
    preview = await maple.ana.sees(labels.PREVIEW_PRIVATE)
    assert "Acme Ltd" not in preview
    assert customers_read(maple.autumn) == []
    maple.raj.go("#support")
    await maple.raj.click(labels.OPEN_CUSTOMER)
    card = await maple.raj.sees("Acme Ltd")
    assert "only visible to you" in card
    maple.ana.does_not_see("Acme Ltd")
    await maple.gus.sees(labels.PREVIEW_PRIVATE)
    await maple.gus.click(labels.OPEN_CUSTOMER)
    await maple.gus.sees(labels.GUEST.what)
    maple.gus.does_not_see("Acme Ltd")


async def test_channel_that_the_policy_names_shows_name_and_products(mode: Mode) -> None:
    async with running_maple(mode, policy=NAMED) as maple:
        await maple.ana.say(f"Look at {ACME} and {ACME.replace('acme', 'nobody')}")
        preview = await maple.ana.sees("Acme Ltd")
        assert "Team" in preview
        assert "billing@acme.example" not in preview
        assert [list(sent) for sent in previews(maple)] == [[ACME]], "none for a customer that there is not"
        maple.ana.go("#billing")
        await maple.ana.say(f"Look at {ACME}")
        assert "Acme Ltd" not in await maple.ana.sees(labels.PREVIEW_PRIVATE)


async def test_preview_has_no_name_when_autumn_fails_or_is_slow(mode: Mode) -> None:
    async with running_maple(mode, policy=NAMED, timeouts=Timeouts(asking_after=0.05)) as maple:
        for number, fault in enumerate(("500", "latency"), 1):
            maple.autumn.faults.add("customers.get", fault, seconds=60, times=None)
            await maple.ana.say(f"Look at {ACME}")
            await outcomes(maple)
            assert maple.ana.screen().count(labels.PREVIEW_PRIVATE) == number, fault
            maple.autumn.faults.clear()
        maple.ana.does_not_see("Acme Ltd")


async def test_link_is_not_previewed_where_the_channel_is_unfit(maple: Running) -> None:
    for number, channel in enumerate(("#random", "#shared-acme", "@raj", "@maple"), 1):
        maple.ana.go(channel)
        await maple.ana.say(f"Look at {ACME}")
        assert "link_shared ok" in await outcomes(maple)
        assert len(events(maple, "link_shared")) == number, channel
        assert previews(maple) == [], channel


async def test_links_that_cannot_be_previewed_get_no_preview(maple: Running) -> None:
    for links_given in ("x", [None], [{"url": None}], None):
        event = {"type": "link_shared", "user": maple.ana.id, "channel": "C01SUPPORT", "links": links_given}
        payload = {"type": "event_callback", "team_id": maple.bot_team, "event_id": f"Ev{links_given}"}
        await maple.slack.deliveries.send("events_api", payload | {"event": event})
    await maple.ana.say("https://app.useautumn.com/products/pro https://app.useautumn.com/customers/cus_acme")
    id_too_long_for_a_button = f"{ACME}{'x' * 2500}"
    await maple.ana.say(id_too_long_for_a_button)
    assert await outcomes(maple) == ["link_shared ok"]
    assert len(events(maple, "link_shared")) == 6
    assert previews(maple) == []


async def test_link_posted_by_a_guest_gets_no_preview_and_no_answer(maple: Running) -> None:
    await maple.gus.say(f"Look at {ACME}")
    assert await outcomes(maple) == ["link_shared refused"]
    assert previews(maple) == []
    maple.gus.does_not_see(labels.GUEST.what)


async def test_preview_that_slack_refuses_is_only_logged(maple: Running) -> None:
    maple.slack.faults.add("chat.unfurl", "error", error="cannot_unfurl_message")
    await maple.ana.say(f"Look at {ACME}")
    assert await outcomes(maple) == ["link_shared slack"]
    assert maple.slack.workspace.posts == []
