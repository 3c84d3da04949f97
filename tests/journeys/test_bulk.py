"""Bulk changes, from the list to its results, through the real bot."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from bot.approvals import words as approvals_words
from bot.approvals.results import Result
from bot.batches import words
from bot.batches.model import BatchResult, BatchState, LineReason
from bot.changes.balance.words import BalanceLine
from bot.changes.forms import words as forms_words
from bot.kit import ids
from bot.lookups.check import words as check_words
from bot.lookups.finder import words as finder_words
from sandbox.slack.simulation import SlackCall
from tests.journeys.bulk import (
    CUSTOMERS,
    DENIED,
    DONE,
    FINISHED,
    LIST,
    STOPPED,
    TITLE,
    WAITING,
    approve_list,
    check_list,
    file_rows,
    file_text,
    open_form,
    remaining,
    submit_list,
)
from tests.journeys.changing import AT_ONCE, change_in_autumn, request_undo
from tests.journeys.steps import click_old_button
from tests.lost_writes import carry_out
from tests.running import APPROVALS, QUICK_BATCHES, UNHURRIED, Running, running_maple
from tests.screen import on_screen

ODDLY_NAMED = ("cus_html", "cus_rtl", "cus_lines")
LEA_DECIDES = """
[[allow]]
name = "support asks"
who = "everyone"
may = "ask"

