"""Passing on what the policy does not let a person request to those who may."""

import pytest
from sqlalchemy import text

from bot.access import words as access_words
from bot.access.policy import DecisionReason
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.changes.forms import words as forms_words
from bot.kit import ids, phrases
from sandbox.slack import LocalPerson, payloads
from sandbox.slack.faults import FaultKind
from tests.journeys.changing import PREVIEW, close_and_read_own_card
from tests.journeys.steps import assert_in_order
from tests.running import Mode, Running, actor, running_maple
from tests.screen import on_screen

LEADS = """
[[allow]]
name = "small ones"
who = "everyone"
may = ["ask"]
changes = ["balance"]
amount_up_to = 100

[[allow]]
name = "leads"
who = ["@billing-leads"]
may = ["ask", "at_once", "approve"]
changes = ["balance", "details"]

[approvals]
mention = ["@billing-leads"]
"""
NOBODY = """
[[allow]]
name = "small ones"
who = "everyone"
may = ["ask"]
changes = ["balance"]
amount_up_to = 10_000

[[deny]]
name = "never so many"
who = "everyone"
may = ["ask"]
changes = ["balance"]
amount_over = 1000
"""
EXCLUDED = """
[[allow]]
name = "all"
who = "everyone"
may = ["ask"]

[[deny]]
name = "not Ana"
who = ["U01ANA"]
may = ["ask"]
"""
GIVE = "/autumn give cus_acme 5k messages because of our outage"
ASKED_FOR = "who isn't allowed to request it"


async def approvals_questions(maple: Running) -> list[str]:
    await maple.bot.background.drain(10)
    maple.lea.go("#billing")
    return [piece for piece in maple.lea.pieces() if ASKED_FOR in piece]


async def test_form_is_passed_on_once_and_taken_up_by_somebody_who_may(mode: Mode) -> None:
    async with running_maple(mode, policy=LEADS) as maple:
        await maple.ana.command(GIVE)
        form = await maple.ana.sees(PREVIEW)
        who_may = on_screen(forms_words.others("@billing-leads", askable=True))
        assert_in_order(form, who_may, f"[{access_words.ASK_THEM}]")
        await maple.ana.submit()
        await maple.ana.sees(approvals_words.RESULTS[Result.PASSED_ON].what)
        await submit_again(maple)
        (card,) = await approvals_questions(maple)
        assert_in_order(card, "Acme Ltd · Give 5,000 extra Messages", "Asked for by ana", "of our outage")
        assert "Please decide: @billing-leads" in card
        assert maple.autumn.ledger == []

        await maple.lea.click(approvals_words.OPEN_FORM)
        form = await maple.lea.sees(PREVIEW)
        assert_in_order(form, "55,000", "of our outage", f"[{forms_words.SUBMIT}]")
        await maple.lea.submit()
        await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
        (record,) = await maple.bot.changes.history("cus_acme")
        assert record.requester == maple.lea.id
        await maple.bot.background.drain(10)
        await maple.lea.close()

        await maple.lea.click(approvals_words.OPEN_FORM)
        taken_up = await maple.lea.sees(f"[{phrases.MODAL_CLOSE}]")
        assert approvals_words.ENDINGS[Cause.DONE] in taken_up
        assert PREVIEW not in taken_up
        await maple.lea.close()
        async with maple.bot.database.writing() as connection:
            await connection.execute(text("UPDATE changes SET state = 'failed'"))
        await maple.lea.click(approvals_words.OPEN_FORM)
        await maple.lea.sees(PREVIEW)
        await maple.lea.submit()
        await maple.bot.background.drain(10)
        assert len(await maple.bot.changes.history("cus_acme")) == 2


async def test_form_that_was_passed_on_is_not_passed_on_again_nor_added_to_a_list(mode: Mode) -> None:
    async with running_maple(mode, policy=LEADS) as maple:
        await pass_form_on(maple, approvals_words.RESULTS[Result.PASSED_ON].what)
        await maple.ana.close()
        maple.raj.go("#billing")
        await maple.raj.sees(f"[{approvals_words.OPEN_FORM}]")
        await maple.raj.click(approvals_words.OPEN_FORM)
        form = await maple.raj.sees(access_words.BARRED[DecisionReason.NO_RULE])
        assert on_screen(forms_words.others("@billing-leads", askable=False)) in form
        assert access_words.ASK_THEM not in form
        await maple.raj.submit()
        await maple.raj.sees(approvals_words.RESULTS[Result.NOT_ALLOWED].what)
        await submit_again(maple, maple.raj, '"p":true', '"p":true,"o":true')
        await maple.raj.sees(approvals_words.RESULTS[Result.NOT_ALLOWED].what)
        assert len(await approvals_questions(maple)) == 1

        await maple.lea.click(approvals_words.OPEN_FORM)
        await maple.lea.sees(PREVIEW)
        maple.lea.does_not_see(forms_words.GATHER)
        await press_gather(maple)
        await maple.bot.background.drain(10)
        assert await maple.bot.batches.gathered(actor(maple.lea)) is None
        await maple.lea.close()
        await maple.lea.click(approvals_words.OPEN_FORM)
        await maple.lea.sees(PREVIEW)
        await maple.lea.submit()
        await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
        assert len(await maple.bot.changes.history("cus_acme")) == 1


