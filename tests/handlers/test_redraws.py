"""Redrawing forms: several times at once, and when Slack has trouble."""

import secrets

from bot.changes import words as changes_words
from tests.handlers.test_changes import last_delivery
from tests.running import Running


async def test_latest_of_concurrent_redraws_is_shown(maple: Running) -> None:
    await maple.ana.command("/autumn balance cus_acme")
    await maple.ana.sees(changes_words.ACTION)
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("resets")
    await maple.bot.background.drain(10)
    before = len(maple.slack.calls)
    clicked = last_delivery(maple, "block_actions")
    for _ in range(6):
        click = {**clicked.payload, "trigger_id": secrets.token_hex(8)}
        await maple.slack.deliveries.send(clicked.kind, click)
    await maple.bot.background.drain(10)
    drawn = [call for call in maple.slack.calls[before:] if call.method == "views.update"]
    assert 1 <= sum(call.ok for call in drawn) <= 6
    assert {call.error for call in drawn if not call.ok} <= {"hash_conflict"}


async def test_latest_redraw_is_sent_despite_a_conflict_and_a_failed_one_is_reported(maple: Running) -> None:
    await maple.ana.command("/autumn balance cus_acme")
    await maple.ana.sees(changes_words.ACTION)
    await maple.bot.background.drain(10)
    before = len(maple.slack.calls)
    maple.slack.faults.add("views.update", "error", error="hash_conflict", times=1)
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("resets")
    drawn = [call for call in maple.slack.calls[before:] if call.method == "views.update"]
    assert ["hash" in call.args for call in drawn] == [True, False]
    await maple.bot.background.drain(10)
    maple.slack.faults.add("views.update", "error", error="fatal_error", times=1)
    await maple.ana.choose("Feature", "Seats")
    await maple.bot.background.drain(10)
    await maple.ana.sees("Reference")
