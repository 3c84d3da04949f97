"""How people are looked up in Slack, and how long the answer is cached."""

import asyncio

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import people
from bot.access.people import Actor, Installation, People, Standing
from sandbox.slack import LocalSlack

ANA = Actor("U01ANA", "T01NORTHW")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def profile_reads(slack: LocalSlack) -> int:
    return len([call for call in slack.calls if call.method == "users.info"])


async def test_answer_is_cached(slack: LocalSlack, client: AsyncWebClient) -> None:
    clock = Clock()
    people_cache = People(client, lambda: Installation("T01NORTHW"), seconds=60, clock=clock)
    assert await people_cache.standing(ANA) is Standing.MEMBER
    slack.workspace.user("ana").kind = "guest"
    clock.now = 59
    assert await people_cache.standing(ANA) is Standing.MEMBER
    clock.now = 60
    assert await people_cache.standing(ANA) is Standing.GUEST
    assert profile_reads(slack) == 2


async def test_failures_are_not_cached(slack: LocalSlack, client: AsyncWebClient) -> None:
    people_cache = People(client, lambda: Installation("T01NORTHW"), seconds=60)
    slack.faults.add("users.info", "error", error="fatal_error")
    assert await people_cache.standing(ANA) is Standing.UNCHECKED
    assert await people_cache.standing(ANA) is Standing.MEMBER


async def test_outsider_by_the_payload_is_not_looked_up(slack: LocalSlack, client: AsyncWebClient) -> None:
    people_cache = People(client, lambda: Installation("T01NORTHW"), seconds=60)
    assert await people_cache.standing(Actor("U06EVE", "T02ACMECO")) is Standing.OUTSIDER
    assert profile_reads(slack) == 0
    assert await people_cache.standing(Actor("U06EVE")) is Standing.OUTSIDER
    assert profile_reads(slack) == 1


async def test_cancelled_waiter_does_not_stop_the_others(slack: LocalSlack, client: AsyncWebClient) -> None:
    people_cache = People(client, lambda: Installation("T01NORTHW"), seconds=60)
    slack.faults.add("users.info", "latency", seconds=0.2)
    impatient = asyncio.create_task(people_cache.standing(ANA))
    patient = asyncio.create_task(people_cache.standing(ANA))
    await asyncio.sleep(0.01)
    impatient.cancel()
    assert await patient is Standing.MEMBER
    assert profile_reads(slack) == 1


async def test_cache_of_people_is_bounded(
    slack: LocalSlack, client: AsyncWebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_MOST", 1)
    people_cache = People(client, lambda: Installation("T01NORTHW"), seconds=60)
    await people_cache.standing(ANA)
    await people_cache.standing(Actor("U02RAJ"))
    await people_cache.standing(ANA)
    assert profile_reads(slack) == 3


async def test_time_zone_is_the_persons_own(slack: LocalSlack, client: AsyncWebClient) -> None:
    people_cache = People(client, lambda: Installation("T01NORTHW"), seconds=60)
    assert await people_cache.zone(ANA) == "Europe/Lisbon"
    assert await people_cache.standing(ANA) is Standing.MEMBER
    assert profile_reads(slack) == 1
    assert await people_cache.zone(Actor("U99NOBODY", "T01NORTHW")) == ""


async def test_locale_is_the_persons_own(slack: LocalSlack, client: AsyncWebClient) -> None:
    people_cache = People(client, lambda: Installation("T01NORTHW"), seconds=60)
    assert await people_cache.locale(Actor("U04MAX")) == "de-DE"
    assert await people_cache.locale(Actor("U99NOBODY", "T01NORTHW")) == ""


async def test_name_is_the_one_slack_shows(slack: LocalSlack, client: AsyncWebClient) -> None:
    people_cache = People(client, lambda: Installation("T01NORTHW"), seconds=60)
    assert await people_cache.name(ANA) == "ana"
    assert profile_reads(slack) == 1
    assert await people_cache.name(Actor("U99NOBODY", "T01NORTHW")) == ""
