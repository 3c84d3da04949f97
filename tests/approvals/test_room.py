"""How many requests may wait for approval at once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.approvals import repository
from bot.approvals.lifecycle import MOST_OF_CHANNEL, MOST_OF_PERSON, State
from bot.approvals.results import Result
from tests.approvals.harness import ANA, RAJ, Harness

ROOT = Path(__file__).parent.parent.parent


async def submit(harness: Harness, **fields: Any) -> Result:
    return (await harness.service().submit(replace(harness.request(), **fields))).result


async def test_waiting_requests_of_a_person_are_limited(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = sqlite_harness
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 2)
    service = harness.service()
    first = await harness.waiting(service)
    assert await submit(harness) is Result.DONE
    assert await submit(harness) is Result.TOO_MANY_OF_PERSON
    assert await submit(harness, actor=RAJ) is Result.DONE
    assert len(await service.waiting()) == 3
    await service.withdraw(first.id, ANA)
    assert await submit(harness) is Result.DONE
    assert await harness.trail_is_intact()


async def test_waiting_requests_of_a_channel_are_limited(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = sqlite_harness
    monkeypatch.setattr(repository, "MOST_OF_CHANNEL", 1)
    assert await submit(harness) is Result.DONE
    assert await submit(harness, actor=RAJ) is Result.TOO_MANY_OF_CHANNEL
    assert await submit(harness, channel="C_OTHER") is Result.DONE
    assert [await submit(harness, channel="") for _ in range(2)] == [Result.DONE] * 2


async def test_change_applied_right_away_does_not_count_as_waiting(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = sqlite_harness
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 0)
    harness.permissions.needed = 0
    reply = await harness.service().submit(harness.request())
    assert reply.record is not None
    assert reply.record.state is State.APPLIED


def test_limits_are_those_that_the_documentation_names() -> None:
    limits = f"{MOST_OF_PERSON} requests of one person, and {MOST_OF_CHANNEL} from one channel"
    assert limits in (ROOT / "docs/policy.md").read_text()
