"""A journey fails when Maple draws what no route handles."""

from typing import Any

import pytest

from bot.kit import ids
from sandbox.slack import LocalSlack
from tests.drawn import all_handled
from tests.running import MANIFEST

BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "value": "1"}
OPTIONS = {"type": "external_select", "placeholder": {"type": "plain_text", "text": "One"}}


def actions(**element: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": [element]}


def entry(dispatch: bool, **element: Any) -> dict[str, Any]:
    label = {"type": "plain_text", "text": "Which"}
    return {"type": "input", "label": label, "element": element, "dispatch_action": dispatch}


def modal(callback_id: str, *blocks: dict[str, Any], submit: bool = True) -> dict[str, Any]:
    words = {"type": "plain_text", "text": "Go"}
    outline = {"type": "modal", "title": words, "callback_id": callback_id, "blocks": list(blocks)}
    return {**outline, "submit": words} if submit else outline


def post(slack: LocalSlack, *blocks: dict[str, Any], preview: bool = False) -> None:
    workspace = slack.workspace
    channel = workspace.channel("support")
    message = workspace.post(channel, workspace.bot.id, "", [] if preview else list(blocks))
    if preview:
        workspace.unfurl(message, {"https://example.com": {"blocks": list(blocks)}})


def show(slack: LocalSlack, view: dict[str, Any]) -> None:
    slack.views.push_for(slack.person("ana").id, view)


def publish(slack: LocalSlack, *blocks: dict[str, Any]) -> None:
    slack.views.publish(slack.person("ana").id, {"type": "home", "blocks": list(blocks)})


@pytest.fixture
async def slack() -> Any:
    async with LocalSlack.running(manifest=MANIFEST) as running:
        yield running


async def test_what_has_a_route_may_be_drawn(slack: LocalSlack) -> None:
    with all_handled(slack):
        post(slack, actions(**BUTTON, action_id=f"{ids.GO}:products"))
        post(slack, actions(**OPTIONS, action_id=ids.PICK_FEATURE), preview=True)
        publish(slack, actions(**BUTTON, action_id=f"{ids.LINK}:x"))
        show(slack, modal(ids.LOOK_UP_MODAL, entry(False, **OPTIONS, action_id=ids.PICK_CUSTOMER)))
        show(slack, modal("only_shown", submit=False))


@pytest.mark.parametrize("preview", [False, True])
async def test_button_without_a_route_is_noticed(slack: LocalSlack, preview: bool) -> None:
    with pytest.raises(AssertionError, match="gone"), all_handled(slack):
        post(slack, actions(**BUTTON, action_id="gone"), preview=preview)


async def test_button_of_the_home_tab_without_a_route_is_noticed(slack: LocalSlack) -> None:
    with pytest.raises(AssertionError, match="gone"), all_handled(slack):
        publish(slack, actions(**BUTTON, action_id="gone"))


async def test_button_that_was_replaced_is_noticed(slack: LocalSlack) -> None:
    def replace() -> None:
        publish(slack, actions(**BUTTON, action_id="gone"))
        publish(slack)

    with pytest.raises(AssertionError, match="gone"), all_handled(slack):
        replace()


async def test_modal_without_a_route_is_noticed(slack: LocalSlack) -> None:
    with pytest.raises(AssertionError, match="gone"), all_handled(slack):
        show(slack, modal("gone"))


async def test_field_that_is_sent_at_once_needs_a_route(slack: LocalSlack) -> None:
    with all_handled(slack):
        show(slack, modal(ids.DIGEST_FORM, entry(False, **OPTIONS, action_id=ids.DIGEST_ZONE)))
    with pytest.raises(AssertionError, match="action"), all_handled(slack):
        show(slack, modal(ids.DIGEST_FORM, entry(True, **OPTIONS, action_id=ids.DIGEST_ZONE)))


async def test_menu_whose_options_nobody_offers_is_noticed(slack: LocalSlack) -> None:
    with pytest.raises(AssertionError, match="options"), all_handled(slack):
        show(slack, modal(ids.LOOK_UP_MODAL, entry(False, **OPTIONS, action_id="gone")))
