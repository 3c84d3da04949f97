"""The tests that the threat model names exist: a defence without its test is only a claim."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "threat-model.md"
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def defined_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_threat_has_an_actor_a_defence_and_a_test() -> None:
    assert len(rows()) >= 20
    for row in rows():
        actor, wants, defence, tests_named = row
        assert all((actor, wants, defence)), row
        assert _NAMED.findall(tests_named), f"no test for: {actor}, {wants}"
        assert not _NAMED.sub("", tests_named).strip(" ,"), f"not a test: {tests_named}"


def test_every_named_test_exists() -> None:
    named = {(path, name) for row in rows() for path, name in _NAMED.findall(row[-1])}
    missing = [f"{path}::{name}" for path, name in sorted(named) if name not in defined_in(ROOT / path)]
    assert missing == []
