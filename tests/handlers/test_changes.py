"""Forms for changes and the buttons on their cards, when things go wrong."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import text, update

from bot.access import words as access_words
from bot.access.policy import DecisionReason
from bot.approvals import words as approvals_words
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.lifecycle import CardKind, Cause, State
from bot.approvals.requests import ChangeRequest
from bot.approvals.results import Result
from bot.approvals.service import ChangeService
from bot.approvals.words import HEADLINES
from bot.changes import words as changes_words
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.forms import words as forms_words
from bot.kit import ids
from bot.lookups import labels
from bot.lookups.find import words as find_words
from bot.lookups.overview import words as overview_words
from bot.store.errors import StoreLost, StoreSlow
from bot.store.tables import cards
from bot.timings import Timeouts
from sandbox.slack.delivery import SlackDelivery
from tests.journeys.changing import (
    OUTAGE,
    PREVIEW,
    change_in_autumn,
    close_and_read_own_card,
    read_as_approver,
    read_own_card,
    request_change,
    request_shown_to_lea,
    request_undo,
    service_without_slack,
)
from tests.lost_writes import carry_out
from tests.running import APPROVALS, Mode, Running, actor, running_maple
from tests.screen import on_screen

LEADS_ONLY = """
[[allow]]
name = "leads"
who = ["@billing-leads"]
may = ["ask", "approve", "mark", "undo", "history"]
"""
SMALL = """
[[allow]]
name = "small"
who = "everyone"
may = ["ask"]
changes = ["balance"]
amount_up_to = 1000

[[require]]
name = "why"
reason = true
"""


async def lose_the_database(maple: Running) -> None:
    """Makes everything fail that the bot needs of its database."""
    async with maple.bot.database.writing() as connection:
        await connection.execute(text("ALTER TABLE deliveries RENAME TO lost"))
        await connection.execute(text("ALTER TABLE alembic_version RENAME TO lost_version"))


async def resend(maple: Running, delivery: SlackDelivery, times: int) -> None:
    """Sends the last request again, with changes; over HTTP with the very same signature."""
    if maple.mode == "socket":
        for _ in range(times):
            await maple.slack.deliveries.send(delivery.kind, delivery.payload)
        return
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(times):
            url = maple.slack.request_url or ""
            answer = await client.post(url, content=delivery.raw, headers=delivery.headers)
            assert answer.status_code == 200


async def request_messages(maple: Running, service: ChangeService, amount: int) -> None:
    """Ana's request to give Acme more messages, without the form."""
    customer = await maple.bot.services.autumn.customer("cus_acme")
    row = customer.balances["messages"].breakdown[0].id
    about = {"customer": "cus_acme", "feature": "messages", "row": row}
    change = BalanceInput(**about, action=BalanceAction.GIVE, amount=Decimal(amount))
    wish = ChangeRequest(f"form-{amount}", change, actor(maple.ana), channel="C01SUPPORT", reason="so")
    reply = await service.submit(wish)
    assert reply.record is not None, reply


def last_delivery(maple: Running, kind: str) -> SlackDelivery:
    return [delivery for delivery in maple.slack.sent if delivery.payload.get("type") == kind][-1]


# Opening


async def test_card_opens_the_form_filled_in(maple: Running) -> None:
    await maple.ana.command("/autumn features cus_acme")
    await maple.ana.sees("Messages")
    await maple.ana.click("Open", within="Messages")
    await maple.bot.background.drain(10)
    await maple.ana.click("Change balance")
    form = await maple.ana.sees(changes_words.ACTION)
    assert "Feature: [Messages" in form


async def test_customer_that_is_not_clear_is_picked_in_the_form(maple: Running) -> None:
    await maple.ana.command("/autumn balance zz-nobody-zz")
    form = await maple.ana.sees(on_screen(find_words.nobody("zz-nobody-zz")).splitlines()[0])
    assert forms_words.PICK_CUSTOMER not in form
    await maple.ana.close()
    await maple.ana.command("/autumn balance northwnd")
    await maple.ana.sees(find_words.NEAR)
    await maple.ana.close()
    await maple.ana.command("/autumn balance twin")
    await maple.ana.sees("match")
    await maple.ana.choose(forms_words.PICK_CUSTOMER, "Twin Peaks Lodge · billing@twinpeaks.example")
    await maple.ana.sees(changes_words.ACTION)
    maple.ana.does_not_see("match")


