"""The app's manifest, checked against its schema, the listeners and the calls."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.kit import ids
from bot.slack import scopes
from handlers import ROUTES
from handlers.interaction import InteractionKind

ROOT = Path(__file__).parent.parent
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "app_manifest.yml").read_text())
SCHEMA = json.loads((ROOT / "tests/fixtures/slack-manifest.schema.json").read_text())


def triggers_of(kind: InteractionKind) -> set[str]:
    return {route.trigger for route in ROUTES if route.listener.kind is kind}


def test_manifest_matches_its_schema() -> None:
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(MANIFEST)] == []


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"features": {"slash_commands": [{"command": "autumn", "description": "x"}]}}, "does not match"),
        ({"display_information": {"name": "x" * 36}}, "too long"),
        ({"surprise": 1}, "Additional properties"),
    ],
)
def test_schema_rejects_a_broken_manifest(broken: dict[str, Any], message: str) -> None:
    errors = [error.message for error in Draft7Validator(SCHEMA).iter_errors(MANIFEST | broken)]
    assert any(message in error for error in errors), errors


def test_every_command_has_a_listener() -> None:
    declared = {command["command"] for command in MANIFEST["features"]["slash_commands"]}
    assert declared == triggers_of(InteractionKind.COMMAND) == {ids.COMMAND}


def test_every_shortcut_has_a_listener() -> None:
    kinds = {"global": InteractionKind.SHORTCUT, "message": InteractionKind.MESSAGE_SHORTCUT}
    for shortcut_type, kind in kinds.items():
        declared = {
            shortcut["callback_id"]
            for shortcut in MANIFEST["features"]["shortcuts"]
            if shortcut["type"] == shortcut_type
        }
        assert declared == triggers_of(kind)


def test_every_event_has_a_listener() -> None:
    subscribed = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    # `message.im` arrives as a `message` in a direct message.
    assert {event.partition(".")[0] for event in subscribed} == triggers_of(InteractionKind.EVENT)
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"], (
        "app_home_opened comes with the Home tab only"
    )


@pytest.mark.parametrize(
    ("action", "routes"),
    [
        ("go", ["go"]),
        ("go:products", ["go"]),
        ("gone", []),
        ("open:customer", ["open"]),
        ("pick_feature", ["pick_feature"]),
        ("look_up", ["look_up"]),
        ("change:balance", ["change"]),
        ("form:feature", ["form"]),
        ("mark_applied", ["mark_applied"]),
        ("digest_all:resets", ["digest_all"]),
        ("digest_page:next", ["digest_page"]),
        ("digest_all_modal", []),
    ],
)
def test_click_reaches_one_listener(action: str, routes: list[str]) -> None:
    clicked = [route for route in ROUTES if route.listener.kind is InteractionKind.ACTION]
    assert [route.trigger for route in clicked if re.fullmatch(route.pattern, action)] == routes


def test_scopes_are_exactly_those_of_the_calls() -> None:
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == scopes.needed()


def test_every_called_method_is_listed() -> None:
    assert set(_called()) == {*scopes.METHODS, *scopes.APP_METHODS}


def _called() -> Iterator[str]:
    """Methods of Slack's Web API that bot/ and handlers/ call: `slack.chat_postMessage(…)`."""
    family = re.compile(
        r"(apps|auth|blocks|bots|chat|conversations|files|reactions|team|usergroups|users|views)_\w+"
    )
    for path in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and family.fullmatch(node.func.attr)
            ):
                yield node.func.attr.replace("_", ".")
