"""People who may no longer see a customer learn nothing more, and no old or forged button helps them."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.access import words as access_words
from bot.access.rules import Verb
from bot.alerts import words as alert_words
from bot.alerts.words import AlertNote
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Record, State
from bot.approvals.notice_queue import ATTEMPT
from bot.approvals.results import Result
from bot.batches import words as batch_words
from bot.batches.card import ListRef
from bot.batches.model import BatchRecord, BatchResult, BatchState, GatheredChange
from bot.changes.deletion.request import DeletionInput
from bot.digests import setup_words
from bot.digests.setup_words import DigestNote
from bot.home import words as home_words
from bot.kit import ids
from tests.handlers.test_changes import last_delivery
from tests.journeys.alerting import alerting, create_alert, only_alert, open_alerts
from tests.journeys.bulk import submit_list
from tests.journeys.changing import file_request
from tests.journeys.digesting import create_digest, only_digest, open_list
from tests.journeys.steps import click_old_button
from tests.journeys.test_refusals import LEADS
from tests.running import APPROVALS, UNHURRIED, Running, actor, running_maple
from tests.screen import on_screen

LONG_AFTER = timedelta(days=2)
"""Every request has expired by then."""
TOLD = re.compile(r"Maple:\n[^\n]+\nAcme Ltd · Give 500 extra Messages")


@pytest.fixture
async def uncached_maple() -> AsyncIterator[Running]:
    """A bot that asks Slack about a person each time."""
    async with running_maple("http", timeouts=replace(UNHURRIED, person=0.0)) as maple:
        yield maple


async def request_shown_to_ana(maple: Running) -> Record:
    """Ana's request, once she sees its card."""
    record = await file_request(maple)
    maple.ana.go("@maple")
    await maple.ana.sees(f"[{approvals_words.WITHDRAW}]")
    return record


async def list_shown_to_ana(maple: Running) -> BatchRecord:
    """Ana's list, once she sees its card."""
    batch = await submit_list(maple)
    maple.ana.go("@maple")
    await maple.ana.sees(on_screen(batch_words.STATES[BatchState.WAITING]))
    return batch


async def conversation(maple: Running) -> str:
    """Ana's direct messages with Maple, once all notices are sent."""
    await maple.bot.background.drain(10)
    maple.ana.go("@maple")
    return "".join(maple.ana.pieces())


# The requester


async def test_outcome_is_not_sent_to_a_requester_who_became_a_guest(uncached_maple: Running) -> None:
    record = await request_shown_to_ana(uncached_maple)
    before = await conversation(uncached_maple)
    uncached_maple.ana.user.kind = "guest"
    outcome = await uncached_maple.bot.changes.deny(
        record.id, 1, actor(uncached_maple.lea), "Acme Ltd pays nothing"
    )
    assert outcome.result is Result.DONE
    assert await conversation(uncached_maple) == before
    uncached_maple.ana.user.kind = "member"
    uncached_maple.clock.move(2 * ATTEMPT)
    await uncached_maple.bot.changes.sweeper.tick()
    assert not TOLD.search(await conversation(uncached_maple)), "it was given up"


async def test_outcome_waits_until_slack_identifies_the_requester(uncached_maple: Running) -> None:
    await request_shown_to_ana(uncached_maple)
    before = await conversation(uncached_maple)
    uncached_maple.slack.faults.add("users.info", "error", error="fatal_error", times=None)
    uncached_maple.clock.move(LONG_AFTER)
    await uncached_maple.bot.changes.sweeper.tick()
    assert await conversation(uncached_maple) == before
    uncached_maple.slack.faults.clear()
    uncached_maple.clock.move(4 * ATTEMPT)
    await uncached_maple.bot.changes.sweeper.tick()
    assert TOLD.search(await conversation(uncached_maple))


