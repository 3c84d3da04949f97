"""What each card says and what its buttons carry."""

from datetime import timedelta

import pytest

from bot.autumn.models import Customer
from bot.kit import times
from bot.lookups import card as lookup_card
from bot.lookups import labels as words
from bot.lookups.features.card import Features
from bot.lookups.overview.card import Overview
from bot.lookups.place import Place
from tests.kit import checks
from tests.lookups.drawing import NOTHING_DUE, ORG, PLACE, draw, events, overview, text_of
from tests.lookups.samples import BEFORE, NOW, balances, customer, invoice_list

# The frame


def test_head_shows_name_environment_ids_and_links() -> None:
    card = draw(overview(), PLACE)
    head, customer_context, *_ = card.blocks
    assert head["text"]["text"] == "Acme Ltd"
    assert [element["text"] for element in customer_context["elements"]] == [
        "`SANDBOX`",
        "cus_1",
        "ops@acme.com",
        f"Customer since {times.billing_day(BEFORE)}",
        "<https://app.useautumn.com/sandbox/customers/cus_1|Autumn> · "
        "<https://dashboard.stripe.com/test/customers/cus_S1|Stripe>",
    ]


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"name": "*bold* <!channel>"}, "*bold* <!channel>"),
        ({"name": ""}, "ops@acme.com"),
        ({"name": "\u200b", "email": ""}, "cus_1"),
        ({"name": "x" * 300}, "x" * 139 + "…"),
    ],
)
def test_title_is_the_name_or_email_or_id(changes: dict[str, str], title: str) -> None:
    card = draw(overview(customer=customer(**changes)), PLACE)
    assert card.blocks[0]["text"] == {"type": "plain_text", "text": title, "emoji": False}


def test_customer_without_details_has_a_card() -> None:
    card = draw(Overview(Customer(), NOTHING_DUE, invoice_list(), NOW), Place(customer=""))
    card_text = text_of(card)
    for expected in (words.NO_NAME, words.NO_ID, words.NO_EMAIL, "`ENVIRONMENT UNKNOWN`", words.NO_PRODUCTS):
        assert expected in card_text
    assert "Stripe|" not in card_text


def test_organisation_provides_the_environment() -> None:
    card = draw(overview(customer=customer(env="", stripe_id=None)), PLACE, org=ORG)
    assert "`LIVE`" in text_of(card)
    assert "Maple &amp; Co · `LIVE`" in text_of(card)
    assert "https://app.useautumn.com/customers/cus_1" in text_of(card)


def test_navigation_carries_places() -> None:
    card = draw(overview(), PLACE)
    places = {label: Place.decode(value) for label, value in checks.buttons(card).items()}
    assert places == {
        "● Overview": PLACE,
        "Products": PLACE.go("products"),
        "Features": PLACE.go("features"),
        "Invoices": PLACE.go("invoices"),
        "Events": PLACE.go("events"),
        "Refresh": PLACE,
        "Share to channel": PLACE,
    }
    assert not [element for element in checks.elements(card.blocks) if "style" in element]
    (share,) = (element for element in checks.elements(card.blocks) if element["action_id"] == "share")
    assert share["confirm"]["confirm"]["text"] == "Share"


def test_card_that_cannot_be_shared_has_no_share_button() -> None:
    assert "Share to channel" not in checks.buttons(draw(overview(), PLACE, shareable=False))


def test_id_too_long_for_buttons_is_explained() -> None:
    place = Place(customer="x" * 3000)
    card = draw(overview(customer=customer(id="x" * 3000)), place)
    assert checks.buttons(card) == {}
    assert words.TOO_LONG_TO_CLICK in text_of(card)
    assert "Open customer" not in checks.buttons(lookup_card.shared(place, overview(), by=checks.SHARER))


def test_refresh_forgets_where_events_were_paused() -> None:
    place = PLACE.go("events").at(until=5)
    card = draw(events(), place)
    assert Place.decode(checks.buttons(card)["Refresh"]) == place.at(until=0)


def test_shared_card_has_one_button() -> None:
    place = PLACE.go("features")
    answer = Features(customer(balances=balances(12)), NOW)
    card = lookup_card.shared(place, answer, by=checks.SHARER, org=ORG)
    assert checks.buttons(card) == {"Open customer": place.encode()}
    assert [element["action_id"] for element in checks.elements(card.blocks)] == ["open:customer"]
    assert f"Shared by <@{checks.SHARER}>" in text_of(card)
    assert "Page 1 of 2 · 2 left" in text_of(card)
    assert card.text.startswith("Acme Ltd\n")


def test_block_ids_are_new_with_every_reading() -> None:
    first_card, two = (draw(overview(read_at=NOW + timedelta(seconds=at)), PLACE) for at in (0, 1))
    assert not {block["block_id"] for block in first_card.blocks} & {
        block["block_id"] for block in two.blocks
    }


def test_card_without_newer_blocks_has_one_form() -> None:
    card = draw(overview(), PLACE)
    assert card.plain == card.blocks
