"""The request logs: what was asked of this server, and what it answered."""

import re
from datetime import datetime, timedelta

from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import invalid
from sandbox.autumn.model import Json

_QUERY = re.compile(r"where customer_id == '([^'\\]*)'( and status_code >= 400)?")
_LONGEST = timedelta(days=7)


def search(ctx: Context) -> Json:
    """Knows the queries about one customer, and of those all or what failed."""
    reader = ctx.reader
    query = reader.get("query", "string", required=True)
    limit = reader.get("limit", "number", default=100)
    between = reader.get("range", "object", default={})
    reader.done()
    asked = _QUERY.fullmatch(query)
    if asked is None:
        raise invalid("Invalid logs query")
    start, end = (datetime.fromisoformat(between[name]) for name in ("start_date", "end_date"))
    if not timedelta() < end - start <= _LONGEST:
        raise invalid("Log range cannot exceed 7 days.")
    listed = [
        entry
        for entry in reversed(ctx.state.logged)
        if entry["context"]["customer_id"] == asked[1] and (not asked[2] or entry["status_code"] >= 400)
    ]
    return {"list": listed[: int(limit)]}


ROUTES = (rpc("logs.search", search, "analytics:read"),)
