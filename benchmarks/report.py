"""Turns figures into tables, and writes the tables into docs/benchmarks.md on request."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_LIBRARIES = ("slack-bolt", "slack-sdk", "aiohttp", "httpx", "pydantic", "starlette", "uvicorn")


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure from several rounds."""

    values: tuple[float, ...]

    def __str__(self) -> str:
        return f"{statistics.median(self.values):.2f} ({min(self.values):.2f} to {max(self.values):.2f})"


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        """As Markdown, with columns that also line up on a terminal."""
        widths = [max(len(cell) for cell in column) for column in zip(self.columns, *self.rows, strict=True)]
        rule = ["-" * width for width in widths]
        lines = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
            for row in (self.columns, rule, *self.rows)
        ]
        return "\n".join([f"**{self.title}**", "", *lines])


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


def surroundings() -> str:
    """The machine, its load, and the versions that matter."""
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}. {_processor()}, {os.cpu_count()} cores, {platform.system()}; "
        f"load average at the end {load}. Python {platform.python_version()}, {libraries}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def show(section: str, command: str, tables: Sequence[Table], *, write: bool, page: Path = PAGE) -> None:
    """Prints the tables; with `write`, also puts them into the page between the marks of this section."""
    content = "\n\n".join([f"`{command}`", surroundings(), *(str(table) for table in tables)])
    print(content)
    if write:
        page.write_text(placed(page.read_text(), section, content))


def placed(text: str, section: str, content: str) -> str:
    """The page with the text between a section's marks replaced. Raises ValueError without such marks."""
    begin, end = f"<!-- {section} -->\n", f"<!-- /{section} -->"
    before, mark, following = text.partition(begin)
    _, closed, after = following.partition(end)
    if not mark or not closed:
        raise ValueError(f"The page has no place for {section}.")
    return f"{before}{begin}\n{content}\n\n{end}{after}"
