"""What holds for every tracked file: no machine's paths, no conflict markers, lock files with hashes."""

import ast
import os
import re
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from bot.settings import Settings

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.txt", "requirements-demo.txt", "requirements-dev.txt", "requirements-build.txt")
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".yml",
    ".yaml",
    ".json",
    ".html",
    ".css",
    ".js",
    ".sh",
    ".cfg",
    ".ini",
    "",
}
FORBIDDEN = {
    "a package registry's host": r"pypi\.org|pythonhosted|registry\.npm|deb\.debian|index-url|find-links",
    "a path of one machine": r"(?<![\w.~])/(?:work|opt/pypi|opt/wheels|Users/\w|home/(?!maple)\w)(?=/|\b)",
    "reference material that is not here": r"\bshared/(?:docs|data|hooks)",
    "an open end": r"\b(?:TODO|FIXME|XXX|HACK)\b",
    "a number of a tracker of ours": r"\bissue #?\d+\b",
}
ALLOWED = ("--no-emit-index-url", "--no-emit-find-links")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git is at hand
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("pattern_name", FORBIDDEN)
def test_no_tracked_file_has_forbidden_text(pattern_name: str) -> None:
    matches = []
    for path in tracked():
        if path.suffix not in TEXT or path.name in LOCKS or path == Path(__file__):
            continue
        text = path.read_text()
        for allowed in ALLOWED:
            text = text.replace(allowed, "")
        if match := re.search(FORBIDDEN[pattern_name], text):
            matches.append(f"{path.relative_to(ROOT)}: {match[0]}")
    assert matches == []


def test_forbidden_words_are_found() -> None:
    samples = {
        "a package registry's host": "see https://pypi.org/simple",
        "a path of one machine": "open('/work/main/x')",
        "reference material that is not here": "../shared/docs/a.md",
        "an open end": "# TODO later",
        "a number of a tracker of ours": "as issue 12 asks",
    }
    assert samples.keys() == FORBIDDEN.keys()
    assert all(re.search(FORBIDDEN[pattern_name], sample) for pattern_name, sample in samples.items())


def test_no_two_classes_share_a_name() -> None:
    modules: dict[str, list[str]] = defaultdict(list)
    for package in ("bot", "handlers", "sandbox"):
        for module in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(module.read_text())):
                if isinstance(node, ast.ClassDef):
                    modules[node.name].append(str(module.relative_to(ROOT)))
    assert modules["Services"] == ["handlers/services.py"]
    assert {name: homes for name, homes in modules.items() if len(homes) > 1} == {}


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_its_version_and_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"https?://|file:|^-|" + re.escape(str(ROOT)), text, re.MULTILINE)
    packages = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9._-]+(?:\[[a-z,]+\])?==\S+", package), package
        assert "--hash=sha256:" in package, package


def test_smaller_locks_are_subsets_of_the_largest() -> None:
    demo, runtime, development = (
        set(re.findall(r"^[a-z0-9]\S*==\S+", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements-demo.txt", "requirements.txt", "requirements-dev.txt")
    )
    assert runtime < demo < development


def test_every_range_has_its_locked_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ranges = [
        *project["dependencies"],
        *(requirement for extra in project["optional-dependencies"].values() for requirement in extra),
    ]
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))
    names = {re.split(r"[\[<>=~! ]", requirement)[0].lower() for requirement in ranges}
    assert names - locked == set()


def test_every_range_is_bounded() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ranges = [
        *project["dependencies"],
        *(requirement for extra in project["optional-dependencies"].values() for requirement in extra),
    ]
    # Time zones change when governments say so, so they have no upper bound.
    assert [
        requirement
        for requirement in ranges
        if not re.search(r">=.+,<", requirement) and not requirement.startswith("tzdata")
    ] == []


PAGES = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
MADE_UP = ("invoice_paid", "merging", "cancellations", "loyalty")
"""Example features that CONTRIBUTING.md adds."""


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_resolves(page: str) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", (ROOT / page).read_text())
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_named_path_exists(page: str) -> None:
    named = re.findall(
        r"`((?:bot|handlers|sandbox|tests|scripts|docs|benchmarks)/[\w./]*)`", (ROOT / page).read_text()
    )
    real = [name for name in named if not any(example in name for example in MADE_UP)]
    assert [name for name in real if not (ROOT / name).exists()] == []


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    rows = dict(
        re.findall(
            r"^\| (`[A-Z_`, ]+`) \|[^|]*\| ([^|]*) \|$", (ROOT / "README.md").read_text(), re.MULTILINE
        )
    )
    documented = {
        name: default.strip("` ")
        for names, defaults in rows.items()
        for name, default in zip(re.findall(r"[A-Z_]+", names), defaults.split(", "), strict=True)
    }
    fields = Settings.model_fields
    assert {name.lower() for name in documented} == set(fields)
    for name, field in fields.items():
        default = field.default
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        told_of = "required" if field.is_required() else "–" if default is None else str(default)
        assert documented[name.upper()] == told_of


def test_installation_names_what_changes_need() -> None:
    steps = (ROOT / "README.md").read_text().split("## Install it in your workspace")[1].split("\n## ")[0]
    assigned = {name.lower() for name in re.findall(r"\b([A-Z_]+)=", steps)}
    assert assigned <= set(Settings.model_fields)
    required = {name for name, field in Settings.model_fields.items() if field.is_required()}
    assert required | {"maple_approvals_channel", "maple_policy"} <= assigned
    for words in ("app_manifest.yml", "/invite @Maple", "policy.example.toml", "maple doctor", "Back up"):
        assert words in steps


@pytest.mark.parametrize("name", ["scripts/demo", "scripts/test", "scripts/check", "scripts/lock", ".ci/run"])
def test_scripts_can_be_run(name: str) -> None:
    script = ROOT / name
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!")


def test_every_scope_of_the_manifest_is_explained() -> None:
    manifest = yaml.safe_load((ROOT / "app_manifest.yml").read_text())
    table = (ROOT / "README.md").read_text().split("| Slack scope |")[1].split("\n\n")[0]
    explained = {
        scope for row in table.splitlines() for scope in re.findall(r"`([a-z_:]+)`", row.split(" | ")[0])
    }
    assert explained == set(manifest["oauth_config"]["scopes"]["bot"])
