"""What is registered is told to those who set Maple up."""

from pathlib import Path
from typing import Any

import pytest

from bot.access.rules import Power
from bot.changes import registry as kinds
from bot.changes.spec import ChangeKind
from bot.links import registry as links
from bot.lookups import registry as parts

ROOT = Path(__file__).parents[1]
README, POLICY = ((ROOT / name).read_text() for name in ("README.md", "docs/policy.md"))
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


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_every_scope_of_autumns_key_is_in_the_readme(scope: str) -> None:
    assert f"`{scope}`" in README


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.id)
def test_every_kind_of_change_is_in_the_policy_guide(kind: ChangeKind[Any]) -> None:
    assert f'`"{kind.id}"`' in POLICY


@pytest.mark.parametrize("power", Power)
def test_every_power_is_in_the_policy_guide(power: Power) -> None:
    assert f"| `{power}` |" in POLICY


@pytest.mark.parametrize("kind", [kind for kind in kinds.KINDS if kind.unit and not kind.in_money])
def test_every_kind_with_a_size_is_named_where_sizes_are(kind: ChangeKind[Any]) -> None:
    (line,) = (line for line in POLICY.splitlines() if line.startswith("| `amount_over`, `amount_up_to` |"))
    assert f'`"{kind.id}"`' in line
