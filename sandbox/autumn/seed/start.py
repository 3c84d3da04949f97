"""Making the state the local Autumn starts with."""

import pickle
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.autumn.clock import AutumnClock
from sandbox.autumn.ids import Ids
from sandbox.autumn.seed import cast, catalog, many
from sandbox.autumn.seed.builder import Builder
from sandbox.autumn.seed.history import events_of
from sandbox.autumn.state import AutumnState


def make_state(seed: str | int, clock: AutumnClock) -> AutumnState:
    """The state of a seed: "demo", "empty" (an organization without anything), or a number of customers.

    Dates are counted back from the clock, everything else is the same every time.
    """
    if seed == "empty":
        return AutumnState(clock)
    if isinstance(seed, int) or seed.isdigit():
        return many.generate(int(seed), clock)
    if seed != "demo":
        raise ValueError('a seed is "demo", "empty" or a number of customers')
    return demo(clock)


@dataclass(frozen=True, slots=True)
class _Made:
    at: datetime
    state: bytes

    def fits(self, clock: AutumnClock) -> bool:
        """Whether it may as well have been made now."""
        age = clock.now() - self.at
        return timedelta() <= age < _FRESH if clock.runs else not age


_FRESH = timedelta(seconds=20)
_made: list[_Made] = []
"""The last one, from which copies are taken: making it takes several times as long."""


def demo(clock: AutumnClock) -> AutumnState:
    if not any(made_state.fits(clock) for made_state in _made):
        now = clock.now()
        built = _demo(AutumnClock(now))
        built.customers.pack()
        _made[:] = [_Made(now, pickle.dumps(built))]
    state: AutumnState = pickle.loads(_made[0].state)  # noqa: S301 - made above
    state.clock = clock
    return state


def _demo(clock: AutumnClock) -> AutumnState:
    state = AutumnState(clock, ids=Ids("demo"), events_of=events_of)
    catalog.fill(state)
    builder = Builder(state)
    cast.fill(builder)
    many.fill_crowd(builder)
    return state
