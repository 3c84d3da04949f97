"""Changes limited to one entity: the entity's own balances, the write, and refusals."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from bot.approvals.lifecycle import Record
from bot.approvals.preview import inverse
from bot.autumn.errors import NotFound, Unavailable
from bot.autumn.models import (
    BalanceRow,
    Entity,
    Feature,
    Invoice,
    Plan,
    PlanItem,
    PlanPrice,
    Purchase,
    Quote,
    Reset,
    Subscription,
    UsagePrice,
)
from bot.changes import descriptions, entity_view, price, registry, request_form, stored, words
from bot.changes import words as changes_words
from bot.changes.addition.request import AdditionInput
from bot.changes.balance.request import BalanceInput, HeldBalance, allocated, held_balance
from bot.changes.balance.words import BalanceAction, BalanceNote
from bot.changes.billing.words import BillingNote
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, CancellationNote, Settlement
from bot.changes.control.request import ControlInput, has_inherited, own_entries
from bot.changes.control.words import ControlNote, ControlType
from bot.changes.expiry.request import ExpiryInput
from bot.changes.facts import gather, gather_for
from bot.changes.forms import scope
from bot.changes.forms import words as forms_words
from bot.changes.forms.fields import REASON_BLOCK
from bot.changes.forms.model import Meta
from bot.changes.grant.request import GrantInput
from bot.changes.grant.words import GrantNote
from bot.changes.model import ChangeInput, EntityScope, Facts, Now, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from bot.changes.standalone import GrantSize
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import Kept, SwitchAction, SwitchNote
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from bot.changes.ungrant.request import UngrantInput
from bot.changes.ungrant.words import UngrantNote
from bot.changes.usage.request import UsageInput
from bot.kit import ids
from bot.kit.form_values import with_option
from bot.lookups import controls
from tests.approvals.records import record
from tests.autumn.scripted import ReceivedRequest, Scripted, error, listing, ok
from tests.changes.facts import (
    LATER,
    NOW,
    ONE_OFF,
    SOON,
    balance,
    customer,
    facts,
    row,
    subscription,
)
from tests.changes.filling import Filling

OWN = row("own", included=100, usage=20)
SHARED = row("shared", included=1000, usage=300)
LOOSE = row("maple_1", included=50, usage=10, plan_id=None, reset=ONE_OFF)


def entity(*rows: BalanceRow, **changes: Any) -> Entity:
    fields = {
        "id": "ws_1",
        "name": "Workspace",
        "feature_id": "seats",
        "balances": {"messages": balance(*rows)},
    }
    return Entity(**{**fields, **changes})


def scoped(*rows: BalanceRow, shared: Sequence[BalanceRow] = (SHARED,), **changes: Any) -> Facts:
    """Facts of an entity with these rows, which shares others with its customer."""
    holder = customer(balance(*shared, granted=Decimal(9_999)))
    read_entity = entity(*rows, *shared, **changes)
    return facts(
        customer=entity_view.view(holder, read_entity, holder),
        scope=EntityScope(read_entity, holder),
        entities=(read_entity,),
    )


def gone() -> Facts:
    holder = customer(balance(SHARED))
    return facts(customer=entity_view.view(holder, None, holder), scope=EntityScope(None, holder))


def change(**changes: Any) -> BalanceInput:
    fields = {
        "customer": "cus_1",
        "entity": "ws_1",
        "feature": "messages",
        "row": "own",
        "action": BalanceAction.GIVE,
        "amount": Decimal(5),
    }
    return BalanceInput(**{**fields, **changes})


REQUESTS: tuple[ChangeInput, ...] = (
    change(),
    change(action=BalanceAction.SET),
    change(action=BalanceAction.USAGE),
    GrantInput(
        customer="cus_1",
        entity="ws_1",
        feature="messages",
        grant="maple_2",
        size=GrantSize.AMOUNT,
        amount=Decimal(10),
        left=Decimal(5),
    ),
    ExpiryInput(customer="cus_1", entity="ws_1", feature="messages", row="maple_1", expires_at=LATER),
    UngrantInput(customer="cus_1", entity="ws_1", feature="messages", row="maple_1"),
    UsageInput(customer="cus_1", entity="ws_1", feature="messages", value=Decimal(3), mark="m"),
)


CANCEL = CancellationInput(
    customer="cus_1",
    entity="ws_1",
    subscription="sub",
    product="pro",
    action=CancellationAction.AT_PERIOD_END,
)
CONTROL = ControlInput(
    customer="cus_1",
    entity="ws_1",
    control=ControlType.SPEND,
    feature="messages",
    limit=Decimal(50),
)
SWITCH = SwitchInput(customer="cus_1", entity="ws_1", product="team", action=SwitchAction.NOW)
SUBSCRIPTIONS: tuple[ChangeInput, ...] = (
    CANCEL,
    CANCEL.model_copy(update={"action": CancellationAction.NOW, "settlement": Settlement.CREDIT}),
    CANCEL.model_copy(update={"action": CancellationAction.TAKE_BACK}),
    QuantityInput(
        customer="cus_1",
        entity="ws_1",
        subscription="sub",
        product="pro",
        feature="seats",
        quantity=Decimal(3),
        billed=Billed.NEXT_INVOICE,
    ),
    TrialInput(
        customer="cus_1",
        entity="ws_1",
        subscription="sub",
        product="pro",
        action=TrialAction.MOVE_END,
        ends_at=LATER,
    ),
    SWITCH,
    SwitchInput(
        customer="cus_1", entity="ws_1", product="team", action=SwitchAction.CALL_OFF, subscription="sub"
    ),
    AdditionInput(customer="cus_1", entity="ws_1", product="seats", subscription="maple_1"),
    AdditionInput(customer="cus_1", entity="ws_1", product="pack"),
    CancellationInput(
        customer="cus_1",
        entity="ws_1",
        subscription="",
        product="pack",
        action=CancellationAction.NOW,
        one_time=True,
    ),
)


@pytest.fixture(params=REQUESTS, ids=lambda request: f"{request.kind} {getattr(request, 'action', '')}")
def request_of_entity(request: pytest.FixtureRequest) -> ChangeInput:
    change_input: ChangeInput = request.param
    return change_input


# The entity's own balances


def test_view_has_only_rows_the_customer_does_not_have() -> None:
    holder = customer(balance(SHARED, granted=Decimal(1100)), name="Acme")
    read_entity = entity(OWN, SHARED, LOOSE)
    view = entity_view.view(holder, read_entity, holder)
    assert (view.id, view.name) == ("cus_1", "Acme")
    own = view.balances["messages"]
    assert own.breakdown == [OWN, LOOSE]
    assert [own.granted, own.remaining, own.usage] == [150, 120, 30]
    assert own.next_reset_at == SOON


def test_totals_are_those_of_the_own_rows() -> None:
    later = row("later", included=10, usage=1, prepaid_grant=Decimal(5), reset=Reset(resets_at=LATER))
    never = row("never", included=1, usage=0, reset=None)
    holder = customer(balance(SHARED))
    read_entity = entity()
    read_entity.balances["messages"] = balance(never, later, OWN, SHARED, rollovers=((10, 10),))
    own = entity_view.view(holder, read_entity, holder).balances["messages"]
    assert [row_held.id for row_held in own.breakdown] == ["never", "later", "own"]
    assert [own.granted, own.remaining, own.usage] == [116, 90, 21]
    assert own.next_reset_at == SOON
    assert own.rollovers == []


@pytest.mark.parametrize("earlier", [True, False])
def test_feature_only_one_reading_of_the_customer_had_is_shared(*, earlier: bool) -> None:
    has, has_not = customer(balance(SHARED)), customer()
    first, last = (has, has_not) if earlier else (has_not, has)
    assert entity_view.view(last, entity(SHARED), first).balances["messages"].breakdown == []


def test_feature_the_customer_does_not_have_is_the_entitys_own() -> None:
    holder = customer()
    assert entity_view.view(holder, entity(OWN), holder).balances["messages"].breakdown == [OWN]


def test_fully_shared_balance_has_no_rows() -> None:
    shared_balance = scoped().customer.balances["messages"]
    assert shared_balance.breakdown == []
    assert [shared_balance.granted, shared_balance.remaining, shared_balance.usage] == [0, 0, 0]
    assert shared_balance.next_reset_at is None


@pytest.mark.parametrize("earlier", [True, False])
def test_row_the_customer_had_before_or_after_is_shared(*, earlier: bool) -> None:
    """It appeared or disappeared while the entity was read."""
    has, has_not = customer(balance(SHARED)), customer(balance())
    first, last = (has, has_not) if earlier else (has_not, has)
    view = entity_view.view(last, entity(OWN, SHARED), first)
    assert view.balances["messages"].breakdown == [OWN]


def test_names_come_from_the_customer() -> None:
    messages, pro, pack = Feature(id="messages", name="Messages"), Plan(id="pro"), Plan(id="pack")
    holder = customer(
        balance(SHARED, feature=messages),
        subscriptions=[
            subscription("pro", plan=pro),
            Subscription(plan_id="none"),
            Subscription(plan_id="pro"),
        ],
        purchases=[Purchase(plan_id="pack", plan=pack)],
        flags={"sso": {"feature_id": "sso"}},
    )
    read_entity = entity(
        OWN,
        subscriptions=[
            Subscription(id="s1", plan_id="pro", scope="entity"),
            Subscription(id="s2", plan_id="none", scope="entity"),
            Subscription(id="s3", plan_id="pro", scope="customer"),
        ],
        purchases=[Purchase(plan_id="pack", scope="entity"), Purchase(plan_id="pack", scope="customer")],
    )
    view = entity_view.view(holder, read_entity, holder)
    assert view.balances["messages"].feature == messages
    assert [(product.id, product.plan) for product in view.subscriptions] == [("s1", pro), ("s2", None)]
    assert [product.plan for product in view.purchases] == [pack]
    assert view.flags == {}


def test_products_have_the_prices_of_the_catalogue() -> None:
    """The customer's answer shows entities' products without prices."""
    merged, priced = Plan(id="pro"), Plan(id="pro", price=PlanPrice(amount=Decimal(20)))
    holder = customer(subscriptions=[subscription("pro", plan=merged, scope="entity")])
    read_entity = entity(subscriptions=[Subscription(id="s1", plan_id="pro", scope="entity")])
    (own_subscription,) = entity_view.view(holder, read_entity, holder, [priced]).subscriptions
    assert own_subscription.plan == priced.model_copy(update={"complete": True})


def test_inherited_controls_are_not_the_entitys_own() -> None:
    own, of_plan, of_customer = (
        {"feature_id": feature, "enabled": True, "overage_limit": 5, **fields}
        for feature, fields in (
            ("messages", {}),
            ("seats", {"source": "plan"}),
            ("exports", {"source": "customer"}),
        )
    )
    holder = customer(billing_controls={"spend_limits": [{"feature_id": "tokens", "source": "customer"}]})
    read_entity = entity(
        billing_controls={"spend_limits": [own, of_plan, of_customer, "odd"], "usage_limits": 5}
    )
    view = entity_view.view(holder, read_entity, holder)
    assert own_entries("spend_limits", view) == [own]
    assert [entry["feature_id"] for entry in controls.entries("spend_limits", view)] == [
        "messages",
        "seats",
        "exports",
    ]
    assert has_inherited(ControlType.SPEND, "exports", view)
    inherited = [{**entry, "source": "inherited"} for entry in (of_plan, of_customer)]
    assert view.billing_controls == {"spend_limits": [own, *inherited]}
    assert entity_view.view(holder, None, holder).billing_controls == {}


def test_control_of_an_entity_is_written_to_the_entity_alone() -> None:
    other_limit = {"feature_id": "seats", "enabled": True, "overage_limit": 9}
    inherited = {"feature_id": "exports", "enabled": True, "overage_limit": 1, "source": "plan"}
    customer_facts = scoped(OWN, billing_controls={"spend_limits": [other_limit, inherited]})
    kind = registry.of(CONTROL)
    assert kind.guard(CONTROL, customer_facts, NOW).refusals == ()
    (write,) = kind.plan(CONTROL, customer_facts)
    assert (write.route, write.path) == ("entities.update", "/v1/entities.update")
    mine = {"feature_id": "messages", "enabled": True, "overage_limit": 50}
    assert write.body == {
        "customer_id": "cus_1",
        "entity_id": "ws_1",
        "billing_controls": {"spend_limits": [other_limit, mine]},
    }
    before = kind.snapshot(CONTROL, customer_facts)
    after = kind.snapshot(CONTROL, scoped(OWN, billing_controls={"spend_limits": [other_limit, mine]}))
    assert kind.verify(CONTROL, before, after) is Verdict.APPLIED
    undo = inverse(record(kind=kind.id, input=CONTROL, before=before), after)
    assert isinstance(undo, ControlInput)
    assert (undo.entity, undo.remove) == ("ws_1", True)
    customer_wide = CONTROL.model_copy(update={"entity": ""})
    (write,) = kind.plan(customer_wide, facts())
    assert write.route == "customers.update"


def test_auto_top_up_belongs_to_the_whole_customer() -> None:
    request = CONTROL.model_copy(update={"control": ControlType.TOP_UP, "quantity": Decimal(5)})
    refusals = registry.of(request).guard(request, scoped(OWN), NOW).refusals
    assert refusals == (Note(ControlNote.ENTITY_TOP_UP),)
    customer_wide = request.model_copy(update={"entity": ""})
    assert registry.of(customer_wide).guard(customer_wide, facts(), NOW).allowed


def test_missing_entity_has_nothing() -> None:
    facts = gone()
    assert facts.entity_gone
    assert facts.customer.balances == {}
    assert facts.customer.subscriptions == []
    assert facts.whole.balances["messages"].breakdown == [SHARED]


ROWS = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)


@given_any(
    entity_rows=ROWS,
    customer_before=ROWS,
    customer_after=ROWS,
    picked=st.sampled_from(["a", "b", "c", "d", ""]),
)
def test_no_row_of_the_customer_is_ever_written(
    entity_rows: list[str], customer_before: list[str], customer_after: list[str], picked: str
) -> None:
    holder = customer(balance(*(row(row_id) for row_id in customer_after)))
    earlier = customer(balance(*(row(row_id) for row_id in customer_before)))
    of_entity = entity(*(row(row_id) for row_id in entity_rows))
    customer_facts = facts(
        customer=entity_view.view(holder, of_entity, earlier), scope=EntityScope(of_entity, holder)
    )
    for action in (BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE):
        request = change(row=picked, action=action)
        kind = registry.of(request)
        if kind.guard(request, customer_facts, NOW).allowed:
            (write,) = kind.plan(request, customer_facts)
            assert write.body["balance_id"] in set(entity_rows) - set(customer_before) - set(customer_after)
            assert write.body["entity_id"] == "ws_1"


# Reading


async def _read(script: Scripted, request: ChangeInput | str) -> Facts:
    """For a request, or for the form of a kind."""
    client = script.client()
    try:
        if isinstance(request, str):
            return await gather_for(client, request, "cus_1", now=lambda: NOW, entity="ws_1")
        return await gather(client, request, now=lambda: NOW)
    finally:
        await client.aclose()


def script(**answers: Any) -> Scripted:
    fields: dict[str, Any] = {
        "customers.get": ok({"id": "cus_1", "entities": [{"id": "ws_1"}]}),
        "entities.get": ok({"id": "ws_1"}),
        "features.list": listing({"id": "f", "type": "metered"}),
    }
    return Scripted(fields | {name.replace("_", "."): answer for name, answer in answers.items()})


async def test_entity_is_read_between_two_readings_of_the_customer() -> None:
    reading = script()
    facts = await _read(reading, change())
    routes = [route for route in reading.routes if route != "features.list"]
    assert routes == ["customers.get", "entities.get", "customers.get"]
    bodies = [received.body for received in reading.received if received.route == "entities.get"]
    assert bodies == [{"customer_id": "cus_1", "entity_id": "ws_1"}]
    assert facts.scope is not None
    assert facts.scope.entity == Entity(id="ws_1")
    assert [listed.id for listed in facts.whole.entities] == ["ws_1"]


async def test_form_reads_the_entity_and_all_names() -> None:
    facts = await _read(script(), "balance")
    assert facts.scope is not None
    assert [listed.id for listed in facts.entities] == ["ws_1"]


async def test_missing_entity_is_not_a_missing_customer() -> None:
    facts = await _read(script(entities_get=error(404, "entity_not_found")), change())
    assert facts.entity_gone


async def test_customer_deleted_while_the_entity_is_read_is_missing() -> None:
    with pytest.raises(NotFound):
        await _read(script(entities_get=error(404, "customer_not_found")), change())


async def test_unreadable_entity_is_an_error() -> None:
    with pytest.raises(Unavailable):
        await _read(script(entities_get=error(500)), change())


async def test_change_for_the_whole_customer_reads_no_entity() -> None:
    async def entities(request: ReceivedRequest) -> Any:
        raise AssertionError(request)

    facts = await _read(script(entities_get=entities), change(entity=""))
    assert facts.scope is None
    assert facts.whole is facts.customer


async def test_subscription_of_an_entity_has_its_price() -> None:
    subscribed = {"id": "ws_1", "subscriptions": [{"id": "s1", "plan_id": "pro", "scope": "entity"}]}
    for request in (CANCEL, "cancellation"):
        reading = script(entities_get=ok(subscribed), plans_list=listing({"id": "pro", "name": "Pro"}))
        facts = await _read(reading, request)
        assert [held.plan and held.plan.name for held in facts.customer.subscriptions] == ["Pro"]
    reading = script(plans_list=listing())
    await _read(reading, change())
    assert "plans.list" not in reading.routes


# Guards


def subscribed() -> Facts:
    """The entity and its customer have the same product."""
    mine = subscription("pro", id="sub", scope="entity", current_period_end=LATER, trial_ends_at=SOON)
    holder = customer(
        subscriptions=[subscription("pro", id="sub_whole", scope="customer"), mine.model_copy()]
    )
    read_entity = entity(subscriptions=[mine, holder.subscriptions[0]])
    return facts(
        customer=entity_view.view(holder, read_entity, holder), scope=EntityScope(read_entity, holder)
    )


@pytest.mark.parametrize("request_of_subscription", SUBSCRIPTIONS, ids=lambda request: request.kind)
def test_each_subscription_change_names_the_entity(request_of_subscription: ChangeInput) -> None:
    kind = registry.of(request_of_subscription)
    (write,) = kind.plan(request_of_subscription, subscribed())
    assert write.body["entity_id"] == "ws_1"
    customer_wide = request_of_subscription.model_copy(update={"entity": ""})
    (write,) = kind.plan(customer_wide, subscribed())
    assert "entity_id" not in write.body


@pytest.mark.parametrize(
    ("picked", "refusals"),
    [
        ("sub", ()),
        ("sub_whole", (Note(BillingNote.GONE),)),
        ("other", (Note(BillingNote.GONE),)),
    ],
)
def test_only_the_entitys_subscriptions_are_changed_for_it(picked: str, refusals: tuple[Note, ...]) -> None:
    request = CANCEL.model_copy(update={"subscription": picked})
    assert registry.of(request).guard(request, subscribed(), NOW).refusals == refusals


def test_entity_keeps_shared_balances_when_its_product_ends() -> None:
    quoted = Quote(currency="usd")
    warned = registry.of(CANCEL).guard(CANCEL, replace(subscribed(), quote=quoted), NOW).warnings
    assert [note.code for note in warned] == [CancellationNote.ENTITY_SHARES]
    customer_wide = CANCEL.model_copy(update={"entity": "", "subscription": "sub_whole"})
    customer_facts = facts(customer=subscribed().whole, quote=quoted)
    warned = registry.of(customer_wide).guard(customer_wide, customer_facts, NOW).warnings
    assert [note.code for note in warned] == [CancellationNote.NO_PRODUCT_LEFT]


@pytest.mark.parametrize(
    ("entity_id", "kept_balances", "refusals"),
    [
        ("ws_1", Kept.REMAINING, (Note(SwitchNote.ENTITY_REMAINING),)),
        ("ws_1", Kept.USAGE, ()),
        ("ws_1", Kept.NOTHING, ()),
        ("", Kept.REMAINING, ()),
    ],
)
def test_remaining_balance_is_not_kept_at_a_switch_of_an_entity(
    entity_id: str, kept_balances: Kept, refusals: tuple[Note, ...]
) -> None:
    request = SWITCH.model_copy(update={"entity": entity_id, "kept": kept_balances})
    customer_facts = subscribed() if entity_id else facts(customer=subscribed().whole)
    offering = replace(customer_facts, offered=(Plan(id="team"),))
    assert registry.of(request).guard(request, offering, NOW).refusals == refusals


def test_entity_subscriptions_are_not_changed_for_the_whole_customer() -> None:
    request = CANCEL.model_copy(update={"entity": ""})
    customer_facts = facts(customer=subscribed().whole.model_copy())
    refusals = registry.of(request).guard(request, customer_facts, NOW).refusals
    assert refusals == (Note(BillingNote.OF_ENTITY),)


def test_cancellation_for_an_entity_is_read_back_from_the_entity() -> None:
    """The customer's merged row would still show another entity's."""
    kind = registry.of(CANCEL)
    before = kind.snapshot(CANCEL, subscribed())
    ended = subscribed()
    assert ended.scope is not None
    none = facts(
        customer=entity_view.view(ended.whole, entity(), ended.whole),
        scope=EntityScope(entity(), ended.whole),
    )
    now = CANCEL.model_copy(update={"action": CancellationAction.NOW, "settlement": Settlement.NOTHING})
    assert kind.verify(now, before, kind.snapshot(now, none)) is Verdict.APPLIED
    assert kind.verify(now, before, kind.snapshot(now, ended)) is Verdict.NOT_APPLIED


def test_every_write_names_the_entity_and_its_row(request_of_entity: ChangeInput) -> None:
    facts = scoped(OWN, LOOSE)
    kind = registry.of(request_of_entity)
    assert kind.guard(request_of_entity, facts, NOW).refusals == ()
    writes = kind.plan(request_of_entity, facts)
    assert [write.body.get("entity_id") for write in writes] == ["ws_1"] * len(writes)
    for write in writes:
        assert write.body.get("balance_id", "") != SHARED.id
    customer_wide = request_of_entity.model_copy(update={"entity": ""})
    assert all("entity_id" not in write.body for write in kind.plan(customer_wide, facts))


def test_each_kind_refuses_a_missing_entity(request_of_entity: ChangeInput) -> None:
    judged = registry.of(request_of_entity).guard(request_of_entity, gone(), NOW)
    assert judged.refusals == (Note(CommonNote.ENTITY_GONE),)


@pytest.mark.parametrize("amount", [BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE])
def test_shared_balance_is_refused_with_an_alternative(amount: BalanceAction) -> None:
    shared = (Note(BalanceNote.SHARED_BALANCE, {"feature": "messages"}),)
    kind = registry.kind("balance")
    assert kind.guard(change(row="shared", action=amount), scoped(OWN), NOW).refusals == shared
    assert kind.guard(change(row="shared", action=amount), scoped(), NOW).refusals == shared
    assert kind.guard(change(row="", action=amount), scoped(), NOW).refusals == shared


def test_unknown_row_is_gone() -> None:
    refusals = registry.kind("balance").guard(change(row="other"), scoped(OWN), NOW).refusals
    assert refusals == (Note(BalanceNote.ROW_GONE, {"feature": "messages"}),)
    unnamed = scoped(OWN, shared=(row(""),))
    refusals = registry.kind("balance").guard(change(row=""), unnamed, NOW).refusals
    assert refusals == (Note(BalanceNote.ROW_GONE, {"feature": "messages"}),)


def test_balance_held_by_entities_asks_for_one() -> None:
    customer_facts = facts(balance(granted=Decimal(40)))
    refusals = registry.kind("balance").guard(change(entity=""), customer_facts, NOW).refusals
    assert refusals == (Note(BalanceNote.ENTITY_BALANCE, {"feature": "messages"}),)


def test_possibly_shared_rollovers_only_allow_giving() -> None:
    """Autumn reports them per feature, without saying whose they are."""
    read_entity = entity()
    read_entity.balances["messages"] = balance(OWN, SHARED, rollovers=((10, 10),))
    holder = customer(balance(SHARED))
    customer_facts = facts(
        customer=entity_view.view(holder, read_entity, holder), scope=EntityScope(read_entity, holder)
    )
    kind = registry.kind("balance")
    assert kind.guard(change(), customer_facts, NOW).allowed
    refusals = kind.guard(change(action=BalanceAction.SET), customer_facts, NOW).refusals
    assert [note.code for note in refusals] == [BalanceNote.ROLLOVERS_UNCLEAR]


def test_shared_unlimited_balance_leaves_nothing_to_change() -> None:
    read_entity = entity()
    read_entity.balances["messages"] = balance(OWN, SHARED, unlimited=True)
    holder = customer(balance(SHARED))
    customer_facts = facts(
        customer=entity_view.view(holder, read_entity, holder), scope=EntityScope(read_entity, holder)
    )
    refusals = registry.kind("balance").guard(change(), customer_facts, NOW).refusals
    assert [note.code for note in refusals] == [BalanceNote.UNLIMITED]
    refusals = registry.kind("grant").guard(REQUESTS[3], customer_facts, NOW).refusals
    assert [note.code for note in refusals] == [GrantNote.ALREADY_UNLIMITED]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"size": GrantSize.UNLIMITED, "amount": None}, Note(GrantNote.ENTITY_AMOUNTS)),
        ({"feature": "sso", "size": GrantSize.SWITCH, "amount": None}, Note(GrantNote.ENTITY_AMOUNTS)),
        ({"feature": "seats"}, Note(GrantNote.ENTITY_FEATURE, {"feature": "seats"})),
    ],
)
def test_grants_impossible_for_an_entity(changes: dict[str, Any], refusal: Note) -> None:
    request = REQUESTS[3].model_copy(update=changes)
    assert registry.kind("grant").guard(request, scoped(OWN), NOW).refusals == (refusal,)
    customer_wide = request.model_copy(update={"entity": ""})
    assert refusal not in registry.kind("grant").guard(customer_wide, facts(balance(OWN)), NOW).refusals


def test_usage_of_an_entity_counts_everything_it_draws_on() -> None:
    facts = scoped(OWN)
    used, remaining = registry.kind("usage").preview(REQUESTS[6], facts)
    assert (used.before, used.after) == ("320", "323")
    assert (remaining.before, remaining.after) == ("780", "777")


def test_feature_is_not_lost_with_a_grant_while_it_is_shared() -> None:
    def warned(facts: Facts) -> list[Any]:
        return [note.code for note in registry.kind("ungrant").guard(REQUESTS[5], facts, NOW).warnings]

    assert UngrantNote.FEATURE_LOST not in warned(scoped(LOOSE))
    assert UngrantNote.FEATURE_LOST in warned(scoped(LOOSE, shared=()))


def test_policy_sees_the_products_of_customer_and_entity() -> None:
    holder = customer(
        balance(SHARED), subscriptions=[subscription("pro")], purchases=[Purchase(plan_id="pack")]
    )
    read_entity = entity(
        LOOSE,
        subscriptions=[Subscription(plan_id="seat", scope="entity")],
        purchases=[Purchase(plan_id="extra", scope="entity")],
    )
    customer_facts = facts(
        customer=entity_view.view(holder, read_entity, holder), scope=EntityScope(read_entity, holder)
    )
    products = registry.kind("balance").products(change(row="maple_1"), customer_facts)
    assert products == frozenset({"pro", "pack", "seat", "extra"})


def test_units_for_an_entity_are_worth_the_price_of_its_products() -> None:
    priced = UsagePrice(amount=Decimal(2), billing_method="usage_based")
    holder = customer(balance(SHARED), invoices=[Invoice(currency="usd")])
    for own, shared, unit_price in (
        (row("own", price=priced), SHARED, 2),
        (OWN, row("shared", price=priced.model_copy(update={"amount": Decimal(3)})), 3),
    ):
        read_entity = entity(own, shared)
        customer_facts = facts(
            customer=entity_view.view(holder, read_entity, holder), scope=EntityScope(read_entity, holder)
        )
        worth = price.worth("messages", Decimal(5), customer_facts, row="own")
        assert worth is not None
        assert worth.amount == 5 * unit_price
    sold = Plan(id="pro", items=[PlanItem(feature_id="minutes", price=priced)])
    holder = customer(subscriptions=[subscription("pro", plan=sold)], invoices=[Invoice(currency="usd")])
    customer_facts = facts(
        customer=entity_view.view(holder, entity(), holder), scope=EntityScope(entity(), holder)
    )
    worth = price.worth("minutes", Decimal(5), customer_facts)
    assert worth is not None
    assert worth.amount == 10


# Reading back and undoing


def _record(request: ChangeInput, before: Facts) -> Record:
    kind = registry.of(request)
    return record(kind=kind.id, input=request, before=kind.snapshot(request, before))


def test_undo_is_limited_to_the_same_entity() -> None:
    before, after = scoped(OWN), scoped(row("own", included=105, usage=20))
    undo = inverse(_record(change(), before), registry.kind("balance").snapshot(change(), after))
    assert undo is not None
    assert undo.entity == "ws_1"
    removed = inverse(
        _record(REQUESTS[5], scoped(LOOSE)), registry.kind("ungrant").snapshot(REQUESTS[5], scoped())
    )
    assert isinstance(removed, GrantInput)
    assert removed.entity == "ws_1"


def test_entity_is_stored_with_the_change_and_old_changes_have_none() -> None:
    stored_input = stored.dump_input(change())
    assert stored.read_input(stored_input) == change()
    del stored_input["entity"]
    assert stored.read_input(stored_input).entity == ""


# Words


def test_request_names_its_entity_by_name_and_id() -> None:
    assert descriptions.summary(change(entity=""), {}) == "Give 5 extra messages"
    assert descriptions.summary(change(), {}) == "Give 5 extra messages, for the entity `ws_1`"
    named = descriptions.summary(change(), {"entity:ws_1": "<Ops> *team*", "ws_1": "A plan"})
    assert named.endswith("for the entity &lt;Ops&gt; ∗team∗ (`ws_1`)")


def test_missing_entity_is_reported_when_read_back() -> None:
    assert words.NOW_ENTITY_GONE in descriptions.shown_now(change(), {}, None, Now.GONE)
    assert words.NOW_GONE in descriptions.shown_now(change(entity=""), {}, None, Now.GONE)


# The form

OPENED = Meta(kind="balance", customer="cus_1", submission="s1", feature="messages")


def whole_facts() -> Facts:
    return facts(balance(SHARED), entities=(entity(),))


def test_form_asks_for_whom_only_with_entities() -> None:
    assert forms_words.SCOPE in Filling(OPENED, whole_facts()).text
    assert forms_words.SCOPE not in Filling(OPENED, facts(balance(SHARED))).text
    of_all = OPENED.model_copy(update={"kind": "details"})
    assert forms_words.SCOPE not in Filling(of_all, whole_facts()).text


def test_form_of_an_entity_asks_for_its_own_balance() -> None:
    form = Filling(OPENED.model_copy(update={"entity": "ws_1"}), scoped(OWN))
    assert "Workspace" in str(form.view["blocks"])
    form.fill("amount", text="5")
    assert "Remaining: 80 → *85*" in form.text
    form.fill("reason", text="so")
    assert form.submit().input == change(customer_created_at=None)


def test_form_is_refused_while_it_shows_another_entity() -> None:
    form = Filling(OPENED, whole_facts())
    form.fill("amount", text="5")
    form.fill("reason", text="so")
    values = {**form.values, scope.SCOPE_BLOCK: with_option(ids.FORM_ENTITY, "ws_1")}
    parsed = request_form.parse(form.meta, values)
    assert parsed.input is None
    assert parsed.errors == {REASON_BLOCK: changes_words.STALE}
    values[scope.SCOPE_BLOCK] = with_option(ids.FORM_ENTITY, "#customer")
    assert request_form.parse(form.meta, values).input == change(entity="", row="shared")


def test_form_keeps_independent_fields_for_another_entity() -> None:
    form = Filling(OPENED, whole_facts())
    form.fill("amount", text="5")
    form.fill("reason", text="so")
    assert request_form.scoped(form.meta, form.values) == (form.meta, form.values)
    values = {**form.values, scope.SCOPE_BLOCK: with_option(ids.FORM_ENTITY, "ws_1")}
    meta, kept_values = request_form.scoped(form.meta, values)
    assert (meta.entity, meta.filled, meta.feature, meta.row) == ("ws_1", 1, "", "")
    assert {"amount@1", "feature@1", "reason@1", "ticket@1"} <= set(kept_values)
    back, kept_values = request_form.scoped(
        meta, {**kept_values, scope.SCOPE_BLOCK: with_option(ids.FORM_ENTITY, "#customer")}
    )
    assert (back.entity, back.filled) == ("", 2)
    assert {"amount@2", "feature@2", "reason@2", "ticket@2"} <= set(kept_values)
    assert all(block.endswith("@2") for block in kept_values)


def test_dependent_fields_are_picked_again_for_another_entity() -> None:
    filled = ("amount", "product", "row:abc", "grant", "subscription", "reason")
    kept_blocks = scope.kept({block: {} for block in filled})
    assert list(kept_blocks) == ["amount", "product", "reason"]


def test_facts_of_the_whole_customer_are_not_used_for_an_entity() -> None:
    assert OPENED.form == "s1"
    assert OPENED.model_copy(update={"entity": "ws_1"}).form == "s1 ws_1"


def test_form_reports_a_missing_entity_and_offers_others() -> None:
    form = Filling(OPENED.model_copy(update={"entity": "ws_1"}), gone())
    assert str(CommonNote.ENTITY_GONE.text) in form.text
    assert forms_words.SCOPE in form.text
    assert "submit" not in form.view


def test_kind_without_entities_never_gets_one() -> None:
    meta = Meta(kind="details", customer="cus_1", submission="s1", entity="ws_1", reason_required=False)
    form = Filling(meta, facts(balance(SHARED)))
    form.fill("name", text="Acme")
    parsed = form.submit()
    assert parsed.input is not None
    assert parsed.input.entity == ""


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ws_1", "ws_1"),
        ("WS_1", "ws_1"),
        ("ops", "ws_2"),
        ("Ops", "ws_2"),
        ("twin", ""),
        ("w", ""),
        ("", ""),
    ],
)
def test_typed_entity_is_matched(typed: str, expected: str) -> None:
    listed = [
        Entity(id="ws_1", name="Ws_2"),
        Entity(id="ws_2", name="Ops"),
        Entity(id="ws_3", name="Twin"),
        Entity(id="ws_4", name="twin"),
        Entity(id="", name="nameless"),
        Entity(id="x" * 76, name="too long"),
    ]
    assert scope.meant(typed, listed) == expected


def test_id_is_matched_before_the_name_of_another() -> None:
    listed = [Entity(id="a", name="b"), Entity(id="b", name="a")]
    assert scope.meant("a", listed) == "a"
    assert scope.meant("A", listed) == ""


def test_only_match_is_chosen() -> None:
    assert scope.meant("wor", [Entity(id="ws_1", name="Workspace")]) == "ws_1"
    assert scope.meant("wor", []) == ""


def test_typeahead_offers_the_whole_customer_first_and_at_most_a_hundred() -> None:
    listed = [Entity(id=f"ws_{number}") for number in range(120)]
    options = scope.entity_options([Entity(id="#customer", name="Trick"), *listed])
    assert len(options) == 100
    assert options[0]["text"]["text"] == forms_words.WHOLE_CUSTOMER
    assert [option["value"] for option in options[:3]] == ["#customer", "ws_0", "ws_1"]


def test_allocated_feature_is_recognised_though_it_resets() -> None:
    customer_facts = facts(balance(row(), feature_id="seats"))
    found_balance = held_balance(change(entity="", feature="seats", row="row"), customer_facts)
    assert isinstance(found_balance, HeldBalance)
    assert allocated(found_balance, customer_facts)
