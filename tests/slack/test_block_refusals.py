"""Which of Slack's errors are about the blocks, and what is sent after them."""

import pytest

from bot.kit.card import Card
from bot.slack.block_refusals import CardForm, named_in, refuses_blocks

RICH, PLAIN = ({"type": "data_table"},), ({"type": "section"},)
CARD = Card("text", RICH, PLAIN)


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        ("invalid_blocks", True),
        ("invalid_blocks_format", True),
        ("invalid_block_id", True),
        ("invalid_attachments", True),
        ("msg_blocks_too_long", True),
        ("only_one_table_allowed", True),
        ("too_many_attachments", True),
        ("unsupported_block_type", True),
        ("only_two_tables_allowed", True),
        ("msg_too_long", False),
        ("user_is_blocked", False),
        ("not_in_channel", False),
        ("internal_error", False),
        ("TimeoutError", False),
        ("http_500", False),
        ("", False),
    ],
)
def test_block_errors_are_recognised(error: str, refused: bool) -> None:
    assert refuses_blocks(error) is refused
    assert CardForm(60).again(CARD, RICH, error) == (PLAIN if refused else None)


def test_plain_form_is_not_sent_again() -> None:
    assert CardForm(60).again(CARD, PLAIN, "invalid_blocks") is None
    assert CardForm(60).again(Card("text", PLAIN, PLAIN), PLAIN, "msg_blocks_too_long") is None


@pytest.mark.parametrize(("error", "remembered"), [("invalid_blocks", True), ("msg_blocks_too_long", False)])
def test_only_unknown_block_types_are_remembered(error: str, remembered: bool) -> None:
    now = [0.0]
    form = CardForm(60, clock=lambda: now[0])
    assert form.first(CARD) == RICH
    assert form.again(CARD, RICH, error) == PLAIN
    now[0] = 59.0
    assert form.first(CARD) == (PLAIN if remembered else RICH)
    now[0] = 60.0
    assert form.first(CARD) == RICH


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("invalid_blocks", "invalid_blocks"),
        ("error: msg_blocks_too_long (9)", "msg_blocks_too_long"),
        ("<html><table_row></html>", ""),
        ("", ""),
    ],
)
def test_names_in_an_answer_that_is_not_json(body: str, name: str) -> None:
    assert named_in(body) == name
