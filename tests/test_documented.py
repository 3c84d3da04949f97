"""Everything registered, and every call to Autumn, is documented for those who set Maple up."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.access.rules import Power
from bot.changes import registry as kinds
from bot.changes.spec import ChangeKind
from bot.links import registry as links
from bot.lookups import registry as parts

ROOT = Path(__file__).parents[1]
README, POLICY = ((ROOT / name).read_text() for name in ("README.md", "docs/policy.md"))
MANIFEST = yaml.safe_load((ROOT / "app_manifest.yml").read_text())
COMMANDS = [
    *parts.commands(),
    *(kind.command for kind in kinds.KINDS),
    *(link.command for link in links.KINDS),
]
SCOPES = {
    *(scope.scope for kind in kinds.KINDS for scope in kind.scopes),
    *(scope.scope for link in links.KINDS for scope in link.scopes),
    *(part.scope.scope for part in parts.PARTS if part.scope),
    *(link.read_scope.scope for link in links.KINDS if link.read_scope),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`/autumn {command} " in README


@pytest.mark.parametrize("kind", kinds.listable(), ids=lambda kind: kind.id)
def test_every_kind_for_lists_is_in_the_readme(kind: ChangeKind[Any]) -> None:
    (row,) = (line for line in README.splitlines() if line.startswith("| `/autumn bulk` |"))
    assert f"`{kind.command}`" in row


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_every_scope_of_autumns_key_is_in_the_readme(scope: str) -> None:
    assert f"`{scope}`" in README


@pytest.mark.parametrize(
    ("scope", "command"),
    [
        *((scope.scope, kind.command) for kind in kinds.KINDS for scope in kind.scopes),
        *((scope.scope, link.command) for link in links.KINDS for scope in link.scopes),
        *((link.read_scope.scope, link.command) for link in links.KINDS if link.read_scope),
        *((part.scope.scope, part.command) for part in parts.PARTS if part.scope),
    ],
)
def test_every_use_of_a_scope_is_listed_with_it(scope: str, command: str) -> None:
    (row,) = (line for line in README.splitlines() if line.strip().startswith(f"| `{scope}` |"))
    assert f"`{command}`" in row.strip().strip("|").split("|")[-1]


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.id)
def test_every_kind_of_change_is_in_the_policy_guide(kind: ChangeKind[Any]) -> None:
    assert f'`"{kind.id}"`' in POLICY


@pytest.mark.parametrize("power", Power)
def test_every_power_is_in_the_policy_guide(power: Power) -> None:
    assert f"| `{power}` |" in POLICY


@pytest.mark.parametrize("kind", [kind for kind in kinds.KINDS if kind.unit and not kind.in_money])
def test_every_kind_with_a_size_is_named_with_the_limits(kind: ChangeKind[Any]) -> None:
    (line,) = (line for line in POLICY.splitlines() if line.startswith("| `amount_over`, `amount_up_to` |"))
    assert f'`"{kind.id}"`' in line


# Calls to Autumn


CALLS = README.partition("- **Documented calls**")[2].partition("- **The container**")[0]
CALL = re.compile(
    r"(?:balances|billing|coupons|customers|entities|events|features|invoices|logs|plans|rewards)\.(?!feature$)[a-z_]*[a-z]"
)
NAMES_OF_PATHS = {"coupons.add", "coupons.remove", "customers.clear_cache", "invoices.refund"}
"""Maple's names, in its logs and metrics, for requests whose path has another name."""


def texts() -> Iterator[str]:
    """String literals of the code, with `{}` for each variable part. Without those of alerts, which names
    Autumn's webhooks much like its calls."""
    for path in (ROOT / "bot").rglob("*.py"):
        if "alerts" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def calls_in_readme() -> set[str]:
    return {name for name in re.findall(r"[`/]([a-z]+\.[a-z_]+)`", CALLS) if CALL.fullmatch(name)}


def paths_in_readme() -> set[str]:
    paths = re.findall(r"/v1/[^`\s]+", CALLS)
    return {re.sub(r"\{\w+\}", "{}", path) for path in paths if not CALL.fullmatch(path.removeprefix("/v1/"))}


def test_autumn_calls_are_those_in_the_readme() -> None:
    sent = {text for text in texts() if CALL.fullmatch(text)} - NAMES_OF_PATHS
    assert calls_in_readme() == sent


def test_autumn_paths_are_those_in_the_readme() -> None:
    paths = {text for text in texts() if re.fullmatch(r"/v1/[a-z]+/\S+", text)}
    assert paths_in_readme() == paths


# Autumn's pitfalls


TRAPS = (ROOT / "docs/autumn-traps.md").read_text()
NAMED = re.compile(r"`([a-z_/]+\.py)::(test_\w+)`")


def test_every_trap_of_autumn_names_one_test() -> None:
    rows = [line for line in TRAPS.splitlines() if line.startswith("| ") and "Maple's test" not in line]
    assert len(rows) > 50
    assert [row for row in rows if len(NAMED.findall(row)) != 1] == []


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED.findall(TRAPS))))
def test_every_test_of_a_trap_exists(path: str, name: str) -> None:
    functions = ast.walk(ast.parse((ROOT / "tests" / path).read_text()))
    defined = {
        function.name
        for function in functions
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert name in defined


# The command's hint in Slack


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_manifests_hint(command: str) -> None:
    (declared,) = MANIFEST["features"]["slash_commands"]
    assert command in re.split(r"[^a-z]+", declared["usage_hint"])
