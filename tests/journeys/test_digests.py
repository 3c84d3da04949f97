"""A channel is told each morning: set up, changed, sent, stopped; by people who only see labels."""

from datetime import timedelta

from tests.journeys.digesting import (
    COMING,
    FORM,
    LIST,
    SUPPORT,
    digesting,
    due,
    open_list,
    pass_time,
    posted,
    set_up,
    the_digest,
)
from tests.stage import Mode


async def test_two_clicks_make_a_good_morning(mode: Mode) -> None:
    async with digesting(mode) as maple:
        ana = maple.ana
        shown = await open_list(ana)
        assert "This channel has no digests yet" in shown
        await ana.click("New digest")
        form = await ana.sees(FORM)
        assert "Europe/Lisbon" in form
        await ana.submit()
        shown = await ana.sees("The first one comes")
        assert "Weekdays at 09:00 Europe/Lisbon" in shown
        await ana.close()
        assert not posted(maple)
        await due(maple)
        message = await ana.sees(COMING)
        assert "only visible to you" not in message
        assert "Weekdays at 09:00 Europe/Lisbon" in message
        await maple.raj.sees(COMING)
        pass_time(maple, timedelta(hours=1))
        await maple.bot.digests.ticker.tick()
        await maple.bot.digests.ticker.idle()
        assert len(posted(maple)) == 1
