"""Several changes of one customer that were said in one sentence, as somebody would paste them. Pure."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime

from bot.changes.balance.request import LISTED_ACTIONS
from bot.changes.balance.sentence import BalanceSentence, Day, SeveralChanges
from bot.lookups.names import feature_meant

_USUAL_KIND = ""


def pasted(
    said: SeveralChanges, customer: str, entity: str, features: Mapping[str, str], now: datetime
) -> str:
    """`customer`: their id. `entity`: empty for the whole customer. `features`: names by id of those that may
    be meant."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for each in said.sentences:
        feature = feature_meant(each.feature, features) or each.feature
        cells = [customer, feature, _size(each, now), LISTED_ACTIONS[each.action][0]]
        writer.writerow([*cells, _USUAL_KIND, entity] if entity else cells)
    return text.getvalue()


def _size(sentence: BalanceSentence, now: datetime) -> str:
    return _date(sentence.day, now) if sentence.day else sentence.amount


def _date(day: Day, now: datetime) -> str:
    """As a list takes it; a day that does not come in the next years is left as it is, to be refused."""
    moment = day.moment(now)
    return f"{moment:%Y-%m-%d}" if moment else f"{day.month}/{day.day}"
