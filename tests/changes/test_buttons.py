"""Which changes a customer's card offers."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot.autumn.models import Customer, PlanItem, UsagePrice
from bot.changes import balance as balance_kind
from bot.changes import buttons, registry, words
from bot.changes.buttons import ChooserMeta, chooser
from bot.changes.model import Facts
from bot.changes.spec import ChangeKind
from bot.kit import blocks, ids
from bot.lookups.card import Tools, card
from bot.lookups.place import Place
from tests.kit import checks
from tests.lookups.drawing import overview
from tests.lookups.samples import LATER, NOW, balance, customer, plan, row, subscription

AHEAD = UsagePrice(billing_method="prepaid")
SELLS_SEATS = plan(items=[PlanItem(feature_id="seats", price=AHEAD)])
ON_TRIAL = customer(
    subscriptions=[subscription(plan=SELLS_SEATS, trial_ends_at=LATER)],
    balances={"messages": balance(), "seats": balance("seats", breakdown=[row(price=AHEAD)])},
)
"""Has everything that can be changed, except standalone grants."""


def labels(tools: Tools) -> tuple[list[str], list[str]]:
    menu = tools.menu._resolve()["options"] if tools.menu else []
    return [button.text.text for button in tools.buttons], [option["text"]["text"] for option in menu]


def tools_of(part: str, holder: Customer | None = None, *, history: bool = True) -> Tools:
    place = Place(customer="cus_1", part=part, feature="messages", page=3)
    return buttons.tools(place, buttons.offered(place, Facts(holder or ON_TRIAL, NOW)), history=history)


@pytest.mark.parametrize(
    ("part", "button_labels", "in_menu"),
    [
        (
            "overview",
            ["Give extra allowance", "History"],
            ["Change balance", "Give a feature", "Change reward", "Edit details", "Delete customer"],
        ),
        (
            "products",
            [],
            ["Change reward", "Cancel subscription", "Change product", "Add product", "More changes…"],
        ),
        (
            "feature",
            ["Give extra allowance"],
            ["Change balance", "Give a feature", "Record usage", "Billing controls"],
        ),
        (
            "entity",
            ["Give extra allowance"],
            ["Change balance", "Give a feature", "Record usage", "Cancel subscription", "More changes…"],
        ),
        ("invoices", [], ["Change reward", "Refund"]),
        ("events", [], []),
    ],
)
def test_part_offers_its_changes(part: str, button_labels: list[str], in_menu: list[str]) -> None:
    assert labels(tools_of(part)) == (button_labels, in_menu)


@pytest.mark.parametrize(
    ("part", "holder", "button_labels", "in_menu"),
    [
        (
            "products",
            customer(),
            [],
            ["Change reward", "Cancel subscription", "Change product", "Add product"],
        ),
        ("products", customer(subscriptions=[]), [], ["Change reward", "Change product", "Add product"]),
        (
            "entity",
            customer(),
            ["Give extra allowance"],
            ["Change balance", "Give a feature", "Record usage", "Cancel subscription", "More changes…"],
        ),
        ("invoices", customer(invoices=[]), ["Change reward"], []),
    ],
)
def test_changes_of_missing_things_are_not_offered(
    part: str, holder: Customer, button_labels: list[str], in_menu: list[str]
) -> None:
    assert labels(tools_of(part, holder)) == (button_labels, in_menu)


def test_changes_of_an_entity_are_offered_only_on_its_card() -> None:
    kinds = [registry.kind("balance")]
    place = Place(customer="cus_1", part="entity", entity="ws_1")
    button = buttons.tools(place, kinds, history=False).buttons[0]
    assert Place.decode(button._resolve()["value"]).entity == "ws_1"
    button = buttons.tools(place.model_copy(update={"part": "features"}), kinds, history=False).buttons[0]
    assert Place.decode(button._resolve()["value"]).entity == ""


def test_deletion_is_only_in_the_menu_and_last() -> None:
    in_buttons, in_menu = labels(tools_of("overview"))
    assert "Delete customer" not in in_buttons
    assert in_menu[-1] == "Delete customer"
    deletion = registry.kind("deletion")
    assert labels(buttons.tools(Place(customer="c"), [deletion], history=False)) == ([], ["Delete customer"])


@pytest.mark.parametrize(
    "balances", [{}, {"messages": balance(unlimited=True)}, {"messages": balance("other", unlimited=True)}]
)
def test_unchangeable_balance_is_not_offered(balances: dict[str, Any]) -> None:
    in_buttons, in_menu = labels(tools_of("overview", customer(balances=balances)))
    assert "Give extra allowance" not in in_buttons
    assert "Change balance" not in in_menu


def test_feature_page_offers_only_its_own_balance() -> None:
    in_buttons, in_menu = labels(tools_of("feature", customer(balances={"seats": balance("seats")})))
    assert in_buttons == []
    assert "Change balance" not in in_menu


def test_history_is_offered_with_permission() -> None:
    assert labels(tools_of("overview", history=False))[0] == ["Give extra allowance"]


def test_everything_is_offered_where_the_customer_was_not_read() -> None:
    place = Place(customer="cus_1")
    assert buttons.offered(place, None) == [kind for kind in registry.KINDS if "overview" in kind.offered_on]


def kinds_offered_on(*places: frozenset[str]) -> Sequence[ChangeKind[Any]]:
    def made_up(number: int, parts: frozenset[str]) -> ChangeKind[Any]:
        kind = type(balance_kind.KIND)()
        kind.id, kind.button, kind.primary_button, kind.offered_on = f"k{number}", f"B{number}", "", parts
        return kind

    return [made_up(number, parts) for number, parts in enumerate(places)]


def test_single_change_has_a_button_instead_of_a_menu() -> None:
    offered = [registry.kind("details")]
    assert labels(buttons.tools(Place(customer="c"), offered, history=True)) == (
        ["Edit details", "History"],
        [],
    )


def test_menu_keeps_what_no_other_tab_offers() -> None:
    here, elsewhere = frozenset({"overview"}), frozenset({"overview", "products"})
    kinds = kinds_offered_on(elsewhere, here, elsewhere, here, here, here, elsewhere)
    _, in_menu = labels(buttons.tools(Place(customer="c"), kinds, history=False))
    assert in_menu == ["B1", "B3", "B4", "B5", words.MORE_CHANGES]


def test_full_menu_has_no_entry_for_more() -> None:
    kinds = kinds_offered_on(*[frozenset({"overview"})] * blocks.MENU_OPTIONS)
    _, in_menu = labels(buttons.tools(Place(customer="c"), kinds, history=False))
    assert in_menu == ["B0", "B1", "B2", "B3", "B4"]


def test_entry_for_more_is_distinguished_from_a_kind() -> None:
    place = Place(customer="c")
    menu = buttons.tools(place, registry.KINDS, history=False).menu
    assert menu is not None
    last = menu._resolve()["options"][-1]["value"]
    assert buttons.clicked(f"{ids.CHANGE}:menu", last) == (buttons.MORE, place.encode())
    assert buttons.MORE not in {kind.id for kind in registry.KINDS}


def test_chooser_offers_every_kind_and_the_dangerous_last() -> None:
    place = Place(customer="cus_1", part="feature", feature="messages")
    view = chooser(place, registry.KINDS, ChooserMeta(channel="C1"))
    offered = [block["accessory"] for block in view["blocks"]]
    kinds = [button["action_id"].removeprefix(f"{ids.CHOOSE}:") for button in offered]
    assert sorted(kinds) == sorted(kind.id for kind in registry.KINDS)
    assert kinds[-1] == "deletion"
    assert {button["value"] for button in offered} == {place.encode()}
    assert ChooserMeta.decode(view["private_metadata"]).channel == "C1"


def test_chooser_without_a_change_says_so() -> None:
    view = chooser(Place(customer="c"), [], ChooserMeta())
    assert words.NO_CHANGES in checks.read(view["blocks"])


@pytest.mark.parametrize("kind", registry.KINDS, ids=lambda kind: kind.id)
def test_menu_and_button_carry_kind_and_place(kind: ChangeKind[Any]) -> None:
    place = Place(customer="cus_1", part="feature", feature="messages")
    menu = buttons.tools(place, [kind, registry.kind("deletion")], history=False).menu
    assert menu is not None
    first = menu._resolve()["options"]
    values = {option["text"]["text"]: option["value"] for option in first}
    assert buttons.clicked(f"{ids.CHANGE}:menu", values[kind.button]) == (kind.id, place.encode())
    assert buttons.clicked(f"{ids.CHANGE}:{kind.id}", place.encode()) == (kind.id, place.encode())


def test_id_too_long_for_the_menu_keeps_the_button() -> None:
    place = Place(customer="c" * 200)
    assert labels(buttons.tools(place, registry.KINDS, history=True)) == (
        ["Give extra allowance", "History", words.MORE_CHANGES],
        [],
    )
    assert buttons.tools(Place(customer="c" * 2000), registry.KINDS, history=True) == Tools()


def test_tools_are_one_row_with_the_menu_last() -> None:
    place = Place(customer="cus_1")
    drawn = card(place, overview(), shareable=True, tools=tools_of("overview"))
    checks.fits(drawn)
    (row,) = (block for block in drawn.blocks if block["block_id"].startswith("tools"))
    assert [element["type"] for element in row["elements"]] == ["button"] * 4 + ["overflow"]
    assert [element.get("style") for element in row["elements"]] == ["primary", None, None, None, None]


def test_menu_value_fits_into_an_option() -> None:
    menu = tools_of("overview").menu
    assert menu is not None
    assert all(len(option["value"]) <= blocks.MENU_VALUE for option in menu._resolve()["options"])
