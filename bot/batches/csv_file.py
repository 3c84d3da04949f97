"""Lists of changes as CSV: the problems of a list, the list to approve, its results, and several changes
given in one sentence. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.batches import card, words
from bot.batches.model import BatchLineRecord, LineProblem, LineState
from bot.changes import descriptions, registry
from bot.changes.line_form import LineCells
from bot.changes.notes import Names
from bot.changes.spec import ChangeKind
from bot.kit import text
from bot.kit.csv_table import CsvFormat, CsvTable

_SAYS_WHY = (LineState.REFUSED, LineState.UNCONFIRMED)


def wrong_lines(problems: Sequence[LineProblem], chosen: CsvFormat) -> str:
    rows = [(wrong.number, wrong.text, _plain(card.problem(wrong))) for wrong in problems]
    return CsvTable(words.WRONG_COLUMNS, chosen).text(rows)


def results(lines: Sequence[BatchLineRecord], chosen: CsvFormat, names: Names) -> str:
    """The whole list, with the result of each line."""
    rows = [
        (
            line.number,
            line.customer,
            line.input.customer,
            _plain(descriptions.summary(line.input, names)),
            words.LINE_STATES[line.state],
            why(line),
            line.change_id,
        )
        for line in lines
    ]
    return CsvTable(words.COLUMNS, chosen).text(rows)


def why(line: BatchLineRecord) -> str:
    """Why it was not applied, in plain words."""
    if line.state not in _SAYS_WHY:
        return ""
    if line.why in list(Cause):
        ending = approvals_words.ENDINGS[Cause(line.why)].format(why="", payment="")
        return _plain(ending).rstrip(":").strip()
    return approvals_words.RESULTS[Result(line.why)].what if line.why in list(Result) else ""


def wrong_name(key: str) -> str:
    return f"maple-wrong-lines-{key[:8]}.csv"


def results_name(batch_id: str) -> str:
    return f"maple-bulk-change-{batch_id}.csv"


def _plain(mrkdwn: str) -> str:
    return text.unescape(mrkdwn.replace("*", "").replace("`", ""))


def pasted(kind: ChangeKind[Any], lines: Iterable[LineCells], customer: str, entity: str) -> str:
    """Several changes of one kind to one customer, as someone would paste them. `customer`: their id.
    `entity`: empty for the whole customer."""
    kind_cell = "" if kind is registry.usual_line() else kind.command
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    for line in lines:
        cells = [customer, line.about, line.amount, line.action, kind_cell, entity]
        while not cells[-1]:
            cells.pop()
        writer.writerow(cells)
    return rows.getvalue()
