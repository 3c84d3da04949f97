"""The line of each key in a TOML file, which tomllib does not say."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]
"""Keys, and positions in arrays, from the top."""


class Lines:
    """For a text that is valid TOML."""

    def __init__(self, text: str) -> None:
        self._first: dict[Path, int] = {}
        table: Path = ()
        count: Counter[Path] = Counter()
        for number, source, parsed in _statements(text):
            path = _path(parsed)
            if source.startswith("["):
                table = (*path[:-1], count[path]) if path[-1] == 0 else path
                count[path] += 1
                path = ()
            whole = (*table, *path)
            for end in range(1, len(whole) + 1):
                self._first.setdefault(whole[:end], number)

    def of(self, path: Path) -> int:
        """From 1. For a missing key, the line of the nearest table it belongs to."""
        while path and path not in self._first:
            path = path[:-1]
        return self._first.get(path, 1)


def _statements(text: str) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Each header and each `key = value`, with its first line: the fewest lines that are valid TOML."""
    source, first = "", 1
    for number, line in enumerate(text.split("\n"), start=1):
        first = first if source else number
        source += line + "\n"
        try:
            parsed = tomllib.loads(source)
        except (ValueError, RecursionError):
            continue
        if parsed:
            yield first, source.lstrip(), parsed
        source = ""


def _path(parsed: Any) -> Path:
    """The keys down to the first table that does not have exactly one key."""
    path: Path = ()
    while True:
        match parsed:
            case {**table} if len(table) == 1:
                key, parsed = next(iter(table.items()))
                path = (*path, str(key))
            case [{**table}] if not table:
                return (*path, 0)
            case _:
                return path
