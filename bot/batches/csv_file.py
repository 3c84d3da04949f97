"""A bulk change as a CSV file: what is wrong with a list, the list that is to be approved, its results."""

from collections.abc import Sequence

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.batches import card, words
from bot.batches.model import BatchLineRecord, LineProblem, LineState
from bot.changes import descriptions
from bot.changes.notes import Names
from bot.kit import text
from bot.kit.csv_table import CsvFormat, CsvTable

_SAYS_WHY = (LineState.REFUSED, LineState.UNCONFIRMED)


def wrong_lines(problems: Sequence[LineProblem], chosen: CsvFormat) -> str:
    rows = [(wrong.number, wrong.text, _plain(card.problem(wrong))) for wrong in problems]
    return CsvTable(words.WRONG_COLUMNS, chosen).text(rows)


def results(lines: Sequence[BatchLineRecord], chosen: CsvFormat, names: Names) -> str:
    """The whole list, with what became of each line."""
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
    return approvals_words.RESULTS[line.why].what if line.why in list(Result) else ""


def wrong_name(key: str) -> str:
    return f"maple-wrong-lines-{key[:8]}.csv"


def results_name(batch_id: str) -> str:
    return f"maple-bulk-change-{batch_id}.csv"


def _plain(mrkdwn: str) -> str:
    return text.unescape(mrkdwn.replace("*", "").replace("`", ""))