async def press_gather(maple: Running) -> None:
    """*Add to a list*, which Lea's open form does not have."""
    simulation = maple.slack.simulation
    (view,) = simulation.views.stack(maple.lea.id)
    action = {"type": "button", "action_id": ids.GATHER, "block_id": "gather", "value": "", "action_ts": "1"}
    click = payloads.view_actions(simulation, maple.lea.user, view, action)
    await maple.slack.deliveries.send("interactive", click)


async def test_form_that_was_passed_on_is_refused_where_its_reader_may_request_nothing_of_its_kind() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        await maple.ana.command("/autumn update cus_acme")
        await maple.ana.sees(on_screen(forms_words.ASKS_OTHERS))
        await maple.ana.fill("Name", "Acme Incorporated")
        await maple.ana.sees("→ Acme Incorporated")
        await maple.ana.submit()
        await maple.ana.sees(approvals_words.RESULTS[Result.PASSED_ON].what)
        await maple.bot.background.drain(10)
        maple.raj.go("#billing")
        await maple.raj.sees(f"[{approvals_words.OPEN_FORM}]")
        await maple.raj.click(approvals_words.OPEN_FORM)
        refusal = await maple.raj.sees(approvals_words.RESULTS[Result.NOT_ALLOWED].what)
        assert on_screen(access_words.who_may("@billing-leads")) in refusal
        assert access_words.ASK_THEM not in refusal


async def submit_again(
    maple: Running, person: LocalPerson | None = None, carried: str = "", instead: str = ""
) -> None:
    """Sends the last submission of a form a second time, for Ana if no one is given. `carried`, `instead`:
    what is replaced in the form's metadata."""
    submissions = [sent for sent in maple.slack.sent if sent.payload.get("type") == "view_submission"]
    payload = submissions[-1].payload
    metadata = payload["view"]["private_metadata"]
    assert carried in metadata
    view = {**payload["view"], "private_metadata": metadata.replace(carried, instead)}
    trigger = maple.slack.simulation.triggers.issue((person or maple.ana).id)
    await maple.slack.deliveries.send("interactive", {**payload, "view": view, "trigger_id": trigger})


async def test_form_can_be_filled_in_for_others_by_somebody_who_may_not_request_it(mode: Mode) -> None:
    async with running_maple(mode, policy=LEADS) as maple:
        await maple.ana.command("/autumn update cus_acme")
        form = await maple.ana.sees(on_screen(forms_words.ASKS_OTHERS))
        assert f"[{access_words.ASK_THEM}]" in form
        await maple.ana.fill("Email", "nonsense")
        await maple.ana.sees("This is not an email address.")
        await maple.ana.submit()
        form = await maple.ana.sees("This is not an email address.")
        assert "[Close]" not in form
        assert await approvals_questions(maple) == [], "it is not possible"
        await maple.ana.fill("Email", "")
        await maple.ana.fill("Name", "Acme Incorporated")
        await maple.ana.sees("→ Acme Incorporated")
        await maple.ana.submit()
        await maple.ana.sees(approvals_words.RESULTS[Result.PASSED_ON].what)
        (card,) = await approvals_questions(maple)
        assert approvals_words.NO_REASON.split("*")[1] in card


async def test_others_are_named_only_where_somebody_may() -> None:
    for policy, named, can_ask in (
        (NOBODY, access_words.NOBODY, False),
        (EXCLUDED, access_words.OTHER_MEMBERS, True),
    ):
        async with running_maple("http", policy=policy) as maple:
            await maple.ana.command(GIVE)
            form = await maple.ana.sees(PREVIEW)
            assert on_screen(forms_words.others(named, askable=can_ask)) in form
            assert (f"[{access_words.ASK_THEM}]" in form) == can_ask
            assert (f"[{forms_words.SUBMIT}]" in form) != can_ask


async def test_form_is_passed_on_in_direct_messages_without_an_approvals_channel() -> None:
    async with running_maple("http", policy=LEADS, approvals=None) as maple:
        await pass_form_on(maple, approvals_words.RESULTS[Result.PASSED_ON].what)
        await maple.ana.close()
        maple.lea.go("@maple")
        card = await maple.lea.sees(ASKED_FOR)
        assert_in_order(card, "Acme Ltd · Give 5,000 extra Messages", "Asked for by ana", "of our outage")
        assert "Please decide" not in card
        await maple.lea.click(approvals_words.OPEN_FORM)
        await maple.lea.sees(PREVIEW)
        await maple.lea.submit()
        await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
        for person in (maple.ana, maple.raj):
            person.go("@maple")
            assert ASKED_FOR not in "".join(person.pieces())
        await maple.ana.command("/autumn update cus_acme")
        form = await maple.ana.sees(on_screen(forms_words.ASKS_OTHERS))
        assert f"[{access_words.ASK_THEM}]" in form


