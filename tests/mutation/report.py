"""What a run came to: the summary in docs/mutation.md, and a report with every survivor and its reason."""

import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.operators import Mutation

_ROOT = Path(__file__).parent.parent.parent
PAGE = _ROOT / "docs" / "mutation.md"
REPORT = _ROOT / "reports" / "mutation.md"
"""Not tracked: every run writes it anew."""
REASONS = Path(__file__).parent / "survivors.toml"
ENOUGH = 0.9
_READABLE, _AROUND = 100, 30

Reasons = Mapping[str, Mapping[str, str]]
"""By module and label."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one mistake."""

    path: str
    mutation: Mutation
    killed_by: str
    """The test that noticed, or what else made an end; empty when nothing noticed."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one module."""

    path: str
    made: int
    killed: int

    @property
    def line(self) -> str:
        """A row of a table."""
        return f"| `{self.path}` | {self.made:,} | {self.killed:,} | {self.killed / self.made:.1%} |"


def label(mutation: Mutation) -> str:
    """What a mistake is called; one that is made twice in a function has one name."""
    place = f"{mutation.where}: " if mutation.where else ""
    was, becomes = mutation.was, mutation.becomes
    if len(was) > _READABLE:
        start = _alike(was, becomes)
        end = _alike(was[start:][::-1], becomes[start:][::-1])
        was, becomes = (_part_of(text, start, len(text) - end) for text in (was, becomes))
    return f"{place}{was} → {becomes}"


def _alike(one: str, other: str) -> int:
    """How many characters they begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((n for n, pair in enumerate(pairs) if pair[0] != pair[1]), min(len(one), len(other)))


def _part_of(text: str, start: int, end: int) -> str:
    """With a little of what is around it."""
    start, end = max(0, start - _AROUND), min(len(text), end + _AROUND)
    part = textwrap.shorten(text[start:end], 2 * _READABLE, placeholder=" …")
    return f"{'… ' if start else ''}{part}{' …' if end < len(text) else ''}"


def reasons(text: str) -> Reasons:
    """From the file that holds them."""
    found: dict[str, dict[str, str]] = {}
    for one in tomllib.loads(text).get("same", []):
        for name in one["mistakes"]:
            found.setdefault(one["module"], {})[name] = one["why"]
    return found


def figures(tried: Sequence[Tried]) -> list[Figures]:
    """By module, in the order they were tried."""
    return [
        Figures(
            path,
            sum(one.path == path for one in tried),
            sum(one.path == path and bool(one.killed_by) for one in tried),
        )
        for path in dict.fromkeys(one.path for one in tried)
    ]


def share(given: Sequence[Figures]) -> float:
    """Of all mistakes, those that were noticed."""
    return sum(one.killed for one in given) / sum(one.made for one in given)


def survivors(tried: Sequence[Tried], known: Reasons) -> list[tuple[Tried, str]]:
    """Those that nothing noticed, each with its reason, or with an empty one."""
    return [(one, known.get(one.path, {}).get(label(one.mutation), "")) for one in tried if not one.killed_by]


def outdated(tried: Sequence[Tried], known: Reasons) -> list[str]:
    """Reasons for what is noticed, or not made any more."""
    alive = {(one.path, label(one.mutation)) for one in tried if not one.killed_by}
    paths = {one.path for one in tried}
    return [
        f"{path}: {name}"
        for path, of_it in known.items()
        if path in paths
        for name in of_it
        if (path, name) not in alive
    ]


def summary(page: str, given: Sequence[Figures], of: int) -> str:
    """The page with the figures of each folder in the place of the older ones. `of`: how many mistakes there
    are, whether they were all tried or a sample of them."""
    folders: dict[str, list[Figures]] = {}
    for module in given:
        folders.setdefault(str(Path(module.path).parent), []).append(module)
    rows = [
        Figures(f"{folder}/", sum(m.made for m in modules), sum(m.killed for m in modules))
        for folder, modules in folders.items()
    ]
    before, start, rest = page.partition("<!-- figures -->\n")
    _, end, after = rest.partition("<!-- end of figures -->")
    made = sum(module.made for module in given)
    which = f"All {of:,} mistakes" if made == of else f"{made:,} of {of:,} mistakes, picked at random"
    return f"{before}{start}{which}:\n\n{_table(rows)}\n{end}{after}"


def details(tried: Sequence[Tried], known: Reasons) -> str:
    """The report: the figures of each module, and its survivors by reason."""
    alive = survivors(tried, known)
    parts = [_survivors_of(path, alive) for path in dict.fromkeys(one.path for one in tried)]
    return "\n".join(["# Mutations", "", _table(figures(tried)), "", *filter(None, parts)])


def _table(given: Sequence[Figures]) -> str:
    made, killed = sum(one.made for one in given), sum(one.killed for one in given)
    head = ["| Where | Mistakes | Noticed | |", "|---|---:|---:|---:|"]
    return "\n".join(
        [*head, *(one.line for one in given), f"| All | {made:,} | {killed:,} | {share(given):.1%} |"]
    )


def _survivors_of(path: str, alive: Sequence[tuple[Tried, str]]) -> str:
    by_reason: dict[str, list[str]] = {}
    for one, why in alive:
        if one.path == path:
            by_reason.setdefault(why or "**No reason is known.**", []).append(_code(label(one.mutation)))
    if not by_reason:
        return ""
    lines = [f"## `{path}`", ""]
    for why, mistakes in by_reason.items():
        lines += [why, "", *(f"- {mistake}" for mistake in mistakes), ""]
    return "\n".join(lines)


def _code(text: str) -> str:
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}"
