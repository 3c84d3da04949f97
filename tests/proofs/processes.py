"""Bot processes of their own, which can be killed."""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from typing import Any

KILLED = -9


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    # They begin with everything imported: in hundredths of a second.
    context.set_forkserver_preload(["tests.proofs.work"])
    return context


async def run(work: Callable[..., None], *given: Any) -> int | None:
    """Its exit code: 0, or KILLED."""
    process = _context().Process(target=work, args=given, daemon=True)
    process.start()
    await asyncio.to_thread(process.join, 60)
    code = process.exitcode
    process.kill()
    process.join()
    process.close()
    return code


@contextmanager
def at_work(work: Callable[..., None], *given: Any) -> Iterator[Connection]:
    """One that is told what to do, over a connection, until it is closed."""
    ours, theirs = _context().Pipe()
    process = _context().Process(target=work, args=(theirs, *given), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(10)
        process.kill()
        process.join()
        process.close()
