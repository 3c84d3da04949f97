"""Everything said besides a customer's card."""

from typing import Any

import pytest

from bot.autumn import errors
from bot.autumn.models import Customer, Organization
from bot.changes import registry
from bot.kit import blocks, ids, layout, surfaces
from bot.kit.card import Card
from bot.lookups import help as lookup_help
from bot.lookups import home as lookup_home
from bot.lookups import labels, names, trouble
from bot.lookups import options as lookup_options
from bot.lookups.find import card as find_card
from bot.lookups.find import modal, words
from bot.lookups.find import words as find_words
from bot.lookups.find.answer import SeveralMatches
from bot.lookups.find.card import Search
from bot.lookups.place import Place
from bot.lookups.trouble import Refusal
from sandbox.slack.blocks import check
from tests.kit import checks
from tests.lookups.samples import NOW, balance, customer, flag

PLACE = Place(customer="cus_1")


def said(card: Card) -> str:
    checks.fits(card)
    return checks.read(card.blocks)


# Searching


def several(*matches: Customer, more: bool = False, query: str = "acme") -> SeveralMatches:
    return SeveralMatches(query, matches, more, NOW)


def test_each_match_can_be_opened_in_place() -> None:
    card = find_card.matches(
        several(customer(), customer(id="cus_2", name="", email="*b*@x.com", subscriptions=[]))
    )
    shown = said(card)
    assert "*2 customers match `acme`*" in shown
    assert "Acme Ltd\nops@acme.com · cus_1 · Pro · sandbox" in shown
    assert "*b*@x.com\ncus_2 · sandbox" in shown
    opened = [one for one in checks.elements(card.blocks) if one["action_id"].startswith(f"{ids.GO}:")]
    assert [Place.decode(one["value"]) for one in opened] == [PLACE, Place(customer="cus_2")]


def test_matches_that_cannot_be_opened_say_why() -> None:
    shown = said(find_card.matches(several(customer(id=None), customer(id="x" * 2500))))
    assert words.NO_ID_TO_OPEN in shown
    assert words.ID_TOO_LONG_TO_OPEN in shown


def test_matches_come_in_pages() -> None:
    found = several(*[customer(id=f"cus_{index}") for index in range(25)], more=True, query="a*<!here>")
    first = find_card.matches(found)
    assert "*More than 25 customers match `a*&lt;!here&gt;`*" in said(first)
    assert "Page 1 of 3 · 15 left" in said(first)
    assert words.matches_more(25) in said(first)
    following = Search.decode(checks.buttons(first)["Next"])
    assert following == Search(query="a*<!here>", page=1)
    second = checks.buttons(find_card.matches(found, page=1))
    assert Search.decode(second["Previous"]) == Search(query="a*<!here>")
    invoices = checks.buttons(find_card.matches(found, part="invoices"))
    assert Search.decode(invoices["Next"]).part == "invoices"
    assert Place.decode(invoices["Open"]).part == "invoices"
    last = checks.buttons(find_card.matches(found, page=9))
    assert "Next" not in last
    assert "1 customer matches" in said(find_card.matches(several(customer())))


def test_a_query_too_long_for_buttons_has_none() -> None:
    found = several(*[customer()] * 12, query="q" * 2500)
    card = find_card.matches(found)
    assert "Next" not in checks.buttons(card)
    said(card)


def test_nobody_says_what_was_searched() -> None:
    shown = said(find_card.nobody("<@U1> *x*"))
    assert "*No customer found for `&lt;@U1&gt; *x*`*" in shown
    assert "Nothing was created." in shown
    assert "found for –" in said(find_card.nobody(" "))


def test_nobody_says_what_was_not_compared_and_what_was_perhaps_meant() -> None:
    shown = said(find_card.nobody("cus_1", compared=5000, meant="products acme"))
    assert find_words.stripe_ids_compared(5000) in shown
    assert "Did you mean `/autumn products acme`?" in shown
    assert "match –" in said(find_card.matches(several(customer(), customer(id="c"), query="")))


