"""Names are shown instead of ids wherever a name is known."""

import re
import time
from dataclasses import replace

from bot.approvals import words as approvals_words
from tests.journeys.changing import AT_ONCE, file_request, request_new_name
from tests.journeys.kinds import apply_coupon
from tests.journeys.steps import click_and_see, command_and_see
from tests.running import Running, running_maple


async def test_matches_list_the_names_of_their_products(maple: Running) -> None:
    screen = await command_and_see(maple, "/autumn find hooli", "1 customer matches hooli")
    assert "Starter, Team" in screen


async def test_invoices_of_ended_products_are_named(maple: Running) -> None:
    invoices = maple.autumn.state.customers["cus_hooli"].invoices
    now = int(time.time() * 1000)
    invoices.append(replace(invoices[0], id="inv_old", plan_ids=["enterprise"], created_at=now))
    screen = await command_and_see(maple, "/autumn cus_hooli", "View invoice")
    assert " · Enterprise · " in screen
    assert "| Enterprise |" in await click_and_see(maple, "Invoices", "Date | Products")


async def test_history_and_results_name_features_and_coupons_and_the_customer_as_renamed() -> None:
    async with running_maple("socket", policy=AT_ONCE) as maple:
        await file_request(maple)
        await apply_coupon(maple)
        await maple.ana.close()
        await maple.ana.command("/autumn history cus_acme")
        screen = await maple.ana.sees(approvals_words.HISTORY_TITLE.strip("*"))
        assert "Give 500 extra Messages" in screen
        assert "of messages" not in screen

        await request_new_name(maple.ana, "Acme Renamed")
        await maple.ana.close()
        maple.ana.go("@maple")
        await maple.ana.sees(re.compile("Acme Ltd → Acme Renamed.*Applied\\n", re.DOTALL))
        await file_request(maple, 700)
        await maple.ana.sees("Acme Renamed · Give 700 extra Messages")
