"""From what a person typed to a customer, or to the customers it may mean. Never creates one."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime

from bot.autumn.client import Autumn
from bot.autumn.errors import NotFound, Refused, TimedOut
from bot.autumn.models import Customer
from bot.lookups.answers import Found, Nobody, One, Several
from bot.lookups.customer import CARD

_LONGEST = 200
_PAGE = 100
_PAGES = 3
_TYPEAHEAD_SECONDS = 2.5
_AN_ID = re.compile(r"[a-zA-Z0-9_:-]+")
_WILDCARD = re.compile(r"[%_\\]")


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def find(autumn: Autumn, query: str, *, now: Callable[[], datetime] = _utc_now) -> Found:
    """The customer whose id, e-mail or name this is; else those whose id, name or e-mail contain it.

    Raises AutumnError.
    """
    text = clean(query)
    if not text:
        return Nobody(text)
    if looks_like_an_id(text) and (customer := await _by_id(autumn, text)) is not None:
        return One(customer.id or text, customer)
    return choose(text, await search(autumn, text, now=now))


async def search(autumn: Autumn, query: str, *, now: Callable[[], datetime] = _utc_now) -> Several | Nobody:
    """Every customer whose id, name or e-mail contains the text, newest first. Raises AutumnError."""
    text = clean(query)
    if not text:
        return Nobody(text)
    matches, more = await _search(autumn, text)
    return Several(text, matches, more, now()) if matches or more else Nobody(text)


async def suggest(autumn: Autumn, text: str, *, within: float = _TYPEAHEAD_SECONDS) -> list[Customer]:
    """Customers for a typeahead, 100 at most, only such as can be opened. Raises AutumnError: TimedOut
    after `within` seconds, since Slack waits no longer than three."""
    wanted = clean(text)
    if not wanted:
        return []
    try:
        async with asyncio.timeout(within):
            page = await autumn.customers(search=wanted, limit=_PAGE)
    except TimeoutError:
        raise TimedOut from None
    return [customer for customer in page.list if customer.id and contains(customer, wanted)]


def clean(query: str) -> str:
    """What is searched for: on one line, without the space around it, and no longer than any id or e-mail."""
    return " ".join(query.split())[:_LONGEST].strip()


def looks_like_an_id(text: str) -> bool:
    """Whether Autumn would take it for a customer's id; a name of one word looks like one too."""
    return _AN_ID.fullmatch(text) is not None


def contains(customer: Customer, text: str) -> bool:
    """Whether the text is in the id, name or e-mail. Autumn takes % and _ for wildcards; people do not."""
    fields = (customer.id or "", customer.name, customer.email)
    return any(text.lower() in field.lower() or text.casefold() in field.casefold() for field in fields)


def choose(text: str, found: Several | Nobody) -> Found:
    """The one customer that is meant, when that is beyond doubt."""
    if isinstance(found, Nobody):
        return found
    wanted = text.casefold()
    for meant in (
        [customer for customer in found.matches if customer.id == text],
        [customer for customer in found.matches if customer.email.casefold() == wanted],
        [] if found.more else [customer for customer in found.matches if customer.name.casefold() == wanted],
        [] if found.more else list(found.matches),
    ):
        if len(meant) == 1 and meant[0].id:
            return One(meant[0].id)
        if meant and _same_email(meant, wanted):
            return Several(found.query, tuple(meant), False, found.read_at)
    return found


def _same_email(customers: list[Customer], wanted: str) -> bool:
    return all(customer.email.casefold() == wanted for customer in customers)


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


async def _search(autumn: Autumn, text: str) -> tuple[tuple[Customer, ...], bool]:
    matches: list[Customer] = []
    cursor = ""
    for _ in range(_PAGES):
        page = await autumn.customers(search=text, limit=_PAGE, cursor=cursor)
        matches += (customer for customer in page.list if contains(customer, text))
        cursor = page.next_cursor or ""
        # Only a wildcard makes Autumn answer with customers that do not match; then it is worth going on.
        if not cursor or len(matches) >= _PAGE or not _WILDCARD.search(text):
            break
    return tuple(matches[:_PAGE]), bool(cursor) or len(matches) > _PAGE
