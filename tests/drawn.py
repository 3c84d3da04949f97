"""What Maple draws leads somewhere: every button, field, menu and modal has a route that handles it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from handlers import routes
from handlers.interaction import InteractionKind
from sandbox.slack import LocalSlack, elements
from sandbox.slack.feed import Change
from sandbox.slack.model import Block, Json

Need = tuple[InteractionKind, str]
"""A kind of interaction that can come from what was drawn, and its id."""
SUGGESTED = ("external_select", "multi_external_select")
"""Elements whose options Slack asks the app for."""


@contextmanager
def all_handled(slack: LocalSlack) -> Iterator[None]:
    """Fails after the block if anything that was drawn in the workspace meanwhile has no route."""
    feed = slack.workspace.feed
    changes = feed.subscribe()
    try:
        yield
    finally:
        feed.unsubscribe(changes)
    drawn: set[Need] = set()
    while not changes.empty():
        if (change := changes.get_nowait()) is not None:
            drawn.update(_needed(change))
    unhandled = sorted(need for need in drawn if not _handled(*need))
    assert not unhandled, f"no route handles {unhandled}"


def _needed(change: Change) -> Iterator[Need]:
    match change.kind:
        case "message" | "message_changed":
            message = change.data["message"]
            for drawn in (message, *message.get("unfurls", [])):
                yield from _of_blocks(drawn["blocks"])
        case "home":
            yield from _of_blocks(change.data["view"]["blocks"])
        case "views":
            for view in change.data["views"]:
                yield from _of_modal(view)
        case _:
            pass


def _of_modal(view: Json) -> Iterator[Need]:
    yield from _of_blocks(view["blocks"])
    if view["submit"]:
        yield InteractionKind.VIEW, view["callback_id"]


def _of_blocks(blocks: list[Block]) -> Iterator[Need]:
    for block, element in elements.each(blocks):
        # Slack sends an input only when the modal is submitted, unless it is to be sent at once.
        if block["type"] != "input" or block.get("dispatch_action"):
            yield InteractionKind.ACTION, element["action_id"]
        if element["type"] in SUGGESTED:
            yield InteractionKind.OPTIONS, element["action_id"]


def _handled(kind: InteractionKind, trigger: str) -> bool:
    return any(
        re.fullmatch(route.pattern, trigger, re.DOTALL)
        for route in routes.ROUTES
        if route.listener.kind is kind
    )
