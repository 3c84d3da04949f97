"""What Autumn answers to a change of a subscription."""

import pytest

from bot.changes.billing.answer import pending_payment
from bot.changes.model import PendingPayment


@pytest.mark.parametrize(
    ("answer", "pending"),
    [
        ({"customer_id": "c", "payment_url": None}, None),
        ({"customer_id": "c", "invoice": {"status": "paid"}, "payment_url": None}, None),
        ({}, None),
        (None, None),
        ("done", None),
        ({"payment_url": 5}, None),
        ({"payment_url": "https://pay.example/1"}, PendingPayment("https://pay.example/1")),
        (
            {
                "payment_url": "https://pay.example/1",
                "required_action": {"code": "3ds_required", "reason": "x"},
            },
            PendingPayment("https://pay.example/1", "3ds_required"),
        ),
        (
            {"payment_url": None, "required_action": {"code": "payment_processing"}},
            PendingPayment("", "payment_processing"),
        ),
        ({"required_action": {}}, PendingPayment("", "")),
    ],
)
def test_an_answer_says_whether_a_payment_is_waited_for(
    answer: object, pending: PendingPayment | None
) -> None:
    assert pending_payment(answer) == pending
