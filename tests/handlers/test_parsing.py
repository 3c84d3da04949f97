import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lookups.place import Part
from handlers.parsing import Digests, Find, Help, Incomplete, LookUp, NoDays, Upcoming, Wish, parse


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", Help()),
        ("   ", Help()),
        ("help", Help()),
        ("HELP me please", Help()),
        ("“help”", Help()),
        ("``", Help()),
        ("cus_1", LookUp("cus_1")),
        ("  cus_1\u00a0", LookUp("cus_1")),
        ("\u200bcus_1\u200b", LookUp("cus_1")),
        ("`cus_1`", LookUp("cus_1")),
        ("“Acme Ltd”", LookUp("Acme Ltd")),
        ("«Acme   Ltd»", LookUp("Acme Ltd")),
        ("'acme'", LookUp("acme")),
        ("O'Brien & Sons", LookUp("O'Brien & Sons")),
        ("O'Brien &amp; Sons", LookUp("O'Brien & Sons")),
        ("&lt;b&gt;", LookUp("<b>")),
        ("<mailto:ana@acme.test|ana@acme.test>", LookUp("ana@acme.test")),
        ("<mailto:ana@acme.test>", LookUp("ana@acme.test")),
        ("`<mailto:ana@acme.test|ana@acme.test>`", LookUp("ana@acme.test")),
        ("<http://acme.test|acme.test>", LookUp("acme.test")),
        ("<https://acme.test>", LookUp("acme.test")),
        ("<tel:+4930123|+49 30 123>", LookUp("+49 30 123")),
        ("products cus_1", LookUp("cus_1", Part.PRODUCTS)),
        ("Features Acme Ltd", LookUp("Acme Ltd", Part.FEATURES)),
        ("invoices “Acme Ltd”", LookUp("Acme Ltd", Part.INVOICES)),
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
            assert "\u200b" not in query
        case Incomplete(sub):
            assert sub in {"find", "products", "features", "invoices", "events"}
        case Help():
            pass


@settings(max_examples=100, deadline=None)
@given(
    st.from_regex(r"[a-zA-Z0-9_:-]{1,40}", fullmatch=True),
    st.sampled_from([part for part in Part if part not in (Part.OVERVIEW, Part.FEATURE)]),
    st.sampled_from(["{}", "  {} ", "`{}`", "“{}”", "{}\u200b"]),
)
def test_an_id_after_a_sub_command_stays_as_it_is(customer: str, part: Part, around: str) -> None:
    assert parse(f"{part} {around.format(customer)}") == LookUp(customer, part)
