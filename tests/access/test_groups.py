"""How user groups are read from Slack, and how long the answer is cached."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.groups import Groups
from bot.access.rules import Person
from sandbox.slack import LocalSlack
from sandbox.slack.model import UserGroup

LEAS = frozenset({"@billing-leads", "S01LEADS"})


def group_reads(slack: LocalSlack) -> int:
    return len([call for call in slack.calls if call.method == "usergroups.list"])


async def test_groups_are_found_by_id_and_by_handle(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.workspace.groups["S02OPS"] = UserGroup("S02OPS", "ops", "Operations", ["U04MAX"])
    groups = Groups(client)
    named_groups = LEAS | {"@ops"}
    assert await groups.person("U03LEA", named_groups) == Person("U03LEA", True, LEAS)
    assert await groups.person("U04MAX", named_groups, member=None) == Person(
        "U04MAX", None, frozenset({"@ops"})
    )
    assert await groups.person("U01ANA", named_groups, member=False) == Person("U01ANA", False)
    assert group_reads(slack) == 1


async def test_unknown_group_is_not_checked(client: AsyncWebClient) -> None:
    groups = Groups(client)
    person = await groups.person("U03LEA", frozenset({"@billing-leads", "@gone"}))
    assert (person.groups, person.unchecked) == (frozenset({"@billing-leads"}), frozenset({"@gone"}))
    assert await groups.missing(frozenset({"@billing-leads", "@gone"})) == frozenset({"@gone"})


async def test_no_call_without_named_groups(slack: LocalSlack, client: AsyncWebClient) -> None:
    groups = Groups(client)
    assert await groups.person("U03LEA", frozenset()) == Person("U03LEA")
    assert await groups.missing(frozenset()) == frozenset()
    assert group_reads(slack) == 0


async def test_concurrent_questions_share_one_call(slack: LocalSlack, client: AsyncWebClient) -> None:
    groups = Groups(client)
    people = await asyncio.gather(*(groups.person("U03LEA", LEAS) for _ in range(20)))
    assert {person.groups for person in people} == {LEAS}
    assert group_reads(slack) == 1


async def test_removed_member_is_out_once_the_cache_expires(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    groups = Groups(client, seconds=0.01)
    assert (await groups.person("U03LEA", LEAS)).groups == LEAS
    slack.workspace.groups["S01LEADS"].users.clear()
    await asyncio.sleep(0.02)
    assert await groups.person("U03LEA", LEAS) == Person("U03LEA")


async def test_membership_is_unknown_without_an_answer(slack: LocalSlack, client: AsyncWebClient) -> None:
    groups = Groups(client, seconds=0)
    assert (await groups.person("U03LEA", LEAS)).groups == LEAS
    await asyncio.sleep(0.001)
    slack.scopes.discard("usergroups:read")
    assert await groups.person("U03LEA", LEAS) == Person("U03LEA", unchecked=LEAS)
    assert await groups.missing(LEAS) is None
    slack.scopes.add("usergroups:read")
    assert (await groups.person("U03LEA", LEAS)).groups == LEAS, "a failure is not kept"


async def test_unreachable_slack_leaves_groups_unchecked() -> None:
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token="xoxb-x", base_url="http://127.0.0.1:9/", session=session, retry_handlers=[]
        )
        groups = Groups(client)
        assert await groups.person("U03LEA", LEAS) == Person("U03LEA", unchecked=LEAS)


class Scripted(AsyncWebClient):
    """Returns a prepared answer."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer

    async def usergroups_list(self, **_: Any) -> Any:
        if self.answer is None:
            await asyncio.Event().wait()
        return self.answer


GROUP = {"id": "S01LEADS", "handle": "billing-leads", "users": ["U03LEA"]}


@pytest.mark.parametrize(
    ("answer", "groups"),
    [
        ({"usergroups": [GROUP]}, LEAS),
        ({"usergroups": [GROUP | {"date_delete": 1_700_000_000}]}, frozenset()),
        ({"usergroups": [{"id": "S01LEADS", "handle": "billing-leads"}]}, frozenset()),
        ({"usergroups": None}, frozenset()),
        ({"usergroups": ["S01LEADS"]}, frozenset()),
        ({}, frozenset()),
    ],
    ids=["whole", "disabled", "no members told", "none", "not groups", "nothing"],
)
async def test_odd_answers_add_no_members(answer: Any, groups: frozenset[str]) -> None:
    person = await Groups(Scripted(answer)).person("U03LEA", LEAS)
    assert (person.groups, person.unchecked) == (groups, LEAS - groups)


async def test_groups_can_be_stopped_during_a_call() -> None:
    groups = Groups(Scripted(None))
    waiting = asyncio.create_task(groups.person("U03LEA", LEAS))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await groups.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_people_and_groups_are_mentioned_and_unknown_groups_named(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    groups = Groups(client)
    assert await groups.mentions(["U03LEA", "S01LEADS"]) == ["<@U03LEA>", "<!subteam^S01LEADS>"]
    assert group_reads(slack) == 0, "ids need no look-up"
    assert await groups.mentions(["@billing-leads", "@no*one"]) == ["<!subteam^S01LEADS>", "@no∗one"]
    slack.faults.add("usergroups.list", "error", times=None)
    assert await Groups(client).mentions(["@billing-leads"]) == ["@billing-leads"]
