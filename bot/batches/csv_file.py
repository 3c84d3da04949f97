"""Lists of changes as CSV: the problems of a list, the list to approve, its results, and several changes
given in one sentence. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.batches import card, words
from bot.batches.model import BatchLineRecord, LineProblem, LineState
from bot.changes import descriptions
from bot.changes.balance.request import LISTED_ACTIONS
from bot.changes.balance.sentence import BalanceSentence, Day, SeveralChanges
from bot.changes.notes import Names
from bot.kit import text
from bot.kit.csv_table import CsvFormat, CsvTable
from bot.lookups.names import resolve_feature

_USUAL_KIND = ""
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


def pasted(
    several_changes: SeveralChanges, customer: str, entity: str, features: Mapping[str, str], now: datetime
) -> str:
    """Several changes to one customer that were given in one sentence, as someone would paste them.

    `customer`: their id. `entity`: empty for the whole customer. `features`: names by id of those that may be
    meant."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for sentence in several_changes.sentences:
        feature = resolve_feature(sentence.feature, features) or sentence.feature
        cells = [customer, feature, _size(sentence, now), LISTED_ACTIONS[sentence.action][0]]
        writer.writerow([*cells, _USUAL_KIND, entity] if entity else cells)
    return lines.getvalue()


def _size(sentence: BalanceSentence, now: datetime) -> str:
    return _date(sentence.day, now) if sentence.day else sentence.amount


def _date(day: Day, now: datetime) -> str:
    """As a list takes it; a day that does not come in the next years is left as it is, to be refused."""
    moment = day.moment(now)
    return f"{moment:%Y-%m-%d}" if moment else f"{day.month}/{day.day}"
