"""A person whom the policy refuses reads who may do it, and can ask them."""

from sqlalchemy import text

from bot.access import words as access_words
from bot.access.policy import DecisionReason
from bot.access.rules import Verb
from bot.approvals import words as approvals_words
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.results import Result
from bot.batches import words as batch_words
from bot.batches.model import BatchResult, BatchState
from bot.kit import ids
from bot.links import registry
from sandbox.slack import LocalPerson
from sandbox.slack.model import UserGroup
from tests.journeys.bulk import TITLE, approve_list, check_list, submit_list
from tests.journeys.changing import file_request, request_undo
from tests.journeys.steps import assert_in_order, click_old_button
from tests.running import Mode, Running, actor, running_maple
from tests.screen import on_screen

LEADS = """
[[allow]]
name = "everybody asks"
who = "everyone"
may = "ask"
changes = ["balance"]

[[allow]]
name = "leads"
who = ["@billing-leads"]
may = ["ask", "approve", "mark", "undo", "history", "link"]

[digests]
who = "@billing-leads"
"""
LEADS_ALONE = LEADS.replace('who = "everyone"', 'who = ["@billing-leads"]')
ALL_BUT_ANA = """
[[allow]]
name = "all"
who = "everyone"
may = ["ask", "history"]

[[deny]]
name = "not Ana"
who = ["U01ANA"]
may = ["ask", "history"]
"""
WHO = on_screen(access_words.who_may("@billing-leads"))
ASKED = approvals_words.RESULTS[Result.PASSED_ON].what


async def ask_after_refusal(person: LocalPerson) -> str:
    """The refusal names who may, and they are asked."""
    refusal = await person.sees(WHO)
    assert_in_order(refusal, WHO, f"[{access_words.ASK_THEM}]")
    await person.click(access_words.ASK_THEM)
    await person.sees(ASKED)
    return refusal


async def question_to_lea(maple: Running, verb: Verb, requester: str = "ana") -> str:
    maple.lea.go("#billing")
    return await maple.lea.sees(
        on_screen(approvals_words.asked_for(requester, approvals_words.ASKED_OF[verb]))
    )


async def test_refused_history_can_be_asked_for(mode: Mode) -> None:
    async with running_maple(mode, policy=LEADS) as maple:
        await maple.ana.command("/autumn history cus_acme")
        await ask_after_refusal(maple.ana)
        card = await question_to_lea(maple, Verb.HISTORY)
        assert "Customer Acme Ltd · cus_acme" in card
        await maple.lea.click(approvals_words.HISTORY)
        await maple.lea.sees(approvals_words.NO_HISTORY)


async def test_refused_link_can_be_asked_for() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        await maple.ana.command("/autumn payment cus_acme")
        await ask_after_refusal(maple.ana)
        assert f"[{registry.PAYMENT.button}]" in await question_to_lea(maple, Verb.LINK)
        await maple.lea.click(registry.PAYMENT.button, confirm=True)
        await maple.lea.sees(registry.PAYMENT.title)


async def test_refusal_fits_with_very_many_groups() -> None:
    handles = [f"{'of-the-night-shift-' * 3}{number:02}" for number in range(60)]
    named = ", ".join(f'"@{handle}"' for handle in handles)
    async with running_maple("http", policy=f'[[allow]]\nwho = [{named}]\nmay = ["history"]') as maple:
        for number, handle in enumerate(handles):
            group = UserGroup(f"S02NIGHT{number}", handle, handle, [maple.lea.id])
            maple.slack.workspace.groups[group.id] = group
        await maple.ana.command("/autumn history cus_acme")
        refusal = await maple.ana.sees("and 50 others")
        assert f"[{access_words.ASK_THEM}]" in refusal


async def test_refused_digests_and_alerts_can_be_asked_for() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        for command, channel in (("digest", "#support"), ("alerts", "#billing")):
            maple.ana.go(channel)
            await maple.ana.command(f"/autumn {command}")
            await ask_after_refusal(maple.ana)
            card = await question_to_lea(maple, Verb.DIGESTS)
            assert on_screen(approvals_words.asked_in(channel)) in card


async def test_refused_decision_and_undo_can_be_asked_for() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        record = await file_request(maple)
        for person, button in ((maple.raj, approvals_words.APPROVE), (maple.ana, approvals_words.DENY)):
            person.go("#billing")
            await person.sees(f"[{button}]")
            await person.click(button)
            await ask_after_refusal(person)
            card = await question_to_lea(maple, Verb.APPROVE, person.user.name)
            assert_in_order(card, "Give 500 extra Messages", "Acme Ltd", f"[{approvals_words.OPEN_CARD}]")
        assert maple.autumn.ledger == []
        await maple.bot.changes.approve(record.id, record.version, actor(maple.lea))
        maple.ana.reload()
        await maple.ana.sees(f"[{approvals_words.UNDO}]")
        await maple.ana.click(approvals_words.UNDO)
        await ask_after_refusal(maple.ana)
        await question_to_lea(maple, Verb.UNDO)


