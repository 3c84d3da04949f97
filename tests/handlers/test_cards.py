"""The buttons on a card."""

from typing import Any

import pytest

from bot.lookups import labels
from bot.lookups.options import token
from bot.lookups.overview import words as overview_words
from bot.lookups.place import Place
from bot.timings import Timeouts
from sandbox.slack.driver import NotOnScreen
from tests.running import Mode, Running, running_maple
from tests.screen import on_screen

QUICK = Timeouts(asking_after=0.05)


async def look_up(maple: Running, line: str = "/autumn cus_acme") -> None:
    await maple.ana.command(line)
    await maple.ana.sees("Acme Ltd")


async def test_click_changes_the_card_in_place_and_can_be_retried(maple: Running) -> None:
    await look_up(maple)
    before = len(maple.slack.workspace.history(maple.ana.channel.id, maple.ana.id))
    await maple.ana.click("Features")
    await maple.ana.sees("resets")
    await maple.ana.click("Overview")
    await maple.ana.sees(on_screen(overview_words.INVOICES))
    maple.autumn.faults.add("customers.get", "500")
    await maple.ana.click("Products")
    await maple.ana.sees(labels.UNAVAILABLE.what)
    maple.autumn.faults.clear()
    await maple.ana.click("Try again")
    await maple.ana.sees("Acme Ltd")
    assert len(maple.slack.workspace.history(maple.ana.channel.id, maple.ana.id)) == before


async def test_slow_click_shows_progress_on_the_card_and_a_slow_share_leaves_it(mode: Mode) -> None:
    async with running_maple(mode, timeouts=QUICK) as maple:
        await look_up(maple)
        maple.autumn.faults.add("customers.get", "latency", seconds=60)
        await maple.ana.click("Products")
        await maple.ana.no_longer_sees("Acme Ltd")
        assert labels.STILL_WAITING in maple.ana.last()
        maple.autumn.faults.clear()
        await maple.ana.sees("Acme Ltd")
        assert labels.STILL_WAITING not in maple.ana.last()

        maple.ana.reload()
        await look_up(maple)
        maple.autumn.faults.add("customers.get", "latency", seconds=60)
        await maple.ana.click("Share to channel", confirm=True)
        await maple.ana.sees(labels.STILL_WAITING)
        maple.autumn.faults.clear()
        await maple.ana.sees(on_screen(overview_words.INVOICES), timeout=0.1)
        await maple.raj.sees("Shared by")


async def test_latest_of_two_clicks_is_shown(mode: Mode) -> None:
    async with running_maple(mode) as maple:
        await look_up(maple)
        maple.autumn.faults.add("customers.get", "latency", seconds=60, times=1)
        await maple.ana.click("Products")
        await maple.ana.click("Features")
        await maple.ana.sees("resets")
        maple.autumn.faults.clear()
        await maple.bot.background.drain(10)
        await maple.ana.sees("resets", timeout=0.1)


async def test_feature_is_picked_by_typing(maple: Running) -> None:
    await look_up(maple, "/autumn events cus_acme")
    assert "Messages" in await maple.ana.type_ahead("Filter by feature", "mess")
    await maple.ana.choose("Filter by feature", "Messages")
    await maple.ana.sees("of Messages")

    # A feature whose id is too long for an option has a token in its place.
    block = f"pick_feature:{Place(customer='cus_acme', part='features').encode()}"
    typing = _clicked(maple, "pick_feature") | {"type": "block_suggestion", "value": "mess"}
    typing |= {"action_id": "pick_feature", "block_id": block}
    options = await maple.slack.deliveries.send("interactive", typing)
    assert isinstance(options, dict)
    assert [option["text"]["text"] for option in options["options"]] == ["Messages"]
    picked = _clicked(maple, "pick_feature", block=block, chosen={"value": token("x" * 80)})
    await maple.slack.deliveries.send("interactive", picked)
    await maple.ana.sees("doesn't have the feature")


async def test_shared_card_opens_for_members_and_not_for_guests(maple: Running) -> None:
    await look_up(maple)
    with pytest.raises(NotOnScreen, match="guests included"):
        await maple.ana.click(labels.SHARE)
    await maple.ana.click(labels.SHARE, confirm=True)
    shared = await maple.raj.sees("Shared by")
    assert "Acme Ltd" in shared
    assert "only visible" not in shared
    post = next(call for call in maple.slack.calls if call.method == "chat.postMessage")
    assert post.args["unfurl_links"] in (False, "false", "0")
    assert post.args["unfurl_media"] in (False, "false", "0")
    await maple.raj.click(labels.OPEN_CUSTOMER)
    own = await maple.raj.sees("only visible to you")
    assert "Acme Ltd" in own
    assert "Acme Ltd" in await maple.gus.sees("Shared by")
    await maple.gus.click(labels.OPEN_CUSTOMER)
    await maple.gus.sees(labels.GUEST.what)


async def test_card_is_shared_neither_with_another_company_nor_where_maple_may_not_post(
    maple: Running,
) -> None:
    maple.slack.workspace.channel("#billing").archived = True
    for channel, method, error, refusal in (
        ("#support", "conversations.info", "fatal_error", labels.UNCHECKED_CHANNEL.what),
        ("#support", "chat.postMessage", "is_archived", labels.ARCHIVED_CHANNEL.what),
        ("#support", "chat.postMessage", "not_in_channel", labels.NOT_IN_CHANNEL.what),
        ("#support", "chat.postMessage", "restricted_action", labels.POST_REFUSED.what),
        ("#shared-acme", "", "", labels.SHARED_CHANNEL.what),
        ("#random", "", "", labels.NOT_IN_CHANNEL.what),
        ("#billing", "", "", labels.ARCHIVED_CHANNEL.what),
    ):
        maple.ana.reload()
        maple.ana.go(channel)
        await look_up(maple)
        if method:
            maple.slack.faults.add(method, "error", error=error)
        await maple.ana.click(labels.SHARE, confirm=True)
        await maple.ana.sees(refusal)
        await maple.bot.background.drain(10)
        assert maple.slack.workspace.posts == [], (channel, error)


async def test_nothing_is_shared_into_a_direct_message_and_a_link_button_is_only_acknowledged(
    maple: Running,
) -> None:
    await maple.slack.deliveries.send("interactive", _clicked(maple, "share", channel="D01"))
    maple.ana.go("@maple")
    await maple.ana.sees(labels.NOT_IN_CHANNEL.what)
    await maple.bot.background.drain(10)
    sent = len(maple.slack.calls)
    await maple.slack.deliveries.send("interactive", _clicked(maple, "link:invoice"))
    assert maple.slack.sent[-1].outcome == "acked"
    await maple.bot.background.drain(10)
    assert len(maple.slack.calls) == sent


def _clicked(
    maple: Running, action: str, *, channel: str = "", block: str = "b", chosen: dict[str, str] | None = None
) -> dict[str, Any]:
    value: Any = {"value": Place(customer="cus_acme").encode()}
    if chosen:
        value = {"selected_option": chosen}
    return {
        "type": "block_actions",
        "user": {"id": maple.ana.id, "team_id": maple.bot_team},
        "team": {"id": maple.bot_team},
        "channel": {"id": channel or maple.ana.channel.id},
        "actions": [{"action_id": action, "block_id": block, **value}],
    }
