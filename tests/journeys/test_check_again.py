"""*Check again* rereads an unconfirmed change, and settles it only if nothing else explains the numbers."""

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from bot.approvals.results import Result
from bot.changes.model import Now
from tests.approvals.harness import LEA
from tests.journeys.changing import approve_waiting, request_shown_to_lea
from tests.journeys.harness import applied_record, form_harness
from tests.journeys.kinds import give_allowance
from tests.lost_writes import carry_out
from tests.running import Running
from tests.screen import on_screen

UNCONFIRMED = approvals_words.HEADLINES[State.UNCONFIRMED].split("*")[1]


async def make_unconfirmed(maple: Running) -> None:
    """A request whose write never reached Autumn."""
    await request_shown_to_lea(maple)
    maple.autumn.faults.add("balances.update", "cut_before", times=1)
    await approve_waiting(maple)
    await maple.lea.sees(UNCONFIRMED)


async def test_change_that_arrived_later_is_applied(maple: Running) -> None:
    await make_unconfirmed(maple)
    await carry_out(maple.autumn)
    await maple.lea.click(approvals_words.CHECK_AGAIN)
    await maple.lea.sees(approvals_words.ENDINGS[Cause.FOUND_DONE])
    maple.ana.go("@maple")
    await maple.ana.sees(approvals_words.ENDINGS[Cause.FOUND_DONE])
    (record,) = await maple.bot.changes.history("cus_acme")
    steps = [step.event for step in await maple.bot.changes.steps(record.id)]
    assert (record.state, steps[-1]) == (State.APPLIED, "checked")


async def test_change_not_seen_in_autumn_stays_unconfirmed(maple: Running) -> None:
    await make_unconfirmed(maple)
    maple.autumn.faults.add("customers.get", "500")
    await maple.lea.click(approvals_words.CHECK_AGAIN)
    await maple.lea.sees(approvals_words.RESULTS[Result.TROUBLE].what)
    maple.autumn.faults.clear()
    maple.slack.faults.add("conversations.info", "error", error="fatal_error")
    await maple.lea.click(approvals_words.CHECK_AGAIN)
    await maple.lea.sees(approvals_words.RESULTS[Result.CHANNEL_UNCHECKED].what)
    maple.slack.faults.clear()
    await maple.lea.click(approvals_words.CHECK_AGAIN)
    await maple.lea.sees(approvals_words.RESULTS[Result.STILL_UNCONFIRMED].what)
    assert "[Mark as applied]" in maple.lea.screen()
    assert not [write for write in maple.autumn.ledger if write.applied]


async def test_change_that_another_may_explain_stays_unconfirmed() -> None:
    async with form_harness() as harness:
        await give_allowance(harness)
        harness.autumn.faults.add("balances.update", "cut_before", times=1)
        record = (await harness.approve()).record
        assert record is not None
        await give_allowance(harness)
        applied_record(await harness.approve())
        outcome = await harness.changes.check_again(record.id, LEA)
        assert outcome.result is Result.STILL_UNCONFIRMED
        assert outcome.record is not None
        assert on_screen(approvals_words.READ_BACK[Now.BLURRED]) in await harness.card(outcome.record)
        states = {record.state for record in await harness.changes.history("cus_acme")}
        assert states == {State.UNCONFIRMED, State.APPLIED}


async def test_late_click_on_a_settled_change_says_so(maple: Running) -> None:
    await make_unconfirmed(maple)
    maple.slack.faults.add("chat.update", "error", error="fatal_error", times=None)
    await maple.lea.click("Mark as not applied", confirm=True)
    await maple.bot.background.drain(10)
    await maple.lea.click(approvals_words.CHECK_AGAIN)
    await maple.lea.sees(approvals_words.RESULTS[Result.ALREADY_SETTLED].what)
