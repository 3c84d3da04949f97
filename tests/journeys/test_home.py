"""The Home tab, as people find it during a day."""

import asyncio
import re
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import State
from bot.batches import words as batch_words
from bot.batches.model import BatchState
from bot.digests import setup_words
from bot.digests.model import DeliveryOutcome
from bot.digests.setup_words import DigestNote
from bot.home import repository, service, words
from bot.home.repository import OPEN_FOR, recent
from bot.lookups import labels
from bot.store.errors import StoreLost
from tests.journeys.bulk import FINISHED, submit_list
from tests.journeys.changing import file_request
from tests.journeys.digesting import COMING, create_digest, digesting, posted_digests
from tests.journeys.steps import assert_in_order
from tests.running import APPROVALS, UNHURRIED, Mode, Running, running_maple
from tests.screen import on_screen
from tests.waiting import wait_until

LEA_DECIDES = """
[[allow]]
name = "members ask"
who = "everyone"
may = ["ask", "history"]

[[allow]]
name = "Lea decides"
who = ["U03LEA"]
may = ["approve", "mark"]

[digests]
who = ["U03LEA"]
"""


TWO_DECIDE = """
[[allow]]
name = "members ask and approve"
who = "everyone"
may = ["ask", "approve"]

[[require]]
name = "two"
approvals = 2
"""


def headline(state: State) -> str:
    """The headline as people read it, without the marks of bold type."""
    return approvals_words.HEADLINES[state].replace("*", "")


def publish_count(maple: Running, person: str) -> int:
    """How often this person's tab was published."""
    calls = [call for call in maple.slack.calls if call.method == "views.publish"]
    return len([call for call in calls if call.args["user_id"] == person])


async def wait_for_redraws(maple: Running) -> None:
    """Waits for all clicks and typing so far, and for the tabs they redraw."""
    await maple.ana.settled()
    assert await maple.bot.background.drain(10) == 0


async def test_request_is_decided_on_the_home_tab_and_both_tabs_update(maple: Running) -> None:
    await maple.lea.open_home()
    await maple.lea.sees(words.NOTHING_TO_DECIDE)
    await file_request(maple)
    await maple.ana.open_home()
    await maple.ana.sees(headline(State.WAITING))
    home = await maple.lea.sees("Requested by @ana")
    assert_in_order(home, words.DECIDING, "Acme Ltd", "Requested by @ana", "[Approve]", "[Deny]")
    await maple.lea.click("Approve")
    await maple.lea.sees(words.NOTHING_TO_DECIDE)
    await maple.ana.sees(headline(State.APPLIED))
    assert len([write for write in maple.autumn.ledger if write.applied]) == 1


async def test_request_leads_to_its_card_and_is_denied_on_the_home_tab(maple: Running) -> None:
    await file_request(maple)
    maple.lea.go("#billing")
    await maple.lea.sees("[Approve]")
    await wait_for_redraws(maple)
    await maple.lea.open_home()
    await maple.lea.sees(words.OPEN_CARD)
    address = maple.lea.link(words.OPEN_CARD)
    (card,) = [post for post in maple.slack.workspace.posts if post.channel == APPROVALS]
    assert address.endswith(f"/archives/{APPROVALS}/p{card.ts.replace('.', '')}")
    await maple.lea.click("Deny")
    await maple.lea.sees(approvals_words.DENY_TITLE)
    await maple.lea.fill(approvals_words.REASON, "They had this last week")
    await maple.lea.submit()
    await maple.lea.sees(words.NOTHING_TO_DECIDE)
    assert maple.autumn.ledger == []


async def test_own_requests_wait_for_others_and_are_withdrawn_on_the_home_tab(maple: Running) -> None:
    for person in (maple.ana, maple.lea):
        await person.open_home()
        await person.sees(words.NOTHING_TO_DECIDE)
    await file_request(maple)
    home = await maple.ana.sees(words.REQUESTS)
    assert words.NOTHING_TO_DECIDE in home
    await maple.ana.click("Withdraw", confirm=True)
    await maple.ana.sees(headline(State.WITHDRAWN))
    await submit_list(maple)
    await maple.lea.sees("Bulk change · 2 changes")
    home = await maple.ana.sees("Bulk change · 2 changes")
    assert words.NOTHING_TO_DECIDE in home
    await maple.ana.click("Withdraw", confirm=True)
    await maple.ana.sees(on_screen(batch_words.STATES[BatchState.WITHDRAWN]))
    await maple.lea.sees(words.NOTHING_TO_DECIDE)
    assert maple.autumn.ledger == []


