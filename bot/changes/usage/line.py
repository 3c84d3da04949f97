"""Usage to record as a line of a list: `acme,messages,20`."""

from dataclasses import dataclass
from decimal import Decimal

from bot.changes import line_form
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.usage import words
from bot.changes.usage.form import mark
from bot.changes.usage.input import UsageInput

_WHAT = "feature"


@dataclass(frozen=True, slots=True)
class ListedUsage:
    feature: str
    value: Decimal


def read(line: LineReader) -> ListedUsage:
    line.takes_no_action()
    return ListedUsage(line.about(_WHAT), line.figure())


def fill(listed: ListedUsage, facts: Facts, unique: str) -> UsageInput | Note:
    """Of what the customer does not have the guard says so."""
    feature = line_form.known(_WHAT, listed.feature, line_form.features(facts))
    return UsageInput(
        customer=facts.customer.id or "",
        feature=listed.feature if isinstance(feature, Note) else feature,
        value=listed.value,
        mark=mark(unique),
    )


LINE = LineForm(words.LINE_USAGE, read, fill)
