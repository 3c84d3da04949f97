"""What is requested for a check, and what is shown when part of it fails."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import Forbidden, TimedOut
from bot.autumn.models import Check
from bot.lookups.check.card import Checked
from bot.lookups.place import Place
from tests.autumn.scripted import Scripted, error, hang, listing, ok
from tests.lookups.test_reading import ERIN, answer_of, customer

FEATURES = listing(
    {"id": "messages", "name": "Messages", "type": "metered"},
    {"id": "message_archive", "name": "Message archive", "type": "boolean"},
)
BALANCE = {"feature_id": "messages", "granted": 100, "remaining": 93, "usage": 7}
ALLOWED = ok({"allowed": True, "required_balance": 5, "balance": BALANCE})
LIMITED = {"spend_limits": [{"feature_id": "messages", "overage_limit": 5, "enabled": True}]}
ENTITY = ok({"id": "ws_1", "billing_controls": LIMITED})
PLANS = listing({"id": "team", "name": "Team"})


def check_place(feature: str, units: str = "5", entity: str = "") -> Place:
    return Place(customer=ERIN.customer, part="check", feature=feature, units=Decimal(units), entity=entity)


def script(check: Any = ALLOWED, features: Any = FEATURES, entity: Any = ENTITY, **fields: Any) -> Scripted:
    holder = customer(invoices=[], **fields)
    return Scripted(
        {
            "customers.get": holder,
            "features.list": features,
            "balances.check": check,
            "plans.list": PLANS,
            "entities.get": entity,
            "invoices.list": listing(),
        }
    )


@pytest.mark.parametrize(
    ("place", "body"),
    [
        (check_place("messages"), {"feature_id": "messages", "required_balance": 5}),
        (check_place("message", "2.5"), {"feature_id": "messages", "required_balance": 2.5}),
        (check_place("Message Archive"), {"feature_id": "message_archive", "required_balance": 5}),
        (
            check_place("messages", entity="ws_1"),
            {"feature_id": "messages", "required_balance": 5, "entity_id": "ws_1"},
        ),
    ],
)
async def test_check_uses_nothing(place: Place, body: dict[str, Any]) -> None:
    autumn = script()
    answer = await answer_of(Checked, autumn, place)
    assert isinstance(answer.check, Check)
    assert answer.check.allowed
    (request,) = (call for call in autumn.received if call.route == "balances.check")
    assert request.body == {"customer_id": "cus_erin", **body}
    assert answer.boolean == (body["feature_id"] == "message_archive")


@pytest.mark.parametrize("typed", ["", "nothing like it", "mess"])
async def test_nothing_is_checked_without_a_single_feature(typed: str) -> None:
    autumn = script()
    answer = await answer_of(Checked, autumn, check_place(typed))
    assert (answer.feature, answer.check) == ("", None)
    assert "balances.check" not in autumn.routes


async def test_features_of_the_customer_come_first() -> None:
    autumn = script(balances={"message_pack": {"feature_id": "message_pack"}})
    assert (await answer_of(Checked, autumn, check_place("mess"))).feature == "message_pack"


async def test_unread_features_leave_those_of_the_customer() -> None:
    autumn = script(
        check=ok({"allowed": True, "flag": {"feature_id": "sso", "plan_id": "team"}}),
        features=error(403),
        flags={"sso": {"feature_id": "sso"}},
    )
    answer = await answer_of(Checked, autumn, check_place("sso"))
    assert answer.boolean
    assert answer.names.plans == {"team": "Team"}


@pytest.mark.parametrize(("reply", "kind"), [(error(403), Forbidden), (hang, TimedOut)])
async def test_check_may_fail_alone(reply: Any, kind: type[Exception]) -> None:
    answer = await answer_of(Checked, script(check=reply), check_place("messages"))
    assert isinstance(answer.check, kind)


async def test_check_of_an_entity_reads_its_own_controls() -> None:
    answer = await answer_of(Checked, script(), check_place("messages", entity="ws_1"))
    assert [holder.billing_controls for holder in answer.holders][:1] == [LIMITED]
    whole = await answer_of(Checked, script(), check_place("messages"))
    assert whole.holders == (whole.customer,)


async def test_no_reason_is_given_where_the_entity_is_unread() -> None:
    answer = await answer_of(Checked, script(entity=error(403)), check_place("messages", entity="ws_1"))
    assert isinstance(answer.check, Forbidden)
    assert answer.entity is None
