import asyncio
import html
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.autumn.errors import Refused, TimedOut, Unavailable
from bot.autumn.models import Customer
from bot.lookups.find.card import Found, NoMatch, SeveralMatches, SingleMatch
from bot.lookups.find.query import readings
from bot.lookups.find.search import MOST_SUGGESTED, Suggested, contains, find, search, suggest
from bot.lookups.find.typeahead import Typeahead
from handlers.parsing import FindCommand, parse
from tests.autumn.scripted import Answer, ReceivedRequest, Scripted, error, hang, listing, ok, recorded
from tests.examples import examples

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def person(customer_id: str | None, name: str | None = None, email: str | None = None) -> dict[str, Any]:
    return {"id": customer_id, "name": name, "email": email}


ACME = person("cus_acme", "Acme", "Billing@acme.com")
ACME_EU = person("cus_acme_eu", "Acme Europe", "eu@acme.com")
ADA = person("ada.lovelace", "Ada", "ada@example.com")
ADA_AGAIN = person("cus_ada", "Ada L.", "ADA@example.com")
ADAM = person("cus_adam", "Adam", "teacher-of-ada@example.com")
NOBODYS = person(None, "No Id", "noid@example.com")
EVERYONE = [ACME, ACME_EU, ADA, ADA_AGAIN, ADAM, NOBODYS]


def autumn_with(customers: Sequence[dict[str, Any]], page: int = 100) -> Scripted:
    """Finds as Autumn does: a customer by id, or by a search with wildcards, page by page."""

    async def get(request: ReceivedRequest) -> httpx.Response:
        customer_id = request.body["customer_id"]
        match = next((customer for customer in customers if customer["id"] == customer_id), None)
        return ok(match) if match else recorded("unknown customer")

    async def list_(request: ReceivedRequest) -> httpx.Response:
        like = re.compile(
            "".join(
                {"%": ".*", "_": "."}.get(char, re.escape(char))
                for char in request.body.get("search", "").strip()
            ),
            re.IGNORECASE | re.DOTALL,
        )
        matching = [
            customer
            for customer in customers
            if any(like.search(customer[name] or "") for name in ("id", "name", "email"))
        ]
        start = int(request.body["start_cursor"] or 0)
        end = start + min(page, request.body["limit"])
        return listing(*matching[start:end], cursor=str(end) if end < len(matching) else None)

    return Scripted({"customers.get": get, "customers.list": list_})


async def find_in(query: str, customers: Sequence[dict[str, Any]] = EVERYONE) -> tuple[Found, Scripted]:
    script = autumn_with(customers)
    client = script.client()
    try:
        return await find(client, query, now=lambda: NOW), script
    finally:
        await client.aclose()


def ids_of(answer: Found) -> list[str | None]:
    match answer:
        case SingleMatch(customer_id):
            return [customer_id]
        case SeveralMatches(matches=matches):
            return [customer.id for customer in matches]
        case NoMatch():
            return []


@pytest.mark.parametrize(
    ("query", "kind", "ids"),
    [
        pytest.param("cus_acme", SingleMatch, ["cus_acme"], id="an id"),
        pytest.param("  cus_acme\n", SingleMatch, ["cus_acme"], id="space around it"),
        pytest.param("ada.lovelace", SingleMatch, ["ada.lovelace"], id="an id of the old kind"),
        pytest.param("billing@ACME.com", SingleMatch, ["cus_acme"], id="an email, any case"),
        pytest.param("eu@acme.com", SingleMatch, ["cus_acme_eu"], id="an email"),
        pytest.param(
            "ada@example.com", SeveralMatches, ["ada.lovelace", "cus_ada"], id="one email, two customers"
        ),
        pytest.param("acme", SingleMatch, ["cus_acme"], id="a whole name beats a part of others"),
        pytest.param("ACME EUR", SingleMatch, ["cus_acme_eu"], id="a part of one"),
        pytest.param("acme.com", SeveralMatches, ["cus_acme", "cus_acme_eu"], id="a part of several"),
        pytest.param("noid@example.com", SeveralMatches, [None], id="found, but cannot be opened"),
        pytest.param("a_a", NoMatch, [], id="no wildcard meant"),
        pytest.param("zzz", NoMatch, [], id="nobody"),
        pytest.param("zzz zzz", NoMatch, [], id="nobody of two words"),
        pytest.param(" \t ", NoMatch, [], id="nothing typed"),
    ],
)
async def test_query_finds_the_customer_it_means(
    query: str, kind: type[Found], ids: list[str | None]
) -> None:
    answer, _ = await find_in(query)
    assert isinstance(answer, kind)
    assert ids_of(answer) == ids


