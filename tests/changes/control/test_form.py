"""The form that sets a billing control, filled in as a person would."""

from decimal import Decimal
from typing import Any

from bot.autumn.models import Feature
from bot.changes import notes, request_form
from bot.changes import words as changes_words
from bot.changes.control import words
from bot.changes.control.request import ControlInput
from bot.changes.control.words import ControlNote, ControlType, ThresholdType
from bot.changes.forms import words as forms_words
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.kit import ids
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, NOW

OPENED = Meta(kind="control", customer="cus_1", submission="s1")
FEATURES = {
    "messages": Feature(id="messages", name="Messages", type="metered", consumable=True),
    "seats": Feature(id="seats", type="metered"),
    "sso": Feature(id="sso", type="boolean"),
}
CONTROLS = {
    "spend_limits": [{"feature_id": "messages", "enabled": True, "overage_limit": 50}],
    "usage_alerts": [
        {"feature_id": "seats", "enabled": True, "threshold": 3, "threshold_type": "usage", "source": "plan"}
    ],
}


def opened(controls: Any = CONTROLS, **changes: Any) -> Filling:
    facts = Facts(given.customer(billing_controls=controls), NOW, features=FEATURES)
    return Filling(OPENED.model_copy(update=changes), facts)


def spend_limit(**changes: Any) -> ControlInput:
    fields = {"customer": "cus_1", "customer_created_at": BEFORE, "feature": "messages"}
    return ControlInput(**{**fields, "control": ControlType.SPEND, **changes})


def test_existing_controls_are_shown_with_those_of_products() -> None:
    form = opened()
    assert "• Spend limit · Messages · 50 units" in form.text
    assert "• Usage alert · seats · at 3 units used · from a product" in form.text
    assert words.NONE_NOW in opened({}).text
    assert [value for _, value, _ in form.options("feature")] == ["messages", "seats"]


def test_spend_limit_is_set() -> None:
    form = opened()
    assert form.submit().errors["feature"] == forms_words.NO_FEATURE_PICKED
    form.fill("feature", option="messages")
    assert form.submit().errors["limit"] == "Enter an amount."
    form.fill("limit", text="lots")
    assert "This is not a number" in form.text
    form.fill("limit", text="1k")
    assert "Spend limit for Messages: 50 units → *1,000 units*" in form.text
    form.fill("reason", text="x")
    parsed = form.submit()
    assert parsed.input == spend_limit(limit=Decimal(1000))
    assert parsed.seen == form.meta.seen


def test_usage_limit_is_set_for_a_span() -> None:
    form = opened(feature="messages")
    form.fill("control", option="usage_limits")
    form.fill("limit", text="20")
    form.fill("reason", text="x")
    assert form.submit().input == spend_limit(control=ControlType.USAGE, limit=Decimal(20), interval="month")
    assert [value for _, value, _ in form.options("interval")] == ["day", "week", "month", "year"]
    form.fill("interval", option="day")
    assert form.submit().input == spend_limit(control=ControlType.USAGE, limit=Decimal(20), interval="day")


def test_overage_is_allowed_without_a_limit() -> None:
    form = opened(feature="messages")
    form.fill("control", option="overage_allowed")
    form.fill("reason", text="x")
    assert not form.has("limit")
    assert form.submit().input == spend_limit(control=ControlType.OVERAGE)


def test_alert_is_set_and_removed_by_its_threshold() -> None:
    form = opened(feature="messages")
    form.fill("control", option="usage_alerts")
    form.fill("limit", text="80")
    assert "Usage alert for Messages: none → *at 80% used*" in form.text
    offered = [value for _, value, _ in form.options("threshold_type")]
    assert offered == ["usage", "usage_percentage", "remaining", "remaining_percentage"]
    form.fill("threshold_type", option="remaining")
    form.fill("reason", text="x")
    alert = {"control": ControlType.ALERT, "limit": Decimal(80), "threshold_type": ThresholdType.REMAINING}
    assert form.submit().input == spend_limit(**alert)
    form.fill("action", option="remove")
    assert form.submit().input == spend_limit(**alert, remove=True)


def test_top_up_is_set_with_what_it_buys() -> None:
    form = opened(feature="messages")
    form.fill("control", option="auto_topups")
    form.fill("limit", text="10")
    form.fill("quantity", text="lots")
    assert "This is not a number" in form.text
    assert "This is not a number" in form.submit().errors["quantity"]
    form.fill("quantity", text="1k")
    form.fill("reason", text="x")
    assert "buy 1,000 when fewer than 10 are left" in form.text
    top_up = spend_limit(control=ControlType.TOP_UP, limit=Decimal(10), quantity=Decimal(1000))
    assert form.submit().input == top_up
    form.fill("action", option="remove")
    assert not form.has("quantity")
    assert form.submit().input == spend_limit(control=ControlType.TOP_UP, remove=True)


