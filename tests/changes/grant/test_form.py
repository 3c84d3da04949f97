"""The form that gives a feature, filled in as a person would."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Customer, Feature
from bot.changes import request_form
from bot.changes import words as changes_words
from bot.changes.forms import words as forms_words
from bot.changes.forms.model import Meta
from bot.changes.grant import words
from bot.changes.grant.request import GrantInput
from bot.changes.model import Facts
from bot.changes.standalone import GrantSize
from bot.kit import ids
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, LATER, NOW

OPENED = Meta(kind="grant", customer="cus_1", submission="s1")
FEATURES = {
    "messages": Feature(id="messages", name="Messages", type="metered", consumable=True),
    "seats": Feature(id="seats", type="metered"),
    "sso": Feature(id="sso", name="Single Sign-On", type="boolean"),
    "old": Feature(id="old", type="metered", archived=True),
    "#odd": Feature(id="#odd", type="metered"),
    "x" * 76: Feature(id="x" * 76, type="metered"),
}
MISSING = {"reason": "Enter a reason. It is kept with the change."}


def opened(customer: Customer | None = None, **changes: Any) -> Filling:
    meta = OPENED.model_copy(update=changes)
    return Filling(meta, Facts(customer or given.customer(), NOW, features=FEATURES))


def grant_of(**changes: Any) -> GrantInput:
    fields = {
        "customer": "cus_1",
        "customer_created_at": BEFORE,
        "feature": "messages",
        "grant": "maple_s1",
        "size": GrantSize.AMOUNT,
        "amount": Decimal(500),
    }
    return GrantInput(**{**fields, **changes})


def test_used_features_can_be_picked_with_or_without_a_product() -> None:
    form = opened()
    assert [value for _, value, _ in form.options("feature")] == ["messages", "seats", "sso"]
    assert not form.has("lasts")
    assert form.submit().errors == {"feature": forms_words.NO_FEATURE_PICKED, **MISSING}


def test_amount_is_given_for_good() -> None:
    form = opened()
    form.fill("feature", option="messages")
    assert form.submit().errors == {"amount": "Enter an amount.", **MISSING}
    form.fill("amount", text="much")
    assert "This is not a number" in form.text
    form.fill("amount", text="500")
    assert "Grant of Messages: *500*" in form.text
    assert "Remaining across all sources: 700 → *1,200*" in form.text
    form.fill("reason", text="x")
    parsed = form.submit()
    assert parsed.input == grant_of()
    assert parsed.seen == form.meta.seen


def test_amount_is_given_until_a_date() -> None:
    form = opened(feature="messages")
    form.fill("amount", text="500")
    form.fill("lasts", option="until_date")
    assert "Fill in the form" in form.text
    assert form.submit().errors == {"expires": words.NO_DATE_PICKED, **MISSING}
    form.fill("expires", datetime=int(LATER.timestamp()))
    assert "Expires: *" in form.text
    form.fill("reason", text="x")
    assert form.submit().input == grant_of(expires_at=LATER)
    form.fill("lasts", option="for_good")
    assert form.submit().input == grant_of()


def test_amount_is_refilled() -> None:
    form = opened(feature="messages")
    form.fill("amount", text="500")
    form.fill("lasts", option="refilled")
    form.fill("reason", text="x")
    assert form.submit().input == grant_of(every="month")
    form.fill("every", option="semi_annual")
    assert "Refilled: *every 6 months*" in form.text
    assert form.submit().input == grant_of(every="semi_annual")


def test_unlimited_is_given_without_an_amount_and_never_refilled() -> None:
    form = opened(given.customer(balances={}), feature="messages")
    form.fill("lasts", option="refilled")
    form.fill("size", option="unlimited")
    assert not form.has("amount")
    assert [value for _, value, _ in form.options("ends")] == ["for_good", "until_date"]
    assert "Grant of messages: *unlimited*" in form.text.replace("Messages", "messages")
    form.fill("reason", text="x")
    assert form.submit().input == grant_of(size=GrantSize.UNLIMITED, amount=None)


def test_seats_are_not_refilled() -> None:
    form = opened(feature="seats")
    assert [value for _, value, _ in form.options("ends")] == ["for_good", "until_date"]


def test_on_off_feature_has_no_amount() -> None:
    form = opened(feature="sso")
    assert not form.has("size")
    assert not form.has("amount")
    form.fill("ends", option="until_date")
    form.fill("expires", datetime=int((NOW + timedelta(days=1)).timestamp()))
    form.fill("reason", text="x")
    assert form.submit().input == grant_of(
        feature="sso", size=GrantSize.SWITCH, amount=None, expires_at=NOW + timedelta(days=1)
    )


@pytest.mark.parametrize(
    ("block", "option", "blamed"),
    [
        ("feature", "sso", "feature"),
        ("lasts", "until_date", "lasts"),
        ("lasts", "refilled", "lasts"),
    ],
)
def test_choice_is_accepted_only_once_the_form_shows_it(block: str, option: str, blamed: str) -> None:
    form = opened(feature="messages")
    form.fill("amount", text="500")
    form.fill(block, option=option, redraw=False)
    assert form.submit().errors[blamed] == changes_words.STALE


def test_amount_is_required_once_the_form_shows_it() -> None:
    form = opened(feature="messages")
    form.fill("size", option="unlimited")
    form.fill("size", option="amount", redraw=False)
    assert form.submit().errors["size"] == changes_words.STALE


def test_form_is_redrawn_when_submitted_before_its_fields() -> None:
    form = opened()
    form.fill("feature", option="messages", redraw=False)
    assert form.submit().errors["feature"] == changes_words.STALE
    untouched = request_form.parse(OPENED.model_copy(update={"feature": "messages"}), {})
    assert untouched.errors["feature"] == changes_words.STALE


def test_many_features_are_searched() -> None:
    features = {f"f{number}": Feature(id=f"f{number}", type="metered") for number in range(101)}
    facts = Facts(given.customer(), NOW, features=features)
    form = Filling(OPENED, facts)
    assert form.element("feature")["type"] == "external_select"
    offered = request_form.options(form.meta, ids.FORM_FEATURE, facts, "f10")
    assert [option["value"] for option in offered] == ["f10", "f100"]


def test_no_features() -> None:
    form = Filling(OPENED, Facts(given.customer(), NOW))
    assert words.NO_FEATURES in form.text
    assert "submit" not in form.view
