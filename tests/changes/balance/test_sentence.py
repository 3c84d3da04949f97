"""A balance change in one line: what it means, and what is queried rather than guessed."""

from calendar import month_name
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes import amounts, notes
from bot.changes.amounts import AmountNote
from bot.changes.balance import sentence, words
from bot.changes.balance.sentence import BalanceSentence, Day, Sentences
from bot.changes.balance.words import BalanceAction
from bot.changes.spec import Misread
from tests.examples import examples

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
READERS = {"give": sentence.give, "set": sentence.set_to, "reset": sentence.reset_on}
GIVE, SET, NONE = BalanceAction.GIVE, BalanceAction.SET, BalanceAction.RESET_DATE


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (
            "acme 5k messages because ticket 4711",
            BalanceSentence(GIVE, "acme", "5k", "messages", reason="ticket 4711"),
        ),
        ("acme 5k", BalanceSentence(GIVE, "acme", "5k")),
        ("acme 5,000 messages", BalanceSentence(GIVE, "acme", "5,000", "messages")),
        ("acme +5k messages", BalanceSentence(GIVE, "acme", "+5k", "messages")),
        ("acme -40 messages", BalanceSentence(GIVE, "acme", "-40", "messages")),
        ("acme .5 messages", BalanceSentence(GIVE, "acme", ".5", "messages")),
        ("Acme Ltd 2.5m extra AI credits", BalanceSentence(GIVE, "Acme Ltd", "2.5m", "AI credits")),
        ("acme 5k of messages more", BalanceSentence(GIVE, "acme", "5k", "messages")),
        ("acme 5k BECAUSE they asked", BalanceSentence(GIVE, "acme", "5k", reason="they asked")),
        ("3M 5k messages", BalanceSentence(GIVE, "3M", "5k", "messages")),
        ("“Big 3 Ltd” 5k messages", BalanceSentence(GIVE, "Big 3 Ltd", "5k", "messages")),
        ('acme 5k "more"', BalanceSentence(GIVE, "acme", "5k", "more")),
        ('"because" 5k', BalanceSentence(GIVE, "because", "5k")),
        ("O'Brien 5k messages", BalanceSentence(GIVE, "O'Brien", "5k", "messages")),
        ("5k messages to Acme Ltd", BalanceSentence(GIVE, "Acme Ltd", "5k", "messages")),
        ("acme/ws_1 5k messages", BalanceSentence(GIVE, "acme", "5k", "messages", entity="ws_1")),
        ("Acme Ltd/ws-1 5k", BalanceSentence(GIVE, "Acme Ltd", "5k", entity="ws-1")),
        ("5k messages to acme/ws_1", BalanceSentence(GIVE, "acme", "5k", "messages", entity="ws_1")),
        ("acme/2 5k messages", BalanceSentence(GIVE, "acme", "5k", "messages", entity="2")),
        ('"A/B Ltd" 5k messages', BalanceSentence(GIVE, "A/B Ltd", "5k", "messages")),
        ("acme/ 5k", BalanceSentence(GIVE, "acme/", "5k")),
        ("/acme 5k", BalanceSentence(GIVE, "/acme", "5k")),
        ("acme/a/b 5k", BalanceSentence(GIVE, "acme/a/b", "5k")),
        ("https://x.example/cus_1 5k", BalanceSentence(GIVE, "https://x.example/cus_1", "5k")),
        ('"acme 5k', BalanceSentence(GIVE, '"acme', "5k")),
        ("the Joneses' 5k", BalanceSentence(GIVE, "the Joneses'", "5k")),
        ("X 5k users' seats", BalanceSentence(GIVE, "X", "5k", "users' seats")),
        ("'90s 5k X", BalanceSentence(GIVE, "'90s", "5k", "X")),
        ("“Big X Ltd” 5k", BalanceSentence(GIVE, "Big X Ltd", "5k")),
        ('"minus" 5k', BalanceSentence(GIVE, "minus", "5k")),
        ("acme 5k units of messages", BalanceSentence(GIVE, "acme", "5k", "messages")),
        ("5k to acme", BalanceSentence(GIVE, "acme", "5k")),
        ("5k messages to 3M", BalanceSentence(GIVE, "3M", "5k", "messages")),
        ("acme 5k messages to globex", BalanceSentence(GIVE, "acme", "5k", "messages to globex")),
        ('acme 5k "2 stars"', BalanceSentence(GIVE, "acme", "5k", "2 stars")),
        ('acme 5 "k"', BalanceSentence(GIVE, "acme", "5", "k")),
        ('acme 5k ""', BalanceSentence(GIVE, "acme", "5k", '""')),
    ],
)
def test_give(typed: str, expected: BalanceSentence) -> None:
    assert sentence.give(typed) == (expected,)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("acme messages to 5k", BalanceSentence(SET, "acme", "5k", "messages")),
        ("acme/ws_1 messages to 5k", BalanceSentence(SET, "acme", "5k", "messages", entity="ws_1")),
        ("acme 5k messages", BalanceSentence(SET, "acme", "5k", "messages")),
        ("acme to 5k messages", BalanceSentence(SET, "acme", "5k", "messages")),
        ("Acme Ltd to 5k messages", BalanceSentence(SET, "Acme Ltd", "5k", "messages")),
        ("acme to 5k", BalanceSentence(SET, "acme", "5k")),
        ("Acme Ltd 5k messages", BalanceSentence(SET, "Acme Ltd", "5k", "messages")),
        ("acme 5k", BalanceSentence(SET, "acme", "5k")),
        ("to 5k messages", BalanceSentence(SET, "to", "5k", "messages")),
        (
            'Acme Ltd "AI credits" to -40 because they overspent',
            BalanceSentence(SET, "Acme Ltd", "-40", "AI credits", reason="they overspent"),
        ),
    ],
)
def test_set(typed: str, expected: BalanceSentence) -> None:
    assert sentence.set_to(typed) == (expected,)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("acme messages on 1 Dec", Day(12, 1)),
        ("acme messages on 1st December", Day(12, 1)),
        ("acme messages to Dec 1", Day(12, 1)),
        ("acme messages on Dec 1, 2027", Day(12, 1, 2027)),
        ("acme messages on 1 Dec 2027", Day(12, 1, 2027)),
        ("acme messages on 2026-12-01", Day(12, 1, 2026)),
        ("acme messages on 29 Feb", Day(2, 29)),
        *(
            (f"acme messages on 3 {month}", Day(number, 3))
            for number, month in enumerate(month_name)
            if month
        ),
    ],
)
def test_reset(typed: str, day: Day) -> None:
    assert sentence.reset_on(typed) == (BalanceSentence(NONE, "acme", feature="messages", day=day),)


