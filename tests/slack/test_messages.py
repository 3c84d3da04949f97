"""The text of a message, wherever it is in the payload."""

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.messages import message_words
from tests.examples import examples

NAMES = st.sampled_from(
    ["text", "blocks", "elements", "attachments", "fields", "value", "url", "accessory", "x"]
)
ANY = st.recursive(
    st.none() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=20,
)


def test_words_of_blocks_and_attachments_count() -> None:
    message = {
        "text": "New ticket",
        "user": "U1",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "From ann@acme.example"}},
            {"type": "section", "fields": [{"type": "plain_text", "text": "cus_acme"}]},
            {"type": "rich_text", "elements": [{"type": "link", "url": "https://desk.example/4711"}]},
        ],
        "attachments": [
            {"title": "Title", "title_link": "https://desk.example/4711", "fields": [{"value": "High"}]}
        ],
    }
    lines = message_words(message).splitlines()
    assert lines[0] == "New ticket"
    assert lines[1:] == ["From ann@acme.example", "cus_acme", "https://desk.example/4711", "Title", "High"]
    assert "U1" not in lines


def test_blocks_that_repeat_the_text_are_left_out() -> None:
    pieces = [
        {"type": "text", "text": "Ask "},
        {"type": "link", "url": "mailto:ann@acme.example", "text": "ann@acme.example"},
        {"type": "text", "text": " of A & B"},
    ]
    section = {"type": "rich_text_section", "elements": pieces}
    text = "Ask <mailto:ann@acme.example|ann@acme.example> of A &amp; B"
    assert message_words({"text": text, "blocks": [{"type": "rich_text", "elements": [section]}]}) == text


def test_long_message_is_cut() -> None:
    blocks = [{"text": f"{number} {'x' * 3000}"} for number in range(10)]
    assert len(message_words({"text": "long", "blocks": blocks})) == 20_000


def test_nesting_without_end_is_cut() -> None:
    nested: dict[str, object] = {"text": "deep"}
    for _ in range(100):
        nested = {"blocks": [nested]}
    assert message_words(nested) == ""


@examples(200)
@given(st.dictionaries(NAMES, ANY))
def test_any_message_has_words(message: dict[str, object]) -> None:
    words = message_words(message)
    assert len(words) <= 20_000
    assert "\0" not in words
