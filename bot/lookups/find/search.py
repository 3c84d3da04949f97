"""From what a person typed or pasted to a customer, or to the customers it may mean. Never creates one."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound, Refused, TimedOut
from bot.autumn.models import Customer
from bot.lookups.customer import CARD
from bot.lookups.find.card import Found, NoMatch, SeveralMatches, SingleMatch
from bot.lookups.find.query import (
    cut,
    fold,
    is_id,
    is_internal_id,
    is_stripe_id,
    matches,
    mistyped_stem,
    nearest,
    patterns,
    readings,
)

T = TypeVar("T")

_EXPAND = ("subscriptions.plan",)
"""A match is listed with its products' names."""
MOST_SUGGESTED = 100
_PAGE = 100
_PAGES = 3
_STRIPE_ID_PAGE = 500
_STRIPE_ID_PAGES = 10
_SLICE = 50
"""Customers that are looked at before others get a turn on the event loop."""
_TYPEAHEAD_SECONDS = 2.5

Matching = Callable[[str], Awaitable[Sequence[Customer]]]
"""Reads the customers whose id, name or email contains a text."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def find(autumn: Autumn, query: str, *, now: Callable[[], datetime] = _utc_now) -> Found:
    """The customer whose id, email or name this is; else those whose id, name or email contain it.

    Raises AutumnError.
    """

    async def by_id(customer_id: str) -> SingleMatch | None:
        customer = await _by_id(autumn, customer_id)
        return SingleMatch(customer.id or customer_id, customer) if customer else None

    return await find_or_open(autumn, query, by_id, now=now)


async def find_or_open(
    autumn: Autumn, query: str, by_id: Callable[[str], Awaitable[T | None]], *, now: Callable[[], datetime]
) -> T | Found:
    """As `find`, with `by_id` reading what may be an id; None from it means that nobody has that id.

    Raises AutumnError.
    """
    texts = readings(query)
    truncated: SeveralMatches | None = None
    for text in texts:
        if is_id(text) and (opened := await by_id(text)) is not None:
            return opened
        match = narrow(text, await _search(autumn, text, now))
        if isinstance(match, SingleMatch) or (isinstance(match, SeveralMatches) and match.matches):
            return match
        truncated = truncated or (match if isinstance(match, SeveralMatches) else None)
    return truncated or narrow(cut(query), await _elsewhere(autumn, query, _all_matching(autumn, now), now))


async def search(
    autumn: Autumn, query: str, *, now: Callable[[], datetime] = _utc_now
) -> SeveralMatches | NoMatch:
    """Every customer whose id, name or email contains the text, the most likely first. Raises AutumnError."""
    truncated: SeveralMatches | None = None
    for text in readings(query):
        answer = await _search(autumn, text, now)
        if isinstance(answer, SeveralMatches):
            if answer.matches:
                return answer
            truncated = truncated or answer
    return truncated or await _elsewhere(autumn, query, _all_matching(autumn, now), now)


@dataclass(frozen=True, slots=True)
class Suggested:
    customers: tuple[Customer, ...] = ()
    complete: bool = True
    """Whether nobody else's id, name or email contains the text."""
    near: tuple[Customer, ...] = ()
    """Those that may have been meant, if nobody's contains it."""


async def suggest(
    autumn: Autumn, text: str, matching: Matching | None = None, *, within: float = _TYPEAHEAD_SECONDS
) -> Suggested:
    """Customers for a typeahead, 100 at most, only such as can be opened; among them everyone that `find` and
    `search` find. `matching` reads those that a mistyped name is compared with, if Autumn needn't be asked.

    Raises AutumnError: TimedOut after `within` seconds, since Slack waits no longer than three.
    """
    complete = True
    try:
        async with asyncio.timeout(within):
            for reading in readings(text):
                answer = await _search(autumn, reading, _utc_now, expand=())
                more = isinstance(answer, SeveralMatches) and answer.more
                openable = [match for match in answer.matches if match.id]
                # What Autumn's search does not find may still be its own id of a customer.
                if not openable and is_internal_id(reading) and (customer := await _by_id(autumn, reading)):
                    openable = [customer] if customer.id else []
                if openable:
                    return Suggested(tuple(openable), complete=not more)
                complete = complete and not more
            matching = matching or _all_matching(autumn, _utc_now)
            elsewhere = await _elsewhere(autumn, text, matching, _utc_now)
    except TimeoutError:
        raise TimedOut from None
    near = elsewhere.near if isinstance(elsewhere, NoMatch) else ()
    return Suggested(elsewhere.matches, complete, near)


def ranked(customers: Sequence[Customer], text: str) -> list[Customer]:
    """The most likely first: whose id, email or name this is, then whose name begins with it, then whose
    email domain does; else as they came."""
    return sorted(customers, key=lambda customer: _rank(customer, text))


