import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.changes.model import Kind
from bot.lookups.find.query import readings
from bot.lookups.place import Part
from handlers.parsing import (
    CHANGES,
    HISTORY,
    PARTS,
    Change,
    Digests,
    Find,
    Help,
    History,
    Incomplete,
    LookUp,
    NoDays,
    Upcoming,
    Wish,
    mistyped,
    parse,
)

SUBS = {"find", HISTORY, *PARTS, *CHANGES}


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", Help()),
        ("   ", Help()),
        ("help", Help()),
        ("HELP me please", Help()),
        ("“help”", LookUp("“help”")),
        ("``", Help()),
        ("cus_1", LookUp("cus_1")),
        ("  cus_1\u00a0", LookUp("cus_1")),
        ("\u200bcus_1\u200b", LookUp("\u200bcus_1\u200b")),
        ("\u200bproducts cus_1", LookUp("cus_1", Part.PRODUCTS)),
        ("`cus_1`", LookUp("cus_1")),
        ("“Acme Ltd”", LookUp("“Acme Ltd”")),
        ("«Acme   Ltd»", LookUp("«Acme   Ltd»")),
        ('"Balance Labs"', LookUp('"Balance Labs"')),
        ("“History Channel”", LookUp("“History Channel”")),
        ('products "Features Ltd"', LookUp('"Features Ltd"', Part.PRODUCTS)),
        ("`balance acme`", Change(Kind.BALANCE, "acme")),
        ("history channel", History("channel")),
        ("'acme'", LookUp("'acme'")),
        ("O'Brien & Sons", LookUp("O'Brien & Sons")),
        ("O'Brien &amp; Sons", LookUp("O'Brien & Sons")),
        ("&lt;b&gt;", LookUp("<b>")),
        ("<mailto:ana@acme.test|ana@acme.test>", LookUp("ana@acme.test")),
        ("<mailto:ana@acme.test>", LookUp("mailto:ana@acme.test")),
        ("Ana &lt;<mailto:ana@acme.test|ana@acme.test>&gt;", LookUp("Ana <ana@acme.test>")),
        ("`<mailto:ana@acme.test|ana@acme.test>`", LookUp("ana@acme.test")),
        ("<http://acme.test|acme.test>", LookUp("acme.test")),
        ("<https://acme.test>", LookUp("https://acme.test")),
        ("<tel:+4930123|+49 30 123>", LookUp("+49 30 123")),
        ("products cus_1", LookUp("cus_1", Part.PRODUCTS)),
        ("Features Acme Ltd", LookUp("Acme Ltd", Part.FEATURES)),
        ("invoices “Acme Ltd”", LookUp("“Acme Ltd”", Part.INVOICES)),
        ("events <mailto:a@b.c|a@b.c>", LookUp("a@b.c", Part.EVENTS)),
        ("products", Incomplete("products")),
        ("EVENTS  ", Incomplete("events")),
        ('features ""', Incomplete("features")),
        ("find", Incomplete("find")),
        ("find acme", Find("acme")),
        ("find help", Find("help")),
        ("find products", Find("products")),
        ("digest", Digests()),
        ("Digests", Digests()),
        ("digest new", Digests()),
        ("find digest", Find("digest")),
        ("upcoming", Upcoming(7)),
        ("upcoming 1", Upcoming(1)),
        ("UPCOMING 31", Upcoming(31)),
        ("upcoming 14 days", Upcoming(14)),
        ("upcoming `3d`", Upcoming(3)),
        ("upcoming 0", NoDays("0")),
        ("upcoming 32", NoDays("32")),
        ("upcoming -1", NoDays("-1")),
        ("upcoming 1.5", NoDays("1.5")),
        ("upcoming ٣", NoDays("٣")),
        ("upcoming 99999", NoDays("99999")),
        ("upcoming acme", NoDays("acme")),
        ("product cus_1", LookUp("product cus_1")),
        ("overview cus_1", LookUp("overview cus_1")),
        ("helper", LookUp("helper")),
        ("مرحبا", LookUp("مرحبا")),
    ],
)
def test_what_people_type(text: str, wish: Wish) -> None:
    assert parse(text) == wish


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_anything_can_be_typed(text: str) -> None:
    match parse(text):
        case LookUp(query) | Find(query):
            assert query
            assert query == query.strip()
        case Incomplete(sub):
            assert sub in SUBS
        case Help():
            pass


@settings(max_examples=100, deadline=None)
@given(
    st.from_regex(r"[a-zA-Z0-9_:-]{1,40}", fullmatch=True),
    st.sampled_from([part for part in Part if part not in (Part.OVERVIEW, Part.FEATURE)]),
    st.sampled_from(["{}", "  {} ", "`{}`", "“{}”", "{}\u200b"]),
)
def test_id_after_sub_command_is_among_its_readings(customer: str, part: Part, around: str) -> None:
    wish = parse(f"{part} {around.format(customer)}")
    assert isinstance(wish, LookUp)
    assert wish.part is part
    assert customer in readings(wish.query)


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("prodcts acme", "products acme"),
        ("Invoice  Acme Ltd", "invoices Acme Ltd"),
        ("balence acme 500", "balance acme 500"),
        ("prodcts", ""),
        ("acme ltd", ""),
        ("find acme", "find acme"),
    ],
)
def test_mistyped_sub_command_is_recognized(query: str, meant: str) -> None:
    assert mistyped(query) == meant