def test_reset_of_an_entity() -> None:
    read = sentence.reset_on("Acme Ltd/ws_1 messages on 1 Dec")
    assert read == (BalanceSentence(NONE, "Acme Ltd", feature="messages", day=Day(12, 1), entity="ws_1"),)


def test_reset_has_a_reason() -> None:
    read = sentence.reset_on("Acme Ltd messages on 1 Dec because they moved")
    assert read == (
        BalanceSentence(NONE, "Acme Ltd", feature="messages", day=Day(12, 1), reason="they moved"),
    )


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("", words.SAY_AMOUNT),
        ("acme", words.SAY_AMOUNT),
        ("acme messages", words.SAY_AMOUNT),
        ("messages to acme", words.SAY_AMOUNT),
        ("acme $5 messages", words.SAY_AMOUNT),
        ("5k acme", words.SAY_AMOUNT),
        ('"5k" acme', words.SAY_AMOUNT),
        ("acme 5k messages for ticket 4711", words.two_amounts("`5k`", "`4711`")),
        ("acme 2 5k messages", words.two_amounts("`2`", "`5k`")),
        ("acme 5 000 messages", words.two_amounts("`5`", "`000`")),
        ("acme 5 000 000 messages", words.two_amounts("`5`", "`000`")),
        ("acme 5 k messages", words.loose("`5 k`")),
        ("acme 5 k", words.loose("`5 k`")),
        ("acme 5 thousand messages", words.loose("`5 thousand`")),
        ("acme - 5 messages", words.loose("`- 5`")),
        ("acme minus 5 messages", words.loose("`minus 5`")),
        *(
            (f"acme {amount} messages", words.not_read(f"`{amount}`", notes.plain(amounts.note(code))))
            for amount, code in (
                ("5.000", AmountNote.SEPARATORS),
                ("5,5", AmountNote.SEPARATORS),
                ("1.000.000", AmountNote.SEPARATORS),
                ("5kk", AmountNote.NOT_A_NUMBER),
                ("1e3", AmountNote.NOT_A_NUMBER),
                ("5%", AmountNote.NOT_A_NUMBER),
                ("٣", AmountNote.NOT_A_NUMBER),
                ("--5", AmountNote.NOT_A_NUMBER),
                ("2000bn", AmountNote.TOO_LARGE),
            )
        ),
    ],
)
def test_unclear_amount_is_queried(typed: str, hint: str) -> None:
    assert sentence.give(typed) == Misread(hint)
    assert sentence.set_to(typed) == Misread(hint)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("acme messages", words.SAY_RESET),
        ("acme on 1 Dec", words.SAY_RESET),
        ("on 1 Dec", words.SAY_RESET),
        ("acme messages on 1/12", words.SAY_DAY),
        ("acme messages on 1 Foo", words.SAY_DAY),
        ("acme messages on 31 Nov", words.SAY_DAY),
        ("acme messages on 2026-02-29", words.SAY_DAY),
        ("acme messages on", words.SAY_DAY),
        ("acme messages on tomorrow", words.SAY_DAY),
    ],
)
def test_unclear_day_is_queried(typed: str, hint: str) -> None:
    assert sentence.reset_on(typed) == Misread(hint)