async def test_id_takes_one_call_and_keeps_the_answer() -> None:
    answer, script = await find_in("cus_acme")
    assert isinstance(answer, SingleMatch)
    assert answer.customer == Customer(id="cus_acme", name="Acme", email="Billing@acme.com")
    assert script.routes == ["customers.get"]


async def test_internal_id_opens_a_customer_without_an_id() -> None:
    script = Scripted({"customers.get": ok({"id": None, "name": "No Id"})})
    client = script.client()
    answer = await find(client, "cus_3MTbwk")
    assert answer == SingleMatch("cus_3MTbwk", Customer(name="No Id"))
    await client.aclose()


async def test_blank_query_makes_no_call() -> None:
    script = autumn_with(EVERYONE)
    client = script.client()
    assert await find(client, "") == NoMatch("")
    assert await search(client, "  ") == NoMatch("")
    assert await suggest(client, " ") == Suggested()
    assert script.received == []
    await client.aclose()


async def test_long_query_is_cut() -> None:
    answer, script = await find_in("x" * 5000)
    assert answer == NoMatch("x" * 200)
    assert {len(call.body.get("search", "")) for call in script.received} <= {0, 200}


async def test_invalid_id_is_searched_for() -> None:
    script = Scripted({"customers.get": error(400, "invalid_inputs"), "customers.list": listing(ACME)})
    client = script.client()
    assert await find(client, "acme") == SingleMatch("cus_acme")
    await client.aclose()


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"customers.get": error(500)}, Unavailable),
        ({"customers.get": error(418)}, Refused),
        ({"customers.get": recorded("unknown customer"), "customers.list": error(500)}, Unavailable),
    ],
)
async def test_error_is_not_reported_as_no_match(answers: dict[str, Answer], kind: type[Exception]) -> None:
    client = Scripted({**answers}).client()
    with pytest.raises(kind):
        await find(client, "acme")
    await client.aclose()


MANY = [person(f"cus-{number}", f"Person {number}", f"{number}@example.com") for number in range(250)]


async def test_more_matches_than_listed_are_reported() -> None:
    answer, script = await find_in("example", MANY)
    assert isinstance(answer, SeveralMatches)
    assert (len(answer.matches), answer.more, answer.read_at) == (100, True, NOW)
    assert script.routes == ["customers.get", "customers.list"]


async def test_whole_name_is_not_unique_while_there_are_more_matches() -> None:
    twins = [person("cus-a", "Person"), *MANY, person("cus-b", "Person")]
    answer, _ = await find_in("person", twins)
    assert isinstance(answer, SeveralMatches)


async def test_wildcard_matches_are_filtered_page_by_page() -> None:
    hundred = [*MANY, person("cus_100%", "100% Fun")]
    answer, script = await find_in("100%", hundred)
    assert ids_of(answer) == ["cus_100%"]
    everyone, script = await find_in("%", hundred)
    assert ids_of(everyone) == ["cus_100%"]
    assert script.routes == ["customers.list"] * 3


async def test_search_with_wildcards_ends() -> None:
    answer, script = await find_in("%", MANY * 2)
    assert answer == SeveralMatches("%", (), True, NOW)
    assert script.routes == ["customers.list"] * 3


async def test_matches_beyond_a_page_with_wildcards_are_counted() -> None:
    answer, _ = await find_in("_", [person(f"cus_{number}") for number in range(150)] + [person("x")])
    assert isinstance(answer, SeveralMatches)
    assert (len(answer.matches), answer.more) == (100, True)


async def test_search_lists_a_single_match() -> None:
    client = autumn_with(EVERYONE).client()
    answer = await search(client, "cus_acme_eu", now=lambda: NOW)
    assert ids_of(answer) == ["cus_acme_eu"]
    assert isinstance(await search(client, "acme"), SeveralMatches)
    await client.aclose()


