"""How many requests may wait for approval at once."""

from dataclasses import replace
from typing import Any

import pytest

from bot.approvals import repository
from bot.approvals.lifecycle import State
from bot.approvals.results import Result
from tests.approvals.bench import ANA, RAJ, Bench


async def submit(stage: Bench, **other: Any) -> Result:
    return (await stage.desk().submit(replace(stage.wish(), **other))).result


async def test_person_has_so_many_requests_waiting(stage: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 2)
    desk = stage.desk()
    first = await stage.waiting(desk)
    assert await submit(stage) is Result.DONE
    assert await submit(stage) is Result.TOO_MANY_OF_PERSON
    assert await submit(stage, actor=RAJ) is Result.DONE
    assert len(await desk.waiting()) == 3
    await desk.withdraw(first.id, ANA)
    assert await submit(stage) is Result.DONE
    assert await stage.whole()


async def test_channel_has_so_many_requests_waiting(stage: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MOST_OF_CHANNEL", 1)
    assert await submit(stage) is Result.DONE
    assert await submit(stage, actor=RAJ) is Result.TOO_MANY_OF_CHANNEL
    assert await submit(stage, channel="C_OTHER") is Result.DONE
    assert [await submit(stage, channel="") for _ in range(2)] == [Result.DONE] * 2


async def test_what_is_applied_at_once_does_not_wait(stage: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 0)
    stage.law.needed = 0
    reply = await stage.desk().submit(stage.wish())
    assert reply.record is not None
    assert reply.record.state is State.APPLIED