async def test_person_without_the_right_is_refused_in_the_form(mode: Mode) -> None:
    async with running_maple(mode, policy=LEADS_ONLY) as maple:
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees(on_screen(forms_words.ASKS_OTHERS))
        await maple.ana.close()
        await maple.ana.command("/autumn history cus_acme")
        await maple.ana.sees(access_words.BARRED[DecisionReason.NO_RULE])
        await maple.lea.command("/autumn balance cus_acme")
        await maple.lea.sees(changes_words.ACTION)


async def test_amount_over_the_limit_is_refused_in_the_form(mode: Mode) -> None:
    async with running_maple(mode, policy=SMALL) as maple:
        await maple.ana.command(f"/autumn give cus_acme 500 messages because {OUTAGE}")
        await maple.ana.sees(forms_words.needed(1))
        await maple.ana.fill("Amount", "5000")
        await maple.ana.sees(access_words.BARRED[DecisionReason.NO_RULE])
        await maple.ana.submit()
        await maple.ana.sees(approvals_words.RESULTS[Result.NOT_ALLOWED].what)
        assert await maple.bot.changes.waiting() == []


async def test_answer_for_a_closed_form_is_sent_as_a_message(maple: Running) -> None:
    maple.autumn.faults.add("customers.get", "latency", seconds=60)
    await maple.ana.command("/autumn balance zz-nobody-zz")
    await maple.ana.sees(forms_words.LOADING)
    await maple.ana.close()
    maple.autumn.faults.clear()
    maple.autumn.faults.add("features.list", "500", times=1)
    await maple.ana.sees(on_screen(find_words.nobody("zz-nobody-zz")).splitlines()[0])


# Submitting


async def test_request_without_an_approvals_channel_is_refused(mode: Mode) -> None:
    async with running_maple(mode, approvals=None) as maple:
        await request_change(maple)
        await maple.ana.sees(approvals_words.RESULTS[Result.NO_CHANNEL].do)
        await maple.ana.close()
        await maple.ana.command("/autumn give cus_acme 500 messages because they lost a day")
        await maple.ana.sees(PREVIEW)
        maple.autumn.faults.add("customers.get", "latency", seconds=60)
        await maple.ana.submit()
        await maple.ana.sees(forms_words.WORKING)
        await maple.ana.close()
        maple.autumn.faults.clear()
        await maple.ana.sees(approvals_words.NOT_ACCEPTED), "a closed form is answered with a message"
        assert await maple.bot.changes.history("cus_acme") == []


async def test_request_is_refused_while_the_approvals_channel_is_unfit_or_unchecked(maple: Running) -> None:
    channel = maple.slack.workspace.channels[APPROVALS]
    usual = channel.kind
    channel.kind = "shared"
    await request_change(maple)
    await maple.ana.sees(approvals_words.RESULTS[Result.CHANNEL_SHARED].what)
    channel.kind, channel.archived = usual, True
    await maple.ana.submit()
    await maple.ana.sees(approvals_words.RESULTS[Result.CHANNEL_OUT].what)
    channel.archived = False
    maple.slack.faults.add("conversations.info", "error", error="fatal_error")
    await maple.ana.submit()
    await maple.ana.sees(approvals_words.RESULTS[Result.CHANNEL_UNCHECKED].what)
    assert await maple.bot.changes.history("cus_acme") == []
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval"), "the same form can be submitted again"


