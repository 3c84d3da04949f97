"""Request logs: what the company's backend and Stripe asked of Autumn. Opened from the events."""

from bot.autumn.models import LoggedRequest, RequestLog
from bot.lookups import samples
from bot.lookups.logs import card, words
from bot.lookups.logs.answer import Logs
from bot.lookups.logs.read import logs
from bot.lookups.part import LookupPart


def _sample() -> Logs:
    request = LoggedRequest(method="POST", path="/v1/balances.track")
    log = RequestLog(timestamp=samples.NOW, status_code=200, request=request)
    return Logs(samples.customer(), (log,), False, samples.NOW)


PART = LookupPart(
    id="logs",
    title=words.TITLE,
    command="logs",
    help=words.HELP,
    parent="events",
    read=logs,
    draw=card.content,
    sample=_sample,
)