def _rank(customer: Customer, text: str) -> int:
    folded, name, email = fold(text), fold(customer.name), fold(customer.email)
    fits = (
        customer.id == text,
        email == folded,
        name == folded,
        name.startswith(folded),
        email.partition("@")[2].startswith(folded.removeprefix("@")),
    )
    return fits.index(True) if True in fits else len(fits)


def contains(customer: Customer, text: str) -> bool:
    """Whether the text is in the id, name or email. Autumn takes % and _ for wildcards; people do not."""
    return any(matches(field, text) for field in (customer.id or "", customer.name, customer.email))


def narrow(text: str, answer: SeveralMatches | NoMatch) -> Found:
    """Narrows the answer to the customer meant, or to those with the email address that was typed, if that is
    clear; otherwise the answer itself."""
    if isinstance(answer, NoMatch):
        return answer
    folded = fold(text)
    with_email = [customer for customer in answer.matches if fold(customer.email) == folded]
    with_name = [customer for customer in answer.matches if fold(customer.name) == folded]
    named_only = [customer for customer in with_name if customer not in with_email]
    for meant in (
        [customer for customer in answer.matches if customer.id == text],
        [] if named_only else with_email,
        [] if answer.more or with_email else with_name,
        [] if answer.more else list(answer.matches),
    ):
        if len(meant) == 1 and meant[0].id:
            return SingleMatch(meant[0].id)
        if meant and all(fold(customer.email) == folded for customer in meant):
            return SeveralMatches(answer.query, tuple(meant), False, answer.read_at)
    return answer


async def _by_id(autumn: Autumn, text: str) -> Customer | None:
    try:
        return await autumn.customer(text, expand=CARD)
    except NotFound:
        return None
    except Refused as error:
        # 400: not an id by Autumn's rules after all.
        if error.status == 400:
            return None
        raise


async def _search(
    autumn: Autumn, text: str, now: Callable[[], datetime], expand: Sequence[str] = _EXPAND
) -> SeveralMatches | NoMatch:
    by_key: dict[object, Customer] = {}
    more = False
    for pattern in patterns(text):
        customers, unread = await _pages(autumn, pattern, text, expand)
        by_key |= {_key(customer): customer for customer in customers}
        more = more or unread
    matching = tuple(ranked(list(by_key.values()), text))
    more = more or len(matching) > _PAGE
    return SeveralMatches(text, matching[:_PAGE], more, now()) if matching or more else NoMatch(text)


def _key(customer: Customer) -> object:
    return customer.id or (customer.name, customer.email, customer.created_at)


async def _pages(
    autumn: Autumn, pattern: str, text: str, expand: Sequence[str]
) -> tuple[list[Customer], bool]:
    matching: list[Customer] = []
    cursor = ""
    for _ in range(_PAGES):
        page = await autumn.customers(search=pattern, limit=_PAGE, cursor=cursor, expand=expand)
        matching += (customer for customer in page.list if contains(customer, text))
        cursor = page.next_cursor or ""
        # Only a wildcard makes Autumn answer with customers that do not match; then it is worth going on.
        if not cursor or len(matching) >= _PAGE or "_" not in pattern:
            break
    return matching, bool(cursor)


def _all_matching(autumn: Autumn, now: Callable[[], datetime]) -> Matching:
    async def matching(text: str) -> Sequence[Customer]:
        return (await _search(autumn, text, now)).matches

    return matching


async def _elsewhere(
    autumn: Autumn, query: str, matching: Matching, now: Callable[[], datetime]
) -> SeveralMatches | NoMatch:
    """For what Autumn's search does not find: the customer with this Stripe id; otherwise no match, with the
    customers whose name, id or email is close to what was typed."""
    text = cut(query)
    stripe_id = next((reading for reading in readings(query) if is_stripe_id(reading)), None)
    if stripe_id:
        customer, compared = await with_stripe_id(autumn, stripe_id)
        if customer is None:
            return NoMatch(text, compared=compared)
        return SeveralMatches(text, (customer,), False, now())
    if stem := mistyped_stem(text):
        with contextlib.suppress(AutumnError):
            return NoMatch(text, near=nearest(text, await matching(stem)))
    return NoMatch(text)


async def with_stripe_id(autumn: Autumn, stripe_id: str) -> tuple[Customer | None, int]:
    """The customer in outline; and how many were compared, if there are more than could be. Autumn does not
    search by Stripe id, so its newest customers are gone through. Raises AutumnError."""
    cursor, compared = "", 0
    for _ in range(_STRIPE_ID_PAGES):
        page = await autumn.newest_customers(limit=_STRIPE_ID_PAGE, cursor=cursor)
        for start in range(0, page.count, _SLICE):
            for row in page.rows(start, start + _SLICE):
                if row.get("stripe_id") == stripe_id and (customer_id := row.get("id")):
                    name, email = row.get("name") or "", row.get("email") or ""
                    return Customer(id=customer_id, name=name, email=email), 0
            await asyncio.sleep(0)
        compared += page.count
        cursor = page.next_cursor or ""
        if not cursor:
            return None, 0
    return None, compared