async def test_undo_is_not_reported_to_a_requester_who_became_a_guest(uncached_maple: Running) -> None:
    record = await request_shown_to_ana(uncached_maple)
    await uncached_maple.bot.changes.approve(record.id, 1, actor(uncached_maple.lea))
    before = await conversation(uncached_maple)
    assert on_screen(approvals_words.HEADLINES[State.APPLIED]) in before
    uncached_maple.ana.user.kind = "guest"
    raj = actor(uncached_maple.raj)
    undo = (
        await uncached_maple.bot.changes.undo(
            record.id, "f" * 64, actor(uncached_maple.lea), reason="wrong customer"
        )
    ).record
    assert undo is not None
    assert (await uncached_maple.bot.changes.approve(undo.id, 1, raj)).result is Result.DONE
    assert await conversation(uncached_maple) == before


async def test_results_of_a_list_are_not_sent_to_a_requester_who_became_a_guest(
    uncached_maple: Running,
) -> None:
    batch = await list_shown_to_ana(uncached_maple)
    await uncached_maple.bot.batches.approve(batch.id, batch.revision, actor(uncached_maple.lea))
    before = await conversation(uncached_maple)
    uncached_maple.ana.user.kind = "guest"
    await uncached_maple.bot.batches.ticker.run_all()
    await uncached_maple.bot.batches.ticker.keep_up()
    assert await conversation(uncached_maple) == before
    uncached_maple.lea.go("#billing")
    await uncached_maple.lea.sees(batch_words.csv_comment(2, ended=True))


async def test_outcome_of_a_list_waits_until_slack_identifies_the_requester(
    uncached_maple: Running,
) -> None:
    await list_shown_to_ana(uncached_maple)
    before = await conversation(uncached_maple)
    uncached_maple.slack.faults.add("users.info", "error", error="fatal_error", times=None)
    uncached_maple.clock.move(LONG_AFTER)
    await uncached_maple.bot.batches.ticker.keep_up()
    assert await conversation(uncached_maple) == before
    uncached_maple.slack.faults.clear()
    uncached_maple.clock.move(timedelta(hours=1))
    await uncached_maple.bot.batches.ticker.keep_up()
    assert on_screen(batch_words.STATES[BatchState.EXPIRED]) in await conversation(uncached_maple)


async def test_approver_sees_that_the_requester_of_a_list_may_no_longer_request_it(
    uncached_maple: Running,
) -> None:
    batch = await list_shown_to_ana(uncached_maple)
    uncached_maple.ana.user.kind = "guest"
    uncached_maple.lea.go("#billing")
    await uncached_maple.lea.sees(f"[{approvals_words.APPROVE}]")
    await uncached_maple.lea.click(approvals_words.APPROVE)
    refusal = await uncached_maple.lea.sees(batch_words.RESULTS[BatchResult.REQUESTER_NOT_ALLOWED].what)
    assert "Who may" not in refusal
    record = await uncached_maple.bot.batches.get(batch.id)
    assert record is not None
    assert record.state is BatchState.WAITING


# The Home tab and the lists of digests and alerts


async def test_old_tab_does_not_show_the_digest_of_a_channel_that_was_left(maple: Running) -> None:
    private = maple.slack.workspace.channel("#finance-private")
    await create_digest(maple, private.id)
    for button in (setup_words.PREVIEW, setup_words.PAUSE):
        await maple.lea.open_home()
        await maple.lea.sees(f"[{button}]")
        private.members.remove(maple.lea.id)
        await maple.lea.click(button)
        screen = await maple.lea.sees(home_words.NOT_IN_CHANNEL)
        assert setup_words.LIST_WHAT not in screen, button
        assert (await only_digest(maple, private.id)).pause is None, button
        await maple.lea.close()
        private.members.append(maple.lea.id)


async def test_digest_is_not_changed_while_slack_does_not_identify_its_channel(maple: Running) -> None:
    await create_digest(maple, APPROVALS)
    await maple.lea.open_home()
    await maple.lea.sees(f"[{setup_words.PAUSE}]")
    maple.slack.faults.add("users.conversations", "error", error="fatal_error", times=None)
    await maple.lea.click(setup_words.PAUSE)
    await maple.lea.sees(home_words.DIGESTS_UNKNOWN)
    assert (await only_digest(maple, APPROVALS)).pause is None


