"""What is requested for the entities, and what is shown when part of it fails."""

from typing import Any

import pytest

from bot.autumn.errors import Forbidden, NotFound, TimedOut
from bot.lookups.entities.card import Entities, EntityDetail
from bot.lookups.entities.part import MOST
from bot.lookups.place import Place
from tests.autumn.scripted import Scripted, error, hang, listing, ok
from tests.lookups.test_reading import ERIN, answer_of, customer

AT_ENTITIES = ERIN.go("entities")
AT_ENTITY = ERIN.of_entity("ws_1")
ENTITY: dict[str, Any] = {
    "id": "ws_1",
    "name": "Workspace",
    "feature_id": "seats",
    "subscriptions": [{"id": "s", "plan_id": "seat", "scope": "entity"}],
    "balances": {"messages": {"feature_id": "messages", "granted": 5}},
}
LISTS = {
    "plans.list": listing({"id": "seat", "name": "Seat plan"}),
    "features.list": listing({"id": "messages", "name": "Messages"}),
    "invoices.list": listing(),
}


async def test_entities_are_read_with_the_names_of_their_contents() -> None:
    script = Scripted({"customers.get": customer(invoices=[]), "entities.list": listing(ENTITY), **LISTS})
    answer = await answer_of(Entities, script, AT_ENTITIES)
    assert isinstance(answer.entities, tuple)
    assert [entity.name for entity in answer.entities] == ["Workspace"]
    assert (answer.names.plans, answer.names.features) == ({"seat": "Seat plan"}, {"messages": "Messages"})
    assert not answer.more
    (request,) = (call for call in script.received if call.route == "entities.list")
    assert request.body == {"customer_id": "cus_erin", "limit": MOST, "start_cursor": ""}


async def test_unread_entities_are_reported() -> None:
    page = listing(ENTITY, cursor="more")
    script = Scripted({"customers.get": customer(invoices=[]), "entities.list": page, **LISTS})
    assert (await answer_of(Entities, script, AT_ENTITIES)).more


async def test_one_entity_is_read_with_its_customer() -> None:
    script = Scripted({"customers.get": customer(invoices=[]), "entities.get": ok(ENTITY), **LISTS})
    answer = await answer_of(EntityDetail, script, AT_ENTITY)
    assert answer.entity is not None
    assert not isinstance(answer.entity, Exception)
    assert answer.entity.name == "Workspace"
    assert answer.names.features == {"messages": "Messages"}
    (request,) = (call for call in script.received if call.route == "entities.get")
    assert request.body == {"customer_id": "cus_erin", "entity_id": "ws_1"}


@pytest.mark.parametrize(("reply", "kind"), [(error(403), Forbidden), (hang, TimedOut)])
async def test_entities_may_fail_alone(reply: Any, kind: type[Exception]) -> None:
    lists = {"entities.list": reply, "entities.get": reply}
    script = Scripted({"customers.get": customer(invoices=[]), **lists, **LISTS})
    assert isinstance((await answer_of(Entities, script, AT_ENTITIES)).entities, kind)
    script = Scripted({"customers.get": customer(invoices=[]), **lists, **LISTS})
    assert isinstance((await answer_of(EntityDetail, script, AT_ENTITY)).entity, kind)


async def test_missing_entity_is_not_an_error() -> None:
    script = Scripted({"customers.get": customer(invoices=[]), "entities.get": error(404), **LISTS})
    assert (await answer_of(EntityDetail, script, AT_ENTITY)).entity is None


@pytest.mark.parametrize("place", [AT_ENTITIES, AT_ENTITY])
async def test_unknown_customer_has_no_entities(place: Place) -> None:
    script = Scripted(
        {"customers.get": error(404), "entities.list": listing(), "entities.get": error(404), **LISTS}
    )
    with pytest.raises(NotFound):
        await answer_of(Entities, script, place)
