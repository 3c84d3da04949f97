"""What a form is filled in with from a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes.forms.fields import (
    LONGEST_REASON,
    REASON_BLOCK,
    TICKET_BLOCK,
    reason_in_message,
    ticket_in_message,
    why_values,
)
from bot.kit import form_values
from tests.examples import examples

HERE = "https://acme.slack.com/archives/C1/p1"
DESK = "https://desk.example/tickets/4711"


@pytest.mark.parametrize(
    ("words", "permalink", "ticket"),
    [
        ("no link", HERE, HERE),
        ("no link", "", ""),
        (f"see <{DESK}|#4711>", HERE, DESK),
        (f"see {DESK}.", HERE, DESK),
        (f"https://app.useautumn.com/customers/cus_1 {DESK}", HERE, DESK),
        ("https://app.useautumn.com/customers/cus_1", HERE, HERE),
        ("https://dashboard.stripe.com/test/customers/cus_1", HERE, HERE),
        (f"https://desk.example/{'x' * 600}", HERE, HERE),
    ],
)
def test_ticket_is_the_first_link_or_the_message(words: str, permalink: str, ticket: str) -> None:
    assert ticket_in_message(words, permalink) == ticket


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", ""),
        ("They lost\n  a day\u200b", "They lost a day"),
        ("<mailto:ann@acme.example|ann@acme.example> &amp; co", "ann@acme.example & co"),
    ],
)
def test_reason_is_the_messages_text(words: str, reason: str) -> None:
    assert reason_in_message(words) == reason


@examples(200)
@given(st.text(max_size=2000))
def test_form_is_filled_in_from_the_message(words: str) -> None:
    reason = reason_in_message(words)
    assert len(reason) <= LONGEST_REASON
    filled_in = why_values(reason, HERE)
    assert form_values.typed_lines(filled_in, REASON_BLOCK) == reason
    assert form_values.typed(filled_in, TICKET_BLOCK) == HERE