def test_long_words_are_shown_in_part() -> None:
    problem = notes.plain(amounts.note(AmountNote.NOT_A_NUMBER))
    assert sentence.give(f"acme 5{'x' * 60}") == Misread(words.not_read(f"`5{'x' * 56}…`", problem))


def test_typed_markup_is_escaped() -> None:
    read = sentence.give("acme 5<!channel> messages")
    assert isinstance(read, Misread)
    assert "<!channel>" not in read.hint


PLAIN = st.from_regex(r"[a-zA-Z_]{1,8}", fullmatch=True).filter(
    lambda plain_word: (
        plain_word.lower() not in {"because", "to", "on", "minus", "plus", "k", "m", "b", "bn", "mio"}
    )
)
NUMBERS = st.from_regex(r"[-+]?[0-9]{1,3}([.,][0-9]{1,4}){0,2}(k|m|b|bn|kk)?", fullmatch=True)


@examples(300)
@given(customer=st.lists(PLAIN, min_size=1, max_size=3), number=NUMBERS, feature=st.lists(PLAIN, max_size=2))
def test_amount_is_the_only_number_typed(customer: list[str], number: str, feature: list[str]) -> None:
    read = sentence.give(" ".join([*customer, number, *feature]))
    try:
        amount = amounts.parse_amount(number)
    except amounts.NotAnAmount:
        assert isinstance(read, Misread)
        return
    if isinstance(read, Misread):
        assert "two ways" in read.hint  # such as `5 thousand`
        return
    (said,) = read
    assert amounts.parse_amount(said.amount) == amount
    assert said.customer == " ".join(customer)


def read_line(typed: str) -> Sentences | Misread:
    command, _, line = typed.partition(" ")
    return READERS[command](line)


GIVES = [BalanceSentence(GIVE, "acme", "5k", "messages"), BalanceSentence(GIVE, "acme", "3", "seats")]
SETS = [BalanceSentence(SET, "acme", "5k", "messages"), BalanceSentence(SET, "acme", "3", "seats")]
RESETS = [
    BalanceSentence(NONE, "acme", feature="messages", day=Day(12, 1)),
    BalanceSentence(NONE, "acme", feature="seats", day=Day(12, 1)),
]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("give acme 5k messages and 3 seats", GIVES),
        ("give acme 5k messages, 3 seats", GIVES),
        ("give acme 5k messages, and 3 seats", GIVES),
        ("give acme 5k messages more, 3 seats", GIVES),
        (
            'give acme 5k "messages," and 3 seats',
            [BalanceSentence(GIVE, "acme", "5k", "messages,"), GIVES[1]],
        ),
        ("give 5k messages and 3 seats to acme", GIVES),
        (
            "give acme 5k messages, 3 seats and 2 AI credits",
            [*GIVES, BalanceSentence(GIVE, "acme", "2", "AI credits")],
        ),
        (
            "give Smith and Sons 5k messages and 3 seats because ticket 4711 and 4712",
            [
                BalanceSentence(GIVE, "Smith and Sons", "5k", "messages", reason="ticket 4711 and 4712"),
                BalanceSentence(GIVE, "Smith and Sons", "3", "seats", reason="ticket 4711 and 4712"),
            ],
        ),
        (
            "give acme 5k seats and licences and 3 messages",
            [
                BalanceSentence(GIVE, "acme", "5k", "seats and licences"),
                BalanceSentence(GIVE, "acme", "3", "messages"),
            ],
        ),
        ("set acme 5k messages and 3 seats", SETS),
        ("set acme messages to 5k and seats to 3", SETS),
        ("reset acme messages and seats on 1 Dec", RESETS),
        ("reset acme messages on 1 Dec and seats on 1 Dec", RESETS),
    ],
)
def test_several_changes_of_a_customer(typed: str, expected: list[BalanceSentence]) -> None:
    assert read_line(typed) == tuple(expected)