async def test_every_suggestion_can_be_opened() -> None:
    client = autumn_with([*EVERYONE, *MANY]).client()
    assert [customer.id for customer in (await suggest(client, " EXAMPLE.com")).customers][:3] == [
        "ada.lovelace",
        "cus_ada",
        "cus_adam",
    ]
    assert (await suggest(client, "No Id")).customers == ()
    assert len((await suggest(client, "person")).customers) == 100
    await client.aclose()


async def test_slow_suggestions_time_out() -> None:
    client = Scripted({"customers.list": hang}).client()
    with pytest.raises(TimedOut):
        await suggest(client, "acme", within=0.01)
    await client.aclose()


async def test_most_likely_match_comes_first() -> None:
    customers = [
        person("cus_1", "The Acme Shop"),
        person("cus_2", "Other", "x@acme.com"),
        person("cus_3", "Acme Europe"),
        person("cus_4", "Acme"),
        person("cus_5", "Another", "acme"),
        person("acme", "Yet Another"),
    ]
    client = autumn_with(customers).client()
    ordered = ["acme", "cus_5", "cus_4", "cus_3", "cus_2", "cus_1"]
    assert ids_of(await search(client, "acme")) == ordered
    assert [customer.id for customer in (await suggest(client, "acme")).customers] == ordered
    await client.aclose()


WORSE = person("cus_worse", "Somebody", "x@example.com")


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        pytest.param("acme", {"id": "acme"}, {"email": "acme"}, id="exact id before exact email"),
        pytest.param("acme", {"id": "acme"}, {"name": "Acme"}, id="exact id before exact name"),
        pytest.param(
            "a@acme.com", {"email": "A@acme.com"}, {"name": "a@acme.com"}, id="exact email before exact name"
        ),
        pytest.param(
            "a@acme.com",
            {"email": "a@acme.com"},
            {"email": "ana.a@acme.com"},
            id="exact email before its end",
        ),
        pytest.param("acme", {"name": "ACME"}, {"name": "Acme Ltd"}, id="exact name before its beginning"),
        pytest.param("acme", {"name": "Acme Ltd"}, {"email": "x@acme.com"}, id="name prefix before domain"),
        pytest.param("acme", {"name": "Acme Ltd"}, {"name": "The Acme"}, id="name prefix before its end"),
        pytest.param("acme", {"email": "x@acme.com"}, {"name": "The Acme"}, id="domain before name's end"),
        pytest.param("@acme", {"email": "x@acme.com"}, {"name": "The @acme"}, id="domain with its sign"),
        pytest.param("acme", {"email": "x@acme.com"}, {"email": "acme@x.com"}, id="domain before mailbox"),
        pytest.param("acme", {"email": "x@acme.com"}, {"id": "cus_acme"}, id="domain before id's part"),
        pytest.param("o'brien", {"name": "O’Brien & Sons"}, {"name": "The O'Brien"}, id="other quotes"),
        pytest.param("café", {"name": "Cafe\u0301 Zoë"}, {"name": "The Café"}, id="accents in two pieces"),
        pytest.param("“acme”", {"name": "Acme Ltd"}, {"name": "The Acme"}, id="quotes around it"),
    ],
)
async def test_better_match_comes_first(typed: str, better: dict[str, str], worse: dict[str, str]) -> None:
    first, second = {**WORSE, "id": "cus_better", **better}, {**WORSE, **worse}
    client = autumn_with([second, first]).client()
    ordered = [first["id"], second["id"]]
    assert ids_of(await search(client, typed)) == ordered
    assert [customer.id for customer in (await suggest(client, typed)).customers] == ordered
    await client.aclose()


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("Acmee", ["cus_acme", "cus_acme_eu"]),
        ("acme eurpe", ["cus_acme_eu"]),
        ("cus_acne", ["cus_acme"]),
        ("teacher-of-adda", ["cus_adam"]),
        ("ade", []),
        ("acorn", []),
    ],
)
async def test_mistyped_name_suggests_similar_customers(typed: str, near: list[str]) -> None:
    answer, _ = await find_in(typed)
    assert isinstance(answer, NoMatch)
    assert [customer.id for customer in answer.near] == near
    client = autumn_with(EVERYONE).client()
    assert await search(client, typed) == answer
    suggested = await suggest(client, typed)
    assert (suggested.customers, suggested.near) == ((), answer.near)
    await client.aclose()


