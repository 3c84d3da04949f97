"""A lease is renewed for as long as its holder works, whatever happens to the database meanwhile."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.approvals.preview import ChangeTimeouts
from bot.autumn.retry_policy import RetryPolicy
from bot.digests.process import DigestTimeouts
from bot.store import leases

Renewal = bool | Exception


def renewing(answers: Sequence[Renewal], finished: asyncio.Event) -> Callable[[], Awaitable[bool]]:
    """Gives these answers one after another, and sets the event with the last one."""
    remaining = list(answers)

    async def renew() -> bool:
        answer = remaining.pop(0)
        if not remaining:
            finished.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    return renew


async def test_lease_is_renewed_again_after_database_errors(logs: io.StringIO) -> None:
    errors = [
        OperationalError("", {}, Exception()),
        InterfaceError("", {}, Exception()),
        PoolTimeout(),
        OSError(),
    ]
    finished = asyncio.Event()
    async with leases.kept(renewing([*errors, True, True], finished), every=0.001):
        async with asyncio.timeout(30):
            await finished.wait()
    assert logs.getvalue().count("lease not renewed") == len(errors)


async def test_lost_lease_is_not_renewed() -> None:
    calls = 0

    async def renew() -> bool:
        nonlocal calls
        calls += 1
        return False

    before = asyncio.all_tasks()
    async with leases.kept(renew, every=0.0):
        (renewal,) = asyncio.all_tasks() - before
        async with asyncio.timeout(30):
            await renewal
    assert calls == 1


async def test_renewing_ends_with_the_block() -> None:
    async def renew() -> bool:
        return True

    before = asyncio.all_tasks()
    async with leases.kept(renew, every=0.001):
        pass
    assert asyncio.all_tasks() == before


def test_lease_outlasts_the_longest_write_without_a_single_renewal() -> None:
    pace = ChangeTimeouts()
    assert pace.lease > RetryPolicy().longest_write
    assert pace.lease > pace.renew + pace.verify


def test_digest_lease_outlasts_a_post_without_a_single_renewal() -> None:
    pace = DigestTimeouts()
    assert pace.lease > pace.renew + pace.call
