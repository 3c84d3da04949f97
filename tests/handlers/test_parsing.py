from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes.balance import words as balance_words
from bot.lookups import registry
from bot.lookups.check import words as check_words
from bot.lookups.find.query import readings
from handlers.parsing import (
    AlertsCommand,
    BulkCommand,
    ChangeCommand,
    Command,
    DigestsCommand,
    FindCommand,
    HelpCommand,
    HistoryCommand,
    Incomplete,
    ListCommand,
    LookUpCommand,
    MisreadCommand,
    NoDays,
    SentenceCommand,
    UpcomingCommand,
    mistyped,
    parse,
    sub_commands,
)
from tests.examples import examples

SUBS = set(sub_commands())


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", HelpCommand()),
        ("   ", HelpCommand()),
        ("help", HelpCommand()),
        ("HELP me please", HelpCommand()),
        ("“help”", LookUpCommand("“help”")),
        ("``", HelpCommand()),
        ("cus_1", LookUpCommand("cus_1")),
        ("  cus_1\u00a0", LookUpCommand("cus_1")),
        ("\u200bcus_1\u200b", LookUpCommand("\u200bcus_1\u200b")),
        ("\u200bproducts cus_1", LookUpCommand("cus_1", "products")),
        ("`cus_1`", LookUpCommand("cus_1")),
        ("“Acme Ltd”", LookUpCommand("“Acme Ltd”")),
        ("«Acme   Ltd»", LookUpCommand("«Acme   Ltd»")),
        ('"Balance Labs"', LookUpCommand('"Balance Labs"')),
        ("“History Channel”", LookUpCommand("“History Channel”")),
        ('products "Features Ltd"', LookUpCommand('"Features Ltd"', "products")),
        ("`balance acme`", ChangeCommand("balance", "acme")),
        ("history channel", HistoryCommand("channel")),
        ("check", Incomplete("check")),
        ("check acme", LookUpCommand("acme", "check")),
        ("acme check", LookUpCommand("acme", "check", whole="acme check")),
        (
            "check Acme Ltd 5k messages",
            LookUpCommand("Acme Ltd", "check", feature="messages", units=Decimal(5000)),
        ),
        ("check 2.5 tokens to acme", LookUpCommand("acme", "check", feature="tokens", units=Decimal("2.5"))),
        ("check acme 0 messages", MisreadCommand(check_words.USAGE, check_words.MORE_THAN_NOTHING)),
        ("'acme'", LookUpCommand("'acme'")),
        ("O'Brien & Sons", LookUpCommand("O'Brien & Sons")),
        ("O'Brien &amp; Sons", LookUpCommand("O'Brien & Sons")),
        ("&lt;b&gt;", LookUpCommand("<b>")),
        ("<mailto:ana@acme.test|ana@acme.test>", LookUpCommand("ana@acme.test")),
        ("<mailto:ana@acme.test>", LookUpCommand("mailto:ana@acme.test")),
        ("Ana &lt;<mailto:ana@acme.test|ana@acme.test>&gt;", LookUpCommand("Ana <ana@acme.test>")),
        ("`<mailto:ana@acme.test|ana@acme.test>`", LookUpCommand("ana@acme.test")),
        ("<http://acme.test|acme.test>", LookUpCommand("acme.test")),
        ("<https://acme.test>", LookUpCommand("https://acme.test")),
        ("<tel:+4930123|+49 30 123>", LookUpCommand("+49 30 123")),
        ("products cus_1", LookUpCommand("cus_1", "products")),
        ("Features Acme Ltd", LookUpCommand("Acme Ltd", "features")),
        ("invoices “Acme Ltd”", LookUpCommand("“Acme Ltd”", "invoices")),
        ("events <mailto:a@b.c|a@b.c>", LookUpCommand("a@b.c", "events")),
        ("products", Incomplete("products")),
        ("EVENTS  ", Incomplete("events")),
        ('features ""', Incomplete("features")),
        ("find", Incomplete("find")),
        ("find acme", FindCommand("acme")),
        ("find help", FindCommand("help")),
        ("find products", FindCommand("products")),
        ("digest", DigestsCommand()),
        ("Digests", DigestsCommand()),
        ("digest new", DigestsCommand()),
        ("find digest", FindCommand("digest")),
        ("alerts", AlertsCommand()),
        ("bulk", BulkCommand()),
        ("Bulk ", BulkCommand()),
        ("bulk inc", LookUpCommand("bulk inc")),
        ("list", ListCommand("")),
        ("List “past-due trial”", ListCommand("past-due trial")),
        ("Alert", AlertsCommand()),
        ("upcoming", UpcomingCommand(7)),
        ("upcoming 1", UpcomingCommand(1)),
        ("UPCOMING 31", UpcomingCommand(31)),
        ("upcoming 14 days", UpcomingCommand(14)),
        ("upcoming `3d`", UpcomingCommand(3)),
        ("upcoming 0", NoDays("0")),
        ("upcoming 32", NoDays("32")),
        ("upcoming -1", NoDays("-1")),
        ("upcoming 1.5", NoDays("1.5")),
        ("upcoming ٣", NoDays("٣")),
        ("upcoming 99999", NoDays("99999")),
        ("upcoming acme", NoDays("acme")),
        ("product cus_1", LookUpCommand("cus_1", "products", whole="product cus_1")),
        ("acme features", LookUpCommand("acme", "features", whole="acme features")),
        *(
            row
            for sub, part in registry.commands().items()
            for row in (
                (f"{sub} Acme Ltd", LookUpCommand("Acme Ltd", part)),
                (f"Acme Ltd {sub}", LookUpCommand("Acme Ltd", part, whole=f"Acme Ltd {sub}")),
                (f"{sub.upper()} “Acme Ltd”", LookUpCommand("“Acme Ltd”", part)),
                (f"“Acme {sub}”", LookUpCommand(f"“Acme {sub}”")),
            )
            if sub != "check"
        ),
        *(
            row
            for sub, part in registry.commands().items()
            if sub.endswith("s")
            for singular in [sub.removesuffix("s")]
            for row in (
                (f"{singular} acme", LookUpCommand("acme", part, whole=f"{singular} acme")),
                (f"acme {singular}", LookUpCommand("acme", part, whole=f"acme {singular}")),
            )
        ),
        ("Acme Ltd  Invoice", LookUpCommand("Acme Ltd", "invoices", whole="Acme Ltd  Invoice")),
        ("“acme features”", LookUpCommand("“acme features”")),
        ("features", Incomplete("features")),
        ("feature", LookUpCommand("feature")),
        ("give acme 5k messages", SentenceCommand("balance", "acme", "give acme 5k messages")),
        ("SET acme messages to 5k", SentenceCommand("balance", "acme", "set acme messages to 5k")),
        ("reset acme messages on 1 Dec", SentenceCommand("balance", "acme", "reset acme messages on 1 Dec")),
        ("give acme", MisreadCommand(balance_words.GIVE_USAGE, balance_words.SAY_AMOUNT)),
        ("give", MisreadCommand(balance_words.GIVE_USAGE, balance_words.SAY_AMOUNT)),
        ("“give acme 5k”", LookUpCommand("“give acme 5k”")),
        ("overview cus_1", LookUpCommand("overview cus_1")),
        ("helper", LookUpCommand("helper")),
        ("مرحبا", LookUpCommand("مرحبا")),
    ],
)
def test_typed_text_is_parsed(text: str, wish: Command) -> None:
    assert parse(text) == wish