async def test_similar_customers_are_left_out_when_unreadable() -> None:
    async def list_(request: ReceivedRequest) -> httpx.Response:
        return listing() if request.body["search"] == "zzzz" else httpx.Response(500)

    client = Scripted({"customers.list": list_, "customers.get": recorded("unknown customer")}).client()
    assert await find(client, "zzzz") == NoMatch("zzzz")
    await client.aclose()


LETTERS = st.text("aAb%_\\ @.-:ß", max_size=6)
PEOPLE = st.lists(
    st.builds(person, st.none() | LETTERS.filter(bool), st.none() | LETTERS, st.none() | LETTERS),
    max_size=8,
    unique_by=lambda customer: customer["id"],
)


@examples(150)
@given(query=LETTERS, customers=PEOPLE)
def test_matches_contain_the_query(query: str, customers: list[dict[str, Any]]) -> None:
    answer, script = asyncio.run(find_in(query, customers))
    assert set(script.routes) <= {"customers.get", "customers.list"}
    texts = readings(query)
    by_id = {customer["id"]: Customer.model_validate(customer) for customer in reversed(customers)}
    everyone = [Customer.model_validate(customer) for customer in customers]
    match answer:
        case SingleMatch(customer_id):
            assert any(contains(by_id[customer_id], text) for text in texts)
        case SeveralMatches(query=text, matches=matches):
            assert text in texts
            assert all(contains(customer, text) for customer in matches)
        case NoMatch(text):
            assert text == query.strip()
            assert not any(contains(customer, text) for customer in everyone for text in texts)


PIECES = st.lists(
    st.sampled_from(
        [
            "Acme",
            "Acme Ltd",
            "Éclair",
            "E\u0301clair",
            "O’Brien",
            "billing@acme.com",
            "@acme.com",
            "cus_1",
            "a_a",
        ]
    )
    | LETTERS,
    min_size=1,
    max_size=2,
).map(" ".join)
STRIPE_IDS = st.sampled_from(["cus_NffrFeUfNV2Hib", "cus_NffrFeUfNV2Hia"])
COMPANIES = st.lists(
    st.builds(
        lambda own, stripe_id: {**own, "stripe_id": stripe_id},
        st.builds(person, st.none() | PIECES.filter(str.strip), st.none() | PIECES, st.none() | PIECES),
        st.none() | STRIPE_IDS,
    ),
    max_size=6,
    unique_by=lambda customer: customer["id"],
)
WRAPPED = st.sampled_from(
    ["{}", "“{}”", "({}).", "<{}>", "mailto:{}", "https://app.useautumn.com/customers/{}", "{}e", "x{}"]
)


@examples(200)
@given(
    wrapping=WRAPPED,
    named=PIECES | STRIPE_IDS,
    customers=COMPANIES,
    misspell=st.booleans(),
    page=st.sampled_from([1, 2, 100]),
)
@example("{}", "cus_NffrFeUfNV2Hib", [{**ACME, "stripe_id": "cus_NffrFeUfNV2Hib"}], False, 100)
@example("{}", "Acme Ltd", [person("cus_1", "Acme Ltd")], True, 100)
@example("{}", "a_a", [person("1", "aba"), person("2", "aba"), person("3", "a_a")], False, 1)
def test_select_offers_the_customers_the_command_finds(
    wrapping: str, named: str, customers: list[dict[str, Any]], misspell: bool, page: int
) -> None:
    """Every customer the command opens, lists or suggests is offered, up to the select's limit."""
    typed = wrapping.format(f"{named[:4]}x{named[4:]}" if misspell else named)

    async def both() -> tuple[set[str | None], set[str | None]]:
        client = autumn_with(customers, page).client()
        typeahead = Typeahead(client, patience=5, pasted_patience=5)
        try:
            offer = await typeahead.offer(typed)
            commanded = [await find(client, typed, now=lambda: NOW), await search(client, typed)]
        finally:
            await typeahead.aclose()
            await client.aclose()
        found_by_commands = {
            customer_id
            for answer in commanded
            for customer_id in (*ids_of(answer), *map(id_of, similar_customers(answer)))
        }
        return found_by_commands, {customer.id for customer in offer.customers}

    by_command, offered = asyncio.run(both())
    assert by_command - {None} <= offered or len(offered) >= MOST_SUGGESTED