[[allow]]
name = "lea decides"
who = ["U03LEA"]
may = ["approve", "history"]
"""


async def test_list_is_checked_approved_applied_and_reported(maple: Running) -> None:
    before = [await remaining(maple, customer) for customer in ODDLY_NAMED]
    await check_list(maple.ana, "\n".join(f"{customer},messages,100" for customer in ODDLY_NAMED))
    screen = await maple.ana.sees("Bulk change: 3 changes for 3 customers")
    assert "Messages: 3 lines, 300 in all" in screen
    assert forms_words.needed(1) in screen
    assert [await remaining(maple, customer) for customer in ODDLY_NAMED] == before
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)
    await maple.ana.close()

    maple.lea.go("#billing")
    card = await maple.lea.sees(WAITING)
    assert "Bulk change: 3 changes for 3 customers" in card
    assert "Requested by ana, " in card
    assert "The outage of 3 December" in card
    assert "Messages: 3 lines, 300 in all" in card
    assert card.count(f"{BalanceLine.GRANTED.text}:") == len(ODDLY_NAMED), "each line in full"
    await maple.lea.sees("[file: maple-bulk-change-")
    await maple.lea.click(approvals_words.APPROVE)
    assert "3 of 3 applied" in await maple.lea.sees(DONE)

    assert [await remaining(maple, customer) for customer in ODDLY_NAMED] == [was + 100 for was in before]
    maple.ana.go("@maple")
    await maple.ana.sees(words.csv_comment(3, ended=True))
    outcomes = [piece for piece in maple.ana.pieces() if DONE in piece and words.LARGEST not in piece]
    assert len([piece for piece in outcomes if on_screen(words.LARGEST) not in piece]) == 1
    results = file_rows(maple, "maple-bulk-change")
    assert [row["customer id"] for row in results] == list(ODDLY_NAMED)
    assert {row["result"] for row in results} == {"applied"}


# The form


async def test_file_is_read_like_a_pasted_list(maple: Running) -> None:
    await open_form(maple.ana)
    await maple.ana.attach(words.FILE, "list.csv", LIST.replace(",", ";").encode("utf-16"))
    await maple.ana.fill(forms_words.REASON, "The outage")
    await maple.ana.submit()
    assert TITLE in await maple.ana.sees(words.SEND)


async def test_file_that_cannot_be_read_is_reported(maple: Running) -> None:
    maple.slack.faults.add("files.download", "500", times=1)
    for content, reason in (
        (LIST.encode(), words.FILE_NOT_GIVEN),
        (b"PK\x03\x04", "spreadsheet's own file"),
        (b"a" * 1_000_001, words.FILE_TOO_BIG),
        (b"without the right to read files", words.FILE_NOT_GIVEN),
    ):
        if content.startswith(b"without"):
            maple.slack.scopes.discard("files:read")
        await open_form(maple.ana)
        await maple.ana.attach(words.FILE, "list.csv", content)
        await maple.ana.fill(forms_words.REASON, "why")
        await maple.ana.submit()
        assert words.NOTHING_REQUESTED in await maple.ana.sees(reason)
        await maple.ana.close()


async def test_another_file_is_taken_in_the_same_form(maple: Running) -> None:
    await open_form(maple.ana)
    await maple.ana.attach(words.FILE, "list.csv", b"PK\x03\x04")
    await maple.ana.fill(forms_words.REASON, "The outage")
    await maple.ana.submit()
    await maple.ana.sees("spreadsheet's own file")
    await maple.ana.attach(words.FILE, "list.csv", LIST.encode())
    await maple.ana.submit()
    assert TITLE in await maple.ana.sees(words.SEND)


async def test_form_says_what_is_missing_and_applies_its_fields_to_all_lines(maple: Running) -> None:
    await open_form(maple.ana)
    await maple.ana.fill(forms_words.REASON, "The outage")
    await maple.ana.submit()
    await maple.ana.sees(words.NO_SOURCE)
    await maple.ana.fill(words.LIST, "feature,amount")
    await maple.ana.submit()
    await maple.ana.sees("no column for the customer")
    await maple.ana.fill(words.LIST, "\n".join(ODDLY_NAMED))
    await maple.ana.choose(forms_words.FEATURE, "Messages")
    await maple.ana.fill(words.AMOUNT, "1k")
    await maple.ana.submit()
    assert "Messages: 3 lines, 3,000 in all" in await maple.ana.sees(words.SEND)


async def test_form_says_how_many_lines_a_list_may_have() -> None:
    async with running_maple("http", policy=f"{AT_ONCE}[batches]\nmost_lines = 4\n") as maple:
        await open_form(maple.ana)
        await maple.ana.sees("Up to 4 lines")
        await maple.ana.close()
        await maple.ana.command("/autumn list")
        await maple.ana.sees(finder_words.CHANGE_ALL)
        await maple.ana.click(finder_words.CHANGE_ALL)
        await maple.ana.sees(words.too_many_listed(4))


async def test_all_customers_of_a_list_are_changed(maple: Running) -> None:
    await maple.ana.command("/autumn list product:pro")
    await maple.ana.sees(finder_words.CHANGE_ALL)
    await maple.ana.click(finder_words.CHANGE_ALL)
    number = int(
        (await maple.ana.sees("customers from the list")).partition(" customers from the list")[0].split()[-1]
    )
    await maple.ana.choose(forms_words.FEATURE, "Messages")
    await maple.ana.fill(words.AMOUNT, "10")
    await maple.ana.fill(forms_words.REASON, "The outage")
    await maple.ana.submit()
    screen = await maple.ana.sees("Bulk change: ")
    counted = [re.search(pattern, screen) for pattern in (r"Bulk change: (\d+) ", r"(\d+) lines? can't")]
    assert sum(int(count[1]) for count in counted if count) == number > 10


async def test_form_goes_on_with_another_list_when_its_customers_are_no_longer_kept(maple: Running) -> None:
    await maple.ana.command("/autumn list product:pro")
    await maple.ana.sees(finder_words.CHANGE_ALL)
    await maple.ana.click(finder_words.CHANGE_ALL)
    await maple.ana.sees("customers from the list")
    await maple.ana.choose(forms_words.FEATURE, "Messages")
    await maple.ana.fill(words.AMOUNT, "10")
    await maple.ana.fill(forms_words.REASON, "The outage")
    maple.clock.move(timedelta(days=2))
    await maple.bot.batches.ticker.keep_up()
    await maple.ana.submit()
    await maple.ana.sees(words.LISTED_GONE)
    await maple.ana.fill(words.LIST, "customer\ncus_bold\ncus_html")
    await maple.ana.submit()
    assert "Messages: 2 lines, 20 in all" in await maple.ana.sees(words.SEND)


# The checked list


async def test_changes_of_several_kinds_share_one_approval(maple: Running) -> None:
    await open_form(maple.ana)
    screen = await maple.ana.sees("what each needs in its line")
    assert "• cancel: a product, no amount, and an action such as at the end" in screen
    lines = (
        "customer,about,amount,action,kind",
        "cus_northwind,messages,500,,",
        "cus_northwind,loyal10,,apply,reward",
        "cus_html,starter,,at the end,cancel",
        "cus_bold,in_cXNNUzXytba2sAT2,10,,refund",
        "cus_rtl,message_pack,,,add",
        "cus_bold,in_cXNNUzXytba2sAT2,5,,refund",
        "cus_bold,starter,,soon,cancel",
    )
    await maple.ana.fill(words.LIST, "\n".join(lines))
    await maple.ana.fill(forms_words.REASON, "The outage of 3 December")
    await maple.ana.submit()
    wrong = await maple.ana.sees("2 lines can't be requested")
    assert words.repeated(5) in wrong
    assert "soon is no action here" in wrong
    await maple.ana.click(words.LEAVE_OUT)
    screen = await maple.ana.sees(words.SEND)
    assert "In all (≈ $30.00, without 1 line of unknown worth)" in screen
    for part in ("Messages: 1 line, 500 in all", "Reward change: 1 line", "Refund: 1 line", "Added product"):
        assert part in screen
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)
    maple.lea.go("#billing")
    assert "Apply the coupon 10% off, always" in await maple.lea.sees(WAITING)
    await maple.lea.click(approvals_words.APPROVE, confirm=False)
    await maple.lea.click(approvals_words.APPROVE, confirm=True)
    await maple.lea.sees("5 of 5 applied")
    maple.ana.go("@maple")
    await maple.ana.sees(words.csv_comment(5, ended=True))
    results = file_rows(maple, "maple-bulk-change")
    assert [row["change"] for row in results][1:] == [
        "Apply the coupon 10% off, always",
        "Cancel Starter at the end of the period",
        "Refund $10.00 of an invoice",
        "Buy Message Pack once, now",
    ]
    assert {row["result"] for row in results} == {"applied"}


async def test_wrong_lines_are_listed_sent_as_a_file_and_left_out(maple: Running) -> None:
    wrong = "nobody,messages,5\ncus_bold,messages,five\ncus_html,teleport,5\n=1+1,messages,5\n"
    await check_list(maple.ana, LIST + wrong)
    screen = await maple.ana.sees("4 lines can't be requested")
    for line, part in (
        (4, "No customer has exactly"),
        (5, "not a number"),
        (6, "no feature teleport"),
        (7, "formula"),
    ):
        assert f"Line {line}: " in screen
        assert part in screen
    assert f"[{words.SEND}]" not in screen
    await maple.ana.click(words.WRONG_CSV)
    await maple.ana.sees(words.CSV_SENT)
    assert [row["line"] for row in file_rows(maple, "maple-wrong-lines")] == ["4", "5", "6", "7"]
    assert file_rows(maple, "maple-wrong-lines")[3]["text"].startswith("'=")
    await maple.ana.click(words.LEAVE_OUT)
    await maple.ana.sees(words.SEND)
    maple.ana.does_not_see("can't be requested")
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)


async def test_policy_limits_lines_totals_and_list_length() -> None:
    policy = """
