from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from bot.autumn.models import Balance, Customer, Feature, Flag, Instant, Invoice, Reset

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1798761600000, NEW_YEAR),
        (Decimal("1798761600000.0"), NEW_YEAR),
        (1798761600, NEW_YEAR),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        ("2027-01-01T00:00:00Z", NEW_YEAR),
    ],
)
def test_times_are_aware(value: object, expected: datetime) -> None:
    assert INSTANT.validate_python(value) == expected


@pytest.mark.parametrize("value", [10**30, -(10**30), 10**400, Decimal("1e300"), "soon", True, [], None])
def test_invalid_time_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_python(value)


def test_null_reads_as_the_default() -> None:
    names = ("name", "subscriptions", "balances", "flags", "metadata", "invoices", "invoice_previews", "env")
    customer = Customer.model_validate(dict.fromkeys(names) | {"id": None})
    assert customer == Customer()


def test_only_fields_a_card_needs_are_required() -> None:
    with pytest.raises(ValidationError):
        Feature.model_validate({"id": None})
    with pytest.raises(ValidationError):
        Customer.model_validate([])


def test_unknown_fields_are_kept() -> None:
    invoice = Invoice.model_validate({"total": 5, "due_date": "soon"})
    assert invoice.model_extra == {"due_date": "soon"}


@pytest.mark.parametrize(
    ("schema", "costs"),
    [
        ([{"metered_feature_id": "tokens", "credit_cost": 0.5}], [("tokens", Decimal("0.5"))]),
        ([{"metered_feature_id": "tokens", "credit_cost": {"tiers": []}}], [("tokens", None)]),
        ([{"metered_feature_id": "tokens"}, {"metered_feature_id": 5}, "odd", None], [("tokens", None)]),
        ({"tiers": []}, []),
        (None, []),
    ],
)
def test_known_credit_costs_are_parsed(schema: Any, costs: list[tuple[str, Decimal | None]]) -> None:
    feature = Feature(id="credits", credit_schema=schema)
    assert [(cost.metered_feature_id, cost.credit_cost) for cost in feature.credit_costs] == costs


def test_overage_is_summed_over_the_rows_that_have_any() -> None:
    balance = Balance.model_validate(
        {
            "feature_id": "messages",
            "breakdown": [
                {"included_grant": 100, "usage": 130},
                {"included_grant": 50, "prepaid_grant": 10, "usage": 20},
                {"included_grant": 5, "prepaid_grant": 1, "usage": 10},
            ],
        }
    )
    assert balance.overage == 34


def test_names_fall_back_to_the_id() -> None:
    named = Feature(id="sso", name="Single sign-on")
    assert Balance(feature_id="messages").name == "messages"
    assert Balance(feature_id="sso", feature=named).name == "Single sign-on"
    assert Flag(feature_id="sso").name == "sso"
    assert Flag(feature_id="sso", feature=named).name == "Single sign-on"
    assert Reset(interval="month").resets_at is None