# Help


def test_help_lists_every_command() -> None:
    shown = said(lookup_help.help_card(registry.help_lines()))
    for sub in ("products", "features", "invoices", "events", "find", "help"):
        assert f"`/autumn {sub}" in shown


def test_hints_and_asking() -> None:
    assert "`/autumn products`" in said(lookup_help.usage_hint("products"))
    assert "`/autumn find`" in said(lookup_help.usage_hint("find"))
    assert "`/autumn upcoming` and a number from 1 to 31" in said(lookup_help.days_hint(31))
    assert said(lookup_help.still_waiting()) == labels.still_waiting()
    assert "`cus_1`" in said(lookup_help.still_waiting(PLACE))


# Trouble


@pytest.mark.parametrize(
    ("error", "what", "do"),
    [
        (errors.Unreachable(), labels.UNREACHABLE.what, "Try again in a minute."),
        (errors.TimedOut(), "Autumn did not answer in time.", "Try again in a minute."),
        (errors.Garbled(), labels.GARBLED.what, "your Maple admin"),
        (errors.Refused(status=400), "Autumn refused the request.", "Check what you requested."),
        (errors.Unauthorized(status=401), "didn't accept Maple's key", "python -m bot doctor"),
        (errors.Forbidden(status=403), "isn't allowed to read this", "missing permission"),
        (errors.Conflict(status=423), "busy with another change", "Try again in a minute."),
        (errors.RateLimited(status=429), "Autumn is limiting requests.", "Try again in a minute."),
        (errors.RateLimited(status=429, retry_after=0.2), "limiting", "Try again in 1 second."),
        (errors.RateLimited(status=429, retry_after=29.5), "limiting", "Try again in 30 seconds."),
        (errors.RateLimited(status=429, retry_after=1e9), "limiting", "Try again in 3,600 seconds."),
        (errors.Unavailable(status=503), labels.UNAVAILABLE.what, "Try again in a few minutes."),
        (errors.AutumnError(), "Something went wrong while asking Autumn.", "Try again"),
        (RuntimeError("secret"), labels.BROKEN.what, "the reference"),
    ],
)
def test_trouble_says_what_happened_and_what_to_do(error: Exception, what: str, do: str) -> None:
    card = trouble.trouble(error, reference="ab12", place=PLACE)
    shown = said(card)
    for part in (what, do, "Nothing was changed.", "Reference `ab12`"):
        assert part in shown
    assert "secret" not in shown
    assert Place.decode(checks.buttons(card)["Try again"]) == PLACE


def test_trouble_that_trying_again_cannot_help() -> None:
    gone = trouble.trouble(errors.NotFound(status=404), reference="", place=PLACE)
    assert "Autumn has no such customer." in said(gone)
    assert "Reference" not in said(gone)
    assert checks.buttons(gone) == {}
    for place in (None, Place(customer="x" * 3000)):
        assert checks.buttons(trouble.trouble(errors.TimedOut(), reference="x", place=place)) == {}


@pytest.mark.parametrize("reason", list(Refusal))
def test_refusals(reason: Refusal) -> None:
    shown = said(trouble.refused(reason))
    assert shown.startswith("*")
    assert trouble.trouble(reason, reference="") == trouble.refused(reason)


# Forms and the Home tab


def test_the_look_up_form() -> None:
    view = modal.look_up_modal()
    assert check.view_problems(view) == []
    picker, part = (block["element"] for block in view["blocks"])
    assert (picker["action_id"], picker["min_query_length"]) == (ids.PICK_CUSTOMER, 2)
    assert [option["value"] for option in part["options"]] == [
        "overview",
        "products",
        "features",
        "invoices",
        "events",
    ]
    assert part["initial_option"]["value"] == "overview"


