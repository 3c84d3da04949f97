"""A digest for one person: sent by direct message, only to people who may see customers, once."""

from collections.abc import AsyncIterator

import pytest

from bot.access.post_targets import Pause, PersonProblem
from bot.digests import setup_words
from bot.digests.model import Digest, RunState
from sandbox.slack.model import UserKind
from tests.crashing import cancelled_at
from tests.digests.bench import DUE, Bench, bench, tick

LEA = "U03LEA"


@pytest.fixture
async def desk() -> AsyncIterator[Bench]:
    async with bench() as new_bench:
        yield new_bench


async def test_digest_is_sent_to_the_person_alone(desk: Bench) -> None:
    await desk.digest(LEA, private=True)
    desk.at(DUE)
    await tick(await desk.bot())
    (post,) = desk.sent_to_people()
    assert desk.slack.workspace.channel(post.channel).members >= [LEA]
    (reply,) = desk.replies(post.channel)
    assert reply.thread_ts == post.ts
    assert (await desk.last()).state is RunState.POSTED


@pytest.mark.parametrize("kind", ["deactivated", "guest"])
async def test_person_who_lost_access_pauses_their_digest(desk: Bench, kind: UserKind) -> None:
    digest = await desk.digest(LEA, private=True)
    bot = await desk.bot()
    desk.slack.workspace.users[LEA].kind = kind
    desk.at(DUE)
    await tick(bot)
    assert desk.sent_to_people() == []
    paused = await bot.get(digest.id)
    assert paused is not None
    assert paused.pause is Pause.LEFT
    (notice,) = desk.told()
    assert setup_words.PAUSES[Pause.LEFT] in notice.text
    assert await bot.resume(digest.id, by="U01ANA") is PersonProblem.NOT_MEMBER
    desk.slack.workspace.users[LEA].kind = "member"
    assert isinstance(await bot.resume(digest.id, by="U01ANA"), Digest)


async def test_person_who_could_not_be_checked_gets_it_later(desk: Bench) -> None:
    await desk.digest(LEA, private=True)
    bot = await desk.bot()
    desk.slack.faults.add("users.info", "error", error="fatal_error")
    desk.at(DUE)
    await tick(bot)
    assert desk.sent_to_people() == []
    desk.move(minutes=1)
    await tick(bot)
    assert len(desk.sent_to_people()) == 1


@pytest.mark.parametrize("point", ["marked", "sent", "reply_sent"])
async def test_crash_at_any_checkpoint_posts_once(desk: Bench, point: str) -> None:
    await desk.digest(LEA, private=True)
    desk.at(DUE)
    await tick(await desk.bot(checkpoint=cancelled_at(point)))
    second_bot = await desk.bot()
    desk.slack.faults.add("conversations.open", "error", error="fatal_error")
    for _ in range(3):
        desk.move(minutes=2)
        await tick(second_bot)
    (post,) = desk.sent_to_people()
    assert len(desk.replies(post.channel)) == 1
    assert (await desk.last()).state is RunState.POSTED


async def test_thread_waits_while_the_person_cannot_be_reached(desk: Bench) -> None:
    await desk.digest(LEA, private=True)
    desk.at(DUE)
    await tick(await desk.bot(checkpoint=cancelled_at("headed")))
    second_bot = await desk.bot()
    desk.slack.faults.add("conversations.open", "error", error="fatal_error")
    (post,) = desk.sent_to_people()
    for replies in (0, 1):
        desk.move(minutes=2)
        await tick(second_bot)
        assert len(desk.replies(post.channel)) == replies


async def test_thread_is_abandoned_when_the_person_leaves(desk: Bench) -> None:
    await desk.digest(LEA, private=True)
    desk.at(DUE)
    await tick(await desk.bot(checkpoint=cancelled_at("headed")))
    desk.slack.workspace.users[LEA].kind = "deactivated"
    desk.move(minutes=2)
    await tick(await desk.bot())
    (post,) = desk.sent_to_people()
    assert desk.replies(post.channel) == []
    assert (await desk.last()).state is RunState.POSTED
