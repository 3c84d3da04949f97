"""A search's matches, and the look-up form."""

from bot.autumn.models import Customer
from bot.kit import ids
from bot.lookups.find import card as find_card
from bot.lookups.find import words
from bot.lookups.find import words as find_words
from bot.lookups.find.card import Search, SeveralMatches
from bot.lookups.place import Place
from sandbox.slack.blocks import check
from tests.kit import checks
from tests.lookups.drawing import PLACE
from tests.lookups.samples import NOW, customer


def several_matches(*matches: Customer, truncated: bool = False, query: str = "acme") -> SeveralMatches:
    return SeveralMatches(query, matches, truncated, NOW)


def test_match_opens_in_place() -> None:
    card = find_card.matches(
        several_matches(customer(), customer(id="cus_2", name="", email="*b*@x.com", subscriptions=[]))
    )
    card_text = checks.fitting_text(card)
    assert "*2 customers match `acme`*" in card_text
    assert "Acme Ltd\nops@acme.com · cus_1 · Pro · sandbox" in card_text
    assert "*b*@x.com\ncus_2 · sandbox" in card_text
    opened = [
        element for element in checks.elements(card.blocks) if element["action_id"].startswith(f"{ids.GO}:")
    ]
    assert [Place.decode(element["value"]) for element in opened] == [PLACE, Place(customer="cus_2")]


def test_unopenable_matches_say_why() -> None:
    card_text = checks.fitting_text(
        find_card.matches(several_matches(customer(id=None), customer(id="x" * 2500)))
    )
    assert words.NO_ID_TO_OPEN in card_text
    assert words.ID_TOO_LONG_TO_OPEN in card_text


def test_matches_are_paged() -> None:
    holder = several_matches(
        *[customer(id=f"cus_{index}") for index in range(25)], truncated=True, query="a*<!here>"
    )
    first = find_card.matches(holder)
    assert "*More than 25 customers match `a*&lt;!here&gt;`*" in checks.fitting_text(first)
    assert "Page 1 of 3 · 15 left" in checks.fitting_text(first)
    assert words.matches_more(25) in checks.fitting_text(first)
    following = Search.decode(checks.buttons(first)["Next"])
    assert following == Search(query="a*<!here>", page=1)
    second = checks.buttons(find_card.matches(holder, page=1))
    assert Search.decode(second["Previous"]) == Search(query="a*<!here>")
    invoices = checks.buttons(find_card.matches(holder, opens=Place(customer="", part="invoices")))
    assert Search.decode(invoices["Next"]).part == "invoices"
    assert Place.decode(invoices["Open"]).part == "invoices"
    last = checks.buttons(find_card.matches(holder, page=9))
    assert "Next" not in last
    assert "1 customer matches" in checks.fitting_text(find_card.matches(several_matches(customer())))


def test_query_too_long_for_buttons_has_none() -> None:
    holder = several_matches(*[customer()] * 12, query="q" * 2500)
    card = find_card.matches(holder)
    assert "Next" not in checks.buttons(card)
    checks.fitting_text(card)


def test_no_match_says_what_was_searched() -> None:
    card_text = checks.fitting_text(find_card.nobody("<@U1> *x*"))
    assert "*No customer found for `&lt;@U1&gt; *x*`*" in card_text
    assert "Nothing was created." in card_text
    assert "found for –" in checks.fitting_text(find_card.nobody(" "))


def test_no_match_lists_comparisons_and_suggests_a_command() -> None:
    card_text = checks.fitting_text(find_card.nobody("cus_1", compared=5000, meant="products acme"))
    assert find_words.stripe_ids_compared(5000) in card_text
    assert "Did you mean `/autumn products acme`?" in card_text
    assert "match –" in checks.fitting_text(
        find_card.matches(several_matches(customer(), customer(id="c"), query=""))
    )


def test_look_up_form_offers_customers_and_tabs() -> None:
    view = find_card.look_up_modal()
    assert check.view_problems(view) == []
    picker, part = (block["element"] for block in view["blocks"])
    assert (picker["action_id"], picker["min_query_length"]) == (ids.PICK_CUSTOMER, 2)
    assert [option["value"] for option in part["options"]] == [
        "overview",
        "products",
        "features",
        "invoices",
        "events",
        "entities",
    ]
    assert part["initial_option"]["value"] == "overview"