def test_spend_limit_as_a_percentage_of_the_grant() -> None:
    form = opened(feature="messages")
    form.fill("limit", text="120")
    assert words.LIMIT_HINT in str(form.view)
    form.fill("limit_type", option="percent")
    assert words.PERCENT_HINT in str(form.view)
    assert "Spend limit for Messages: 50 units → *120% of what the main product includes*" in form.text
    form.fill("reason", text="x")
    assert form.submit().input == spend_limit(limit=Decimal(120), percentage=True)
    form.fill("action", option="remove")
    assert not form.has("limit_type")
    assert form.submit().input == spend_limit(remove=True)


def test_usage_limit_of_some_events_only() -> None:
    form = opened(feature="messages")
    form.fill("control", option="usage_limits")
    form.fill("limit", text="20")
    form.fill("reason", text="x")
    form.fill("properties", text="model")
    wrong = notes.plain(Note(ControlNote.PROPERTIES))
    assert wrong in form.text
    assert form.submit().errors == {"properties": wrong}
    form.fill("properties", text="model = gpt-4\nsize=5")
    assert "only with model = gpt-4, size = 5" in form.text
    limit = {"control": ControlType.USAGE, "properties": '{"model":"gpt-4","size":5}'}
    assert form.submit().input == spend_limit(**limit, limit=Decimal(20), interval="month")
    form.fill("action", option="remove")
    assert words.WHICH_HINT in str(form.view)
    assert not form.has("interval")
    assert form.submit().input == spend_limit(**limit, remove=True)


def test_top_up_with_a_purchase_limit() -> None:
    form = opened(feature="messages")
    form.fill("control", option="auto_topups")
    form.fill("limit", text="10")
    form.fill("quantity", text="100")
    form.fill("reason", text="x")
    assert not form.has("purchases:")
    top_up = spend_limit(control=ControlType.TOP_UP, limit=Decimal(10), quantity=Decimal(100))
    offered = [value for _, value, _ in form.options("purchases_in")]
    assert offered == ["kept", "unlimited", "hour", "day", "week", "month"]
    form.fill("purchases_in", option="unlimited")
    assert form.submit().input == top_up.model_copy(update={"purchases_in": "unlimited"})
    form.fill("purchases_in", option="hour", redraw=False)
    assert form.submit().errors["control"] == changes_words.STALE
    form.fill("purchases_in", option="hour")
    assert form.submit().errors["purchases"] == "Enter an amount."
    form.fill("purchases", text="2")
    assert "buy 100 when fewer than 10 are left, at most 2 times an hour" in form.text
    asked_for = top_up.model_copy(update={"purchases": Decimal(2), "purchases_in": "hour"})
    assert form.submit().input == asked_for


def test_quantity_is_accepted_only_once_the_form_shows_it() -> None:
    form = opened(feature="messages")
    form.fill("limit", text="5")
    form.fill("control", option="auto_topups", redraw=False)
    assert form.submit().errors["control"] == changes_words.STALE


def test_control_is_removed() -> None:
    form = opened(feature="messages")
    form.fill("action", option="remove")
    form.fill("reason", text="x")
    assert form.submit().input == spend_limit(remove=True)


def test_limit_is_accepted_only_once_the_form_shows_it() -> None:
    form = opened(feature="messages")
    form.fill("control", option="overage_allowed")
    form.fill("control", option="spend_limits", redraw=False)
    assert form.submit().errors["control"] == changes_words.STALE
    form = opened(feature="messages")
    form.fill("limit", text="5")
    form.fill("control", option="usage_limits", redraw=False)
    assert form.submit().errors["control"] == changes_words.STALE


def test_many_features_are_searched() -> None:
    features = {f"f{number}": Feature(id=f"f{number}", type="metered") for number in range(101)}
    facts = Facts(given.customer(), NOW, features=features)
    form = Filling(OPENED, facts)
    assert form.element("feature")["type"] == "external_select"
    offered = request_form.options(form.meta, ids.FORM_FEATURE, facts, "f10")
    assert [option["value"] for option in offered] == ["f10", "f100"]


def test_customer_without_features() -> None:
    form = Filling(OPENED, Facts(given.customer(), NOW))
    assert words.NO_FEATURES in form.text
    assert "submit" not in form.view