@pytest.mark.parametrize(
    "typed",
    [
        "give acme/ws_1 5k messages and 3 seats",
        "give 5k messages and 3 seats to acme/ws_1",
        "set acme/ws_1 messages to 5k and seats to 3",
        "reset acme/ws_1 messages and seats on 1 Dec",
    ],
)
def test_several_changes_of_an_entity(typed: str) -> None:
    read = read_line(typed)
    assert not isinstance(read, Misread)
    assert [(said.customer, said.entity, said.feature) for said in read] == [
        ("acme", "ws_1", "messages"),
        ("acme", "ws_1", "seats"),
    ]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (
            "give acme 5k seats and licences",
            BalanceSentence(GIVE, "acme", "5k", "seats and licences"),
        ),
        ("give acme 5k and licences", BalanceSentence(GIVE, "acme", "5k", "and licences")),
        ("give acme 5k messages, seats", BalanceSentence(GIVE, "acme", "5k", "messages, seats")),
        ("give 3 and co 5k messages", BalanceSentence(GIVE, "3 and co", "5k", "messages")),
        ('give "3 and 4" 5k messages', BalanceSentence(GIVE, "3 and 4", "5k", "messages")),
        ("give acme, 5k messages", BalanceSentence(GIVE, "acme,", "5k", "messages")),
        ("give big acme ltd, 5k messages", BalanceSentence(GIVE, "big acme ltd,", "5k", "messages")),
        ('give acme 5k "messages," more', BalanceSentence(GIVE, "acme", "5k", "messages,")),
        (
            "reset smith and sons messages on 1 Dec",
            BalanceSentence(NONE, "smith and sons", feature="messages", day=Day(12, 1)),
        ),
        (
            "reset smith and messages on 1 Dec",
            BalanceSentence(NONE, "smith and", feature="messages", day=Day(12, 1)),
        ),
    ],
)
def test_and_inside_a_name_does_not_split(typed: str, expected: BalanceSentence) -> None:
    assert read_line(typed) == (expected,)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("give acme 5k and 3 seats", words.SAY_EACH),
        ("give acme 5k messages and 3", words.SAY_EACH),
        ("give acme 5k messages and globex 3 seats", words.SAY_EACH),
        ("give 5k messages to Acme 2000 Ltd", words.two_amounts("`2000`", "`5k`")),
        ("give 5k messages to acme and 3 seats", words.two_amounts("`3`", "`5k`")),
        ("give acme 5k messages and 3 k seats", words.loose("`3 k`")),
        ("set acme messages to 5k, seats to 3", words.two_amounts("`5k,`", "`3`")),
        ("set acme messages to 5k and monthly seats to 3", words.SAY_EACH),
        ("reset acme messages on 1 Dec and seats on tomorrow", words.SAY_DAY),
        ("reset acme messages on 1 Dec and seats and credits on 5 Dec", words.SAY_DAY),
    ],
)
def test_unclear_changes_are_queried(typed: str, hint: str) -> None:
    assert read_line(typed) == Misread(hint)


@examples(300)
@given(st.text(alphabet="aA5k. ,-+\"'“”\u00a0 because to nd", max_size=40))
def test_any_text_is_read_or_queried(typed: str) -> None:
    for read in (sentence.give(typed), sentence.set_to(typed), sentence.reset_on(typed)):
        if isinstance(read, Misread):
            assert read.hint
            continue
        for balance_sentence in read:
            if balance_sentence.action is not NONE:
                assert balance_sentence.amount in typed
                amounts.parse_amount(balance_sentence.amount)


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        (Day(12, 1), datetime(2026, 12, 1, tzinfo=UTC)),
        (Day(11, 29), datetime(2027, 11, 29, tzinfo=UTC)),
        (Day(11, 1), datetime(2027, 11, 1, tzinfo=UTC)),
        (Day(11, 1, 2026), datetime(2026, 11, 1, tzinfo=UTC)),
        (Day(2, 29), None),
    ],
)
def test_day_without_a_year_is_the_next_one(day: Day, moment: datetime | None) -> None:
    assert day.moment(NOW) == moment


def test_day_that_begins_now_is_over() -> None:
    assert Day(11, 29).moment(datetime(2026, 11, 29, tzinfo=UTC)) == datetime(2027, 11, 29, tzinfo=UTC)
