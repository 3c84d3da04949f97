"""events.*, and logs.search: the requests to this server, and its answers."""

import re
from datetime import datetime, timedelta

from sandbox.autumn import events
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import ApiError, invalid
from sandbox.autumn.model import Json, LocalEvent
from sandbox.autumn.validation import bad_input, decode_cursor, encode_cursor

_QUERY = re.compile(r"where customer_id == '([^'\\]*)'( and status_code >= 400)?")
_LONGEST_RANGE = timedelta(days=7)


BIN_SIZES = ("hour", "day", "week", "month")
_US = 1000
"""A page of events ends at a time in microseconds."""


def _analytics(ctx: Context) -> None:
    if not ctx.state.org.analytics:
        raise ApiError(500, "internal_error", "Tinybird is not configured")


def list_page(ctx: Context) -> Json:
    reader = ctx.reader
    limit = reader.limit(default=50, high=5000)
    cursor = reader.get("start_cursor", "string", default="")
    customer_id = reader.get("customer_id", "string") or None  # "" asks for everyone's
    entity_id = reader.get("entity_id", "string")
    names = reader.texts("feature_id")
    span = reader.get("custom_range", "object", default={})
    reader.done()
    _analytics(ctx)
    customer = ctx.state.customers.get(customer_id) if customer_id is not None else None
    if customer_id is not None and (customer is None or customer.id != customer_id):
        return {"list": [], "next_cursor": None}
    query = events.Query(customer, entity_id, names, span.get("start"), span.get("end"))
    matching = [event for event in events.find(ctx.state, query) if event.timestamp <= ctx.state.now]
    if cursor:
        last, moment = decode_cursor(cursor)
        matching = [event for event in matching if _place(event) < (moment, last)]
    page = matching[:limit]
    return {
        "list": [events.show(event) for event in page],
        "next_cursor": encode_cursor(page[-1].id, page[-1].timestamp * _US)
        if len(matching) > limit
        else None,
    }


def _place(event: LocalEvent) -> tuple[int, str]:
    return (event.timestamp * _US, event.id)


def aggregate(ctx: Context) -> Json:
    reader, state = ctx.reader, ctx.state
    customer_id = reader.get("customer_id", "string")
    entity_id = reader.get("entity_id", "string")
    names = reader.texts("feature_id", required=True)
    named = reader.one_of("range", (*events.RANGES, *events.CYCLES))
    span = reader.get("custom_range", "object")
    size = reader.one_of("bin_size", BIN_SIZES, "day")
    group_by = reader.get("group_by", "string")
    aggregate_on = reader.one_of("aggregate_on", ("deducted",))
    reader.done()
    if named is not None and span is not None:
        raise bad_input("input: Provide either range or custom_range, not both")
    if aggregate_on is not None and customer_id is None:
        raise bad_input("aggregate_on: requires customer_id")
    customer = state.customer(customer_id) if customer_id is not None else None
    _analytics(ctx)
    start, end = events.span(state, customer, named or "1bc"), state.now
    if span is not None:
        start, end = span.get("start", start), span.get("end", end)
    query = events.Query(customer, entity_id, names, start, end)
    return events.aggregate(state, events.Aggregation(query, size, group_by, aggregate_on is not None))


ROUTES = (
    rpc("events.list", list_page, "analytics:read", "events"),
    rpc("events.aggregate", aggregate, "analytics:read", "events"),
)


def search_logs(ctx: Context) -> Json:
    """Knows the queries about one customer, and of those all or what failed."""
    reader = ctx.reader
    query = reader.get("query", "string", required=True)
    limit = reader.get("limit", "number", default=100)
    between = reader.get("range", "object", default={})
    reader.done()
    parsed = _QUERY.fullmatch(query)
    if parsed is None:
        raise invalid("Invalid logs query")
    start, end = (datetime.fromisoformat(between[name]) for name in ("start_date", "end_date"))
    if not timedelta() < end - start <= _LONGEST_RANGE:
        raise invalid("Log range cannot exceed 7 days.")
    listed = [
        entry
        for entry in reversed(ctx.state.logged)
        if entry["context"]["customer_id"] == parsed[1] and (not parsed[2] or entry["status_code"] >= 400)
    ]
    return {"list": listed[: int(limit)]}


LOG_ROUTES = (rpc("logs.search", search_logs, "analytics:read"),)
