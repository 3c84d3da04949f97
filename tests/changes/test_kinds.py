"""What each kind of change declares: its command, where it is offered, how the key is checked."""

from typing import Any

import pytest
from pydantic import ValidationError

from bot.changes import registry
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.registry import KINDS
from bot.changes.spec import NOBODY, ChangeKind
from bot.changes.switch.words import Kept

BALANCES = frozenset({"features", "feature"})
PRODUCTS = frozenset({"products", "entity"})
DECLARED: dict[str, tuple[str, frozenset[str], bool]] = {
    "balance": ("balance", BALANCES | {"overview", "entity"}, True),
    "grant": ("grant", BALANCES | {"overview", "entity"}, True),
    "expiry": ("expiry", BALANCES, True),
    "ungrant": ("ungrant", BALANCES, True),
    "usage": ("record", BALANCES | {"entity"}, True),
    "reward": ("reward", frozenset({"overview", "products", "invoices"}), False),
    "refund": ("refund", frozenset({"invoices"}), False),
    "control": ("controls", BALANCES, True),
    "cancellation": ("cancel", PRODUCTS, True),
    "switch": ("switch", PRODUCTS, True),
    "addition": ("add", PRODUCTS, True),
    "quantity": ("quantity", PRODUCTS, True),
    "trial": ("trial", PRODUCTS, True),
    "details": ("update", frozenset({"overview"}), False),
    "deletion": ("delete", frozenset({"overview"}), False),
}
"""By id: the command, the parts of a card that offer it, and whether it can be limited to an entity."""

PROBES = {
    "/v1/balances.update": {
        "customer_id": NOBODY, "feature_id": NOBODY, "balance_id": NOBODY, "add_to_balance": 0,
    },
    "/v1/balances.create": {"customer_id": NOBODY, "feature_id": NOBODY, "included_grant": 1},
    "/v1/balances.delete": {"customer_id": NOBODY, "feature_id": NOBODY, "balance_id": NOBODY},
    "/v1/balances.track": {"customer_id": NOBODY, "feature_id": NOBODY, "value": 0},
    f"/v1/customers/{NOBODY}/coupons/{NOBODY}": {},
    "/v1/rewards.redeem": {"customer_id": NOBODY, "code": NOBODY},
    f"/v1/customers/{NOBODY}/invoices/{NOBODY}/refund": {"mode": "partial"},
    "/v1/billing.update": {"customer_id": NOBODY, "subscription_id": NOBODY, "cancel_action": "uncancel"},
    "/v1/customers.update": {"customer_id": NOBODY},
}  # fmt: skip
"""The bodies that Autumn requires, by path."""

PER_CUSTOMER = {"/v1/balances.update", "/v1/balances.track", "/v1/billing.update"}
"""Those that Autumn counts against the customer's own limit."""

UNITS, MONEY = "units of the feature", "money"
POLICY = [
    ("balance", UNITS, {"valued", "daily"}),
    ("grant", UNITS, {"valued", "daily"}),
    ("expiry", "", set[str]()),
    ("ungrant", UNITS, set[str]()),
    ("usage", UNITS, set[str]()),
    ("reward", "percent or money", {"valued", "rewards"}),
    ("refund", MONEY, {"valued", "money", "named_only"}),
    ("control", UNITS, {"valued"}),
    ("cancellation", MONEY, {"valued", "money"}),
    ("switch", MONEY, {"valued", "money"}),
    ("addition", MONEY, {"valued", "money"}),
    ("quantity", UNITS, {"valued", "daily"}),
    ("trial", "days", set[str]()),
    ("details", "", set[str]()),
    ("deletion", "", {"named_only"}),
]
"""What the policy may say about each kind: the unit of its amounts, and what else is known."""
FLAGS = ("money", "valued", "daily", "rewards", "named_only")

DEFAULTS: dict[str, dict[str, object]] = {
    "balance": {"amount": None, "reset_at": None, "cycle": None},
    "grant": {
        "amount": None, "expires_at": None, "every": "", "every_count": 1, "resets_at": None, "left": None,
    },
    "usage": {"undoes": False},
    "reward": {"reward": "", "code": "", "subscription": "", "product": "", "instead": None},
    "refund": {"amount": None},
    "control": {
        "remove": False, "limit": None, "percentage": False, "threshold_type": None, "quantity": None,
        "purchases": None, "purchases_in": "", "interval": "", "properties": "", "restores": "",
    },
    "cancellation": {"settlement": None, "one_time": False, "bought_at": None},
    "switch": {"kept": Kept.NOTHING, "replaces": None, "quantities": (), "subscription": ""},
    "addition": {"subscription": "", "quantities": ()},
    "trial": {"ends_at": None},
    "details": {"name": None, "email": None, "fingerprint": None},
}  # fmt: skip
"""What a request that an earlier version stored may lack, by kind."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_stored_request_that_lacks_a_field_means_what_it_meant(kind: ChangeKind[Any]) -> None:
    defaults = {
        name: field.default for name, field in kind.input.model_fields.items() if not field.is_required()
    }
    common = {"kind": kind.id, "customer_created_at": None, "entity": ""}
    assert defaults == common | DEFAULTS.get(kind.id, {})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_kind_is_offered_by_its_command_and_on_its_cards(kind: ChangeKind[Any]) -> None:
    assert DECLARED[kind.id] == (kind.command, kind.offered_on, kind.of_entities)


def test_every_kind_is_registered_in_the_order_of_the_menu() -> None:
    assert [kind.id for kind in KINDS] == list(DECLARED)


def test_doctor_sends_whole_requests_about_nobody() -> None:
    probes = [scope.probe for kind in KINDS for scope in kind.scopes]
    assert {probe.path: probe.body for probe in probes} == PROBES
    assert {probe.method for probe in probes} == {"POST"}
    assert {probe.path for probe in probes if probe.per_customer} == PER_CUSTOMER


def test_policy_may_say_about_a_kind_what_is_known_of_it() -> None:
    kinds = [kind.policy for kind in KINDS]
    assert [(kind.id, kind.unit, {flag for flag in FLAGS if getattr(kind, flag)}) for kind in kinds] == POLICY


def test_form_of_a_list_says_what_the_cells_of_each_kind_are() -> None:
    usages = [registry.line_form(kind.id).usage for kind in registry.listable()]
    assert [usage for usage in usages if not usage.strip()] == []
    assert len(set(usages)) == len(usages)


def test_stored_quantity_that_says_more_than_is_known_is_refused() -> None:
    with pytest.raises(ValidationError, match="currency"):
        FeatureQuantity.model_validate({"feature": "seats", "quantity": 3, "currency": "usd"})