@pytest.mark.parametrize(
    ("org", "where"),
    [
        (None, ""),
        (Organization(name="A*", env="live"), "Connected to *A∗* in Autumn `LIVE`"),
        (Organization(), "Connected to Autumn `ENVIRONMENT UNKNOWN`"),
    ],
)
def test_home(org: Organization | None, where: str) -> None:
    view = lookup_home.home(registry.help_lines(), org)
    assert check.view_problems(view) == []
    assert where in checks.read(view["blocks"])
    (button,) = checks.elements(view["blocks"])
    assert button["action_id"] == ids.LOOK_UP_SHORTCUT


def test_a_card_as_a_view_has_no_buttons() -> None:
    card = trouble.trouble(errors.TimedOut(), reference="x", place=PLACE)
    for view in (surfaces.as_modal(card), surfaces.as_home(card)):
        assert check.view_problems(view) == []
        assert list(checks.elements(view["blocks"])) == []
        assert "Autumn did not answer in time." in checks.read(view["blocks"])


# Options


def values(options: list[dict[str, Any]]) -> list[str]:
    return [option["value"] for option in options]


def test_customers_to_pick_from() -> None:
    found = [
        customer(id="a"),
        customer(id="a", name="again"),
        customer(id=None),
        customer(id="x" * 76),
        customer(id="b", name="", email=""),
        customer(id="\u200b", name="", email=""),
    ]
    options = lookup_options.customer_options(found)
    assert values(options) == ["a", "b", "\u200b"]
    assert options[0]["text"] == {"type": "plain_text", "text": "Acme Ltd · ops@acme.com", "emoji": False}
    assert options[0]["description"]["text"] == "a"
    assert options[1]["text"]["text"] == "b"
    assert options[2]["text"]["text"] == labels.NO_NAME
    assert len(lookup_options.customer_options(customer(id=str(one)) for one in range(300))) == 100


def test_features_to_pick_from() -> None:
    held = customer(balances={"messages": balance()}, flags={"sso": flag(), "": flag("")})
    known = names.features(held)
    assert known == {"messages": "Messages", "sso": "sso", "": ""}
    assert values(lookup_options.feature_options(known, "MES")) == ["messages"]
    assert values(lookup_options.feature_options(known)) == [lookup_options.token(""), "messages", "sso"]
    assert len(lookup_options.feature_options({str(one): "x" for one in range(300)})) == 100


@pytest.mark.parametrize("feature_id", ["messages", "x" * 75, "x" * 76, "#odd", "", "😀" * 40])
def test_a_token_stands_for_its_feature(feature_id: str) -> None:
    token = lookup_options.token(feature_id)
    assert 0 < len(token) <= 75
    assert lookup_options.resolve(token, ["other", feature_id]) == feature_id


def test_a_token_of_nothing_known() -> None:
    assert lookup_options.resolve("", []) is None
    assert lookup_options.resolve(lookup_options.token("x" * 80), ["y"]) is None


# Limits


def test_what_does_not_fit_is_counted_and_buttons_stay() -> None:
    content: list[layout.Drawn] = [blocks.section(f"s{index}", "x" * 200) for index in range(100)]
    content.append(blocks.actions("a", [blocks.button("Next", "go:next", "v")]))
    card = layout.card([blocks.header("h", "H")], content, [blocks.context("f", "foot")], stamp=None)
    assert len(card.blocks) == 50
    assert "54 more parts left out" in said(card)
    assert "Next" in checks.buttons(card)
    long: list[layout.Drawn] = [blocks.section(f"s{index}", "x" * 2900) for index in range(6)]
    assert "3 more parts left out" in said(layout.card([], long, [], stamp=None))
    assert layout.card([], long, [], stamp=None).text.endswith("… and 3 more lines")


def test_lines_are_packed_into_sections() -> None:
    packed = layout.packed("p", ["x" * 1000] * 5)
    assert [block["block_id"] for block in packed] == ["p.0", "p.1", "p.2"]
    assert layout.packed("p", []) == []