async def test_bulk_change_is_decided_on_the_home_tab_and_both_tabs_update(maple: Running) -> None:
    await maple.lea.open_home()
    await maple.lea.sees(words.NOTHING_TO_DECIDE)
    await submit_list(maple)
    await maple.ana.open_home()
    waiting = on_screen(batch_words.STATES[BatchState.WAITING])
    home = await maple.ana.sees(waiting)
    assert_in_order(
        home, words.REQUESTS, "Bulk change · 2 changes", "Messages: 2 lines, 200 in all", "[Withdraw]"
    )
    home = await maple.lea.sees("Requested by @ana")
    assert_in_order(home, words.DECIDING, "Bulk change · 2 changes", "[Approve]", "[Deny]")
    await maple.lea.click("Approve")
    await maple.lea.sees(words.NOTHING_TO_DECIDE)
    await maple.ana.sees(FINISHED)
    assert len([write for write in maple.autumn.ledger if write.applied]) == 2


async def test_bulk_change_is_shown_to_approvers_until_they_decide(mode: Mode) -> None:
    async with running_maple(mode, policy=TWO_DECIDE) as maple:
        await submit_list(maple)
        for person in (maple.raj, maple.lea):
            await person.open_home()
            await person.sees("Bulk change · 2 changes")
        await maple.raj.click("Approve")
        await maple.raj.sees(words.NOTHING_TO_DECIDE)
        assert "Bulk change · 2 changes" in maple.lea.screen()


async def test_click_on_a_request_decided_elsewhere_is_answered(maple: Running) -> None:
    await file_request(maple)
    await maple.lea.open_home()
    await maple.lea.sees("Requested by @ana")
    maple.slack.faults.add("views.publish", "error", error="fatal_error", times=None)
    maple.raj.go("#billing")
    await maple.raj.click("Approve")
    await maple.raj.sees("Applied")
    await maple.lea.click("Approve")
    maple.lea.go("@maple")
    await maple.lea.sees("already")


async def test_permissions_are_explained_and_decide_the_buttons_of_digests(mode: Mode) -> None:
    async with running_maple(mode, policy=LEA_DECIDES) as maple:
        await create_digest(maple)
        await maple.lea.open_home()
        home = await maple.lea.sees(words.POWERS)
        assert_in_order(home, words.DECIDING, "Approve or deny", words.SET_UP_DIGESTS)
        await maple.ana.open_home()
        home = await maple.ana.sees(words.POWERS)
        assert words.DECIDING not in home
        assert "Approve or deny" not in home
        assert words.SET_UP_DIGESTS not in home
        assert words.HISTORY in home
        assert f"[{setup_words.PAUSE}]" not in home
        await maple.ana.click(setup_words.PREVIEW)
        await maple.ana.sees(setup_words.ONLY_OTHERS)


async def test_recent_customers_are_on_the_home_tab_and_open_from_there(maple: Running) -> None:
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.command("/autumn cus_globex")
    await maple.ana.sees("Globex")
    await maple.ana.open_home()
    await maple.ana.sees(re.compile(f"{words.RECENT}.*Globex.*Acme Ltd", re.DOTALL))
    await maple.raj.open_home()
    assert "Acme Ltd" not in await maple.raj.sees(words.POWERS)
    await maple.ana.click("Open", within="cus_acme")
    maple.ana.go("@maple")
    await maple.ana.sees("1 unpaid invoice")


