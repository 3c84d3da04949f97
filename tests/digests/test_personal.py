"""A digest for one person: sent once, by direct message, and only to someone who may see customers."""

from collections.abc import AsyncIterator

import pytest

from bot.access.post_targets import Pause, PersonProblem
from bot.digests import setup_words
from bot.digests.model import Digest, RunState
from sandbox.slack.model import UserKind
from tests.crashing import cancelled_at
from tests.digests.harness import DUE, DigestHarness, digest_harness, tick

LEA = "U03LEA"


@pytest.fixture
async def harness() -> AsyncIterator[DigestHarness]:
    async with digest_harness() as new_bench:
        yield new_bench


async def test_digest_is_sent_to_the_person_alone(harness: DigestHarness) -> None:
    await harness.digest(LEA, private=True)
    harness.at(DUE)
    await tick(await harness.bot())
    (post,) = harness.sent_to_people()
    assert harness.slack.workspace.channel(post.channel).members >= [LEA]
    (reply,) = harness.replies(post.channel)
    assert reply.thread_ts == post.ts
    assert (await harness.last()).state is RunState.POSTED


@pytest.mark.parametrize("kind", ["deactivated", "guest"])
async def test_person_who_lost_access_pauses_their_digest(harness: DigestHarness, kind: UserKind) -> None:
    digest = await harness.digest(LEA, private=True)
    bot = await harness.bot()
    harness.slack.workspace.users[LEA].kind = kind
    harness.at(DUE)
    await tick(bot)
    assert harness.sent_to_people() == []
    paused = await bot.get(digest.id)
    assert paused is not None
    assert paused.pause is Pause.LEFT
    (notice,) = harness.told()
    assert setup_words.PAUSES[Pause.LEFT] in notice.text
    assert await bot.resume(digest.id, by="U01ANA") is PersonProblem.NOT_MEMBER
    harness.slack.workspace.users[LEA].kind = "member"
    assert isinstance(await bot.resume(digest.id, by="U01ANA"), Digest)


async def test_person_who_could_not_be_checked_gets_it_later(harness: DigestHarness) -> None:
    await harness.digest(LEA, private=True)
    bot = await harness.bot()
    harness.slack.faults.add("users.info", "error", error="fatal_error")
    harness.at(DUE)
    await tick(bot)
    assert harness.sent_to_people() == []
    harness.move(minutes=1)
    await tick(bot)
    assert len(harness.sent_to_people()) == 1


@pytest.mark.parametrize("point", ["marked", "sent", "reply_sent"])
async def test_crash_at_any_checkpoint_posts_once(harness: DigestHarness, point: str) -> None:
    await harness.digest(LEA, private=True)
    harness.at(DUE)
    await tick(await harness.bot(checkpoint=cancelled_at(point)))
    second_bot = await harness.bot()
    harness.slack.faults.add("conversations.open", "error", error="fatal_error")
    for _ in range(3):
        harness.move(minutes=2)
        await tick(second_bot)
    (post,) = harness.sent_to_people()
    assert len(harness.replies(post.channel)) == 1
    assert (await harness.last()).state is RunState.POSTED


async def test_thread_waits_while_the_person_cannot_be_reached(harness: DigestHarness) -> None:
    await harness.digest(LEA, private=True)
    harness.at(DUE)
    await tick(await harness.bot(checkpoint=cancelled_at("headed")))
    second_bot = await harness.bot()
    harness.slack.faults.add("conversations.open", "error", error="fatal_error")
    (post,) = harness.sent_to_people()
    for replies in (0, 1):
        harness.move(minutes=2)
        await tick(second_bot)
        assert len(harness.replies(post.channel)) == replies


async def test_thread_is_abandoned_when_the_person_leaves(harness: DigestHarness) -> None:
    await harness.digest(LEA, private=True)
    harness.at(DUE)
    await tick(await harness.bot(checkpoint=cancelled_at("headed")))
    harness.slack.workspace.users[LEA].kind = "deactivated"
    harness.move(minutes=2)
    await tick(await harness.bot())
    (post,) = harness.sent_to_people()
    assert harness.replies(post.channel) == []
    assert (await harness.last()).state is RunState.POSTED
