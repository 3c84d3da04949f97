"""Who is notified of a waiting request: those the policy names, and never the person who requested it."""

from datetime import timedelta

from bot.approvals import words as approvals_words
from tests.journeys.changing import WAITING, file_request
from tests.running import APPROVALS, Running, actor, running_maple

POLICY = """
[[allow]]
name = "all"
who = "everyone"
may = ["ask", "approve", "undo"]

[approvals]
mention = ["@billing-leads", "U01ANA", "U04MAX", "@nobody"]
escalate_to = ["U02RAJ"]
"""


def approvals_posts(maple: Running) -> list[str]:
    """What was posted in the approvals channel, as sent to Slack."""
    return [
        str(call.args.get("blocks"))
        for call in maple.slack.calls
        if call.method == "chat.postMessage" and call.args.get("channel") == APPROVALS
    ]


async def test_new_request_mentions_whom_the_policy_names_but_not_the_requester() -> None:
    async with running_maple("http", policy=POLICY) as maple:
        record = await file_request(maple)
        maple.lea.go("#billing")
        card = await maple.lea.sees(WAITING)
        assert "Please decide: @billing-leads @max @nobody" in card
        assert "Requested by ana" in card
        (post,) = approvals_posts(maple)
        assert "<!subteam^S01LEADS>" in post
        assert "<@U04MAX>" in post
        assert "<@U01ANA>" not in post
        await maple.bot.changes.approve(record.id, record.version, actor(maple.lea))
        assert "Please decide" not in await maple.lea.sees("Approved by @lea")
        maple.clock.move(timedelta(hours=13))
        await maple.bot.changes.sweeper.tick()
        assert len(approvals_posts(maple)) == 1, "there is no reminder of a decided request"


async def test_nobody_is_mentioned_without_such_a_policy(maple: Running) -> None:
    await file_request(maple)
    maple.lea.go("#billing")
    assert "Please decide" not in await maple.lea.sees(WAITING)
    (post,) = approvals_posts(maple)
    assert "<@" not in post


async def reminders(maple: Running, hours: float) -> list[str]:
    """The reminders posted within this many more hours."""
    maple.clock.move(timedelta(hours=hours))
    await maple.bot.changes.sweeper.tick()
    maple.lea.go("#billing")
    return maple.lea.thread(WAITING)


async def test_approvers_are_reminded_at_half_time_and_an_hour_before_it_expires() -> None:
    async with running_maple("http", policy=POLICY) as maple:
        await file_request(maple)
        maple.lea.go("#billing")
        await maple.lea.sees(WAITING)
        assert await reminders(maple, 11.9) == []
        (first,) = await reminders(maple, 0.2)
        assert "Still waiting for approval: Acme Ltd · Give 500 extra Messages" in first
        assert "0 of 1 approval · Expires" in first
        assert "@billing-leads" in first
        assert "@raj" not in first
        assert len(await reminders(maple, 0.1)) == 1
        _, last = await reminders(maple, 11)
        assert "@billing-leads" in last
        assert "@raj" in last
        assert len(await reminders(maple, 0.1)) == 2


async def test_reminders_can_be_switched_off() -> None:
    async with running_maple("http", policy=f"{POLICY}remind = false\n") as maple:
        await file_request(maple)
        maple.lea.go("#billing")
        await maple.lea.sees(WAITING)
        assert await reminders(maple, 13) == []


async def test_reminder_stays_out_of_a_channel_that_was_shared_meanwhile() -> None:
    async with running_maple("http", policy=POLICY) as maple:
        await file_request(maple)
        maple.lea.go("#billing")
        await maple.lea.sees(WAITING)
        maple.slack.workspace.channels[APPROVALS].kind = "shared"
        maple.clock.move(timedelta(hours=13))
        await maple.bot.changes.sweeper.tick()
        assert len(approvals_posts(maple)) == 1
        assert approvals_words.reminder("", "", "").split("*")[1] not in str(approvals_posts(maple))
