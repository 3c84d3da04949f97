"""The message about a request's outcome in every state, and the reminder."""

import pytest

from bot.approvals import words
from bot.approvals.lifecycle import Record, State
from bot.approvals.message_cards import outcome_card, reminder_card
from bot.changes.deletion.request import DeletionInput
from tests.approvals.records import fits, moved_trial, record
from tests.kit import checks
from tests.lookups.samples import NOW

AGAIN = [words.ASK_AGAIN, "Open customer"]
BUTTONS = {
    State.DENIED: [words.ASK_AGAIN_CHANGED, "Open customer"],
    State.EXPIRED: AGAIN,
    State.SUPERSEDED: AGAIN,
    State.FAILED: AGAIN,
}


def buttons(change: Record) -> list[str]:
    card = outcome_card(change, now=NOW, name="Acme <Ltd>")
    fits(card)
    return [element["text"]["text"] for element in checks.elements(card.blocks)]


@pytest.mark.parametrize("state", State)
def test_outcome_starts_with_the_state_and_offers_next_steps(state: State) -> None:
    card = outcome_card(record(state), now=NOW, name="Acme <Ltd>")
    assert words.HEADLINES[state].split("*")[1] in card.text.splitlines()[0]
    assert "*Acme &lt;Ltd&gt;* · Give 500 extra messages" in checks.read(card.blocks)
    assert buttons(record(state)) == BUTTONS.get(state, ["Open customer"])


def test_outcome_names_what_autumn_made_of_a_change_that_the_summary_leaves_open() -> None:
    def told(change: Record) -> bool:
        text = checks.read(outcome_card(change, now=NOW).blocks)
        assert "to Dec 1, 2026, or up to a day later" in text
        return "Autumn set the end of the trial to *Dec 2, 2026*." in text

    assert told(moved_trial())
    assert not told(moved_trial(after=None))
    assert not told(moved_trial(State.UNCONFIRMED))


def test_deleted_customer_and_overlong_id_have_no_buttons() -> None:
    deletion = DeletionInput(customer="cus_1", typed="cus_1")
    assert buttons(record(State.APPLIED, kind="deletion", input=deletion)) == []
    assert buttons(record(State.DENIED, customer_id="c" * 3000)) == []


def test_reminder_says_what_waits_and_for_whom() -> None:
    text = checks.read(reminder_card(record(), "<@U7>", name="Acme").blocks)
    assert "*Still waiting for approval:* Acme · Give 500 extra messages" in text
    assert "1 of 2 approvals" in text
    assert "Please decide: <@U7>" in text
    assert "Please decide" not in checks.read(reminder_card(record(), "").blocks)
