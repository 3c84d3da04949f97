"""The layers hold, as checked by import-linter, and each contract notices a violation."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
    "importlinter"
]["contracts"]
HOLES = {
    "Layers": ("bot/changes/model.py", "import handlers"),
    "The local Slack and the local Autumn share no code": (
        "sandbox/demo.py",
        "from bot.autumn import models",
    ),
    "The sandbox does not know the handlers": ("sandbox/slack/api.py", "import handlers"),
    "Cards, forms and kinds of change are pure": ("bot/changes/balance/kind.py", "import sqlalchemy"),
    "Autumn's client and the look-ups know nothing of Slack": (
        "bot/lookups/find/search.py",
        "import slack_sdk",
    ),
}

PURE = ("card", "form", "words", "labels", "policy", "schedule", "kind", "request")
"""Names that promise a pure module, as docs/architecture.md says."""


def lint(where: Path) -> tuple[int, str]:
    linted = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as lint; lint()",
            "--no-cache",
        ],
        cwd=where,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return linted.returncode, linted.stdout + linted.stderr


def test_layers_hold() -> None:
    code, output = lint(ROOT)
    assert code == 0, output


def test_every_contract_has_its_violation() -> None:
    names = [contract["name"] for contract in CONTRACTS]
    assert [name for name in names if not name.startswith(tuple(HOLES))] == []
    assert len(names) == len(HOLES)


def test_modules_with_a_pure_name_are_held_to_it() -> None:
    contract = next(each for each in CONTRACTS if each["name"].startswith("Cards, forms and kinds"))
    paths = [name.replace(".", "/") for name in contract["source_modules"]]
    held = {file for path in paths for glob in (f"{path}.py", f"{path}/**/*.py") for file in ROOT.glob(glob)}
    named = {file for name in PURE for file in ROOT.glob(f"bot/**/{name}.py")}
    assert sorted(named - held) == []


@pytest.mark.parametrize("wall", HOLES)
def test_violation_is_reported(wall: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module in modules():
        stub(tmp_path, module)
    path, hole = HOLES[wall]
    stub(tmp_path, path)
    (tmp_path / path).write_text(f"{hole}\n")
    code, output = lint(tmp_path)
    broken = [line for line in output.splitlines() if line.endswith("BROKEN")]
    assert code == 1, output
    assert len(broken) == 1, output
    assert broken[0].startswith(wall)


def modules() -> list[str]:
    """A file for each of our modules that the contracts name."""
    named = {
        name
        for contract in CONTRACTS
        for key in ("source_modules", "forbidden_modules", "modules", "layers")
        for names in contract.get(key, [])
        for name in names.split(" | ")
        if name.split(".")[0] in {"bot", "handlers", "sandbox"}
    }
    packages = {name for name in named if (ROOT / name.replace(".", "/")).is_dir()}
    return [name.replace(".", "/") + ("/__init__.py" if name in packages else ".py") for name in named]


def stub(root: Path, path: str) -> None:
    """An empty module at the path, with its packages."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    for parent in file.relative_to(root).parents:
        if parent != Path("."):
            (root / parent / "__init__.py").touch()
