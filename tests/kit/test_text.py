import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kit import text
from tests.examples import examples

ANY = st.text(st.characters(), max_size=200) | st.text(
    st.sampled_from("*_~`<>&:|@#! ab\u05d0\U0001f600\u0301"), max_size=60
)
LOOK_ALIKES = "∗ˍ∼ˋ"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Acme", "Acme"),
        ("  Acme \t\n Ltd ", "Acme Ltd"),
        ("a  b", "a b"),
        ("a\u202eb\u200bc\u2066d\x00e", "abcde"),
        ("\ud800x", "\ufffdx"),
        ("\u2028", ""),
        ("👩\u200d👧", "👩\u200d👧"),
        ("Z\u0334\u0321\u0322\u031b\u0316algo e\u0301", "Z\u0334\u0321\u0322algo e\u0301"),
    ],
)
def test_clean_leaves_one_line_without_tricks(raw: str, expected: str) -> None:
    assert text.clean(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("<https://evil.example|Approve>", "&lt;https://evil.example|Approve&gt;"),
        ("A & B", "A &amp; B"),
        ("*bold*", "∗bold∗"),
        ("~gone~ `code`", "∼gone∼ ˋcodeˋ"),
        ("_slanted_", "ˍslantedˍ"),
        ("api_calls_total", "api_calls_total"),
        (":tada:", ":\u2060tada:"),
        ("12:30", "12:30"),
        ("שלום", "\u2068שלום\u2069"),
        ("", ""),
    ],
)
def test_mrkdwn_shows_a_text_as_it_is(raw: str, expected: str) -> None:
    assert text.mrkdwn(raw) == expected
    assert text.unescape(expected) == raw


@pytest.mark.parametrize(
    ("raw", "limit", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("abcd efg", 6, "abcd…"),
        ("a&&&", 12, "a&amp;&amp;…"),
        ("aaaa👍🏽👍🏽", 8, "aaaa…"),
        ("aaaae\u0301e", 6, "aaaa…"),
        ("aa👩\u200d👧👧", 6, "aa…"),
        ("🇫🇷🇩🇪🇮🇹", 8, "🇫🇷…"),
        ("🇫🇷🇩🇪🇮🇹", 11, "🇫🇷🇩🇪…"),
        ("\u0941" * 9, 5, "\u0941" * 4 + "…"),
    ],
)
def test_long_text_is_cut_between_visible_characters(raw: str, limit: int, expected: str) -> None:
    assert text.mrkdwn(raw, limit) == expected


def test_literal_text_keeps_every_character() -> None:
    assert text.literal("*<!channel>* :tada:") == "*<!channel>* :tada:"
    assert text.literal("x" * 200) == "x" * 149 + "…"
    assert text.literal("שלום") == "\u2068שלום\u2069"


def test_code_span_cannot_be_closed_from_inside() -> None:
    assert text.code("a`b <c>") == "`aˋb &lt;c&gt;`"
    assert text.code(" ") == ""


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("see https://evil.example/x", "see https:\u2060//evil.\u2060example/x"),
        ("ops@acme.com", "ops@\u2060acme.\u2060com"),
        ("evil.com", "evil.\u2060com"),
        ("$20.00, 1.5.", "$20.00, 1.5."),
        ("<https://a.com|Autumn> a.com", "<https://a.com|Autumn> a.\u2060com"),
    ],
)
def test_unlinked_breaks_up_bare_addresses_only(raw: str, expected: str) -> None:
    assert text.unlinked(raw) == expected


@given(ANY, st.integers(5, 120))
@examples(200)
def test_text_keeps_to_its_limit_whichever_way_it_is_escaped(raw: str, limit: int) -> None:
    for safe in (text.literal, text.mrkdwn, text.code):
        assert text.length(safe(raw, limit)) <= limit
    escaped = text.mrkdwn(raw, limit)
    assert "<" not in escaped
    assert ">" not in escaped
    assert not set(escaped) & {"*", "~", "`"}
    assert text.escape(text.unescape(escaped)).count("&") >= escaped.count("&"), "no entity is cut"


@given(ANY)
@examples(200)
def test_escaped_text_reads_as_typed(raw: str) -> None:
    plain = "".join(char for char in raw if char not in LOOK_ALIKES)
    assert text.unescape(text.mrkdwn(plain, 10_000)) == text.clean(plain)
    assert text.clean(text.clean(plain)) == text.clean(plain)
    assert not any(unicodedata.category(char) == "Cc" for char in text.clean(plain))
