"""Draws cards, checks them, and reads their text."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.autumn.events import UsageTotal
from bot.autumn.models import Customer, Feature, Organization
from bot.kit.card import Card
from bot.lookups import card as lookup_card
from bot.lookups.answers import Billing
from bot.lookups.events.card import Events
from bot.lookups.feature.card import FeatureDetail
from bot.lookups.invoices.card import Invoices
from bot.lookups.overview.card import Overview
from bot.lookups.part import Answer
from bot.lookups.place import Place
from bot.lookups.products.card import Products
from tests.kit import checks
from tests.lookups.samples import NOW, balance, customer, invoice_list, preview

PLACE = Place(customer="cus_1")
AT_PRODUCTS = PLACE.go("products")
AT_FEATURES = PLACE.go("features")
AT_FEATURE = PLACE.go("feature").at(feature="messages")
AT_INVOICES = PLACE.go("invoices")
AT_EVENTS = PLACE.go("events")
ORG = Organization(id="org", name="Maple & Co", env="live")
NOTHING_DUE = Billing((), ())


def draw(answer: Answer, place: Place, **options: Any) -> Card:
    card = lookup_card.card(place, answer, **{"shareable": True, **options})
    checks.fits(card)
    shared = lookup_card.shared(place, answer, by=checks.SHARER)
    checks.fits(shared)
    return card


def overview(**changes: Any) -> Overview:
    return replace(Overview(customer(), NOTHING_DUE, invoice_list(), NOW), **changes)


def text_of(card: Card) -> str:
    return checks.read(card.blocks)


def table(card: Card) -> list[list[str]]:
    (block_found,) = (block for block in card.blocks if block["type"] == "data_table")
    return [[checks.read(cell) for cell in line] for line in block_found["rows"]]


def events(*listed: Any, **changes: Any) -> Events:
    totals = {"messages": UsageTotal(count=2, sum=Decimal(6)), "quiet": UsageTotal()}
    names_by_id = {
        "messages": Feature(id="messages", name="Messages"),
        "sent": Feature(id="messages", name="Messages"),
    }
    return replace(Events(customer(), listed, False, totals, names_by_id, NOW, NOW), **changes)


def invoices(*listed: Any, **changes: Any) -> Invoices:
    return replace(
        Invoices(customer(), listed, False, Billing(discounts=(), upcoming=(preview(),)), NOW), **changes
    )


def detail(held: Any = None, read: Any = None, **changes: Any) -> FeatureDetail:
    holder = customer(balances={"messages": held or balance()}, **changes)
    return FeatureDetail(holder, read, NOW)


def products(holder: Customer, expired: Any = None) -> Products:
    return Products(holder, expired, NOW)
