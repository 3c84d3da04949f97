"""The threat model names tests that exist: a defence whose test is gone is a claim and no more."""

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


def test_every_threat_has_somebody_a_defence_and_a_test() -> None:
    assert len(rows()) >= 20
    for row in rows():
        who, wants, defence, shown = row
        assert all((who, wants, defence)), row
        assert _NAMED.findall(shown), f"no test for: {who}, {wants}"
        assert not _NAMED.sub("", shown).strip(" ,"), f"not a test: {shown}"


def test_every_test_that_is_named_exists() -> None:
    named = {(path, name) for row in rows() for path, name in _NAMED.findall(row[-1])}
    missing = [f"{path}::{name}" for path, name in sorted(named) if name not in defined_in(ROOT / path)]
    assert missing == []
