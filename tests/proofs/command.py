"""Runs proofs in full: `python -m tests.proofs [name …] [--write]`."""

import argparse
import asyncio
import os
import platform
import re
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from bot import log
from tests.proofs import clicks
from tests.proofs.batches import killed_midway
from tests.proofs.digests import mornings
from tests.proofs.figures import Figures
from tests.proofs.hammer import one_change, one_of_many
from tests.proofs.hostile import hostile
from tests.proofs.kill import every_edit_killed, killed
from tests.proofs.lists import hostile_lists
from tests.proofs.outcomes import outcomes
from tests.proofs.replay import replayed
from tests.proofs.tampering import alterations
from tests.proofs.webhooks import odd_signatures, posted_once

_ROOT = Path(__file__).parent.parent.parent
PAGE = _ROOT / "docs" / "proofs.md"
REPORTS = _ROOT / "reports" / "proofs"
"""Not tracked: one file for each proof, overwritten by every run."""
PROOFS: dict[str, Sequence[Callable[[], Awaitable[Figures]]]] = {
    "hammer": (
        lambda: one_change("sqlite", 1, 200),
        lambda: one_change("postgresql", 2, 200),
        lambda: one_of_many("sqlite", 1000),
        lambda: one_of_many("postgresql", 1000),
    ),
    "clicks": (
        lambda: clicks.one_card("sqlite", 1, 200),
        lambda: clicks.one_card("postgresql", 2, 200),
        lambda: clicks.one_of_many("sqlite", 1, 1000),
        lambda: clicks.one_of_many("postgresql", 2, 1000),
    ),
    "kill": (lambda: every_edit_killed("sqlite", 20), lambda: killed("postgresql", 20)),
    "outcomes": (lambda: outcomes("sqlite", 3), lambda: outcomes("postgresql", 1)),
    "audit": (lambda: alterations("sqlite", 10_000, 100), lambda: alterations("postgresql", 10_000, 100)),
    "replay": (lambda: replayed("http", 10), lambda: replayed("socket", 10)),
    "batches": (lambda: killed_midway(500, 20),),
    "digests": (lambda: mornings(4, 30),),
    "webhooks": (
        lambda: odd_signatures("http", 10_000, 1),
        lambda: odd_signatures("socket", 5_000, 2),
        lambda: posted_once("sqlite", 300, 3),
        lambda: posted_once("postgresql", 300, 6),
    ),
    "hostile": (lambda: hostile("sqlite", 1, 4800), lambda: hostile("postgresql", 2, 4800)),
    "lists": (lambda: hostile_lists(10_000, 1),),
}
_CASES = {
    "hammer": ("clicks", "clicks"),
    "clicks": ("clicks", "clicks"),
    "kill": ("killed", "processes killed"),
    "outcomes": ("faulty answers", "faulty answers"),
    "audit": ("alterations found by the row's own hash", "altered fields"),
    "replay": ("copies sent", "repeated requests"),
    "batches": ("processes killed", "processes killed"),
    "digests": ("due days", "due days"),
    "webhooks": ("odd messages", "odd messages"),
    "hostile": ("inputs", "hostile payloads"),
    "lists": ("hostile lists", "hostile lists"),
}
"""For each proof: the prefix of the counts that add up to its cases, and what the summary calls them."""


async def prove(name: str) -> tuple[list[Figures], str]:
    """Each part's figures, and the report."""
    parts, lines = [], []
    for proof in PROOFS[name]:
        begun = time.monotonic()
        figures = await proof()
        text = [*figures.lines(), f"Took {time.monotonic() - begun:.0f} s.", ""]
        _print(text)
        parts.append(figures)
        lines += text
    return parts, "\n".join(lines)


def main(arguments: list[str]) -> int:
    """0 if everything was as claimed. Exits with 2 for an unknown proof or option."""
    options = _options(arguments)
    log.configure("ERROR", "json", sys.stderr)
    as_claimed = True
    REPORTS.mkdir(parents=True, exist_ok=True)
    for name in options.names or PROOFS:
        parts, text = asyncio.run(prove(name))
        as_claimed = as_claimed and not any(figures.failures for figures in parts)
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
        (REPORTS / f"{name}.md").write_text(f"# {name}\n\n{machine}\n\n{text.strip()}\n")
        if options.write:
            PAGE.write_text(summary(PAGE.read_text(), name, parts, datetime.now(UTC).date()))
    return 0 if as_claimed else 1


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "scripts/prove", description="Runs proofs in full: all of them, or those named."
    )
    parser.add_argument("names", metavar="name", nargs="*", type=_proof, help=", ".join(PROOFS))
    parser.add_argument("--write", action="store_true", help=f"update the summary in {PAGE.name}")
    return parser.parse_args(arguments)


def _proof(name: str) -> str:
    if name not in PROOFS:
        raise argparse.ArgumentTypeError(f"no such proof: {name}. The proofs are: {', '.join(PROOFS)}")
    return name


def summary(page: str, name: str, parts: Sequence[Figures], today: date) -> str:
    """The page with one proof's row replaced."""
    prefix, label = _CASES[name]
    cases = sum(
        count for part in parts for counted, count in part.counts.items() if counted.startswith(prefix)
    )
    failures = sum(len(part.failures) for part in parts)
    row = f"| `{name}` | {cases:,} {label} | {failures} | {today:%-d %B %Y} |"
    replaced, times = re.subn(rf"^\| `{name}` \|[^|]*\|[^|]*\|[^|]*\|$", row, page, flags=re.MULTILINE)
    if times != 1:
        raise ValueError(f"The page has no single row for {name}")
    return replaced


def _print(lines: list[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