def similar_customers(answer: Found) -> tuple[Customer, ...]:
    return answer.near if isinstance(answer, NoMatch) else ()


def id_of(customer: Customer) -> str | None:
    return customer.id


LINK = "https://app.useautumn.com/sandbox/customers/cus_acme"
STRIPE = "https://dashboard.stripe.com/acct_1AbC/test/customers/cus_NffrFeUfNV2Hib"
PASTED = [
    pytest.param("Acme Billing <Billing@acme.com>", id="a From line"),
    pytest.param("Acme Billing &lt;billing@acme.com&gt;", id="a From line, escaped"),
    pytest.param("&lt;<mailto:billing@acme.com|billing@acme.com>&gt;", id="a From line, linked by Slack"),
    pytest.param("(billing@acme.com)", id="in brackets"),
    pytest.param("[billing@acme.com]", id="in square brackets"),
    pytest.param("mailto:billing@acme.com", id="mailto"),
    pytest.param("<mailto:billing@acme.com>", id="a link of Slack's without a text"),
    pytest.param("mailto:billing@acme.com?subject=Invoice", id="mailto with a subject"),
    pytest.param("billing@acme.com.", id="full stop"),
    pytest.param("cus_acme,", id="comma"),
    pytest.param("cus_acme;", id="semicolon"),
    pytest.param("\u200bcus_acme\u200b", id="zero-width spaces"),
    pytest.param("\u2068cus_acme\u2069", id="isolates"),
    pytest.param("`cus_acme`", id="code"),
    pytest.param("“cus_acme”", id="quotes"),
    pytest.param(LINK, id="Autumn's dashboard"),
    pytest.param("https://app.useautumn.com/customers/cus_acme?tab=usage#top", id="the live dashboard"),
    pytest.param("https://app.useautumn.com/sandbox/eu/customers/cus_acme/", id="a named sandbox"),
    pytest.param(f"<{LINK}>", id="a link by Slack"),
    pytest.param(f"<{LINK}|Acme in Autumn>", id="a link with a text"),
    pytest.param(f"(see {LINK}).", id="a link in a sentence"),
    pytest.param(STRIPE, id="Stripe's dashboard"),
    pytest.param("cus_NffrFeUfNV2Hib", id="Stripe's id"),
]


@pytest.mark.parametrize("pasted", PASTED)
async def test_pasted_text_finds_its_customer(pasted: str) -> None:
    acme = {**ACME, "stripe_id": "cus_NffrFeUfNV2Hib"}
    answer, _ = await find_in(pasted, [*EVERYONE[1:], acme])
    assert isinstance(answer, SingleMatch), answer
    assert answer.customer_id == "cus_acme"


@pytest.mark.parametrize("pasted", PASTED)
async def test_typeahead_understands_pasted_text(pasted: str) -> None:
    client = autumn_with([{**ACME, "stripe_id": "cus_NffrFeUfNV2Hib"}, *EVERYONE[1:]]).client()
    assert [customer.id for customer in (await suggest(client, pasted)).customers][:1] == ["cus_acme"]
    await client.aclose()


