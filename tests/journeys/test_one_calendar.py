"""Billing dates are the same for every reader, whatever their time zone."""

import re
from datetime import timedelta

from freezegun import freeze_time

from bot.changes.balance import words as balance_words
from bot.kit import times
from bot.lookups.feature import words as feature_words
from tests.journeys.steps import click_and_see, command_and_see
from tests.running import running_maple

_RESETS = re.compile(r"[Rr]esets?\b[^\n]*?([A-Z][a-z]{2} \d{1,2}, \d{4})")


def _days(text: str) -> set[str]:
    """All days in the text on which something resets."""
    return set(_RESETS.findall(text))


async def test_reset_has_one_day_on_every_card_and_so_has_a_moved_one() -> None:
    # At 23:30 UTC it is the next day in Tonga.
    with freeze_time("2026-03-02 23:30:00", tick=True, real_asyncio=True):
        async with running_maple("socket") as maple:
            maple.ana.user.tz = maple.lea.user.tz = "Pacific/Tongatapu"
            resets_at = (await maple.bot.autumn.customer("cus_acme")).balances["messages"].next_reset_at
            assert resets_at is not None
            day = times.billing_day(resets_at)
            assert _days(await command_and_see(maple, "/autumn cus_acme", "Messages")) == {day}
            assert _days(await command_and_see(maple, "/autumn features cus_acme", "● Features")) == {day}
            assert _days(await click_and_see(maple, "Messages", feature_words.BACK_TO_FEATURES)) == {day}

            await maple.ana.command("/autumn give cus_acme 5k messages because of the outage")
            assert _days(await maple.ana.sees(balance_words.RESET)) == {day}
            await maple.ana.close()

            resets_at = (await maple.bot.autumn.customer("cus_noname")).balances["messages"].next_reset_at
            assert resets_at is not None
            await maple.ana.command("/autumn give cus_noname 500 messages because of the outage")
            await maple.ana.sees(balance_words.RESET)
            moved = resets_at.replace(second=0, microsecond=0) + timedelta(days=3)
            await maple.ana.choose(balance_words.RESET, str(int(moved.timestamp())))
            await maple.ana.submit()
            form = await maple.ana.sees("0 of 1 approval")
            maple.lea.go("#billing")
            card = await maple.lea.sees("Waiting for approval")
            for screen in (form, card):
                assert times.billing_moment(moved) in screen
                assert _days(screen) <= {times.billing_day(resets_at), times.billing_day(moved)}
