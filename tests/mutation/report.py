"""The results of a run: the summary in docs/mutation.md, and a report of every survivor and its reason."""

import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.operators import Mutation

_ROOT = Path(__file__).parent.parent.parent
PAGE = _ROOT / "docs" / "mutation.md"
REPORT = _ROOT / "reports" / "mutation.md"
"""Not tracked: every run overwrites it."""
REASONS = Path(__file__).parent / "survivors.toml"
ENOUGH = 0.9
_READABLE, _CONTEXT = 100, 30

Reasons = Mapping[str, Mapping[str, str]]
"""Why no test needs to notice a mistake, by module and label."""
Result = tuple[str, float]
"""What killed a mistake (empty: nothing did), and how many seconds that took."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The tests were run on one mistake."""

    path: str
    mutation: Mutation
    killed_by: str
    """The test that noticed, or another way in which the run failed; empty when nothing noticed."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """How many of a module's mistakes were noticed."""

    path: str
    mistakes: int
    killed: int

    @property
    def line(self) -> str:
        """A row of a table."""
        return f"| `{self.path}` | {self.mistakes:,} | {self.killed:,} | {self.killed / self.mistakes:.1%} |"


def label(mutation: Mutation) -> str:
    """Names a mistake; the same mistake twice in a function has the same name."""
    place = f"{mutation.where}: " if mutation.where else ""
    was, becomes = mutation.was, mutation.becomes
    if len(was) > _READABLE:
        start = _common_prefix(was, becomes)
        end = _common_prefix(was[start:][::-1], becomes[start:][::-1])
        was, becomes = (_excerpt(text, start, len(text) - end) for text in (was, becomes))
    return f"{place}{was} → {becomes}"


def _common_prefix(first: str, second: str) -> int:
    """Its length."""
    pairs = zip(first, second, strict=False)
    return next((n for n, pair in enumerate(pairs) if pair[0] != pair[1]), min(len(first), len(second)))


def _excerpt(text: str, start: int, end: int) -> str:
    """The given part, with some context around it."""
    start, end = max(0, start - _CONTEXT), min(len(text), end + _CONTEXT)
    part = textwrap.shorten(text[start:end], 2 * _READABLE, placeholder=" …")
    return f"{'… ' if start else ''}{part}{' …' if end < len(text) else ''}"


def reasons(text: str) -> Reasons:
    """Reads the text of survivors.toml."""
    by_module: dict[str, dict[str, str]] = {}
    for entry in tomllib.loads(text).get("same", []):
        for name in entry["mistakes"]:
            by_module.setdefault(entry["module"], {})[name] = entry["why"]
    return by_module


def figures(trials: Sequence[Trial]) -> list[Figures]:
    """One for each module, in the order of the trials."""
    return [
        Figures(
            path,
            sum(trial.path == path for trial in trials),
            sum(trial.path == path and bool(trial.killed_by) for trial in trials),
        )
        for path in dict.fromkeys(trial.path for trial in trials)
    ]


def share(modules: Sequence[Figures]) -> float:
    """The share of all mistakes that were noticed."""
    return sum(module.killed for module in modules) / sum(module.mistakes for module in modules)


def survivors(trials: Sequence[Trial], reasons: Reasons) -> list[tuple[Trial, str]]:
    """The mistakes that nothing noticed, each with its reason, or an empty one."""
    return [
        (trial, reasons.get(trial.path, {}).get(label(trial.mutation), ""))
        for trial in trials
        if not trial.killed_by
    ]


def outdated(trials: Sequence[Trial], reasons: Reasons) -> list[str]:
    """Reasons for mistakes that are noticed now, or no longer made."""
    alive = {(trial.path, label(trial.mutation)) for trial in trials if not trial.killed_by}
    paths = {trial.path for trial in trials}
    return [
        f"{path}: {name}"
        for path, names in reasons.items()
        if path in paths
        for name in names
        if (path, name) not in alive
    ]


def summary(page: str, modules: Sequence[Figures], total: int) -> str:
    """The page with the figures of each folder brought up to date. `total`: how many mistakes there are,
    whether all were tried or a sample."""
    folders: dict[str, list[Figures]] = {}
    for module in modules:
        folders.setdefault(str(Path(module.path).parent), []).append(module)
    rows = [
        Figures(f"{folder}/", sum(m.mistakes for m in inside), sum(m.killed for m in inside))
        for folder, inside in folders.items()
    ]
    before, start, rest = page.partition("<!-- figures -->\n")
    _, end, after = rest.partition("<!-- end of figures -->")
    tried = sum(module.mistakes for module in modules)
    which = (
        f"All {total:,} mistakes" if tried == total else f"{tried:,} of {total:,} mistakes, picked at random"
    )
    return f"{before}{start}{which}:\n\n{_table(rows)}\n{end}{after}"


def details(trials: Sequence[Trial], reasons: Reasons) -> str:
    """The report: the figures of each module, and its survivors by reason."""
    alive = survivors(trials, reasons)
    parts = [_survivors_of(path, alive) for path in dict.fromkeys(trial.path for trial in trials)]
    return "\n".join(["# Mutations", "", _table(figures(trials)), "", *filter(None, parts)])


def _table(rows: Sequence[Figures]) -> str:
    mistakes, killed = sum(row.mistakes for row in rows), sum(row.killed for row in rows)
    head = ["| Where | Mistakes | Noticed | |", "|---|---:|---:|---:|"]
    return "\n".join(
        [*head, *(row.line for row in rows), f"| All | {mistakes:,} | {killed:,} | {share(rows):.1%} |"]
    )


def _survivors_of(path: str, alive: Sequence[tuple[Trial, str]]) -> str:
    by_reason: dict[str, list[str]] = {}
    for trial, reason in alive:
        if trial.path == path:
            by_reason.setdefault(reason or "**No reason is known.**", []).append(_code(label(trial.mutation)))
    if not by_reason:
        return ""
    lines = [f"## `{path}`", ""]
    for reason, mistakes in by_reason.items():
        lines += [reason, "", *(f"- {mistake}" for mistake in mistakes), ""]
    return "\n".join(lines)


def _code(text: str) -> str:
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}"
