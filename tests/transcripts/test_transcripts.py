"""Whole conversations, word for word. The files next to this one double as documentation.

`MAPLE_TRANSCRIPTS=write scripts/test tests/transcripts` rewrites them. Read the diff before you commit it.
"""

from bot.approvals import words as approvals
from bot.changes.balance import words as balance
from bot.changes.deletion import words as deletion
from bot.changes.forms import words as forms
from tests.journeys.changing import approve_waiting, file_request
from tests.journeys.digesting import pass_time_until_due, settle_digests
from tests.running import actor
from tests.transcripts.recorder import Transcript, recorded

TICKET = "https://tickets.example/4711"
REASON = "They lost a day to our outage"


async def _request_allowance(transcript: Transcript) -> None:
    ana = transcript.maple.ana
    await transcript.type(ana, f"/autumn give cus_acme 5k messages because {REASON}")
    await transcript.submit(ana, forms.SUBMIT)
    await transcript.close(ana)


async def _allowance_waits(transcript: Transcript) -> None:
    """The same request, without the form."""
    await file_request(transcript.maple, 5000)
    await transcript.maple.bot.background.drain(10)


async def test_looking_up_a_customer() -> None:
    async with recorded("look_up", "Ana looks up Acme") as transcript:
        await transcript.type(transcript.maple.ana, "/autumn cus_acme")


async def test_looking_up_one_of_several_customers() -> None:
    async with recorded(
        "look_up_several", "Ana looks up the invoices of a customer by a name that several share"
    ) as transcript:
        ana = transcript.maple.ana
        await transcript.type(ana, "/autumn pine")
        await transcript.click(ana, "Open")
        await transcript.click(ana, "Invoices")


async def test_asking_when_a_balance_resets() -> None:
    async with recorded("reset_date", "Ana wants to know when Acme's messages reset") as transcript:
        await transcript.type(transcript.maple.ana, "/autumn features cus_acme")


async def test_looking_closer_at_a_feature() -> None:
    async with recorded("feature", "Ana looks closer at Acme's messages") as transcript:
        ana = transcript.maple.ana
        await transcript.type(ana, "/autumn features cus_acme")
        await transcript.click(ana, "Messages")


async def test_requesting_extra_allowance() -> None:
    async with recorded("give_allowance", "Ana requests 5,000 more messages for Acme") as transcript:
        await _request_allowance(transcript)


async def test_requesting_extra_allowance_field_by_field() -> None:
    async with recorded(
        "give_allowance_form", "Ana requests 5,000 more messages for Acme, field by field"
    ) as transcript:
        ana = transcript.maple.ana
        await transcript.type(ana, "/autumn balance cus_acme")
        await transcript.choose(ana, "Feature", "Messages")
        await transcript.fill(ana, "Amount", "5k")
        await transcript.fill(ana, forms.REASON, REASON)
        await transcript.fill(ana, forms.TICKET, TICKET)
        await transcript.submit(ana, forms.SUBMIT)
        await transcript.close(ana)


async def test_approving_a_request() -> None:
    async with recorded("approve", "Lea approves Ana's request in the approvals channel") as transcript:
        await _allowance_waits(transcript)
        lea = transcript.maple.lea
        await transcript.go(lea, "#billing")
        await transcript.click(lea, approvals.APPROVE)


async def test_learning_the_outcome() -> None:
    async with recorded("outcome", "Ana learns that her request was applied") as transcript:
        await _allowance_waits(transcript)
        await approve_waiting(transcript.maple)
        await transcript.go(transcript.maple.ana, "@maple")


async def test_asking_again_after_a_denial() -> None:
    async with recorded("ask_again", "Ana requests half of what Lea denied") as transcript:
        await _request_allowance(transcript)
        maple, ana = transcript.maple, transcript.maple.ana
        (record,) = await maple.bot.changes.waiting()
        await maple.bot.changes.deny(record.id, record.version, actor(maple.lea), "Half of that, please")
        await transcript.go(ana, "@maple")
        transcript.forget()
        await transcript.click(ana, approvals.ASK_AGAIN_CHANGED)
        await transcript.fill(ana, balance.AMOUNT, "2.5k")
        await transcript.submit(ana, forms.SUBMIT)


async def test_correcting_a_request_that_waits() -> None:
    async with recorded("edit_request", "Ana corrects her request while it waits") as transcript:
        await _request_allowance(transcript)
        ana = transcript.maple.ana
        await transcript.go(ana, "@maple")
        transcript.forget()
        await transcript.click(ana, approvals.EDIT)
        await transcript.fill(ana, balance.AMOUNT, "500")
        await transcript.submit(ana, forms.SAVE)


async def test_looking_back() -> None:
    async with recorded("history", "Ana looks at what was changed for Acme") as transcript:
        await _allowance_waits(transcript)
        await transcript.type(transcript.maple.ana, "/autumn history cus_acme")


async def test_deleting_a_customer() -> None:
    async with recorded("deletion", "Ana requests a deletion, and Lea approves it") as transcript:
        ana, lea = transcript.maple.ana, transcript.maple.lea
        await transcript.type(ana, "/autumn delete cus_noname")
        await transcript.fill(ana, deletion.TYPE_ID, "cus_noname")
        await transcript.fill(ana, forms.REASON, "A test account that nobody uses")
        await transcript.choose(ana, deletion.UNDERSTOOD, deletion.UNDERSTOOD_LABEL)
        await transcript.submit(ana, forms.SUBMIT)
        await transcript.close(ana)
        await transcript.go(lea, "#billing")
        await transcript.click(lea, approvals.APPROVE, confirm=True)
        await transcript.go(ana, "@maple")


async def test_setting_up_a_digest() -> None:
    async with recorded(
        "digest", "Ana sets up a digest, and the channel gets it the next morning"
    ) as transcript:
        maple, ana = transcript.maple, transcript.maple.ana
        await transcript.type(ana, "/autumn digest")
        await transcript.click(ana, "New digest")
        await transcript.choose(ana, "Only these products", "Team")
        await transcript.submit(ana, "Create")
        await transcript.close(ana)
        await pass_time_until_due(maple)
        maple.slack.clock.set(maple.clock.now())
        await settle_digests(maple)
        await transcript.wait(ana, "Tuesday, nine o'clock in Lisbon.")
