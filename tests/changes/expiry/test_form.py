"""The form that moves a grant's expiry, filled in as a person would."""

from datetime import timedelta
from typing import Any

from bot.autumn.models import BalanceRow, Flag, Reset
from bot.changes.expiry import words
from bot.changes.expiry.request import ExpiryInput
from bot.changes.forms import words as forms_words
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, LATER, NOW

OPENED = Meta(kind="expiry", customer="cus_1", submission="s1")
ONCE = Reset(interval="one_off")


def grant(row_id: str, **changes: Any) -> BalanceRow:
    return given.row(None, 100, 40, **{"id": row_id, "reset": ONCE, **changes})


def opened(*rows: BalanceRow, **changes: Any) -> Filling:
    balances = {"messages": given.balance(breakdown=[given.row(), *rows])}
    flags = {"sso": Flag(id="flag", feature_id="sso", expires_at=LATER)}
    customer = given.customer(balances=balances, flags=flags)
    return Filling(OPENED.model_copy(update=changes), Facts(customer, NOW))


def test_standalone_grants_that_can_expire_are_offered() -> None:
    form = opened(
        grant("gift"), grant("cus_ent_1", expires_at=LATER), grant("monthly", reset=Reset(interval="month"))
    )
    assert form.options("grant") == [
        ("Messages · Granted as gift", '["messages","gift"]', "40 of 100 left"),
        ("Messages · Standalone grant", '["messages","cus_ent_1"]', "40 of 100 left · Expires Dec 2, 2026"),
        ("sso · Granted as flag", '["sso","flag"]', "On · Expires Dec 2, 2026"),
    ]


def test_grant_too_long_for_slack_is_counted() -> None:
    form = opened(grant("g" * 80))
    assert "1 more can't be picked here" in form.text


def test_expiry_is_moved() -> None:
    form = opened(grant("gift", expires_at=LATER))
    assert form.submit().errors == {
        "grant": forms_words.NO_GRANT_PICKED,
        "expires": words.NO_DATE_PICKED,
        "reason": "Enter a reason. It is kept with the change.",
    }
    form.fill("grant", option='["messages","gift"]')
    assert "Fill in the form" in form.text
    later = LATER + timedelta(days=9)
    form.fill("expires", datetime=int(later.timestamp()))
    assert "Expires: " in form.text
    form.fill("reason", text="x")
    parsed = form.submit()
    assert parsed.seen == form.meta.seen
    assert parsed.input == ExpiryInput(
        customer="cus_1", customer_created_at=BEFORE, feature="messages", row="gift", expires_at=later
    )


def test_only_grant_of_the_feature_is_preselected() -> None:
    assert opened(grant("gift"), feature="messages").element("grant")["initial_option"]["value"] == (
        '["messages","gift"]'
    )
    assert "initial_option" not in opened(grant("a"), grant("b"), feature="messages").element("grant")


def test_nothing_to_move() -> None:
    form = Filling(OPENED, Facts(given.customer(flags={}), NOW))
    assert words.NO_GRANTS in form.text
    assert "submit" not in form.view
