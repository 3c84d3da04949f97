"""Runs parts of the bot in processes that can be killed."""

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
    # Processes start within hundredths of a second, with everything imported.
    context.set_forkserver_preload(
        [f"tests.proofs.{name}_process" for name in ("batch", "bot", "change", "digest")]
    )
    return context


async def run(work: Callable[..., None], *arguments: Any) -> int | None:
    """Runs it to its end. Returns its exit code: 0, or KILLED."""
    process = _context().Process(target=work, args=arguments, daemon=True)
    process.start()
    await asyncio.to_thread(process.join, 60)
    code = process.exitcode
    process.kill()
    process.join()
    process.close()
    return code


@contextmanager
def worker(work: Callable[..., None], *arguments: Any) -> Iterator[Connection]:
    """Runs a process that takes work over a connection, until the connection is closed."""
    ours, theirs = _context().Pipe()
    process = _context().Process(target=work, args=(theirs, *arguments), daemon=True)
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
def background(work: Callable[..., None], *arguments: Any) -> Iterator[int]:
    """Runs a process during the block, and ends it with SIGTERM. Yields its pid."""
    process = _context().Process(target=work, args=arguments, daemon=True)
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
    """Runs until it is killed or stopped, and can be started again."""

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        """`work` gets a connection that becomes readable when it must stop, and the arguments."""
        self._work = work
        self._arguments = arguments
        self._process: ForkServerProcess | None = None
        self._ours: Connection | None = None

    def start(self) -> None:
        self._ours, theirs = _context().Pipe()
        self._process = _context().Process(target=self._work, args=(theirs, *self._arguments), daemon=True)
        self._process.start()
        theirs.close()

    def stop(self) -> None:
        """Lets it stop on its own; kills it if that takes long."""
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
