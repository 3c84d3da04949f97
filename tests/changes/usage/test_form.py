"""The form that records usage, filled in as a person would."""

from decimal import Decimal
from typing import Any

from bot.changes import request_form
from bot.changes.forms import words as forms_words
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from bot.changes.usage import words
from bot.changes.usage.request import UsageInput
from bot.kit import ids
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, NOW

OPENED = Meta(kind="usage", customer="cus_1", submission="s" * 32)


def opened(**changes: Any) -> Filling:
    balances = {name: given.balance(name) for name in ("messages", "#odd", "x" * 76)}
    return Filling(OPENED.model_copy(update=changes), Facts(given.customer(balances=balances), NOW))


def test_usage_is_recorded() -> None:
    form = opened()
    assert [value for _, value, _ in form.options("feature")] == ["messages"]
    errors = form.submit().errors
    assert (errors["feature"], errors["amount"]) == (forms_words.NO_FEATURE_PICKED, "Enter an amount.")
    form.fill("feature", option="messages")
    form.fill("amount", text="some")
    assert "This is not a number" in form.text
    form.fill("amount", text="20")
    assert "Messages used: 300 → *320*" in form.text
    form.fill("reason", text="x")
    parsed = form.submit()
    assert parsed.seen == form.meta.seen
    assert parsed.input == UsageInput(
        customer="cus_1", customer_created_at=BEFORE, feature="messages", value=Decimal(20), mark="s" * 20
    )


def test_feature_of_the_card_is_preselected() -> None:
    form = opened(feature="messages")
    assert form.element("feature")["initial_option"]["value"] == "messages"
    offered = request_form.options(form.meta, ids.FORM_FEATURE, form.facts, "mess")
    assert [option["value"] for option in offered] == ["messages"]


def test_no_balances() -> None:
    form = Filling(OPENED, Facts(given.customer(balances={}), NOW))
    assert words.NO_BALANCES in form.text
    assert "submit" not in form.view
