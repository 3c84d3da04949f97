"""Reads what was asked of Autumn about a customer, and how it answered."""

from datetime import datetime, timedelta

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, RequestLog
from bot.lookups.concurrent import attempt, meanwhile
from bot.lookups.customer import customer_of
from bot.lookups.logs.answer import Logs
from bot.lookups.place import Place

MOST = 100
BACK = timedelta(days=7)
"""As far as Autumn looks back at once."""
FAILED = "failed"
"""The place's status when only refused and failed requests are shown."""


async def logs(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Logs:
    """Raises AutumnError when the customer cannot be read; the logs may fail alone."""
    start, failed = at - BACK, place.status == FAILED

    async def read() -> tuple[RequestLog, ...] | None:
        return await autumn.request_logs(place.customer, start=start, end=at, failed=failed, limit=MOST)

    async with meanwhile(attempt(read, within=autumn.patience.part)) as reading:
        customer = await customer_of(autumn, place, known)
        listed = await reading
    more = not isinstance(listed, AutumnError) and listed is not None and len(listed) >= MOST
    return Logs(customer, listed, more, at)
