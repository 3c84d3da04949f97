"""Customers for a select, as somebody types: answered in a moment, however slow Autumn is.

A text is asked of Autumn once, whoever types it. What does not come soon enough is left to arrive for the
next letter; until then the select offers what is known of other texts, and says that it is still searching.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import TTLCache

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.lookups.find.query import cut, readings
from bot.lookups.find.search import MOST_SUGGESTED, Suggested, contains, ranked, suggest

_MOST_TEXTS = 500
_MOST_ASKED = 50
"""Texts that are asked about at a time; beyond them, only what is known is offered."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    customers: list[Customer]
    searching: bool = False
    """Whether Autumn has not answered yet, so there may be more."""


class Typeahead:
    """`patience`: seconds that Autumn is waited for. `seconds`: how long its answer is believed."""

    def __init__(
        self,
        autumn: Autumn,
        *,
        patience: float,
        seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._autumn = autumn
        self._patience = patience
        self._answers: TTLCache[str, Suggested] = TTLCache(_MOST_TEXTS, seconds, timer=clock)
        self._asked: dict[str, asyncio.Task[Suggested]] = {}

    async def offer(self, typed: str) -> Suggestions:
        """Raises AutumnError when Autumn answers soon, and with that."""
        text = cut(typed)
        if not text:
            return Suggestions([])
        if (known := self._known(text)) is not None:
            return Suggestions(known)
        if text not in self._asked and len(self._asked) >= _MOST_ASKED:
            return Suggestions(self._seen(text), searching=True)
        asked = self._asked.get(text) or self._ask(text)
        done, _ = await asyncio.wait({asked}, timeout=self._patience)
        if done:
            return Suggestions(list(asked.result().customers))
        return Suggestions(self._seen(text), searching=True)

    async def aclose(self) -> None:
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    def _ask(self, text: str) -> asyncio.Task[Suggested]:
        def note(task: asyncio.Task[Suggested]) -> None:
            del self._asked[text]
            if not task.cancelled() and task.exception() is None:
                self._answers[text] = task.result()

        self._asked[text] = task = asyncio.create_task(suggest(self._autumn, text))
        task.add_done_callback(note)
        return task

    def _known(self, text: str) -> list[Customer] | None:
        """Autumn's answer to this text, or to a part of it if that named every customer there is; None where
        it has to be asked."""
        if (answer := self._answers.get(text)) is not None:
            return list(answer.customers)
        if readings(text) != (text,):
            return None
        for part, answer in self._answers.items():
            if answer.complete and part in text and readings(part) == (part,):
                return ranked([customer for customer in answer.customers if contains(customer, text)], text)
        return None

    def _seen(self, text: str) -> list[Customer]:
        """Those that answers to other texts named."""
        seen = {
            customer.id: customer
            for answer in self._answers.values()
            for customer in answer.customers
            if contains(customer, text)
        }
        return ranked(list(seen.values()), text)[:MOST_SUGGESTED]
