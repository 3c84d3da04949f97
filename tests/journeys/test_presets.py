"""The policy's presets, picked in the form."""

from decimal import Decimal

import pytest

from bot.changes import words as changes_words
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.forms import words as forms_words
from bot.changes.grant.request import GrantInput
from sandbox.slack.screen import NotOnScreen
from tests.handlers.test_changes import last_delivery
from tests.journeys.changing import AT_ONCE
from tests.running import Mode, running_maple
from tests.screen import on_screen

PRESETS = f"""{AT_ONCE}
[[preset]]
name = "Apology"
feature = "messages"
amount = 5_000
every = "30d"
reason = "An apology for the outage"

[[preset]]
name = "Asked for in a ticket"
reason = "As asked for in the ticket"

[[preset]]
name = "Of something else"
feature = "no_such_feature"
amount = 1
"""
APOLOGY = "Apology: 5,000 Messages"


async def test_preset_replaces_what_was_typed(mode: Mode) -> None:
    async with running_maple(mode, policy=PRESETS) as maple:
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees(changes_words.ACTION)
        await maple.ana.choose("Feature", "Messages")
        await maple.ana.settled()
        await maple.ana.fill("Amount", "7")
        await maple.ana.settled()
        await maple.ana.choose(forms_words.PRESET, APOLOGY)
        screen = await maple.ana.sees("Amount: [5,000")
        assert "An apology for the outage" in screen
        assert on_screen(forms_words.PREVIEW) in screen
        await maple.ana.submit()
        await maple.ana.sees(on_screen("Give 5,000 extra Messages"))
        await maple.bot.background.drain(10)
        (record,) = await maple.bot.changes.history("cus_acme")
        assert isinstance(record.input, BalanceInput)
        assert (record.input.action, record.input.amount) == (BalanceAction.GIVE, Decimal(5000))
        assert record.reason == "An apology for the outage"


async def test_preset_is_offered_again_only_after_its_interval(mode: Mode) -> None:
    async with running_maple(mode, policy=PRESETS) as maple:
        await maple.ana.command("/autumn give cus_acme 5,000 messages because of the outage")
        await maple.ana.sees(on_screen(forms_words.PREVIEW))
        await maple.ana.submit()
        await maple.bot.background.drain(10)
        await maple.ana.close()
        await maple.ana.command("/autumn balance cus_acme")
        form = await maple.ana.sees("It can be given again from")
        assert APOLOGY not in form
        await maple.ana.choose(forms_words.PRESET, "Asked for in a ticket")
        await maple.ana.sees("As asked for in the ticket")


async def test_invalid_field_is_marked_after_a_preset_was_picked(mode: Mode) -> None:
    async with running_maple(mode, policy=PRESETS) as maple:
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees(changes_words.ACTION)
        await maple.ana.choose(forms_words.PRESET, APOLOGY)
        await maple.ana.sees("Amount: [5,000")
        await maple.ana.fill("Amount", "five")
        await maple.ana.settled()
        await maple.ana.submit()
        await maple.ana.sees("This is not a number")
        assert await maple.bot.changes.history("cus_acme") == []


async def test_preset_that_is_not_offered_fills_nothing_in(mode: Mode) -> None:
    async with running_maple(mode, policy=PRESETS) as maple:
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees(changes_words.ACTION)
        await maple.ana.choose(forms_words.PRESET, APOLOGY)
        await maple.ana.sees("Amount: [5,000")
        picked = last_delivery(maple, "block_actions").payload
        picked["actions"][0]["selected_option"]["value"] = "No such preset"
        await maple.slack.deliveries.send("interactive", picked | {"trigger_id": "1.1.again"})
        await maple.ana.sees(forms_words.NOT_YET)


async def test_form_without_a_feature_amount_has_only_the_reasons(mode: Mode) -> None:
    async with running_maple(mode, policy=PRESETS) as maple:
        await maple.ana.command("/autumn update cus_acme")
        await maple.ana.sees("Fingerprint")
        await maple.ana.fill("Name", "Acme Incorporated")
        await maple.ana.settled()
        with pytest.raises(NotOnScreen):
            await maple.ana.choose(forms_words.PRESET, APOLOGY)
        await maple.ana.choose(forms_words.PRESET, "Asked for in a ticket")
        form = await maple.ana.sees("As asked for in the ticket")
        assert "Acme Incorporated" in form


async def test_reason_is_offered_in_every_form() -> None:
    async with running_maple("http", policy=PRESETS) as maple:
        for command in ("record", "refund", "reward", "cancel", "switch", "delete"):
            await maple.ana.command(f"/autumn {command} cus_acme")
            await maple.ana.sees(forms_words.PICK_PRESET)
            await maple.ana.choose(forms_words.PRESET, "Asked for in a ticket")
            await maple.ana.sees("As asked for in the ticket")
            await maple.ana.close()


async def test_preset_of_a_grant_counts_for_the_balance_too(mode: Mode) -> None:
    async with running_maple(mode, policy=PRESETS) as maple:
        await maple.ana.command("/autumn grant cus_acme")
        await maple.ana.sees(forms_words.PICK_PRESET)
        await maple.ana.choose(forms_words.PRESET, APOLOGY)
        screen = await maple.ana.sees("Amount: [5,000")
        assert "An apology for the outage" in screen
        assert on_screen(forms_words.PREVIEW) in screen
        await maple.ana.submit()
        await maple.bot.background.drain(10)
        await maple.ana.close()
        (record,) = await maple.bot.changes.history("cus_acme")
        assert isinstance(record.input, GrantInput)
        assert (record.input.feature, record.input.amount) == ("messages", Decimal(5000))
        await maple.ana.command("/autumn balance cus_acme")
        form = await maple.ana.sees("It can be given again from")
        assert APOLOGY not in form