[[allow]]
name = "up to 100 at once"
who = "everyone"
may = ["ask", "at_once"]
changes = ["balance"]
amount_up_to = 100

[[allow]]
name = "up to 400"
who = "everyone"
may = "ask"
changes = ["balance"]
amount_up_to = 400

[batches]
most_lines = 2
"""
    async with running_maple("http", policy=policy) as maple:
        await check_list(maple.ana, "cus_bold,messages,50\ncus_html,messages,40")
        await maple.ana.sees(words.APPLY)
        await maple.ana.click(words.CANCEL)
        await maple.ana.sees(words.CANCELLED)
        await check_list(maple.ana, "cus_bold,messages,90\ncus_html,messages,90")
        await maple.ana.sees(words.SEND)
        await check_list(maple.ana, "cus_bold,messages,500\ncus_html,messages,90")
        assert "Line 1: " in await maple.ana.sees("No rule of your team's policy lets you do this")
        await check_list(maple.ana, "cus_bold,messages,300\ncus_html,messages,300")
        screen = await maple.ana.sees("No rule of your team's policy lets you do this")
        assert "Line 1: " not in screen
        assert f"[{words.SEND}]" not in screen
        await check_list(maple.ana, f"{LIST}cus_rtl,messages,1")
        assert "Line 4: " in await maple.ana.sees(words.PROBLEMS[LineReason.TOO_MANY])


async def test_another_replica_checks_the_list_again(maple: Running) -> None:
    """Each person checks a list at the first replica and requests it at the other: Ana's is unchanged,
    Raj's numbers have changed by then, and one of Lea's customers cannot be read."""
    lists = {"ana": "cus_bold,messages,100", "raj": "cus_html,messages,100", "lea": LIST}
    for name, text in lists.items():
        await check_list(maple.slack.person(name), text)
        await maple.slack.person(name).sees(words.SEND)
    before = maple.raj.last()
    async with maple.another():
        await maple.ana.click(words.SEND)
        await maple.ana.sees(words.REQUESTED)

        await change_in_autumn(
            maple, "balances.update", customer_id="cus_html", feature_id="messages", add_to_balance=7
        )
        await maple.raj.click(words.SEND)
        screen = await maple.raj.sees(on_screen(words.ANEW))
        assert screen != before
        await maple.raj.click(words.SEND)
        await maple.raj.sees(words.REQUESTED)

        maple.autumn.faults.add("customers.get", "500", customer="cus_bold")
        await maple.lea.click(words.SEND)
        screen = await maple.lea.sees(on_screen(words.ANEW))
        assert words.PROBLEMS[LineReason.NOT_READ] in screen
        await maple.lea.click(words.LEAVE_OUT)
        assert "1 change for 1 customer" in await maple.lea.sees(words.SEND)
    for person, requested in ((maple.ana, 1), (maple.raj, 1), (maple.lea, 0)):
        assert len(await maple.bot.batches.requested_by(person.id, limit=5)) == requested


async def test_expired_list_is_reported(maple: Running) -> None:
    wrong = "cus_bold,messages,100\nnobody,messages,5"
    for person, text, button in (
        (maple.ana, wrong, words.WRONG_CSV),
        (maple.raj, wrong, words.LEAVE_OUT),
        (maple.lea, LIST, words.SEND),
    ):
        await check_list(person, text)
        await person.sees(button)
    async with maple.another() as bot:
        maple.clock.move(timedelta(days=2))
        await bot.batches.ticker.keep_up()
        for person, button, answer in (
            (maple.ana, words.WRONG_CSV, words.WRONG_CSV_GONE),
            (maple.raj, words.LEAVE_OUT, words.GONE),
            (maple.lea, words.SEND, words.GONE),
        ):
            await person.click(button)
            await person.sees(answer)


async def test_form_that_was_closed_is_answered_with_a_message(maple: Running) -> None:
    maple.autumn.faults.add("customers.get", "latency", seconds=60, customer=CUSTOMERS[0])
    await check_list(maple.ana, LIST + "nobody,messages,5")
    await maple.ana.sees(words.CHECKING)
    await maple.ana.close()
    maple.autumn.faults.clear()
    await maple.ana.sees(words.LEAVE_OUT)
    await maple.ana.click(words.WRONG_CSV)
    await maple.ana.sees(words.CSV_SENT)
    await maple.ana.click(words.LEAVE_OUT)
    await maple.ana.sees(words.SEND)
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)


async def test_team_without_an_approvals_channel_is_told() -> None:
    async with running_maple("http", approvals=None) as maple:
        await check_list(maple.ana)
        await maple.ana.sees(words.SEND)
        await maple.ana.click(words.SEND)
        await maple.ana.sees(on_screen(approvals_words.RESULTS[Result.NO_CHANNEL].what))


# Several changes of one customer


async def test_one_sentence_requests_changes_of_several_balances(maple: Running) -> None:
    messages, minutes = await remaining(maple, "cus_acme"), await remaining(maple, "cus_acme", "minutes")
    await maple.ana.command("/autumn give cus_acme 100 messages and 20 minutes because ticket 4711")
    screen = await maple.ana.sees("2 changes for 1 customer")
    assert f"{messages:,} → {messages + 100:,}" in screen
    assert f"{minutes:,} → {minutes + 20:,}" in screen
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)
    maple.lea.go("#billing")
    assert "ticket 4711" in await maple.lea.sees(WAITING)
    assert maple.autumn.ledger == []


async def test_one_sentence_changes_several_balances_of_an_entity(maple: Running) -> None:
    customer = "cus_piedpiper"

    async def own(entity: str) -> dict[str, Decimal]:
        balances = (await maple.bot.autumn.entity(customer, entity)).balances
        return {feature: balances[feature].remaining for feature in ("messages", "exports")}

    before, others_before = await own("workspace_1"), await own("workspace_2")
    await maple.ana.command(
        f"/autumn give {customer}/compress 100 messages and 5 exports because ticket 4711"
    )
    screen = await maple.ana.sees("2 changes for 1 customer")
    assert "workspace_1" in screen
    await maple.ana.click(words.SEND)
    await maple.ana.sees(words.REQUESTED)
    (batch,) = await maple.bot.batches.requested_by(maple.ana.id, limit=5)
    await approve_list(maple, batch)
    maple.lea.go("#billing")
    assert "workspace_1" in await maple.lea.sees(FINISHED)
    after = await own("workspace_1")
    assert after == {"messages": before["messages"] + 100, "exports": before["exports"] + 5}
    assert await own("workspace_2") == others_before


async def test_several_changes_without_a_reason_open_the_form_with_the_list(maple: Running) -> None:
    await maple.ana.command("/autumn set cus_acme messages to 700 and minutes to 30")
    screen = await maple.ana.sees(words.LIST)
    assert "cus_acme,messages,700,set" in screen
    await maple.ana.fill(forms_words.REASON, "They asked")
    await maple.ana.submit()
    screen = await maple.ana.sees("2 changes for 1 customer")
    assert "→ 700" in screen
    assert "→ 30" in screen


async def test_customer_of_several_changes_is_picked_where_several_match(maple: Running) -> None:
    await maple.ana.command("/autumn give twin 5 messages and 5 zzz because they asked")
    await maple.ana.sees(forms_words.PICK_CUSTOMER)
    await maple.ana.choose(forms_words.PICK_CUSTOMER, "twin")
    screen = await maple.ana.sees(on_screen(words.wrong(1)))
    assert "There is no feature zzz" in screen


async def test_sentence_that_names_several_changes_is_answered(maple: Running) -> None:
    for sentence, answer in (
        ("check cus_acme 5 messages and 5 minutes", check_words.ONE_FEATURE),
        ("give cus_acme 5 messages and 5 zz\u202ez because they asked", on_screen(words.wrong(1))),
        (
            "give cus_piedpiper/workspace 5 messages and 5 exports because they asked",
            words.PROBLEMS[LineReason.NO_ENTITY],
        ),
        # Cut to what fits into a button.
        (f"give cus_acme 100 messages and 20 minutes because {'they asked ' * 190}", f"[{words.SEND}]"),
    ):
        await maple.ana.command(f"/autumn {sentence}")
        await maple.ana.sees(answer)
    assert maple.autumn.ledger == []


# Decisions


async def test_denied_list_changes_nothing(maple: Running) -> None:
    await submit_list(maple)
    maple.lea.go("#billing")
    await maple.lea.sees(WAITING)
    await maple.lea.click(approvals_words.DENY)
    await maple.lea.sees(approvals_words.DENY_HINT)
    await maple.lea.fill(approvals_words.REASON, "Too many")
    await maple.lea.submit()
    assert "Too many" in await maple.lea.sees(DENIED)
    maple.ana.go("@maple")
    await maple.ana.sees(DENIED)
    assert maple.autumn.ledger == []


async def test_waiting_list_is_withdrawn_by_its_requester(maple: Running) -> None:
    withdrawn = on_screen(words.STATES[BatchState.WITHDRAWN])
    await submit_list(maple)
    maple.lea.go("#billing")
    assert f"[{approvals_words.WITHDRAW}]" not in await maple.lea.sees(WAITING)
    maple.ana.go("@maple")
    await maple.ana.sees(f"[{approvals_words.WITHDRAW}]")
    await maple.ana.click(approvals_words.WITHDRAW, confirm=False)
    await maple.ana.click(approvals_words.WITHDRAW, confirm=True)
    card = await maple.ana.sees(withdrawn)
    assert "By @ana" in card
    assert f"[{approvals_words.APPROVE}]" not in await maple.lea.sees(withdrawn)
    assert maple.autumn.ledger == []
    # Nobody else was involved, so there is no notice besides the card.
    assert len([piece for piece in maple.ana.pieces() if withdrawn in piece]) == 1


async def test_requester_and_strangers_cannot_decide_undo_or_read_the_list() -> None:
    not_allowed = on_screen(approvals_words.RESULTS[Result.NOT_ALLOWED].what)
    async with running_maple("http", policy=LEA_DECIDES) as maple:
        batch = await submit_list(maple)
        for person in (maple.ana, maple.raj):
            person.go("#billing")
            await person.sees(WAITING)
            await person.click(approvals_words.APPROVE)
            await person.sees(not_allowed)
        maple.raj.reload()
        await maple.raj.click(approvals_words.DENY)
        await maple.raj.sees(approvals_words.DENY_HINT)
        await maple.raj.fill(approvals_words.REASON, "no")
        await maple.raj.submit()
        maple.raj.go("@maple")
        await maple.raj.sees(not_allowed)
        maple.raj.go("#billing")
        await maple.raj.click(words.LIST_CSV)
        await maple.raj.sees(not_allowed)
        assert maple.autumn.ledger == []
        maple.ana.go("@maple")
        await maple.ana.click(words.LIST_CSV)
        await maple.ana.sees(words.CSV_SENT)
        await approve_list(maple, batch)
        await maple.raj.sees(FINISHED)
        await maple.raj.sees(words.UNDO)
        await request_undo(maple.raj, words.UNDO, reason="no")
        maple.raj.go("@maple")
        await maple.raj.sees(re.compile(r"Some lines can't be requested\.\nNo rule of your team's policy"))
        assert len(maple.autumn.ledger) == len(CUSTOMERS)


async def test_line_that_has_grown_beyond_what_its_approver_may_approve_is_refused() -> None:
    policy = """
