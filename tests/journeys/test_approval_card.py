"""The approval card holds everything needed to decide; its first line is the push notification."""

from bot.access import words as access_words
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import State
from tests.journeys.changing import approve_waiting, request_shown_to_lea
from tests.running import APPROVALS, Running, running_maple
from tests.screen import on_screen

WAITING = on_screen(approvals_words.HEADLINES[State.WAITING])
TITLE = "Acme Ltd · Give 500 extra Messages"
NAMED = """
[[allow]]
name = "support asks"
who = "everyone"
may = "ask"

[[allow]]
name = "leads decide"
who = ["@billing-leads", "U04MAX", "U01ANA"]
may = "approve"
"""


async def test_card_says_everything_that_is_needed_to_decide(maple: Running) -> None:
    """Its first line, which is the push notification, has the most important facts."""
    await request_shown_to_lea(maple)
    card = await maple.lea.sees(WAITING)
    lines = card.splitlines()
    assert TITLE in lines[1]
    (text,) = (
        call.args["text"]
        for call in maple.slack.calls
        if call.method == "chat.postMessage" and call.args["channel"] == APPROVALS
    )
    assert on_screen(text).startswith(TITLE)
    assert "$24.50 unpaid" in lines[2]
    assert f"Who can approve: {access_words.EVERY_MEMBER}" in card
    assert "Details: cus_acme · Change " in lines[-1]
    assert "cus_acme" not in "\n".join(lines[:-1])


async def test_card_counts_earlier_changes_and_other_requests_of_the_customer(maple: Running) -> None:
    await request_shown_to_lea(maple)
    card = await maple.lea.sees(WAITING)
    assert "Earlier:" not in card
    assert "Also waiting" not in card
    await approve_waiting(maple)
    await request_shown_to_lea(maple)
    card = await maple.lea.sees(WAITING)
    assert "Earlier: 1 change like this in the last 90 days. The last: Give 500 extra Messages" in card
    await request_shown_to_lea(maple, 70, person=maple.raj)
    card = await maple.lea.sees("Give 70 extra")
    assert "Also waiting for this customer: 1 other request" in card


async def test_card_says_who_may_approve_without_notifying_them() -> None:
    async with running_maple("http", policy=NAMED) as maple:
        await request_shown_to_lea(maple)
        assert "Who can approve: @billing-leads, max" in await maple.lea.sees(WAITING)
        posted = [call for call in maple.slack.calls if call.method == "chat.postMessage"]
        assert not any("<@U04MAX>" in str(call.args) for call in posted)


async def test_card_says_when_nobody_may_approve() -> None:
    async with running_maple("http", policy='[[allow]]\nwho = "everyone"\nmay = "ask"\n') as maple:
        await request_shown_to_lea(maple)
        assert f"Who can approve: {access_words.NOBODY}" in await maple.lea.sees(WAITING)


async def test_card_names_only_some_of_many_approvers() -> None:
    people = ", ".join(f'"U0{number}NOBODY"' for number in range(6))
    policy = f'{NAMED}[[allow]]\nwho = [{people}]\nmay = "approve"\n'
    async with running_maple("http", policy=policy) as maple:
        await request_shown_to_lea(maple)
        assert "and 3 others" in await maple.lea.sees(WAITING)
