"""The link as its requester sees it."""

import pytest

from bot.kit import ids
from bot.links import card, registry, words
from bot.links.card import MadeLink
from bot.lookups.place import Place
from tests.kit import checks
from tests.lookups.samples import customer

URL = "https://billing.example/session/" + "x" * 1500 + "?a=1&b=2"


@pytest.mark.parametrize("kind", registry.KINDS, ids=lambda kind: kind.id)
def test_link_says_whose_it_is_what_it_opens_and_how_long_it_lasts(kind: object) -> None:
    assert isinstance(kind, type(registry.KINDS[0]))
    drawn = card.link_card(MadeLink(kind, customer(stripe_id="cus_s"), URL))
    text = checks.read(drawn.blocks)
    for says in ("Acme Ltd", kind.warning, kind.lasts, words.NOT_KEPT, f"`{URL.replace('&', '&amp;')}`"):
        assert says in text
    assert words.MADE_IN_STRIPE not in text
    assert URL in [element.get("url") for element in checks.elements(drawn.blocks)]


def test_notification_does_not_contain_the_address() -> None:
    drawn = card.link_card(MadeLink(registry.kind("portal"), customer(stripe_id=None), URL))
    assert "billing.example" not in drawn.text
    assert words.MADE_IN_STRIPE in checks.read(drawn.blocks)


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://x.example/" + "y" * 2500])
def test_address_unfit_for_slack_is_dropped(url: str) -> None:
    assert card.address(url) == ""


def test_buttons_are_on_the_invoices_and_ask_first() -> None:
    place = Place(customer="cus_1", part="invoices", page=2)
    drawn = [button._resolve() for button in card.buttons(place, registry.KINDS)]
    assert [button["action_id"] for button in drawn] == [
        f"{ids.MAKE_LINK}:portal",
        f"{ids.MAKE_LINK}:payment",
    ]
    assert {button["value"] for button in drawn} == {Place(customer="cus_1").encode()}
    assert all(button["confirm"] for button in drawn)
    assert card.buttons(Place(customer="cus_1"), registry.KINDS) == ()
    assert card.buttons(Place(customer="c" * 2000, part="invoices"), registry.KINDS) == ()


def test_unknown_kind_is_an_error() -> None:
    with pytest.raises(LookupError, match="elsewhere"):
        registry.kind("elsewhere")