async def test_refused_mark_can_be_asked_for() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        record = await file_request(maple)
        maple.autumn.faults.add("balances.update", "cut_before", times=1)
        await maple.bot.changes.approve(record.id, record.version, actor(maple.lea))
        maple.ana.go("#billing")
        await maple.ana.sees(f"[{approvals_words.MARK_APPLIED}]")
        await maple.ana.click(approvals_words.MARK_APPLIED, confirm=True)
        await ask_after_refusal(maple.ana)
        await question_to_lea(maple, Verb.MARK)


async def test_only_the_requester_can_withdraw() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        record, batch = await file_request(maple), await submit_list(maple)
        for action, value in ((ids.WITHDRAW, record.id), (ids.BATCH_WITHDRAW, batch.id)):
            await click_old_button(maple, maple.raj, action, f"{value}:1")
            refusal = await maple.raj.sees(access_words.BARRED[DecisionReason.NOT_YOURS])
            assert access_words.ASK_THEM not in refusal, action
            maple.raj.reload()
        assert [waiting.id for waiting in await maple.bot.changes.waiting()] == [record.id]
        unchanged = await maple.bot.batches.get(batch.id)
        assert unchanged is not None
        assert unchanged.state is BatchState.WAITING


async def test_list_is_passed_on_and_taken_up_once_until_it_expires() -> None:
    async with running_maple("http", policy=LEADS_ALONE) as maple:
        await check_list(maple.ana)
        await ask_after_refusal(maple.ana)
        await maple.ana.close()
        assert TITLE in await question_to_lea(maple, Verb.ASK)
        await maple.lea.click(approvals_words.CHECK_LIST)
        await maple.lea.sees(f"[{batch_words.SEND}]")
        await maple.lea.click(batch_words.SEND)
        await maple.lea.sees(batch_words.REQUESTED)
        await maple.lea.close()
        await maple.lea.click(approvals_words.CHECK_LIST)
        await maple.lea.sees(batch_words.REQUESTED)
        await maple.lea.close()
        (first,) = await maple.bot.batches.requested_by(maple.lea.id, limit=5)
        withdrawn = await maple.bot.batches.withdraw(first.id, actor(maple.lea))
        assert withdrawn.result is BatchResult.DONE
        await maple.lea.click(approvals_words.CHECK_LIST)
        await maple.lea.sees(f"[{batch_words.SEND}]")
        await maple.lea.click(batch_words.SEND)
        await maple.lea.sees(batch_words.REQUESTED)
        latest, earlier = await maple.bot.batches.requested_by(maple.lea.id, limit=5)
        assert (earlier.id, earlier.id == latest.id) == (first.id, False)
        await maple.lea.close()
        await maple.bot.batches.withdraw(latest.id, actor(maple.lea))
        async with maple.bot.database.writing() as connection:
            await connection.execute(text("DELETE FROM batch_drafts"))
        await maple.lea.click(approvals_words.CHECK_LIST)
        await maple.lea.sees(batch_words.GONE)


async def test_refused_decision_and_undo_of_a_list_can_be_asked_for() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        batch = await submit_list(maple)
        maple.raj.go("#billing")
        await maple.raj.sees(f"[{approvals_words.APPROVE}]")
        await maple.raj.click(approvals_words.APPROVE)
        await ask_after_refusal(maple.raj)
        assert TITLE in await question_to_lea(maple, Verb.APPROVE, "raj")
        await approve_list(maple, batch)
        await maple.raj.sees(f"[{batch_words.UNDO}]")
        await request_undo(maple.raj, batch_words.UNDO, reason="wrong list")
        maple.raj.go("@maple")
        await ask_after_refusal(maple.raj)
        card = await question_to_lea(maple, Verb.UNDO, "raj")
        assert_in_order(card, TITLE, f"[{batch_words.UNDO}]")


# Asking


async def test_permitted_people_are_asked_in_direct_messages_without_an_approvals_channel() -> None:
    async with running_maple("http", policy=LEADS, approvals=None) as maple:
        await maple.ana.command("/autumn history cus_acme")
        await ask_after_refusal(maple.ana)
        maple.lea.go("@maple")
        await maple.lea.sees("Customer Acme Ltd · cus_acme")
        for person in (maple.raj, maple.gus):
            person.go("@maple")
            assert "Acme Ltd" not in "".join(person.pieces())