async def test_invalid_fields_are_marked_and_autumns_errors_shown_in_the_form(maple: Running) -> None:
    await maple.ana.command(f"/autumn give cus_acme 500 messages because {OUTAGE}")
    await maple.ana.sees(PREVIEW)
    await maple.ana.fill("Amount", "a lot")
    await maple.ana.submit()
    await maple.ana.sees("!")
    await maple.ana.fill("Amount", "-5")
    await maple.ana.submit()
    await maple.ana.sees(on_screen(changes_words.REFUSED))
    await maple.ana.fill("Amount", "5")
    await maple.ana.settled()
    await maple.bot.background.drain(10)
    maple.autumn.faults.add("customers.get", "500", times=None)
    await maple.ana.submit()
    await maple.ana.sees(labels.UNAVAILABLE.what)
    assert await maple.bot.changes.history("cus_acme") == []
    await maple.ana.close()
    await maple.ana.command("/autumn balance cus_acme")
    assert "Reference" in await maple.ana.sees(labels.UNAVAILABLE.what)


async def test_form_shows_the_new_numbers_when_they_changed_while_it_was_open(maple: Running) -> None:
    await maple.ana.command(f"/autumn set cus_acme messages to 900 because {OUTAGE}")
    await maple.ana.sees("→ 900")
    await change_in_autumn(
        maple, "balances.update", customer_id="cus_acme", feature_id="messages", remaining=20_000
    )
    await maple.ana.submit()
    form = await maple.ana.sees(approvals_words.RESULTS[Result.MOVED].what)
    assert "20,000 → 900" in form
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval")


# The same thing more than once


@pytest.mark.both_transports
async def test_everything_delivered_five_times_happens_once(maple: Running) -> None:
    await maple.ana.command(f"/autumn give cus_acme 500 messages because {OUTAGE}")
    command = maple.slack.sent[-1]
    await resend(maple, command, 4)
    await maple.bot.background.drain(10)
    await maple.ana.sees(PREVIEW)
    maple.ana.does_not_see(labels.BROKEN.what)
    assert len([call for call in maple.slack.calls if call.method == "views.open"]) == 1
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval")
    await resend(maple, last_delivery(maple, "view_submission"), 4)
    await maple.bot.background.drain(10)
    assert len(await maple.bot.changes.history("cus_acme")) == 1
    posted = [call for call in maple.slack.calls if call.method == "chat.postMessage"]
    assert len(posted) == 2, "one card to decide on, and one to the requester"

    await read_as_approver(maple, on_screen(HEADLINES[State.WAITING]))
    await maple.lea.click("Approve")
    await resend(maple, last_delivery(maple, "block_actions"), 4)
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await maple.bot.background.drain(10)
    assert len(maple.autumn.ledger) == 1
    maple.lea.does_not_see(approvals_words.RESULTS[Result.TOO_LATE].what)

    await request_undo(maple.lea)
    await resend(maple, last_delivery(maple, "view_submission"), 4)
    await maple.lea.sees("Undo: balance change")
    await maple.bot.background.drain(10)
    assert len(await maple.bot.changes.history("cus_acme")) == 2
    maple.lea.does_not_see(approvals_words.RESULTS[Result.NO_UNDO].what)


async def test_denial_and_withdrawal_delivered_five_times_happen_once(maple: Running) -> None:
    await request_shown_to_lea(maple)
    before = len([call for call in maple.slack.calls if call.method == "views.open"])
    await maple.lea.click("Deny")
    await resend(maple, last_delivery(maple, "block_actions"), 4)
    await maple.lea.sees(approvals_words.DENY_HINT)
    await maple.bot.background.drain(10)
    assert len([call for call in maple.slack.calls if call.method == "views.open"]) == before + 1
    maple.lea.does_not_see(labels.BROKEN.what)
    await maple.lea.fill(approvals_words.REASON, "No")
    await maple.lea.submit()
    await maple.lea.sees(on_screen(HEADLINES[State.DENIED]))
    await resend(maple, last_delivery(maple, "view_submission"), 4)
    await request_shown_to_lea(maple)
    await read_own_card(maple.ana, "[Withdraw]")
    await maple.ana.click("Withdraw", confirm=True)
    await resend(maple, last_delivery(maple, "block_actions"), 4)
    await maple.ana.sees(on_screen(HEADLINES[State.WITHDRAWN]))
    await maple.bot.background.drain(10)
    maple.lea.does_not_see(approvals_words.RESULTS[Result.TOO_LATE].what)
    maple.ana.does_not_see(approvals_words.RESULTS[Result.TOO_LATE].what)