[[allow]]
name = "all ask"
who = "everyone"
may = ["ask", "history"]

[[allow]]
name = "small ones"
who = "everyone"
may = "approve"
changes = ["balance"]
amount_up_to = 1300

[approvals]
tolerance = { percent = 10 }
"""
    async with running_maple("http", policy=policy) as maple:
        assert await remaining(maple, "cus_acme") == 18_760
        batch = await submit_list(maple, "cus_acme,messages,20000,set\ncus_bold,messages,50,give")
        await change_in_autumn(
            maple, "balances.track", customer_id="cus_acme", feature_id="messages", value=124
        )
        await approve_list(maple, batch)
        maple.ana.go("@maple")
        await maple.ana.sees("1 of 2 applied")
        await maple.ana.sees(words.csv_comment(2, ended=True))
        grown, _ = file_rows(maple, "maple-bulk-change")
        assert grown["why"] == approvals_words.RESULTS[Result.NOT_APPROVED].what
        assert await remaining(maple, "cus_acme") == 18_636


async def test_button_does_nothing_in_a_channel_that_another_company_sees(maple: Running) -> None:
    channel = maple.slack.workspace.channels[APPROVALS]
    kind_before = channel.kind
    maple.lea.go("#billing")
    for button in (approvals_words.APPROVE, approvals_words.DENY, words.LIST_CSV):
        channel.kind = kind_before
        maple.lea.reload()
        batch = await submit_list(maple)
        await maple.lea.sees(f"[{button}]")
        await maple.bot.background.drain(10)
        channel.kind = "shared"
        await maple.lea.click(button)
        await maple.lea.sees(on_screen(approvals_words.RESULTS[Result.CHANNEL_SHARED].what))
        screen = await maple.lea.sees(on_screen(words.WITHHELD))
        assert "Claims" not in screen, button
        assert "[" not in screen, button
        waiting = await maple.bot.batches.get(batch.id)
        assert waiting is not None
        assert waiting.state is BatchState.WAITING, button
    assert maple.autumn.ledger == []


async def test_unknown_bulk_change_is_refused(maple: Running) -> None:
    await click_old_button(maple, maple.ana, ids.BATCH_CSV, "nothing:1")
    await maple.ana.sees(on_screen(words.RESULTS[BatchResult.UNKNOWN].what))


# Results


async def test_link_of_a_line_to_be_paid_reaches_its_requester_alone(maple: Running) -> None:
    maple.autumn.set_card("cus_acme", on_file=False)
    batch = await submit_list(maple, "cus_acme,seats,25,,quantity\ncus_bold,messages,100")
    await approve_list(maple, batch)
    maple.lea.go("#billing")
    await maple.lea.sees("1 of 2 applied · 1 unconfirmed")
    maple.ana.go("@maple")
    await maple.ana.sees(approvals_words.PAYMENT_LINK)
    await maple.ana.sees(words.csv_comment(2, ended=True))
    links = [message for message in maple.ana.pieces() if approvals_words.PAYMENT_LINK in message]
    assert len(links) == 1
    assert approvals_words.PAYMENT_LINK_PRIVATE in links[0]
    assert "Acme" in links[0]
    assert approvals_words.PAYMENT_LINK not in maple.lea.screen()
    assert "/invoice/" not in file_text(maple, "maple-bulk-change")


async def test_team_that_needs_no_approval_applies_at_once_and_undoes_all() -> None:
    async with running_maple("http", policy=AT_ONCE, timeouts=UNHURRIED) as maple:
        before = [await remaining(maple, customer) for customer in CUSTOMERS]
        await check_list(maple.ana)
        await maple.ana.sees(words.APPLY)
        await maple.ana.click(words.APPLY, confirm=True)
        await maple.ana.sees(words.REQUESTED)
        await maple.ana.close()
        maple.ana.go("@maple")
        await maple.ana.sees(FINISHED)
        await maple.bot.batches.ticker.keep_up()
        assert len(approvals_posts(maple)) == 1, "all its lines in one message"
        await maple.ana.sees(words.UNDO)
        await request_undo(maple.ana, words.UNDO, reason="It was the wrong list")
        await maple.ana.sees(f"Undo of a bulk change: {TITLE.partition(': ')[2]}")
        await maple.ana.sees(on_screen(words.UNDONE))
        await maple.ana.sees(re.compile(f"{DONE}\nUndo of a bulk change"))
        assert [await remaining(maple, customer) for customer in CUSTOMERS] == before


def approvals_posts(maple: Running) -> list[SlackCall]:
    """What was posted in the approvals channel."""
    return [
        call
        for call in maple.slack.calls
        if call.method == "chat.postMessage" and call.args.get("channel") == APPROVALS
    ]


async def test_list_applied_at_once_is_not_posted_where_the_policy_says_so() -> None:
    policy = f"{AT_ONCE}[approvals]\npost_applied = false\n"
    async with running_maple("http", policy=policy) as maple:
        await submit_list(maple, "cus_bold,messages,100")
        maple.ana.go("@maple")
        await maple.ana.sees("1 of 1 applied")
        await maple.bot.batches.ticker.keep_up()
        assert approvals_posts(maple) == []


async def test_lines_that_cannot_be_undone_are_reported() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        await submit_list(maple, "cus_bold,messages,100\ncus_bold,in_cXNNUzXytba2sAT2,10,,refund")
        maple.ana.go("@maple")
        await maple.ana.sees(FINISHED)
        await maple.ana.sees(words.UNDO)
        await request_undo(maple.ana, words.UNDO, reason="why")
        await maple.ana.sees(words.undo_left_out(1))
        await maple.ana.sees("Undo of a bulk change: 1 change for 1 customer")


async def test_unconfirmed_line_is_checked_again() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        maple.autumn.faults.add("balances.update", "cut_before", times=1)
        await submit_list(maple, "cus_bold,messages,100")
        maple.ana.go("@maple")
        await maple.ana.sees(on_screen(words.UNCONFIRMED_LINES))
        await maple.ana.sees(f"[{approvals_words.CHECK_AGAIN}]")
        await maple.ana.click(approvals_words.CHECK_AGAIN)
        await maple.ana.sees(words.RESULTS[BatchResult.STILL_UNCONFIRMED].what)
        await carry_out(maple.autumn)
        await maple.ana.click(approvals_words.CHECK_AGAIN)
        await maple.ana.sees("1 of 1 applied")
        assert f"[{approvals_words.CHECK_AGAIN}]" not in maple.ana.screen()


async def test_stopped_list_can_be_resumed() -> None:
    one_by_one = replace(QUICK_BATCHES, at_once=1)
    async with running_maple("http", policy=AT_ONCE, batch_pace=one_by_one) as maple:
        maple.autumn.faults.add("balances.update", "latency", seconds=60, customer=CUSTOMERS[1])
        await submit_list(maple, f"{LIST}cus_rtl,messages,100")
        maple.ana.go("@maple")
        await maple.ana.sees("1 of 3 applied")
        await maple.ana.click(words.STOP, confirm=True)
        await maple.ana.sees(words.STOPPING)
        maple.autumn.faults.clear()
        card = await maple.ana.sees(f"{STOPPED}\nBulk change")
        applied = len(maple.autumn.ledger)
        assert applied in (1, 2)  # the second line may have begun when the list was stopped
        assert f"{applied} of 3 applied · {3 - applied} not started" in card
        await maple.ana.sees(f"[{words.RESUME}]")
        await maple.ana.click(words.RESUME, confirm=True)
        await maple.ana.sees(f"{DONE}\nBulk change")
        assert len(maple.autumn.ledger) == 3