async def test_customers_looked_up_meanwhile_are_written_together_or_when_the_tab_is_opened(
    maple: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_GATHERED", 60.0)

    async def noted() -> list[str]:
        return await recent(maple.bot.database, maple.ana.id, "sandbox")

    await maple.ana.open_home()
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees(words.RECENT)
    maple.ana.go("#support")
    for customer, name in (("cus_globex", "Globex"), ("cus_initech", "Initech")):
        await maple.ana.command(f"/autumn {customer}")
        await maple.ana.sees(name)
    assert await noted() == ["cus_acme"]
    await maple.ana.open_home()
    await maple.ana.sees(re.compile(f"{words.RECENT}.*Initech.*Globex.*Acme Ltd", re.DOTALL))
    assert len(await noted()) == 3


async def test_opening_a_tab_redraws_those_of_people_whose_lookups_were_not_written_yet(
    maple: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_GATHERED", 60.0)
    await maple.ana.open_home()
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees(re.compile(f"{words.RECENT}.*Acme Ltd", re.DOTALL))
    maple.ana.go("#support")
    await maple.ana.command("/autumn cus_globex")
    await maple.ana.sees("Globex")
    await wait_until(lambda: publish_count(maple, maple.ana.id) == 2)
    await maple.raj.open_home()
    await maple.raj.sees(words.POWERS)
    await wait_for_redraws(maple)
    assert publish_count(maple, maple.ana.id) == 3


async def test_lookups_that_could_not_be_written_are_kept_and_hold_up_no_tab(
    maple: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, tried = repository.note_customers, asyncio.Event()

    async def lose(*_: object) -> None:
        tried.set()
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(repository, "note_customers", lose)
    monkeypatch.setattr(service, "_MOST_KEPT", 2)
    for customer, name in (("cus_acme", "Acme Ltd"), ("cus_globex", "Globex"), ("cus_initech", "Initech")):
        tried.clear()
        await maple.ana.command(f"/autumn {customer}")
        await maple.ana.sees(name)
        async with asyncio.timeout(30):
            await tried.wait()
    await maple.raj.open_home()
    await maple.raj.sees(words.POWERS)
    monkeypatch.setattr(repository, "note_customers", write)
    await maple.ana.open_home()
    await maple.ana.sees(re.compile(f"{words.RECENT}.*Initech.*Globex", re.DOTALL))
    noted = await recent(maple.bot.database, maple.ana.id, "sandbox")
    assert noted == ["cus_initech", "cus_globex"], "the latest two"


async def test_tab_shows_the_latest_lookup_until_it_was_opened_long_ago(maple: Running) -> None:
    await maple.ana.open_home()
    await maple.ana.sees(words.POWERS)
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees(words.RECENT)
    await wait_for_redraws(maple)
    before = publish_count(maple, maple.ana.id)
    await maple.ana.command("/autumn invoices cus_acme")
    await wait_for_redraws(maple)
    assert publish_count(maple, maple.ana.id) == before, "the same customer is no news"
    maple.clock.move(OPEN_FOR + timedelta(minutes=1))
    await maple.ana.command("/autumn cus_globex")
    await wait_for_redraws(maple)
    assert publish_count(maple, maple.ana.id) == before


async def test_customer_is_found_on_the_home_tab(maple: Running) -> None:
    await maple.ana.open_home()
    await maple.ana.sees(words.POWERS)
    await maple.ana.choose(words.FIND, "Acme Ltd")
    maple.ana.go("@maple")
    await maple.ana.sees("1 unpaid invoice")
    await maple.ana.click("Invoices")
    await maple.ana.sees("Next invoice")


async def test_digests_of_the_persons_channels_are_listed(maple: Running) -> None:
    for channel in ("#billing", "#finance-private"):
        await create_digest(maple, maple.slack.workspace.channel(channel).id)
    await maple.lea.open_home()
    home = await maple.lea.sees(words.DIGESTS)
    assert_in_order(home, words.DIGESTS, "#billing", "#finance-private")
    await maple.raj.open_home()
    assert "finance-private" not in await maple.raj.sees(words.DIGESTS)
    maple.slack.faults.add("users.conversations", "error", error="fatal_error")
    await maple.ana.open_home()
    await maple.ana.sees(words.DIGESTS_UNKNOWN)


async def test_digest_is_changed_on_the_home_tab(maple: Running) -> None:
    await create_digest(maple, APPROVALS)
    await maple.lea.open_home()
    home = await maple.lea.sees(words.DIGESTS)
    buttons = (setup_words.EDIT, setup_words.PAUSE, setup_words.SEND, setup_words.PREVIEW)
    assert_in_order(home, "#billing", *(f"[{label}]" for label in buttons))
    await maple.lea.click(setup_words.PAUSE)
    await maple.lea.sees(on_screen(setup_words.NOTES[DigestNote.PAUSED]))
    await maple.lea.close()
    await maple.lea.sees(f"[{setup_words.RESUME}]")
    await maple.lea.click(setup_words.RESUME)
    await maple.lea.sees(on_screen(setup_words.NOTES[DigestNote.RESUMED]))
    await maple.lea.close()
    await maple.lea.sees(f"[{setup_words.EDIT}]")
    await maple.lea.click(setup_words.EDIT)
    await maple.lea.sees(setup_words.FIELD_TIME)
    await maple.lea.submit()
    await maple.lea.sees(on_screen(setup_words.NOTES[DigestNote.EDITED]))


async def test_digest_is_sent_and_previewed_on_the_home_tab(mode: Mode) -> None:
    async with digesting(mode, alike=0) as maple:
        await create_digest(maple, APPROVALS)
        await maple.lea.open_home()
        await maple.lea.sees(words.DIGESTS)
        await maple.lea.click(setup_words.PREVIEW)
        await maple.lea.sees(on_screen(setup_words.NOTES[DigestNote.PREVIEWED]))
        assert posted_digests(maple, APPROVALS) == []
        await maple.lea.close()
        await maple.lea.click(setup_words.SEND, confirm=True)
        await maple.lea.sees(on_screen(setup_words.OUTCOMES[DeliveryOutcome.POSTED]))
        assert len(posted_digests(maple, APPROVALS)) == 1
        await maple.lea.close()
        maple.lea.go("#billing")
        await maple.lea.sees("Preview: coming up")


async def test_digest_to_a_person_is_previewed_sent_and_removed_on_their_home_tab(mode: Mode) -> None:
    async with digesting(mode, alike=0) as maple:
        await create_digest(maple, maple.raj.id)
        await maple.ana.open_home()
        assert "to @raj" not in await maple.ana.sees(words.DIGESTS)
        for person in (maple.lea, maple.raj):
            await person.open_home()
            assert "to @raj" in await person.sees(words.DIGESTS)
        await maple.raj.click(setup_words.PREVIEW)
        await maple.raj.sees(on_screen(setup_words.NOTES[DigestNote.PREVIEWED_DIRECTLY]))
        await maple.raj.close()
        await maple.raj.click(setup_words.SEND, confirm=True)
        await maple.raj.sees(on_screen(setup_words.SENT_TO_PERSON))
        await maple.raj.close()
        maple.raj.go("@maple")
        assert_in_order(maple.raj.screen(), "Preview: coming up", COMING)
        await maple.raj.open_home()
        await maple.raj.click(setup_words.REMOVE, confirm=True)
        await maple.raj.sees(on_screen(setup_words.NOTES[DigestNote.REMOVED]))
        await maple.raj.close()
        await maple.raj.sees(on_screen(words.NO_DIGESTS))


async def test_removed_member_gets_no_new_tab(mode: Mode) -> None:
    async with running_maple(mode, timeouts=replace(UNHURRIED, person=0.0)) as maple:
        await maple.raj.open_home()
        await maple.raj.sees(words.POWERS)
        before = publish_count(maple, maple.raj.id)
        maple.raj.user.kind = "guest"
        await maple.ana.open_home()
        await file_request(maple)
        await wait_until(lambda: publish_count(maple, maple.ana.id) > 1)
        await wait_for_redraws(maple)
        assert publish_count(maple, maple.raj.id) == before


async def test_tab_that_slack_refuses_does_not_block_others(maple: Running) -> None:
    await maple.raj.open_home()
    await maple.ana.open_home()
    await maple.ana.sees(words.POWERS)
    maple.slack.faults.add("views.publish", "error", error="fatal_error", times=1)
    await file_request(maple, person=maple.lea)
    await wait_until(lambda: min(publish_count(maple, maple.ana.id), publish_count(maple, maple.raj.id)) > 1)
    await wait_for_redraws(maple)
    refused = [call for call in maple.slack.calls if call.method == "views.publish" and call.error]
    assert len(refused) == 1


async def test_lookups_do_not_depend_on_home_tab_storage(maple: Running) -> None:
    async with maple.bot.database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE recent_customers")
        await connection.exec_driver_sql("DROP TABLE home_tabs")
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees("Acme Ltd")
    await file_request(maple)
    await maple.bot.background.drain(10)
    await maple.ana.open_home()
    await maple.ana.sees(labels.FAILURES[StoreLost].what)
