"""When the garbage collector may look at everything: in a quiet moment, not while people wait.

A full collection stops all work while it looks at every object: with a thousand jobs waiting for Autumn, that
took 0.2 to 0.4 s, in the middle of acknowledgements.
"""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable

_YOUNG = 10_000
_NEVER = 1_000_000


@contextlib.asynccontextmanager
async def tidied(
    busy: Callable[[], bool], *, every: float = 30.0, at_the_latest: float = 600.0
) -> AsyncIterator[None]:
    """For the whole process. Freezes the objects that exist now; collects the rest every `every` seconds if
    idle, and after `at_the_latest` seconds even if busy."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _NEVER, _NEVER)
    tidying = asyncio.create_task(_tidy(busy, every, at_the_latest))
    try:
        yield
    finally:
        tidying.cancel()
        # Nothing is unfrozen: the process is about to end, and would only collect it all once more.
        gc.set_threshold(*before)


async def _tidy(busy: Callable[[], bool], every: float, at_the_latest: float) -> None:
    waited = 0.0
    while True:
        await asyncio.sleep(every)
        waited += every
        if waited < at_the_latest and busy():
            continue
        gc.collect()
        waited = 0.0