@examples(300)
@given(st.text(max_size=200))
def test_parsing_never_fails(text: str) -> None:
    match parse(text):
        case LookUpCommand(query) | FindCommand(query):
            assert query
            assert query == query.strip()
        case Incomplete(sub):
            assert sub in SUBS
        case HelpCommand():
            pass


@examples(100)
@given(
    st.from_regex(r"[a-zA-Z0-9_:-]{1,40}", fullmatch=True),
    st.sampled_from(list(registry.commands().values())),
    st.sampled_from(["{}", "  {} ", "`{}`", "“{}”", "{}\u200b"]),
)
def test_id_after_a_sub_command_is_among_its_readings(customer: str, part: str, around: str) -> None:
    wish = parse(f"{part} {around.format(customer)}")
    assert isinstance(wish, LookUpCommand)
    assert wish.part == part
    assert customer in readings(wish.query)


@pytest.mark.parametrize(
    ("query", "sub_command"),
    [
        ("prodcts acme", "products acme"),
        ("Invoice  Acme Ltd", "invoices Acme Ltd"),
        ("balence acme 500", "balance acme 500"),
        ("prodcts", ""),
        ("acme prodcts", "products acme"),
        ("Acme Ltd  fetures", "features Acme Ltd"),
        ("acme ltd", ""),
        ("find acme", "find acme"),
    ],
)
def test_mistyped_sub_command_is_recognized(query: str, sub_command: str) -> None:
    assert mistyped(query) == sub_command
