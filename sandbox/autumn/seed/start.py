"""Making the state the local Autumn starts with."""

from sandbox.autumn.clock import Clock
from sandbox.autumn.ids import Ids
from sandbox.autumn.seed import cast, catalog, crowd, many
from sandbox.autumn.seed.builder import Builder
from sandbox.autumn.seed.history import events_of
from sandbox.autumn.state import State


def make_state(seed: str | int, clock: Clock) -> State:
    """The state of a seed: "demo", "empty" (an organisation without anything), or a number of customers.

    Dates are counted back from the clock, everything else is the same every time.
    """
    if seed == "empty":
        return State(clock)
    if isinstance(seed, int) or seed.isdigit():
        return many.generate(int(seed), clock)
    if seed != "demo":
        raise ValueError('a seed is "demo", "empty" or a number of customers')
    return demo(clock)


def demo(clock: Clock) -> State:
    state = State(clock, ids=Ids("demo"), events_of=events_of)
    catalog.fill(state)
    builder = Builder(state)
    cast.fill(builder)
    crowd.fill(builder)
    return state
