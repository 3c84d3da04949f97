"""The form that removes a grant, filled in as a person would."""

from bot.changes.forms import words as forms_words
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from bot.changes.ungrant import words
from bot.changes.ungrant.request import UngrantInput
from tests.changes.expiry.test_form import grant
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, NOW

OPENED = Meta(kind="ungrant", customer="cus_1", submission="s1")


def test_grant_is_removed() -> None:
    balances = {"messages": given.balance(breakdown=[given.row(), grant("gift")])}
    form = Filling(OPENED, Facts(given.customer(balances=balances, flags={}), NOW))
    assert form.submit().errors["grant"] == forms_words.NO_GRANT_PICKED
    form.fill("grant", option='["messages","gift"]')
    assert "Grant of Messages: 100 → *removed*" in form.text
    form.fill("reason", text="x")
    parsed = form.submit()
    assert parsed.seen == form.meta.seen
    assert parsed.input == UngrantInput(
        customer="cus_1", customer_created_at=BEFORE, feature="messages", row="gift"
    )


def test_nothing_to_remove() -> None:
    form = Filling(OPENED, Facts(given.customer(flags={}), NOW))
    assert words.NO_GRANTS in form.text
    assert "submit" not in form.view
