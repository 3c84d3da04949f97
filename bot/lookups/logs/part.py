"""Request logs: what the company's backend and Stripe sent to Autumn. Opened from the events."""

from datetime import datetime, timedelta

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.events import LoggedRequest, RequestLog
from bot.autumn.models import Customer
from bot.lookups import samples
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import customer_of
from bot.lookups.logs import card, words
from bot.lookups.logs.card import FAILED, Logs
from bot.lookups.part import LookupPart
from bot.lookups.place import Place

MOST = 100
BACK = timedelta(days=7)
"""As far as Autumn looks back at once."""


async def logs(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Logs:
    """Raises AutumnError when the customer cannot be read; the logs may fail alone."""
    start, failed = at - BACK, place.status == FAILED

    async def read() -> tuple[RequestLog, ...] | None:
        return await autumn.request_logs(place.customer, start=start, end=at, failed=failed, limit=MOST)

    async with meanwhile(attempt(read, within=autumn.retry_policy.part)) as reading:
        customer = await customer_of(autumn, place, known)
        listed = await reading
    more = not isinstance(listed, AutumnError) and listed is not None and len(listed) >= MOST
    return Logs(customer, listed, more, at)


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
