"""The approval card holds everything needed to decide; its first line is the push notification."""

from bot.access import words as access_words
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from tests.journeys.changing import ask_for_messages, give, lea_sees
from tests.running import APPROVALS, Running, running_maple
from tests.screen import on_screen

WAITING = on_screen(approvals_words.HEADLINES[State.WAITING])
TITLE = "Acme Ltd · Give 500 extra of Messages"
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


async def card(maple: Running) -> str:
    maple.lea.go("#billing")
    return await maple.lea.sees(WAITING)


async def test_first_line_is_the_push_notification(maple: Running) -> None:
    await give(maple)
    lines = (await card(maple)).splitlines()
    assert TITLE in lines[1]
    (text,) = (
        call.args["text"]
        for call in maple.slack.calls
        if call.method == "chat.postMessage" and call.args["channel"] == APPROVALS
    )
    assert on_screen(text).startswith(TITLE)


async def test_card_says_what_the_customer_pays_and_owes_and_keeps_ids_for_the_end(maple: Running) -> None:
    await give(maple)
    lines = (await card(maple)).splitlines()
    assert "$24.50 unpaid" in lines[2]
    assert "Details: cus_acme · Change " in lines[-1]
    assert "cus_acme" not in "\n".join(lines[:-1])


async def test_card_counts_earlier_changes_and_other_requests_of_the_customer(maple: Running) -> None:
    await give(maple)
    text = await card(maple)
    assert "Earlier:" not in text
    assert "Also waiting" not in text
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await maple.ana.close()
    await give(maple)
    text = await card(maple)
    assert "Earlier: 1 change like this in the last 90 days. The last: Give 500 extra of Messages" in text
    await ask_for_messages(maple.raj, "70")
    text = await lea_sees(maple, "Give 70 extra")
    assert "Also waiting for this customer: 1 other request" in text


async def test_card_says_who_may_approve_without_notifying_them(maple: Running) -> None:
    await give(maple)
    assert f"May approve: {access_words.EVERY_MEMBER}" in await card(maple)
    async with running_maple("http", policy=NAMED) as named:
        await give(named)
        assert "May approve: @billing-leads, max" in await card(named)
        posted = [call for call in named.slack.calls if call.method == "chat.postMessage"]
        assert not any("<@U04MAX>" in str(call.args) for call in posted)


async def test_card_says_when_nobody_may_approve() -> None:
    async with running_maple("http", policy='[[allow]]\nwho = "everyone"\nmay = "ask"\n') as maple:
        await give(maple)
        assert f"May approve: {access_words.NOBODY}" in await card(maple)


async def test_card_names_only_some_of_many_approvers() -> None:
    people = ", ".join(f'"U0{number}NOBODY"' for number in range(6))
    policy = f'{NAMED.replace("[", "[", 1)}[[allow]]\nwho = [{people}]\nmay = "approve"\n'
    async with running_maple("http", policy=policy) as maple:
        await give(maple)
        assert "and 3 others" in await card(maple)
