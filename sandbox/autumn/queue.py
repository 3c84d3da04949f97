"""Writes that are answered right away and done later, as for organizations whose balance updates are
queued."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from sandbox.autumn.clock import AutumnClock
from sandbox.autumn.dispatch import ApiAnswer, ApiRequest, Dispatcher, RouteMatch, named_customer
from sandbox.autumn.ledger import AutumnWrite
from sandbox.autumn.model import LocalCustomer
from sandbox.autumn.validation import parse


@dataclass(slots=True)
class _Waiting:
    due: datetime
    run: Callable[[], None]


@dataclass(slots=True)
class Queue:
    clock: AutumnClock
    _waiting: list[_Waiting] = field(default_factory=list)
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def take(
        self,
        dispatcher: Dispatcher,
        request: ApiRequest,
        match: RouteMatch,
        seconds: float,
    ) -> ApiAnswer:
        """Answer as if it were done, undo it, and do it `seconds` later."""
        customer = dispatcher.state.customers.get(named_customer(match.path, parse(request.raw)) or "")
        before = deepcopy(customer)
        answer = dispatcher.take(request, match)
        if customer is None or before is None or answer.status >= 400 or answer.write is None:
            return answer
        _put_back(customer, before)
        answer.write.applied, answer.write.applied_at = False, None
        write = answer.write
        self._later(seconds, lambda: _apply(dispatcher, request, match, write))
        return answer

    def _later(self, seconds: float, run: Callable[[], None]) -> None:
        waiting = _Waiting(self.clock.now() + timedelta(seconds=seconds), run)
        self._waiting.append(waiting)
        if self.clock.runs:
            self._timers.append(asyncio.get_running_loop().call_later(seconds, self.run_due))

    def run_due(self) -> None:
        """Do what is due by the clock, in the order it came."""
        now = self.clock.now()
        due = [queued for queued in self._waiting if queued.due <= now]
        self._waiting = [queued for queued in self._waiting if queued.due > now]
        for waiting in due:
            waiting.run()

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def _put_back(customer: LocalCustomer, before: LocalCustomer) -> None:
    for part in fields(LocalCustomer):
        setattr(customer, part.name, getattr(before, part.name))


def _apply(dispatcher: Dispatcher, request: ApiRequest, match: RouteMatch, write: AutumnWrite) -> None:
    write.applied = dispatcher.apply(request, match)
    write.applied_at = dispatcher.state.clock.now()