async def test_undo_is_asked_for_by_button_without_an_approvals_channel() -> None:
    at_once = LEADS.replace('may = "ask"', 'may = ["ask", "at_once"]')
    async with running_maple("http", policy=at_once, approvals=None) as maple:
        await file_request(maple)
        maple.ana.go("@maple")
        await maple.ana.sees(f"[{approvals_words.UNDO}]")
        await maple.ana.click(approvals_words.UNDO)
        await ask_after_refusal(maple.ana)
        maple.lea.go("@maple")
        await maple.lea.sees(f"[{approvals_words.UNDO}]")
        await maple.lea.click(approvals_words.UNDO)
        await maple.lea.sees(approvals_words.UNDO_HINT)


async def test_question_in_direct_messages_does_not_become_a_card_of_the_change() -> None:
    at_once = LEADS.replace('may = "ask"', 'may = ["ask", "at_once"]')
    async with running_maple("http", policy=at_once, approvals=None) as maple:
        record = await file_request(maple)
        maple.ana.go("@maple")
        await maple.ana.sees(f"[{approvals_words.UNDO}]")
        await maple.ana.click(approvals_words.UNDO)
        await ask_after_refusal(maple.ana)
        maple.lea.go("@maple")
        await maple.lea.sees(f"[{approvals_words.UNDO}]")
        undone = await maple.bot.changes.undo(record.id, "an undo elsewhere", actor(maple.lea))
        assert undone.result is Result.DONE
        await maple.lea.click(approvals_words.UNDO, within="is asking you")
        await maple.lea.sees(approvals_words.RESULTS[Result.NO_UNDO].what)
        await maple.bot.background.drain(10)
        assert [card.channel for card in await CHANGE_CARDS.of(maple.bot.database, record.id)] == [
            maple.ana.id
        ]
        assert "is asking you" in "".join(maple.lea.pieces())


async def test_only_full_members_are_asked() -> None:
    async with running_maple("http", policy=LEADS, approvals=None) as maple:
        maple.slack.workspace.users["U03LEA"].kind = "guest"
        await maple.ana.command("/autumn history cus_acme")
        refusal = await maple.ana.sees(WHO)
        assert access_words.ASK_THEM not in refusal


async def ask_for_the_history(maple: Running, answer: str) -> None:
    """Ana is refused a customer's history, and asks for it."""
    maple.ana.reload()
    await maple.ana.command("/autumn history cus_acme")
    await maple.ana.sees(f"[{access_words.ASK_THEM}]")
    await maple.ana.click(access_words.ASK_THEM)
    await maple.ana.sees(answer)


async def test_question_is_asked_once_and_only_where_slack_lets_maple_post() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        maple.slack.faults.add("conversations.info", "error", error="fatal_error", times=None)
        await ask_for_the_history(maple, approvals_words.RESULTS[Result.CHANNEL_UNCHECKED].what)
        maple.slack.faults.clear()
        maple.slack.faults.add("chat.postMessage", "error", error="restricted_action", times=1)
        await ask_for_the_history(maple, "Reference")
        await ask_for_the_history(maple, ASKED)
        await ask_for_the_history(maple, approvals_words.RESULTS[Result.ASKED_BEFORE].what)
        await question_to_lea(maple, Verb.HISTORY)
        pieces = [piece for piece in maple.lea.pieces() if "Customer Acme Ltd" in piece]
        assert len(pieces) == 1


async def test_question_that_slack_may_have_posted_is_not_called_asked_nor_sent_again() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        maple.slack.faults.add("chat.postMessage", "cut_after")
        await ask_for_the_history(maple, approvals_words.RESULTS[Result.MAYBE_PASSED_ON].what)
        await ask_for_the_history(maple, on_screen(approvals_words.RESULTS[Result.ASKED_BEFORE].do))
        await question_to_lea(maple, Verb.HISTORY)
        pieces = [piece for piece in maple.lea.pieces() if "Customer Acme Ltd" in piece]
        assert len(pieces) == 1


async def test_nobody_is_asked_for_what_is_gone_or_allowed(maple: Running) -> None:
    for value, result in (
        ('{"v":"undo","r":"gone"}', Result.UNKNOWN),
        ('{"v":"approve","b":"gone"}', Result.UNKNOWN),
        ('{"v":"ask","d":"gone"}', Result.UNKNOWN),
        ('{"v":"ask","c":"cus_acme"}', Result.MAY_YOURSELF),
    ):
        maple.ana.reload()
        await click_old_button(maple, maple.ana, ids.ASK_THEM, value)
        await maple.ana.sees(approvals_words.RESULTS[result].what)


async def test_policy_naming_nobody_asks_nobody() -> None:
    async with running_maple("http", policy=ALL_BUT_ANA, approvals=None) as maple:
        await click_old_button(maple, maple.ana, ids.ASK_THEM, '{"v":"history","c":"cus_acme"}')
        await maple.ana.sees(approvals_words.RESULTS[Result.NOBODY_TO_ASK].what)
