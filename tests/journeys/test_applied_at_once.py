"""How the approvals channel hears of changes that needed no approval, and what units are worth."""

from datetime import timedelta

from bot.approvals import words as approvals_words
from tests.journeys.changing import WAITING, approve_waiting, request_shown_to_lea
from tests.running import APPROVALS, Mode, Running, running_maple

AT_ONCE = """
[[allow]]
who = "everyone"
may = ["ask", "approve", "undo", "at_once"]
"""
WORTH = "Acme Ltd · Give 500 extra Messages (≈ $4)"
"""The customer pays 80 cents per hundred."""


def approvals_posts(maple: Running) -> list[dict[str, object]]:
    """What was posted in the approvals channel, as sent to Slack."""
    return [
        dict(call.args)
        for call in maple.slack.calls
        if call.method == "chat.postMessage" and call.args.get("channel") == APPROVALS and call.error is None
    ]


async def pass_an_hour(maple: Running) -> None:
    await maple.bot.background.drain(10)
    maple.clock.move(timedelta(hours=1))
    await maple.bot.changes.sweeper.tick()


async def test_change_applied_at_once_is_posted_once_and_can_be_undone_there(mode: Mode) -> None:
    async with running_maple(mode, policy=AT_ONCE) as maple:
        await request_shown_to_lea(maple)
        await pass_an_hour(maple)
        (post,) = approvals_posts(maple)
        assert WORTH in str(post["text"]).replace("*", "")
        card = await maple.lea.sees("Applied")
        assert WORTH in card
        assert approvals_words.RIGHT_AWAY in card
        await maple.lea.click("Undo")
        await maple.lea.sees(approvals_words.UNDO_TITLE)
        await maple.lea.fill("Reason", "Not for them")
        await maple.lea.submit()
        await pass_an_hour(maple)
        assert len(approvals_posts(maple)) == 2
        await maple.lea.sees(f"({approvals_words.UNDONE_STATE})")
        posted = [post for post in maple.slack.workspace.posts if post.channel == APPROVALS]
        labels = (approvals_words.UNDONE_CHANGE, approvals_words.UNDO_REQUEST)
        for label, message in zip(labels, posted, strict=True):
            assert maple.lea.link(label).endswith(f"/archives/{APPROVALS}/p{message.ts.replace('.', '')}")
        assert [write.applied for write in maple.autumn.ledger] == [True, True]


async def test_policy_may_keep_changes_applied_at_once_out_of_the_channel() -> None:
    policy = f"{AT_ONCE}[approvals]\npost_applied = false\n"
    async with running_maple("http", policy=policy) as maple:
        await request_shown_to_lea(maple)
        await pass_an_hour(maple)
        assert approvals_posts(maple) == []


async def test_post_waits_for_the_channel_but_not_for_a_shared_one() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        maple.slack.workspace.channels[APPROVALS].kind = "shared"
        await request_shown_to_lea(maple)
        await pass_an_hour(maple)
        maple.slack.workspace.channels[APPROVALS].kind = "private"
        await pass_an_hour(maple)
        assert approvals_posts(maple) == []

        maple.slack.faults.add("conversations.info", "error", error="fatal_error", times=100)
        await request_shown_to_lea(maple)
        await maple.bot.background.drain(10)
        assert approvals_posts(maple) == []
        maple.slack.faults.clear()
        await pass_an_hour(maple)
        assert len(approvals_posts(maple)) == 1

        maple.slack.faults.add("chat.postMessage", "error", error="restricted_action", times=None)
        await request_shown_to_lea(maple)
        await maple.bot.background.drain(10)
        assert len(approvals_posts(maple)) == 1
        maple.slack.faults.clear()
        await pass_an_hour(maple)
        assert len(approvals_posts(maple)) == 2


async def test_approved_change_is_not_posted_again(maple: Running) -> None:
    await request_shown_to_lea(maple)
    assert WORTH in await maple.lea.sees(WAITING)
    await approve_waiting(maple)
    await maple.lea.sees("Approved by @lea")
    await pass_an_hour(maple)
    (post,) = approvals_posts(maple)
    assert WORTH in str(post["text"]).replace("*", "")
