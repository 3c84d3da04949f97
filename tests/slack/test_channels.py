"""Whether a digest may go to a channel, given Slack's answer or the lack of one."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.post_targets import Pause, pause_for
from bot.slack.channels import Channel, ChannelProblem, Channels, judge
from sandbox.slack import LocalSlack
from sandbox.slack.model import LocalChannel as There
from sandbox.slack.people import BOT_USER

SUPPORT, FINANCE, SHARED = "C01SUPPORT", "C04FINANCE", "C05SHARED"
OURS = {"is_member": True, "is_private": False, "is_ext_shared": False, "is_pending_ext_shared": False}


@pytest.fixture
async def client(slack: LocalSlack) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
        )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"is_private": True}, None),
        ({"is_ext_shared": True}, ChannelProblem.SHARED),
        ({"is_pending_ext_shared": True}, ChannelProblem.SHARED),
        ({"is_member": False}, ChannelProblem.OUT),
        ({"is_member": False, "is_ext_shared": True}, ChannelProblem.SHARED),
        ({"is_archived": True, "is_pending_ext_shared": True}, ChannelProblem.SHARED),
        ({"is_archived": True, "is_member": False}, ChannelProblem.ARCHIVED),
        ({"is_im": True}, ChannelProblem.DIRECT),
        ({"is_mpim": True, "is_private": True}, ChannelProblem.DIRECT),
    ],
)
def test_channel_state_follows_slacks_answer(changes: dict[str, Any], problem: ChannelProblem | None) -> None:
    state = judge({**OURS, **changes}, shared_allowed=False)
    assert state == Channel(problem, bool(changes.get("is_private")))


def test_policy_may_allow_a_shared_channel() -> None:
    assert judge({**OURS, "is_ext_shared": True}, shared_allowed=True).problem is None
    assert judge({**OURS, "is_archived": True}, shared_allowed=True).problem is ChannelProblem.ARCHIVED


@pytest.mark.parametrize(
    ("problem", "private", "was_private", "pause"),
    [
        (None, False, False, None),
        (None, True, True, None),
        (None, True, False, None),
        (None, False, True, Pause.PUBLIC),
        (ChannelProblem.SHARED, False, True, Pause.SHARED),
        (ChannelProblem.OUT, False, False, Pause.REMOVED),
        (ChannelProblem.DIRECT, False, False, Pause.REMOVED),
        (ChannelProblem.ARCHIVED, False, False, Pause.ARCHIVED),
        (ChannelProblem.UNCHECKED, False, True, None),
    ],
)
def test_channel_states_that_pause_a_digest(
    problem: ChannelProblem | None, private: bool, was_private: bool, pause: Pause | None
) -> None:
    assert pause_for(Channel(problem, private), was_private=was_private) is pause


async def test_channel_is_looked_up_in_slack(slack: LocalSlack, client: AsyncWebClient) -> None:
    channels = Channels(client)
    assert await channels.check(SUPPORT) == Channel(None)
    assert (await channels.check(FINANCE)).private
    assert (await channels.check(SHARED)).problem is ChannelProblem.SHARED
    assert (await Channels(client, frozenset({SHARED})).check(SHARED)).problem is None
    assert (await channels.check("C00NOWHERE")).problem is ChannelProblem.OUT
    slack.workspace.channel(SUPPORT).archived = True
    assert (await channels.check(SUPPORT)).problem is ChannelProblem.ARCHIVED
    slack.workspace.channel(FINANCE).members.remove(BOT_USER)
    assert (await channels.check(FINANCE)).problem is ChannelProblem.OUT
    assert (await channels.check("D01DIRECT")).problem is ChannelProblem.DIRECT


async def test_channel_is_unchecked_when_slack_does_not_answer(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    channels = Channels(client)
    slack.faults.add("conversations.info", "429", seconds=7)
    assert await channels.check(SUPPORT) == Channel(ChannelProblem.UNCHECKED, wait=7)
    slack.faults.add("conversations.info", "500")
    assert await channels.check(SUPPORT) == Channel(ChannelProblem.UNCHECKED)
    slack.faults.add("conversations.info", "cut_before", times=2)  # aiohttp repeats a GET
    assert await channels.check(SUPPORT) == Channel(ChannelProblem.UNCHECKED)
    slack.scopes.discard("channels:read")
    assert await channels.check(SUPPORT) == Channel(ChannelProblem.UNCHECKED)


class ManualClock:
    """A clock that is moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def call_counts(slack: LocalSlack) -> dict[str, int]:
    names = [call.method for call in slack.calls]
    return {name: names.count(name) for name in sorted(set(names))}


async def test_many_channels_are_looked_up_with_one_list(slack: LocalSlack, client: AsyncWebClient) -> None:
    """Slack allows some fifty requests about single channels per minute, but lists hundreds in one answer."""
    for number in range(230):
        channel = There(f"C9{number:03}", f"many-{number}", "public", members=[BOT_USER])
        slack.workspace.channels[channel.id] = channel
    clock = ManualClock()
    channels = Channels(client, clock=clock)
    for number in range(230):
        assert (await channels.check(f"C9{number:03}")).problem is None
    assert call_counts(slack) == {"conversations.info": 20, "users.conversations": 2}
    # A channel that the list rules out or leaves out is looked up on its own.
    assert (await channels.check(SHARED)).problem is ChannelProblem.SHARED
    assert (await channels.check("C00NOWHERE")).problem is ChannelProblem.OUT
    assert call_counts(slack) == {"conversations.info": 22, "users.conversations": 2}
    clock.now += 20
    assert (await channels.check(SUPPORT)).problem is None
    assert call_counts(slack)["users.conversations"] == 4
    clock.now += 60
    assert (await channels.check(SUPPORT)).problem is None
    assert call_counts(slack) == {"conversations.info": 23, "users.conversations": 4}


async def test_channels_of_a_person_are_limited_to_visible_ones(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    channels = Channels(client)
    visible = await channels.of_person("U03LEA")
    assert visible is not None
    assert {SUPPORT, FINANCE} <= visible
    assert "C06LEADS" not in visible, "Maple is not in it"
    assert await channels.of_person("U03LEA") == visible
    assert len([call for call in slack.calls if call.method == "users.conversations"]) == 1, (
        "believed for a while"
    )
    assert FINANCE not in (await channels.of_person("U01ANA") or ())


async def test_channels_of_a_person_are_unknown_without_slacks_answer(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.faults.add("users.conversations", "error", error="fatal_error")
    channels = Channels(client)
    assert await channels.of_person("U03LEA") is None
    assert await channels.of_person("U03LEA"), "a failure is not remembered"
