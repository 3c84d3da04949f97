"""Lists of changes as people might write them, with lines of every kind, and spoiled ones.

What the cells of a kind may contain is learnt from the kind itself, by reading its lines.
"""

import csv
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.batches.parsing import Column
from bot.changes import registry
from bot.changes.line_form import LineCells, LineReader

HOSTILE = (
    *(
        "=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "'=x",
        "<!channel>",
        "<@U1>",
        "&lt;",
        "*b*",
        "{}",
        "%s",
        "\\",
    ),
    *(",", ";", "\t", '"', '""', "'", "\n", "\r\n", "\r", " ", "\x00", "\x1b[2J", "\x85", "\u2028"),
    *("\ufeff", "\u202e", "\u200b", "\ud800", "é", "日本", "e\u0301" * 9, "👩‍💻", "a" * 300, "x" * 5000),
    *("PK\x03\x04", "٥", "9" * 30, "NaN", "1e9", "-0", "2027-02-30", "{0}", "{about}"),
)
_AMOUNTS = (
    *("", "5", "5k", "-40", "0", "1.5", "1,000", "1.000", "1.000,5", "1'000", "1e3", "007", "+3", "\u22125"),
    *("all", "unlimited", "2027-02-28", "1999-01-01", "9999-12-31", "28/2/2027"),
)
_HEADERS = 0.5
"""The share of lists with a header."""


class _Learner(LineReader):
    """Records what a kind reads."""

    def __init__(self, cells: LineCells) -> None:
        super().__init__(cells)
        self.subjects = set[str]()
        self.words = set[str]()

    def about(self, what: str) -> str:
        self.subjects.add(what)
        return super().about(what)

    def action(self, actions: Mapping[Any, Sequence[str]], usual: Any = None, *, also: str = "") -> Any:
        self.words.update(*actions.values())
        return super().action(actions, usual, also=also)


@dataclass(frozen=True)
class Cells:
    """What the cells of a line of one kind may contain."""

    names: Sequence[str]
    """The names of the kind."""
    about: Sequence[str]
    actions: Sequence[str]


def cells_by_kind(names: Mapping[str, Sequence[str]]) -> Mapping[str, Cells]:
    """For every kind that a line can have. `names`: what a line can be about, by subject. Raises KeyError for
    a subject without names."""
    return {kind.id: _cells(kind.id, names) for kind in registry.listable()}


def _cells(kind_id: str, names: Mapping[str, Sequence[str]]) -> Cells:
    """Reads lines with every action that the kind turns out to have."""
    kind, form = registry.kind(kind_id), registry.line_form(kind_id)
    subjects, tried, untried = set[str](), set[str](), {""}
    while untried:
        word = untried.pop()
        tried.add(word)
        learner = _Learner(LineCells("x", "1", word))
        form.read(learner)
        subjects |= learner.subjects
        untried |= learner.words - tried
    kind_names = [kind.id, kind.command, kind.button, kind.heading, kind.command.upper()]
    return Cells(kind_names, [name for subject in sorted(subjects) for name in names[subject]], sorted(tried))


class ListMaker:
    """`cells`: by kind. `customers`, `entities`: as a line may name them."""

    def __init__(
        self,
        dice: random.Random,
        cells: Mapping[str, Cells],
        customers: Sequence[str],
        entities: Sequence[str],
    ) -> None:
        self._dice = dice
        self._cells = cells
        self._customers = customers
        self._entities = entities

    def text(self) -> str:
        """A list of a few lines, most of them right, many of them with something hostile in a cell."""
        columns = list(Column)
        header = self._dice.random() < _HEADERS
        if header:
            self._dice.shuffle(columns)
        rows = [self._row(columns) for _ in range(self._dice.randint(1, 12))]
        spoil = self._dice.choice((0.0, 0.0, 0.1, 0.3))
        rows = [
            [self._spoiled(cell) if self._dice.random() < spoil else cell for cell in row] for row in rows
        ]
        written = io.StringIO()
        writer = csv.writer(
            written,
            delimiter=self._dice.choice(",;\t"),
            quoting=csv.QUOTE_ALL if self._dice.random() < 0.5 else csv.QUOTE_MINIMAL,
            lineterminator=self._dice.choice(("\n", "\r\n", "\r")),
        )
        writer.writerows([[column.value for column in columns], *rows] if header else rows)
        return written.getvalue()

    def pieces(self) -> str:
        """Random pieces, one after the other."""
        cells = self._dice.choice(list(self._cells.values()))
        pieces = [
            *HOSTILE,
            *HOSTILE,
            *self._customers,
            *_AMOUNTS,
            *cells.about,
            *cells.actions,
            *cells.names,
            *Column,
        ]
        return "".join(self._dice.choices([*pieces, *",,,\n\n\n"], k=self._dice.randrange(60)))

    def _row(self, columns: Sequence[Column]) -> list[str]:
        kind = self._dice.choice(list(self._cells))
        cells = self._line(kind)
        row = {
            Column.CUSTOMER: self._dice.choice(self._customers),
            Column.ABOUT: cells.about,
            Column.AMOUNT: cells.amount,
            Column.ACTION: cells.action,
            Column.KIND: self._dice.choice(self._cells[kind].names),
            Column.ENTITY: self._dice.choice(["", "", "", *self._entities]),
        }
        return [row[column] for column in columns]

    def _line(self, kind: str) -> LineCells:
        """Four times out of five, one that the kind reads without complaint."""
        options = self._cells[kind]
        careful = self._dice.random() < 0.8
        while True:
            choose = self._dice.choice
            cells = LineCells(choose(options.about), choose(_AMOUNTS), choose(options.actions))
            reader = LineReader(cells)
            registry.line_form(kind).read(reader)
            if not careful or not reader.wrong:
                return cells

    def _spoiled(self, cell: str) -> str:
        piece, at = self._dice.choice(HOSTILE), self._dice.randint(0, len(cell))
        return self._dice.choice((piece, cell[:at] + piece + cell[at:], ""))