async def test_typeahead_opens_a_link_with_an_internal_id() -> None:
    script = Scripted({"customers.list": listing(), "customers.get": ok(ACME)})
    client = script.client()
    link = "https://app.useautumn.com/customers/3MTbwkAutumnOwn"
    assert [customer.id for customer in (await suggest(client, link)).customers] == ["cus_acme"]
    await client.aclose()


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("O'Brien & Sons", "O’Brien"),
        ("O’Brien & Sons", "O'Brien"),
        ("Café Zoë", "Cafe\u0301 Zoe\u0308"),
        ("Cafe\u0301 Zoe\u0308", "Café Zoë"),
        ("한국 전력", unicodedata.normalize("NFD", "한국 전력")),
        ("Acme  Ltd", "Acme  Ltd"),
        ("Acme\u00a0Ltd", "Acme\u00a0Ltd"),
        ("Acme\u00a0Ltd", "Acme Ltd"),
        ("Acme Ltd", "Acme\u00a0Ltd"),
        ("Acme Ltd", "Acme   Ltd"),
        ("Acme – Berlin", "Acme – Berlin"),
        ("Acme - Berlin", "Acme – Berlin"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ශ්\u200dරී ලංකා", "ශ්\u200dරී ලංකා"),
        ("Family 👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ('"Balance Labs"', '"Balance Labs"'),
        ("Balance Labs", "“Balance Labs”"),
        ("A &amp; B", "A &amp; B"),
        ("<b>Bold</b>", "<b>Bold</b>"),
        ("Wait... What?!", "Wait... What?!"),
        ("mailto: Inc.", "mailto: Inc."),
        ("100%_\\o/", "100%_\\o/"),
    ],
)
async def test_name_is_found_however_it_is_typed(stored: str, typed: str) -> None:
    other_customers = [ADA, person("cus_wax", "W x", "a b"), person("cus_brien", "O Brien"), ACME_EU]
    answer, _ = await find_in(typed, [*other_customers, person("cus_1", stored)])
    assert isinstance(answer, SingleMatch), answer
    assert answer.customer_id == "cus_1"
    client = autumn_with([*other_customers, person("cus_1", stored)]).client()
    assert [customer.id for customer in (await suggest(client, typed)).customers] == ["cus_1"]
    await client.aclose()


NAMES = st.text(max_size=30).map(str.strip).filter(bool) | st.text(
    "Aeé\u0301'’\"“”.,;()<>&|@:/%_\\-– \u00a0\u200c\u200d\u200bل", min_size=1, max_size=12
).map(str.strip).filter(bool)


@examples(200)
@given(name=NAMES, other_customers=PEOPLE)
@example(name="a", other_customers=[person(":", email="A")])
def test_stored_name_typed_as_stored_is_found(name: str, other_customers: list[dict[str, Any]]) -> None:
    holder = person("cus-with-this-name", name)
    customers = [*(candidate for candidate in other_customers if candidate["id"]), holder]
    wish = parse(f"find {html.escape(name, quote=False)}")
    # A name of nothing but quotes and invisible characters cannot be typed.
    assume(isinstance(wish, FindCommand))
    assert isinstance(wish, FindCommand)
    by_command, _ = asyncio.run(find_in(wish.query, customers))
    by_typeahead = asyncio.run(suggestions_for(name, customers))
    other_ids = {customer["id"] for customer in customers}
    assert name in other_ids or "cus-with-this-name" in ids_of(by_command)
    assert "cus-with-this-name" in by_typeahead


async def suggestions_for(typed: str, customers: Sequence[dict[str, Any]]) -> list[str | None]:
    client = autumn_with(customers).client()
    try:
        return [customer.id for customer in (await suggest(client, typed)).customers]
    finally:
        await client.aclose()


async def test_stripe_search_reads_customers_up_to_a_limit() -> None:
    async def list_(request: ReceivedRequest) -> httpx.Response:
        if "search" in request.body:
            return listing()
        return listing(*[person(f"cus-{number}") for number in range(3)], cursor="more")

    script = Scripted({"customers.get": recorded("unknown customer"), "customers.list": list_})
    client = script.client()
    answer = await find(client, STRIPE)
    assert isinstance(answer, NoMatch)
    assert answer.compared == 30
    pages = [
        request
        for request in script.received
        if request.route == "customers.list" and "search" not in request.body
    ]
    assert len(pages) == 10
    await client.aclose()


async def test_unknown_stripe_id_has_no_match() -> None:
    answer, _ = await find_in("cus_NffrFeUfNV2Hib")
    assert answer == NoMatch("cus_NffrFeUfNV2Hib")


async def test_search_reads_pasted_text_too() -> None:
    client = autumn_with([*EVERYONE, *MANY, *MANY]).client()
    assert ids_of(await search(client, "Somebody <eu@acme.com>")) == ["cus_acme_eu"]
    assert await search(client, "“nobody”") == NoMatch("“nobody”")
    assert await search(client, "%", now=lambda: NOW) == SeveralMatches("%", (), True, NOW)
    await client.aclose()