# Deciding


async def test_late_decision_is_answered_with_the_decider(maple: Running) -> None:
    await request_shown_to_lea(maple)
    maple.slack.faults.add("chat.update", "error", error="fatal_error", times=None)
    await maple.lea.click("Deny")
    await maple.lea.sees(approvals_words.DENY_HINT)
    maple.max.go("#billing")
    await maple.max.click("Approve")
    await maple.bot.background.drain(10)
    await maple.lea.fill(approvals_words.REASON, "No")
    await maple.lea.submit()
    maple.lea.go("@maple")
    answer = await maple.lea.sees(approvals_words.RESULTS[Result.TOO_LATE].what)
    assert "Approved by @max" in answer
    maple.lea.go("#billing")
    await maple.lea.click("Deny")
    await maple.lea.sees(approvals_words.RESULTS[Result.TOO_LATE].what)
    assert len(maple.autumn.ledger) == 1


async def test_unconfirmed_change_is_marked_as_applied_once_and_only_in_a_checked_channel(
    maple: Running,
) -> None:
    await request_shown_to_lea(maple)
    maple.autumn.faults.add("balances.update", "cut_before", times=1)
    await maple.lea.click("Approve")
    await maple.lea.sees(on_screen(HEADLINES[State.UNCONFIRMED]))
    maple.slack.faults.add("conversations.info", "error", error="fatal_error", times=1)
    await maple.lea.click("Mark as applied", confirm=True)
    await maple.lea.sees(approvals_words.RESULTS[Result.CHANNEL_UNCHECKED].what)
    (record,) = await maple.bot.changes.history("cus_acme")
    assert record.state is State.UNCONFIRMED
    await carry_out(maple.autumn)
    await maple.lea.click("Mark as applied", confirm=True)
    await resend(maple, last_delivery(maple, "block_actions"), 4)
    await maple.lea.sees(approvals_words.ENDINGS[Cause.MARKED_APPLIED])


# The database


async def test_look_ups_work_without_the_database(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await lose_the_database(maple)
    await maple.lea.click("Approve")
    await maple.lea.sees(labels.FAILURES[StoreLost].what)
    maple.raj.go("#support")
    await maple.raj.command("/autumn balance cus_acme")
    await maple.raj.sees(labels.FAILURES[StoreLost].what)
    await maple.raj.command("/autumn cus_acme")
    await maple.raj.sees(on_screen(overview_words.INVOICES))
    await maple.bot._health.check()
    assert maple.bot.readiness()["database"] is False
    assert maple.autumn.ledger == []


async def test_hanging_database_is_reported_in_time(mode: Mode) -> None:
    async with running_maple(mode, timeouts=Timeouts(trigger=0.1)) as maple, maple.bot.database.writing():
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees(labels.FAILURES[StoreSlow].what)


# Cards


async def test_deleted_card_does_not_stop_a_change(maple: Running) -> None:
    await request_shown_to_lea(maple)
    maple.slack.faults.add("chat.update", "error", error="message_not_found", times=2)
    await maple.lea.click("Approve")
    await maple.bot.background.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    assert record.state is State.APPLIED


async def test_card_that_could_not_be_posted_is_posted_later(maple: Running) -> None:
    maple.slack.faults.add("chat.postMessage", "error", error="fatal_error", times=2)
    await request_shown_to_lea(maple)
    maple.lea.does_not_see(on_screen(HEADLINES[State.WAITING]))
    maple.clock.move(timedelta(minutes=5))
    await maple.bot.changes.sweeper.tick()
    await maple.lea.sees(on_screen(HEADLINES[State.WAITING]))


async def test_clicked_card_is_adopted_and_redrawn(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.bot.background.drain(10)
    async with maple.bot.database.writing() as connection:
        await connection.execute(text("UPDATE cards SET ts = '1.000001' WHERE kind = 'approval'"))
    # A replica that did not post the card itself.
    async with maple.another():
        await maple.lea.click("Approve")
        await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])


