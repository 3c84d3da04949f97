"""Where a balance has several parts, the changed part is named wherever the change is shown."""

from dataclasses import replace

from bot.approvals import words as approvals_words
from tests.journeys.changing import ACTION, WAITING, lea_sees
from tests.running import running_maple


async def test_equal_grants_are_distinguished_in_form_card_and_history() -> None:
    async with running_maple("http") as maple:
        rows = maple.autumn.state.customers["cus_vandelay"].rows
        (goodwill,) = [row for row in rows if row.external_id == "goodwill_march"]
        rows += [replace(goodwill, id=f"cus_ent_{end}", external_id=None) for end in ("first1", "other2")]

        await maple.ana.command("/autumn balance cus_vandelay")
        await maple.ana.sees(ACTION)
        await maple.ana.choose("Feature", "Messages")
        await maple.bot.work.drain(10)
        await maple.ana.choose("Which part of it", "…other2")
        await maple.bot.work.drain(10)
        await maple.ana.fill("Amount", "5")
        await maple.ana.fill("Reason", "x")
        await maple.ana.submit()
        card = await lea_sees(maple, WAITING)
        assert "Part: Standalone grant" in card
        assert "…other2" in card
        await maple.lea.command("/autumn history cus_vandelay")
        await maple.lea.sees(approvals_words.HISTORY_TITLE.strip("*"))
        history = await maple.lea.sees("…other2")
        assert "first1" not in history


async def test_part_with_a_date_is_named_by_it() -> None:
    async with running_maple("socket") as maple:
        await maple.ana.command("/autumn balance cus_vandelay")
        await maple.ana.sees(ACTION)
        await maple.ana.choose("Feature", "Messages")
        await maple.bot.work.drain(10)
        await maple.ana.choose("Which part of it", "Granted as launch_week")
        await maple.bot.work.drain(10)
        await maple.ana.fill("Amount", "5")
        await maple.ana.fill("Reason", "x")
        await maple.ana.submit()
        card = await lea_sees(maple, WAITING)
        assert "Part: Granted as launch_week · does not reset · Expires" in card


async def test_balance_with_one_part_names_none() -> None:
    async with running_maple("http") as maple:
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees(ACTION)
        await maple.ana.choose("Feature", "Messages")
        await maple.bot.work.drain(10)
        await maple.ana.fill("Amount", "5")
        await maple.ana.fill("Reason", "x")
        await maple.ana.submit()
        assert "Part:" not in await lea_sees(maple, WAITING)
