"""A pasted or uploaded list: parsed without guessing, or refused with reasons."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.batches import parsing
from bot.batches.model import MOST_LINES, BatchLine, LineReason
from bot.batches.parsing import MOST_BYTES, ForAll, ListNote, ReadList
from bot.changes import notes, registry
from bot.changes.balance.words import BalanceAction
from bot.changes.line_form import LineNote, LineReader
from bot.changes.notes import Note, NoteCode
from bot.lookups.finder import words as finder_words

GIVE, SET, RESET = BalanceAction.GIVE, BalanceAction.SET, BalanceAction.RESET_DATE
NOTHING = ForAll()
FULL = ForAll("give", "messages", "100")


class ReadValues(NamedTuple):
    """The values read from a line of the default kind."""

    number: int
    customer: str
    feature: str
    amount: Decimal | None
    action: BalanceAction
    reset_at: datetime | None = None


def line(number: int, customer: str, feature: str, amount: str, action: BalanceAction = GIVE) -> ReadValues:
    return ReadValues(number, customer, feature, Decimal(amount), action)


def values_of(read: BatchLine) -> ReadValues:
    reader = LineReader(read.cells)
    listed = registry.line_form(read.kind).read(reader)
    assert not reader.wrong
    return ReadValues(
        read.number, read.customer, listed.feature, listed.amount, listed.action, listed.reset_at
    )


def read_lines(content: bytes | str, for_all: ForAll = NOTHING) -> tuple[ReadValues, ...]:
    answer = parsing.read(content, for_all)
    assert isinstance(answer, ReadList), answer
    assert answer.problems == ()
    return tuple(map(values_of, answer.lines))


def wrong_codes(content: bytes | str, for_all: ForAll = NOTHING) -> list[tuple[int, NoteCode]]:
    answer = parsing.read(content, for_all)
    assert isinstance(answer, ReadList), answer
    return [(wrong.number, note.code) for wrong in answer.problems for note in wrong.notes]


def refusal_of_list(content: bytes | str, for_all: ForAll = NOTHING) -> ListNote:
    answer = parsing.read(content, for_all)
    assert isinstance(answer, Note), answer
    assert isinstance(answer.code, ListNote)
    assert notes.plain(answer)
    return answer.code


TWO = (line(2, "acme", "messages", "5000"), line(3, "beta", "seats", "3", SET))


@pytest.mark.parametrize(
    "text",
    [
        "customer,feature,amount,action\nacme,messages,5000,give\nbeta,seats,3,set",
        "Customer;Feature;Amount;Action\r\nacme;messages;5000;\r\nbeta;seats;3;SET",
        "action\tamount\tfeature_id\tcustomer-id\rgive\t5000\tmessages\tacme\rset to\t3\tseats\tbeta",
        'feature,"id",units,action,name\nmessages,"acme",5k,Add,"Acme, Inc."\nseats,beta,3,set,Beta',
        "customer,id,email,feature,amount,action\nAcme,acme,a@acme.com,messages,5000,\n,beta,,seats,3,set",
    ],
    ids=["commas", "semicolons", "tabs", "any order", "an id before a name"],
)
def test_header_names_the_columns_in_any_order(text: str) -> None:
    assert read_lines(text) == TWO


def test_list_without_a_header_has_customer_feature_amount_action() -> None:
    assert read_lines("acme,messages,5000\nbeta, seats , 3,set,,") == (
        line(1, "acme", "messages", "5000"),
        line(2, "beta", "seats", "3", SET),
    )


def test_plain_list_takes_other_values_from_the_form() -> None:
    assert read_lines("acme\n\n  beta\n,,\ncus_1", FULL) == (
        line(1, "acme", "messages", "100"),
        line(3, "beta", "messages", "100"),
        line(5, "cus_1", "messages", "100"),
    )


def test_customers_and_amounts_take_the_feature_from_the_form() -> None:
    assert read_lines("acme,5k\nbeta,+3", ForAll("set", "messages")) == (
        line(1, "acme", "messages", "5000", SET),
        line(2, "beta", "messages", "3", SET),
    )
    # Without a feature from the form, the second cell is the feature.
    assert wrong_codes("acme,5k") == [(1, LineNote.MISSING)]


def test_exported_list_of_customers_can_be_used_again() -> None:
    exported = (
        "\ufeffcustomer,id,email,joined (UTC),products,past due,in trial,used up\r\n"
        'Acme,acme,a@acme.com,2026-01-01T00:00:00+00:00,"Pro, Extra",yes,,Messages\r\n'
        "Dash,'-dash,,,,,,\r\n"
    )
    assert read_lines(exported.encode(), FULL) == (
        line(2, "acme", "messages", "100"),
        line(3, "-dash", "messages", "100"),
    )


def test_every_column_of_an_exported_list_is_understood() -> None:
    header = ",".join(finder_words.COLUMNS)
    row = ",".join("cus_1" if column == "id" else "" for column in finder_words.COLUMNS)
    read = parsing.read(f"{header}\n{row}\n", FULL)
    assert isinstance(read, ReadList)
    assert [line.customer for line in read.lines] == ["cus_1"]


def test_reset_has_a_date_for_an_amount() -> None:
    at = datetime(2027, 1, 31, tzinfo=UTC)
    assert read_lines("acme,messages,2027-01-31,reset") == (
        ReadValues(1, "acme", "messages", None, RESET, at),
    )
    assert read_lines("acme", ForAll("reset", "messages", "2027-01-31")) == (
        ReadValues(1, "acme", "messages", None, RESET, at),
    )
    for typed in ("2027-02-30", "1/12", "5000", "2027-1-1"):
        assert wrong_codes(f"acme,messages,{typed},reset") == [(1, LineNote.NOT_A_DATE)]


def test_one_customer_may_have_several_lines() -> None:
    assert read_lines("acme,messages,5k\nacme,seats,3") == (
        line(1, "acme", "messages", "5000"),
        line(2, "acme", "seats", "3"),
    )


@pytest.mark.parametrize(
    "content",
    [
        "acmé,messages,5".encode(),
        "\ufeffacmé,messages,5".encode(),
        "acmé,messages,5".encode("utf-16"),
        "\ufeffacmé,messages,5".encode("utf-16-be"),
        "acmé,messages,5".encode("utf-16-le"),
        "acmé,messages,5".encode("utf-16-be"),
        "acmé,messages,5".encode("cp1252"),
    ],
    ids=["utf-8", "utf-8 bom", "utf-16", "utf-16-be bom", "utf-16-le", "utf-16-be", "cp1252"],
)
def test_encoding_is_detected_from_the_bytes(content: bytes) -> None:
    assert read_lines(content) == (line(1, "acmé", "messages", "5"),)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("5000", "5000"),
        ("5k", "5000"),
        ('"1,000"', "1000"),
        ('"1,000,000.5"', "1000000.5"),
        ('"1.000,5"', "1000.5"),
        ("1.000.000", "1000000"),
        ("1'000", "1000"),
        ("1\u2019000.25", "1000.25"),
        ("1\u202f000", "1000"),
        ('"1 000,50"', "1000.5"),
        ("0.500", "0.5"),
        ("-40", "-40"),
        ("\u221240", "-40"),
        ("'-40", "-40"),
        ("+5", "5"),
    ],
)
def test_clear_amount_is_read(typed: str, amount: str) -> None:
    assert read_lines(f"acme,messages,{typed}") == (line(1, "acme", "messages", amount),)


@pytest.mark.parametrize(
    "typed",
    [
        "1.000",
        '"1,5"',
        '"0,500"',
        "1.000.50",
        '"1,000,50"',
        "1e5",
        "$5",
        "5%",
        "five",
        "=5",
        "=1+1",
        "٥",
        "9" * 20,
        "5 messages",
        "NaN",
        "inf",
    ],
)
def test_unclear_amount_is_refused(typed: str) -> None:
    assert wrong_codes(f"acme,messages,{typed}") == [(1, LineNote.NOT_AN_AMOUNT)]


@pytest.mark.parametrize(
    ("typed", "amount"), [("1,5", "1.5"), ("0,500", "0.5"), ("-12,25", "-12.25"), ("1.000,5", "1000.5")]
)
def test_comma_is_the_decimal_separator_in_a_list_with_semicolons(typed: str, amount: str) -> None:
    assert read_lines(f"acme;messages;{typed}") == (line(1, "acme", "messages", amount),)


@pytest.mark.parametrize("typed", ["1,000", "12,345", "1.000"])
def test_ambiguous_amount_is_refused_in_a_list_with_semicolons(typed: str) -> None:
    assert wrong_codes(f"acme;messages;{typed}") == [(1, LineNote.NOT_AN_AMOUNT)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("acme,messages,5,give,balance,ws_1,more", ListNote.TOO_MANY_CELLS),
        ("acme,messages,1,000,5,3,2", ListNote.TOO_MANY_CELLS),
        ("acme,messages,1,000,5,3", ListNote.UNKNOWN_KIND),
        ("acme,messages,5,give,more", ListNote.UNKNOWN_KIND),
        ("acme,messages,,,details", ListNote.UNKNOWN_KIND),
        ("acme,in_1,5,,refund,ws_1", ListNote.NO_ENTITIES),
        ("acme,messages,1,000", LineNote.UNKNOWN_ACTION),
        ("acme,messages,5,remove", LineNote.UNKNOWN_ACTION),
        ("acme,pro,,,cancel", LineNote.NO_ACTION),
        ("acme,pro,5,at the end,cancel", LineNote.TAKES_NONE),
        ("acme,in_1,5,give,refund", LineNote.TAKES_NONE),
        (",messages,5", ListNote.NO_CUSTOMER),
        ("acme,,5", LineNote.MISSING),
        ("acme,messages", LineNote.MISSING),
        ('"acme,messages,5', ListNote.QUOTES),
        ('"ac"me,messages,5', ListNote.QUOTES),
        ("=HYPERLINK(1),messages,5", ListNote.FORMULA),
        ("acme,@SUM,5", ListNote.FORMULA),
        ("+acme,messages,5", ListNote.FORMULA),
        ("\uff1dacme,messages,5", ListNote.FORMULA),
        ("ac\x1bme,messages,5", ListNote.HIDDEN),
        ("ac\u202eme,messages,5", ListNote.HIDDEN),
        ("ac\u200bme,messages,5", ListNote.HIDDEN),
        ("acme,mess\ud800ages,5", ListNote.HIDDEN),
        ('"ac,me",messages,5', ListNote.MIXED),
        ("a" * 201 + ",messages,5", ListNote.LONG_CELL),
        ("acme,messages,5," + "x" * 4000, ListNote.LONG_LINE),
    ],
)
def test_wrong_line_is_reported_and_the_others_are_kept(text: str, code: NoteCode) -> None:
    answer = parsing.read(f"acme,messages,5\n{text}\nbeta,messages,5", NOTHING)
    assert isinstance(answer, ReadList)
    assert [line.number for line in answer.lines] == [1, 3]
    (wrong,) = answer.problems
    assert wrong.reason is LineReason.UNREADABLE
    assert wrong.number == 2
    assert [note.code for note in wrong.notes] == [code]
    assert wrong.text == text[:400]
    assert all(notes.plain(note) and notes.mrkdwn(note) for note in wrong.notes)


def test_every_problem_of_a_line_is_reported() -> None:
    assert wrong_codes(",,five,remove") == [
        (1, ListNote.NO_CUSTOMER),
        (1, LineNote.UNKNOWN_ACTION),
        (1, LineNote.MISSING),
        (1, LineNote.NOT_AN_AMOUNT),
    ]


def test_line_numbers_count_the_header_and_blank_lines() -> None:
    assert wrong_codes("\r\ncustomer,feature,amount\r\n\r\nacme,messages,x\r\n") == [
        (4, LineNote.NOT_AN_AMOUNT)
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", ListNote.EMPTY),
        (b"", ListNote.EMPTY),
        ("\ufeff \r\n,;\t\n\u200b", ListNote.EMPTY),
        ("customer,feature,amount", ListNote.EMPTY),
        ("feature,amount\nmessages,5", ListNote.NO_CUSTOMERS),
        ("customer,feature,Betrag\nacme,messages,5", ListNote.UNKNOWN_COLUMN),
        ("customer,amount,amount\nacme,5,6", ListNote.SAME_COLUMN),
        ("customer,feature,product,amount\nacme,messages,pro,6", ListNote.SAME_COLUMN),
        ("acme\x00,messages,5", ListNote.NOT_TEXT),
        (b"PK\x03\x04rest of a workbook", ListNote.WORKBOOK),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", ListNote.WORKBOOK),
        (b"\x89PNG\x81\x8d\x8f\xff", ListNote.NOT_TEXT),
        (b"\xff\xfe\x00\xd8\x00", ListNote.NOT_TEXT),
        (b"a\x00\x00\x00", ListNote.NOT_TEXT),
        ("a\n" * (MOST_LINES + 1), ListNote.TOO_MANY),
        ("é" * (MOST_BYTES // 2 + 1), ListNote.TOO_BIG),
        (b"a" * (MOST_BYTES + 1), ListNote.TOO_BIG),
    ],
)
def test_unusable_list_is_refused_as_a_whole(content: bytes | str, code: ListNote) -> None:
    assert refusal_of_list(content, FULL) is code


def test_first_line_that_only_looks_like_a_header_is_a_line() -> None:
    assert read_lines("acme,units,5") == (line(1, "acme", "units", "5"),)
    # A header in words unknown to Maple is a wrong line.
    assert wrong_codes("Kunde,Funktion,Betrag\nacme,messages,5") == [(1, LineNote.NOT_AN_AMOUNT)]
    assert wrong_codes('"acme\nbeta,messages,5') == [(1, ListNote.QUOTES)]


def test_longest_list_is_accepted() -> None:
    text = "customer\n" + "".join(f"cus_{number}\n" for number in range(MOST_LINES))
    assert len(read_lines(text, FULL)) == MOST_LINES


PIECES = [
    "acme",
    *',;\t"\n\r\x00\ufeffé ',
    "5k",
    "1.000",
    "=1",
    "customer",
    "amount",
    "give",
    "reset",
    "2027-01-01",
    "kind",
    "entity",
    "refund",
    "cancel",
    "grant",
]
LIKELY = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200), LIKELY, LIKELY.map(str.encode)))
@example(b"\xff\xfe")
@example("\ud800")
def test_any_content_is_parsed_or_refused_with_reasons(content: bytes | str) -> None:
    for for_all in (NOTHING, FULL):
        answer = parsing.read(content, for_all)
        if isinstance(answer, Note):
            assert notes.plain(answer)
            assert notes.mrkdwn(answer)
            continue
        numbers = sorted([line.number for line in answer.lines] + [wrong.number for wrong in answer.problems])
        assert numbers == sorted(set(numbers))
        assert len(numbers) <= MOST_LINES
        for line in answer.lines:
            assert line.customer
            reader = LineReader(line.cells)
            registry.line_form(line.kind).read(reader)
            assert not reader.wrong
        for wrong in answer.problems:
            assert wrong.notes
            assert all(notes.plain(note) and notes.mrkdwn(note) for note in wrong.notes)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-zA-Z0-9_:-]{1,20}", fullmatch=True),
            st.from_regex(r"[a-z_]{1,12}", fullmatch=True),
            st.integers(0, 10**12),
            st.sampled_from([GIVE, SET]),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(",;\t"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_written_list_is_parsed_back(
    rows: list[tuple[str, str, int, BalanceAction]], separator: str, encoding: str
) -> None:
    written = [["action", "customer", "amount", "feature"]]
    written += [[action, customer, str(amount), feature] for customer, feature, amount, action in rows]
    content = "\n".join(separator.join(cells) for cells in written).encode(encoding)
    assert read_lines(content) == tuple(
        ReadValues(number, customer, feature, Decimal(amount), action)
        for number, (customer, feature, amount, action) in enumerate(rows, 2)
    )
