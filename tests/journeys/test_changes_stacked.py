"""Where a balance has several parts, the changed part is named wherever the change is shown."""

from dataclasses import replace

from bot.approvals import words as approvals_words
from tests.journeys.changing import ACTION, WAITING, read_as_approver
from tests.journeys.harness import FormHarness, form_harness
from tests.running import running_maple


async def test_equal_grants_are_distinguished_in_form_card_and_history() -> None:
    async with running_maple("http") as maple:
        rows = maple.autumn.state.customers["cus_vandelay"].rows
        (goodwill,) = [row for row in rows if row.external_id == "goodwill_march"]
        rows += [replace(goodwill, id=f"cus_ent_{end}", external_id=None) for end in ("first1", "other2")]

        await maple.ana.command("/autumn balance cus_vandelay")
        await maple.ana.sees(ACTION)
        await maple.ana.choose("Feature", "Messages")
        await maple.bot.background.drain(10)
        await maple.ana.choose("Source", "…other2")
        await maple.bot.background.drain(10)
        await maple.ana.fill("Amount", "5")
        await maple.ana.fill("Reason", "x")
        await maple.ana.submit()
        card = await read_as_approver(maple, WAITING)
        assert "Source: Standalone grant" in card
        assert "…other2" in card
        await maple.lea.command("/autumn history cus_vandelay")
        await maple.lea.sees(approvals_words.HISTORY_TITLE.strip("*"))
        history = await maple.lea.sees("…other2")
        assert "first1" not in history


async def _card_of_five_more(harness: FormHarness, customer: str, part: str = "") -> str:
    """The approvers' card of a request for five more messages."""
    await harness.ana.command(f"/autumn balance {customer}")
    await harness.ana.choose("Feature", "Messages")
    if part:
        await harness.ana.choose("Source", part)
    await harness.ana.fill("Amount", "5")
    await harness.ana.submit()
    assert harness.ana.outcome is not None
    assert harness.ana.outcome.record is not None
    return await harness.card(harness.ana.outcome.record)


async def test_part_with_a_date_is_named_by_it_and_a_single_part_not_at_all() -> None:
    async with form_harness() as harness:
        card = await _card_of_five_more(harness, "cus_vandelay", "Granted as launch_week")
        assert "Source: Granted as launch_week · doesn't reset · Expires" in card
        assert "Source:" not in await _card_of_five_more(harness, "cus_acme")