async def test_form_that_cannot_be_passed_on_says_who_may() -> None:
    async with running_maple("http", policy=EXCLUDED, approvals=None) as maple:
        await maple.ana.command("/autumn update cus_acme")
        refusal = await maple.ana.sees(approvals_words.RESULTS[Result.NOT_ALLOWED].what)
        assert on_screen(access_words.who_may(access_words.OTHER_MEMBERS)) in refusal
        assert access_words.ASK_THEM not in refusal


async def test_change_that_became_allowed_is_not_passed_on() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        await maple.ana.command(GIVE)
        await maple.ana.sees(access_words.ASK_THEM)
        await maple.bot.background.drain(10)
        # The form still passes the request on: a change within Ana's own limit is not drawn.
        maple.slack.faults.add("views.update", "error", error="fatal_error", times=None)
        await maple.ana.fill("Amount", "50")
        await maple.bot.background.drain(10)
        maple.slack.faults.clear()
        await maple.ana.submit()
        form = await maple.ana.sees(approvals_words.RESULTS[Result.MAY_YOURSELF].what)
        assert f"[{forms_words.SUBMIT}]" in form
        assert await approvals_questions(maple) == []


async def pass_form_on(maple: Running, sees: str) -> str:
    await maple.ana.command(GIVE)
    await maple.ana.sees(access_words.ASK_THEM)
    await maple.ana.submit()
    return await maple.ana.sees(sees)


async def test_form_can_be_passed_on_after_slack_refused_it() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        maple.slack.faults.add("conversations.info", "error", error="fatal_error", times=None)
        await pass_form_on(maple, approvals_words.RESULTS[Result.CHANNEL_UNCHECKED].what)
        assert await approvals_questions(maple) == []
        maple.slack.faults.clear()
        maple.slack.faults.add("chat.postMessage", "error", error="restricted_action", times=1)
        await submit_again(maple)
        await maple.ana.sees("Reference")
        assert await approvals_questions(maple) == []
        await submit_again(maple)
        await maple.ana.sees(approvals_words.RESULTS[Result.PASSED_ON].what)
        assert len(await approvals_questions(maple)) == 1


@pytest.mark.parametrize(
    ("fault", "posted"), [("error", 0), ("cut_before", 0), ("500_after", 1), ("cut_after", 1)]
)
async def test_form_that_slack_may_have_posted_is_not_called_passed_on_nor_sent_again(
    fault: FaultKind, posted: int
) -> None:
    async with running_maple("http", policy=LEADS) as maple:
        maple.slack.faults.add("chat.postMessage", fault)
        await pass_form_on(maple, approvals_words.RESULTS[Result.MAYBE_PASSED_ON].what)
        await submit_again(maple)
        await maple.ana.sees(on_screen(approvals_words.RESULTS[Result.ASKED_BEFORE].do))
        assert len(await approvals_questions(maple)) == posted


async def test_form_that_reached_one_of_two_people_is_passed_on() -> None:
    async with running_maple("http", policy=LEADS, approvals=None) as maple:
        maple.slack.workspace.groups["S01LEADS"].users.append(maple.raj.id)
        maple.slack.faults.add("chat.postMessage", "cut_before")
        await pass_form_on(maple, approvals_words.RESULTS[Result.PASSED_ON].what)


async def test_expired_form_is_not_opened() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        await pass_form_on(maple, approvals_words.RESULTS[Result.PASSED_ON].what)
        assert len(await approvals_questions(maple)) == 1
        async with maple.bot.database.writing() as connection:
            await connection.execute(text("DELETE FROM filled_forms"))
        await maple.lea.click(approvals_words.OPEN_FORM)
        await maple.lea.sees(approvals_words.RESULTS[Result.UNKNOWN].what)


async def test_edit_beyond_the_policy_is_refused_and_not_passed_on() -> None:
    async with running_maple("http", policy=LEADS) as maple:
        await maple.ana.command("/autumn give cus_acme 50 messages because of our outage")
        await maple.ana.sees(PREVIEW)
        await maple.ana.submit()
        await maple.ana.sees("0 of 1 approval")
        await close_and_read_own_card(maple.ana, f"[{approvals_words.EDIT}]")
        await maple.ana.click(approvals_words.EDIT)
        await maple.ana.sees(PREVIEW)
        await maple.ana.fill("Amount", "5k")
        form = await maple.ana.sees(access_words.BARRED[DecisionReason.NO_RULE])
        assert f"[{forms_words.SAVE}]" in form
