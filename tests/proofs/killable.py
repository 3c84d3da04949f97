"""Bot processes of their own, which can be killed."""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

KILLED = -9


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    # They begin with everything imported: in hundredths of a second.
    context.set_forkserver_preload(
        [f"tests.proofs.{each}_process" for each in ("batch", "bot", "change", "digest")]
    )
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


@contextmanager
def started(work: Callable[..., None], *given: Any) -> Iterator[int]:
    """One that goes on until it is asked to stop, with SIGTERM. Yields its pid."""
    process = _context().Process(target=work, args=given, daemon=True)
    process.start()
    assert process.pid is not None
    try:
        yield process.pid
    finally:
        process.terminate()
        process.join(40)
        process.kill()
        process.join()
        process.close()


class Process:
    """One that goes on until it is killed, or told to stop; and can be started again."""

    def __init__(self, work: Callable[..., None], *given: Any) -> None:
        """`work` is given a connection that is readable once it is to stop, and what else there is."""
        self._work = work
        self._given = given
        self._process: ForkServerProcess | None = None
        self._ours: Connection | None = None

    def start(self) -> None:
        self._ours, theirs = _context().Pipe()
        self._process = _context().Process(target=self._work, args=(theirs, *self._given), daemon=True)
        self._process.start()
        theirs.close()

    def stop(self) -> None:
        """As it stops when it is asked to; killed if that takes long."""
        if self._ours is not None:
            self._ours.close()
        self._end(10)

    def kill(self) -> None:
        self._end(0)
        if self._ours is not None:
            self._ours.close()

    def _end(self, patience: float) -> None:
        if self._process is None:
            return
        if patience:
            self._process.join(patience)
        self._process.kill()
        self._process.join()
        self._process.close()
        self._process = None
