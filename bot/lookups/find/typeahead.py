"""Customers for a select, as someone types: answered in a moment, however slow Autumn is.

Each text is searched for in Autumn once, however many people type it. An answer that is too late is kept for
the next letter; until then the select offers what is known from other texts, and says that it is still
searching. Pasted text has no next letter, so it is waited for as long as Slack waits.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cachetools import TTLCache

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.lookups.find.query import (
    cut,
    is_internal_id,
    is_pasted,
    is_stripe_id,
    mistyped_stem,
    nearest,
    readings,
)
from bot.lookups.find.search import MOST_SUGGESTED, Suggested, contains, ranked, suggest

_MOST_TEXTS = 500
_MOST_ASKED = 50
"""Texts that Autumn is asked about at a time; beyond them, only what is known is offered."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    customers: Sequence[Customer]
    searching: bool = False
    """Whether Autumn has not answered yet, so there may be more."""
    near: bool = False
    """Whether the text is nobody's, and these may have been meant."""


class Typeahead:
    """`patience`: seconds that Autumn is waited for; `pasted_patience`: with a link or a Stripe id.
    `seconds`: how long its answer is believed."""

    def __init__(
        self,
        autumn: Autumn,
        *,
        patience: float,
        pasted_patience: float,
        seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._autumn = autumn
        self._patience = patience
        self._pasted_patience = pasted_patience
        self._answers: TTLCache[str, Suggested] = TTLCache(_MOST_TEXTS, seconds, timer=clock)
        self._asked: dict[str, asyncio.Task[Suggested]] = {}

    async def offer(self, typed: str) -> Suggestions:
        """Raises AutumnError if the search fails while it is waited for."""
        text = cut(typed)
        if not text:
            return Suggestions(())
        if (cached := self._cached(text)) is not None:
            return _offered(cached)
        if text not in self._asked and len(self._asked) >= _MOST_ASKED:
            return Suggestions(self._named_before(text), searching=True)
        search = self._asked.get(text) or self._ask(text)
        patience = self._pasted_patience if is_pasted(text) else self._patience
        done, _ = await asyncio.wait({search}, timeout=patience)
        if done:
            return _offered(search.result())
        return Suggestions(self._named_before(text), searching=True)

    async def aclose(self) -> None:
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    def _ask(self, text: str) -> asyncio.Task[Suggested]:
        def note(task: asyncio.Task[Suggested]) -> None:
            del self._asked[text]
            if not task.cancelled() and task.exception() is None:
                self._answers[text] = task.result()

        self._asked[text] = task = asyncio.create_task(suggest(self._autumn, text, self._matching))
        task.add_done_callback(note)
        return task

    async def _matching(self, text: str) -> Sequence[Customer]:
        if (cached := self._cached(text)) is not None:
            return cached.customers
        # Shielded: others may be waiting for it too.
        return (await asyncio.shield(self._asked.get(text) or self._ask(text))).customers

    def _cached(self, text: str) -> Suggested | None:
        """Autumn's answer to this text, or to a part of it if that listed every match; None if Autumn has to
        be asked. A customer with this Stripe id, or this id of Autumn's, may show it nowhere else."""
        if (answer := self._answers.get(text)) is not None:
            return answer
        if readings(text) != (text,):
            return None
        for part, answer in self._answers.items():
            if answer.complete and part in text and readings(part) == (part,):
                holders = [customer for customer in answer.customers if contains(customer, text)]
                return Suggested(tuple(ranked(holders, text))) if holders else self._cached_absence(text)
        return None

    def _cached_absence(self, text: str) -> Suggested | None:
        """For a text that is in nobody's id, name or email."""
        if is_internal_id(text) or is_stripe_id(text):
            return None
        if not (stem := mistyped_stem(text)):
            return Suggested()
        matching = self._cached(stem)
        return matching and Suggested(near=nearest(text, matching.customers))

    def _named_before(self, text: str) -> list[Customer]:
        """Customers with this text whom answers to other texts named."""
        named = {customer.id: customer for answer in self._answers.values() for customer in answer.customers}
        holders = [customer for customer in named.values() if contains(customer, text)]
        return ranked(holders, text)[:MOST_SUGGESTED]


def _offered(suggested: Suggested) -> Suggestions:
    if suggested.customers:
        return Suggestions(suggested.customers)
    return Suggestions(suggested.near, near=bool(suggested.near))