async def test_requesters_own_card_is_adopted_and_redrawn(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.bot.background.drain(10)
    async with maple.bot.database.writing() as connection:
        being_posted = {"ts": None, "posting_until": maple.clock.now() + timedelta(hours=1)}
        await connection.execute(update(cards).filter_by(kind=CardKind.REQUESTER).values(being_posted))
    # A replica that did not post the card itself, as the one that did stopped at once.
    async with maple.another():
        maple.ana.go("@maple")
        await maple.ana.sees(f"[{approvals_words.WITHDRAW}]")
        await maple.ana.click(approvals_words.WITHDRAW, confirm=True)
        await maple.ana.sees(on_screen(HEADLINES[State.WITHDRAWN]))
        await maple.bot.background.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    adopted = [card for card in await CHANGE_CARDS.of(maple.bot.database, record.id) if card.ts]
    assert [card.shown for card in adopted if card.kind is CardKind.REQUESTER] == [record.revision]


async def test_card_clicked_before_slack_answered_its_post_is_redrawn_and_not_denied_by_the_requester(
    maple: Running,
) -> None:
    maple.slack.faults.add("chat.postMessage", "latency_after", seconds=1, times=2)
    await request_change(maple)
    maple.ana.go("#billing")
    await maple.ana.sees(on_screen(HEADLINES[State.WAITING]))
    await maple.ana.close()
    await maple.ana.click("Deny")
    await maple.ana.sees(access_words.BARRED[DecisionReason.OWN])
    await maple.bot.background.drain(10)
    maple.lea.go("#billing")
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])


async def test_requester_is_notified_by_dm_where_maple_is_not_in_the_channel(maple: Running) -> None:
    maple.ana.go("#random")
    await request_change(maple)
    await read_as_approver(maple, on_screen(HEADLINES[State.WAITING]))
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await maple.bot.background.drain(10)
    await close_and_read_own_card(maple.ana, "Applied")
    card, outcome = (piece for piece in maple.ana.pieces() if "Applied" in piece)
    assert card.startswith("Maple (edited)")
    assert outcome.startswith("Maple:")


# History


async def test_history_is_private_and_paged(maple: Running) -> None:
    service = service_without_slack(maple)
    for number in range(6):
        await request_messages(maple, service, 100 + number)
    await maple.ana.command("/autumn history billing@acme.example")
    card = await maple.ana.sees(on_screen(approvals_words.HISTORY_TITLE))
    assert "only visible to you" in card
    assert "Give 105 extra" in card
    await maple.ana.click("Next", within=on_screen(approvals_words.HISTORY_TITLE))
    await maple.ana.sees("Give 100 extra")
    await maple.ana.command("/autumn history twin")
    await maple.ana.sees("match")
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees(on_screen(overview_words.INVOICES))
    await maple.ana.click("History")
    await maple.ana.sees("Page 1 of 2")


# Options


async def test_selects_of_forms_answer_with_options_and_unknown_ones_with_none(maple: Running) -> None:
    await maple.ana.command("/autumn balance cus_acme")
    await maple.ana.sees(changes_words.ACTION)
    await maple.ana.choose("Feature", "Messages")
    payload = last_delivery(maple, "block_actions").payload
    for field in ("feature", "reward", "nothing"):
        request = payload | {
            "type": "block_suggestion",
            "action_id": f"{ids.FORM_FIELD}:{field}",
            "value": "mess",
            "block_id": "x",
        }
        answer = await maple.slack.deliveries.send("interactive", request)
        assert isinstance(answer, dict)
        assert "options" in answer, field
    assert answer == {"options": []}
    assert 'action="form",kind="options",outcome="unreadable"' in maple.bot.metrics.exposition().decode()
