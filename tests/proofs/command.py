"""All proofs in full: `python -m tests.proofs [name …] [--write]`."""

import asyncio
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot import log
from tests.proofs import clicks
from tests.proofs.digests import mornings
from tests.proofs.figures import Figures
from tests.proofs.hammer import one_change, one_of_many
from tests.proofs.hostile import hostile
from tests.proofs.kill import killed
from tests.proofs.outcomes import outcomes
from tests.proofs.replay import replayed
from tests.proofs.trail import alterations

PAGE = Path(__file__).parent.parent.parent / "docs" / "proofs.md"
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
    "kill": (lambda: killed("sqlite", 20), lambda: killed("postgresql", 20)),
    "outcomes": (lambda: outcomes("sqlite", 3), lambda: outcomes("postgresql", 1)),
    "audit": (lambda: alterations("sqlite", 10_000, 100), lambda: alterations("postgresql", 10_000, 100)),
    "replay": (lambda: replayed("http", 10), lambda: replayed("socket", 10)),
    "digests": (lambda: mornings(4, 30),),
    "hostile": (lambda: hostile("sqlite", 1, 4800), lambda: hostile("postgresql", 2, 4800)),
}
_ABOUT = {
    "hammer": "Decisions",
    "clicks": "Clicks in Slack",
    "kill": "Processes that die",
    "outcomes": "Answers that go wrong",
    "audit": "The audit trail",
    "replay": "Requests that come again",
    "digests": "Digests, each day once",
    "hostile": "Hostile payloads",
}


async def prove(name: str) -> tuple[str, bool]:
    """Its part of the page, and whether all was as claimed."""
    text, well = [], True
    for proof in PROOFS[name]:
        begun = time.monotonic()
        figures = await proof()
        _say([*figures.lines(), f"Took {time.monotonic() - begun:.0f} s.", ""])
        text += [*figures.lines(), f"Took {time.monotonic() - begun:.0f} s.", ""]
        well = well and not figures.wrong
    return "\n".join(text), well


def main(given: list[str]) -> int:
    write = "--write" in given
    names = [one for one in given if not one.startswith("--")] or list(PROOFS)
    if unknown := [name for name in names if name not in PROOFS]:
        _say([f"No such proof: {', '.join(unknown)}. There are: {', '.join(PROOFS)}"])
        return 2
    log.configure("ERROR", "json", sys.stderr)
    well = True
    for name in names:
        text, as_claimed = asyncio.run(prove(name))
        well = well and as_claimed
        if write:
            write_part(PAGE, name, text)
    return 0 if well else 1


def write_part(page: Path, name: str, text: str) -> None:
    """Puts one proof's figures in its place in the page, and leaves the others'."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    when = f"On {datetime.now(UTC):%d %B %Y}, {machine}. Times are those of a machine that had other work."
    whole = page.read_text()
    before, after = whole.split(start)[0], whole.split(end)[1]
    page.write_text(f"{before}{start}\n## {_ABOUT[name]}\n\n{when}\n\n{text.strip()}\n{end}{after}")


def _say(lines: list[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