async def test_list_does_not_reach_digests_of_other_channels(maple: Running) -> None:
    elsewhere = await create_digest(maple, maple.slack.workspace.channel("#finance-private").id)
    await create_digest(maple, owner="ana")
    await open_list(maple.ana)
    await maple.ana.click(setup_words.PAUSE)
    await maple.ana.sees(on_screen(setup_words.NOTES[DigestNote.PAUSED]))
    payload = last_delivery(maple, "block_actions").payload
    for number, action in enumerate((ids.DIGEST_PAUSE, ids.DIGEST_PREVIEW)):
        payload["actions"][0] |= {"action_id": f"{action}:0", "value": f"{elsewhere.id}:1"}
        await maple.slack.deliveries.send("interactive", payload | {"trigger_id": f"1.{number}.again"})
        await maple.ana.sees(on_screen(setup_words.NOTES[DigestNote.CHANGED]))
        assert await maple.bot.digests.get(elsewhere.id) == elsewhere, action
        await maple.bot.background.drain(10)


async def test_list_does_not_reach_alerts_of_other_channels() -> None:
    async with alerting("http") as maple:
        elsewhere = await create_alert(maple, target=APPROVALS, owner=maple.lea)
        await create_alert(maple)
        await open_alerts(maple.ana)
        await maple.ana.click(alert_words.PAUSE)
        await maple.ana.sees(on_screen(alert_words.NOTES[AlertNote.PAUSED]))
        payload = last_delivery(maple, "block_actions").payload
        payload["actions"][0] |= {"action_id": "alert_remove:0", "value": f"{elsewhere.id}:1"}
        await maple.slack.deliveries.send("interactive", payload | {"trigger_id": "1.2.again"})
        await maple.ana.sees(on_screen(alert_words.NOTES[AlertNote.CHANGED]))
        assert await only_alert(maple, APPROVALS) == elsewhere


# Passed-on changes, gathered lists and requested history


async def test_request_of_somebody_else_cannot_be_opened_nor_repeated(maple: Running) -> None:
    record = await request_shown_to_ana(maple)
    form = await maple.bot.changes.form_of(record)
    for action, value in ((ids.TAKE_UP, form.id), (ids.ASK_AGAIN, f"{record.id}:1")):
        await click_old_button(maple, maple.raj, action, value)
        screen = await maple.raj.sees(approvals_words.RESULTS[Result.UNKNOWN].what)
        assert record.reason not in screen, action
        if action == ids.TAKE_UP:
            await maple.raj.close()


async def test_question_about_a_decision_already_made_is_not_sent() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        ana = actor(maple.ana)
        record, batch = await request_shown_to_ana(maple), await list_shown_to_ana(maple)
        await maple.bot.changes.withdraw(record.id, ana)
        await maple.bot.batches.withdraw(batch.id, ana)
        for subject in (f'"r":"{record.id}"', f'"b":"{batch.id}"'):
            for verb, result in (("approve", Result.TOO_LATE), ("undo", Result.NO_UNDO)):
                maple.raj.reload()
                await click_old_button(maple, maple.raj, ids.ASK_THEM, f'{{"v":"{verb}",{subject}}}')
                await maple.raj.sees(approvals_words.RESULTS[result].what)
        await maple.bot.background.drain(10)
        maple.lea.go("#billing")
        question = on_screen(approvals_words.asked_for("raj", approvals_words.ASKED_OF[Verb.APPROVE]))
        assert question not in "".join(maple.lea.pieces())


async def test_whole_list_is_refused_with_the_names_of_those_who_may_see_it() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        batch = await list_shown_to_ana(maple)
        await click_old_button(maple, maple.raj, ids.BATCH_CSV, f"{batch.id}:1")
        refusal = await maple.raj.sees(on_screen(access_words.who_may("@billing-leads")))
        assert access_words.ASK_THEM not in refusal


async def test_gathered_list_cannot_be_dropped_by_others(maple: Running) -> None:
    ana = actor(maple.ana)
    change = GatheredChange("form", DeletionInput(customer="cus_acme", typed="cus_acme"))
    gathered = await maple.bot.batches.gather(change, ana)
    assert gathered is not None
    ref = ListRef(key=gathered.key, draft="none", gathered=gathered.version)
    await click_old_button(maple, maple.raj, ids.BATCH_CANCEL, ref.encode())
    await maple.raj.sees(batch_words.GATHERED_GONE)
    assert await maple.bot.batches.gathered(ana) == gathered
