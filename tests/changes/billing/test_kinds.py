"""What all kinds of subscription changes have in common."""

from typing import Any

import pytest

from bot.changes import registry
from bot.changes.billing.subscriptions import WRITE_SCOPE
from bot.changes.model import PaymentPage, PendingPayment
from bot.changes.notes import CommonNote, Note
from bot.changes.spec import ChangeKind
from tests.changes.billing.quotes import PRO, facts_with
from tests.changes.facts import NOW

URL = "https://pay.example/1"
KINDS = {
    "cancellation": "cancel",
    "switch": "switch",
    "addition": "add",
    "quantity": "quantity",
    "trial": "trial",
}
UNITS = {
    "cancellation": "money",
    "switch": "money",
    "addition": "money",
    "quantity": "units of the feature",
    "trial": "days",
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> ChangeKind[Any]:
    kind_found: ChangeKind[Any] = registry.kind(request.param)
    return kind_found


def test_each_kind_is_previewed_by_autumn_and_offered_with_products(kind: ChangeKind[Any]) -> None:
    assert kind.quoted
    assert kind.command == KINDS[kind.id]
    assert kind.offered_on == {"products", "entity"}
    assert kind.scopes == (WRITE_SCOPE,)
    assert kind.of_entities
    assert kind.unit == UNITS[kind.id]
    assert kind.valued is (kind.unit != "days")


def test_each_sample_names_its_product(kind: ChangeKind[Any]) -> None:
    sample = kind.sample("cus_1")
    assert sample.customer == "cus_1"
    assert "Pro" in kind.summary(sample, {"pro": "Pro"})


def test_old_ids_are_accepted(kind: ChangeKind[Any]) -> None:
    sample = kind.sample("a@b")
    refusals = kind.guard(sample, facts_with(PRO, id="a@b"), NOW).refusals
    assert refusals
    assert Note(CommonNote.OLD_ID) not in refusals


@pytest.mark.parametrize(
    ("answer", "pending"),
    [
        ({"customer_id": "c", "payment_url": None}, None),
        ({"customer_id": "c", "invoice": {"status": "paid"}, "payment_url": None}, None),
        ({}, None),
        (None, None),
        ("done", None),
        ({"payment_url": 5}, None),
        ({"payment_url": URL}, PendingPayment(URL, page=PaymentPage.CHECKOUT)),
        ({"payment_url": URL, "invoice": None}, PendingPayment(URL, page=PaymentPage.CHECKOUT)),
        (
            {"payment_url": URL, "invoice": {"status": "open"}},
            PendingPayment(URL, page=PaymentPage.INVOICE),
        ),
        (
            {
                "payment_url": URL,
                "invoice": {"status": "open"},
                "required_action": {"code": "payment_method_required"},
            },
            PendingPayment(URL, "payment_method_required", PaymentPage.INVOICE),
        ),
        (
            {"payment_url": URL, "required_action": {"code": "3ds_required", "reason": "x"}},
            PendingPayment(URL, "3ds_required"),
        ),
        (
            {"payment_url": None, "required_action": {"code": "payment_processing"}},
            PendingPayment("", "payment_processing"),
        ),
        ({"required_action": {}}, PendingPayment("", "")),
    ],
)
def test_answer_says_whether_payment_is_awaited(answer: object, pending: PendingPayment | None) -> None:
    waiting = {kind_id: registry.kind(kind_id).pending_payment(answer) for kind_id in KINDS}
    assert waiting == {**dict.fromkeys(KINDS, pending), "cancellation": None}
