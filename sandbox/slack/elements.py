"""Interactive elements: finds them in blocks, and gives their values and actions."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

from sandbox.slack.model import Block, Json

STATEFUL: dict[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", "initial_files"),
}
"""Element type → the keys of its value in a payload and of its initial value in the block."""

PRESSED = frozenset({"button", "overflow", "workflow_button", "icon_button", "feedback_buttons"})
INTERACTIVE = frozenset(STATEFUL) | PRESSED
MANY = frozenset({"checkboxes", "file_input"}) | {kind for kind in STATEFUL if kind.startswith("multi_")}
SELECTS = frozenset(kind for kind in STATEFUL if kind.endswith("_select")) | {"radio_buttons", "checkboxes"}
PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})
TYPED = frozenset(kind for kind in STATEFUL if kind.endswith("_input")) - {"file_input"}


def within(block: Block) -> Iterator[Json]:
    """The interactive elements of a block, in order of appearance."""
    children: list[Any] = []
    for key in ("element", "accessory"):
        children.append(block.get(key))
    for key in ("elements", "actions", "child_blocks"):
        children.extend(block.get(key) or [])
    for child in children:
        if not isinstance(child, dict):
            continue
        if child.get("type") in INTERACTIVE:
            yield child
        elif child.get("type") in ("card", "actions", "section", "input", "context_actions"):
            yield from within(child)


def each(blocks: list[Block]) -> Iterator[tuple[Block, Json]]:
    for block in blocks:
        for element in within(block):
            yield block, element


def find(blocks: list[Block], block_id: str, action_id: str) -> tuple[Block, Json] | None:
    for block, element in each(blocks):
        if block.get("block_id") == block_id and element.get("action_id") == action_id:
            return block, element
    return None


def fill_ids(blocks: list[Block]) -> list[Block]:
    """A copy with ids for all blocks and interactive elements, as Slack stores it."""
    copied: list[Block] = copy_json(blocks)
    for block in copied:
        if not block.get("block_id"):
            block["block_id"] = secrets.token_urlsafe(4)
        for element in within(block):
            if not element.get("action_id"):
                element["action_id"] = secrets.token_urlsafe(4)
    return copied


def copy_json(value: Any) -> Any:
    """Much faster than copy.deepcopy."""
    return json.loads(json.dumps(value))


def stored(node: Any) -> Any:
    """A copy with the defaults that Slack adds to text objects."""
    if isinstance(node, list):
        return [stored(child) for child in node]
    if not isinstance(node, dict):
        return node
    copied = {key: stored(value) for key, value in node.items()}
    if isinstance(node.get("text"), str):
        if node.get("type") == "plain_text":
            copied.setdefault("emoji", True)
        elif node.get("type") == "mrkdwn":
            copied.setdefault("verbatim", False)
    return copied


def first_value(element: Json) -> Any:
    """The initial value of a stateful element."""
    value = element.get(STATEFUL[element["type"]][1])
    if value is None and element["type"] in MANY:
        return []
    return value


def values(blocks: list[Block], chosen: Json) -> Json:
    """state.values: the current values of all stateful elements."""
    answer: Json = {}
    for block, element in each(blocks):
        kind = element["type"]
        if kind not in STATEFUL:
            continue
        key = STATEFUL[kind][0]
        touched = chosen.get(block["block_id"], {}).get(element["action_id"])
        value = touched[key] if touched and touched["type"] == kind else first_value(element)
        answer.setdefault(block["block_id"], {})[element["action_id"]] = {"type": kind, key: stored(value)}
    return answer


def options_of(element: Json) -> list[Json]:
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group["options"])]


def _option(element: Json, chosen: Any) -> Json:
    """The picked option: one of the element's by its value, or one the app suggested."""
    if isinstance(chosen, dict):
        text = chosen.get("text", "")
        text = text if isinstance(text, dict) else {"type": "plain_text", "text": text, "emoji": True}
        return {"text": text, "value": chosen["value"]}
    for option in options_of(element):
        if option.get("value") == chosen:
            return dict(option)
    raise KeyError(f"no option has the value {chosen!r}")


def value_from(element: Json, entered: Json) -> Any:
    """The element's value after an input. Raises KeyError for an invalid input."""
    kind = element["type"]
    if kind in ("static_select", "external_select", "radio_buttons", "overflow"):
        return _option(element, entered["option"]) if entered.get("option") is not None else None
    if kind in ("multi_static_select", "multi_external_select", "checkboxes"):
        return [_option(element, picked) for picked in entered["options"]]
    simple = {
        "users_select": "user",
        "conversations_select": "conversation",
        "channels_select": "channel",
        "multi_users_select": "users",
        "multi_conversations_select": "conversations",
        "multi_channels_select": "channels",
        "datepicker": "date",
        "timepicker": "time",
        "datetimepicker": "datetime",
        "file_input": "files",
        "rich_text_input": "rich_text",
    }
    value = entered[simple.get(kind, "text")]
    return (value or None) if kind in TYPED else value


def action(block: Block, element: Json, entered: Json, ts: str) -> Json:
    """An entry of `actions` in a block_actions payload."""
    kind = element["type"]
    answer: Json = {"type": kind, "action_id": element["action_id"], "block_id": block["block_id"]}
    if kind == "overflow":
        answer["selected_option"] = stored(value_from(element, entered))
    elif kind in STATEFUL:
        answer[STATEFUL[kind][0]] = stored(value_from(element, entered))
    for key in ("text", "value", "style", "placeholder", "url"):
        if key in element and key not in answer:
            answer[key] = stored(element[key])
    return {**answer, "action_ts": ts}
