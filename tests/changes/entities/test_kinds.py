"""Changes that are limited to one entity: what is the entity's own, what is sent, and what is refused."""

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
from tests.autumn.scripted import Asked, Scripted, error, listing, ok
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
    known = {
        "id": "ws_1",
        "name": "Workspace",
        "feature_id": "seats",
        "balances": {"messages": balance(*rows)},
    }
    return Entity(**{**known, **changes})


def scoped(*rows: BalanceRow, shared: Sequence[BalanceRow] = (SHARED,), **changes: Any) -> Facts:
    """Of an entity that has these rows, and shares others with its customer."""
    whole = customer(balance(*shared, granted=Decimal(9_999)))
    seen = entity(*rows, *shared, **changes)
    return facts(
        customer=entity_view.view(whole, seen, whole), scope=EntityScope(seen, whole), entities=(seen,)
    )


def gone() -> Facts:
    whole = customer(balance(SHARED))
    return facts(customer=entity_view.view(whole, None, whole), scope=EntityScope(None, whole))


def change(**changes: Any) -> BalanceInput:
    known = {
        "customer": "cus_1",
        "entity": "ws_1",
        "feature": "messages",
        "row": "own",
        "action": BalanceAction.GIVE,
        "amount": Decimal(5),
    }
    return BalanceInput(**{**known, **changes})


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
    asked: ChangeInput = request.param
    return asked


# What is the entity's own


def test_view_has_only_the_rows_that_the_customer_does_not_have() -> None:
    whole = customer(balance(SHARED, granted=Decimal(1100)), name="Acme")
    seen = entity(OWN, SHARED, LOOSE)
    view = entity_view.view(whole, seen, whole)
    assert (view.id, view.name) == ("cus_1", "Acme")
    held = view.balances["messages"]
    assert held.breakdown == [OWN, LOOSE]
    assert [held.granted, held.remaining, held.usage] == [150, 120, 30]
    assert held.next_reset_at == SOON


def test_totals_are_those_of_the_own_rows() -> None:
    later = row("later", included=10, usage=1, prepaid_grant=Decimal(5), reset=Reset(resets_at=LATER))
    never = row("never", included=1, usage=0, reset=None)
    whole = customer(balance(SHARED))
    seen = entity()
    seen.balances["messages"] = balance(never, later, OWN, SHARED, rollovers=((10, 10),))
    held = entity_view.view(whole, seen, whole).balances["messages"]
    assert [each.id for each in held.breakdown] == ["never", "later", "own"]
    assert [held.granted, held.remaining, held.usage] == [116, 90, 21]
    assert held.next_reset_at == SOON
    assert held.rollovers == []


@pytest.mark.parametrize("earlier", [True, False])
def test_feature_that_only_one_reading_of_the_customer_had_is_shared(*, earlier: bool) -> None:
    has, has_not = customer(balance(SHARED)), customer()
    first, last = (has, has_not) if earlier else (has_not, has)
    assert entity_view.view(last, entity(SHARED), first).balances["messages"].breakdown == []


def test_feature_that_the_customer_does_not_have_is_the_entitys_own() -> None:
    whole = customer()
    assert entity_view.view(whole, entity(OWN), whole).balances["messages"].breakdown == [OWN]


def test_what_is_all_shared_has_no_rows() -> None:
    held = scoped().customer.balances["messages"]
    assert held.breakdown == []
    assert [held.granted, held.remaining, held.usage] == [0, 0, 0]
    assert held.next_reset_at is None


@pytest.mark.parametrize("earlier", [True, False])
def test_row_that_the_customer_had_before_or_has_after_is_shared(*, earlier: bool) -> None:
    """It came or went while the entity was read."""
    has, has_not = customer(balance(SHARED)), customer(balance())
    first, last = (has, has_not) if earlier else (has_not, has)
    view = entity_view.view(last, entity(OWN, SHARED), first)
    assert view.balances["messages"].breakdown == [OWN]


def test_features_and_products_have_the_names_that_the_customer_tells() -> None:
    messages, pro, pack = Feature(id="messages", name="Messages"), Plan(id="pro"), Plan(id="pack")
    whole = customer(
        balance(SHARED, feature=messages),
        subscriptions=[
            subscription("pro", plan=pro),
            Subscription(plan_id="none"),
            Subscription(plan_id="pro"),
        ],
        purchases=[Purchase(plan_id="pack", plan=pack)],
        flags={"sso": {"feature_id": "sso"}},
    )
    seen = entity(
        OWN,
        subscriptions=[
            Subscription(id="s1", plan_id="pro", scope="entity"),
            Subscription(id="s2", plan_id="none", scope="entity"),
            Subscription(id="s3", plan_id="pro", scope="customer"),
        ],
        purchases=[Purchase(plan_id="pack", scope="entity"), Purchase(plan_id="pack", scope="customer")],
    )
    view = entity_view.view(whole, seen, whole)
    assert view.balances["messages"].feature == messages
    assert [(each.id, each.plan) for each in view.subscriptions] == [("s1", pro), ("s2", None)]
    assert [each.plan for each in view.purchases] == [pack]
    assert view.flags == {}


def test_products_have_the_prices_of_the_catalogue() -> None:
    """Those of entities are shown to the customer without."""
    merged, priced = Plan(id="pro"), Plan(id="pro", price=PlanPrice(amount=Decimal(20)))
    whole = customer(subscriptions=[subscription("pro", plan=merged, scope="entity")])
    seen = entity(subscriptions=[Subscription(id="s1", plan_id="pro", scope="entity")])
    (held,) = entity_view.view(whole, seen, whole, [priced]).subscriptions
    assert held.plan == priced


def test_controls_that_an_entity_inherits_are_not_its_own() -> None:
    own, of_plan, of_customer = (
        {"feature_id": feature, "enabled": True, "overage_limit": 5, **more}
        for feature, more in (
            ("messages", {}),
            ("seats", {"source": "plan"}),
            ("exports", {"source": "customer"}),
        )
    )
    whole = customer(billing_controls={"spend_limits": [{"feature_id": "tokens", "source": "customer"}]})
    seen = entity(billing_controls={"spend_limits": [own, of_plan, of_customer, "odd"], "usage_limits": 5})
    view = entity_view.view(whole, seen, whole)
    assert own_entries("spend_limits", view) == [own]
    assert [entry["feature_id"] for entry in controls.entries("spend_limits", view)] == [
        "messages",
        "seats",
        "exports",
    ]
    assert has_inherited(ControlType.SPEND, "exports", view)
    inherited = [{**entry, "source": "inherited"} for entry in (of_plan, of_customer)]
    assert view.billing_controls == {"spend_limits": [own, *inherited]}
    assert entity_view.view(whole, None, whole).billing_controls == {}


def test_control_of_an_entity_is_written_to_the_entity_alone() -> None:
    other = {"feature_id": "seats", "enabled": True, "overage_limit": 9}
    inherited = {"feature_id": "exports", "enabled": True, "overage_limit": 1, "source": "plan"}
    known = scoped(OWN, billing_controls={"spend_limits": [other, inherited]})
    kind = registry.of(CONTROL)
    assert kind.guard(CONTROL, known, NOW).refusals == ()
    (write,) = kind.plan(CONTROL, known)
    assert (write.route, write.path) == ("entities.update", "/v1/entities.update")
    mine = {"feature_id": "messages", "enabled": True, "overage_limit": 50}
    assert write.body == {
        "customer_id": "cus_1",
        "entity_id": "ws_1",
        "billing_controls": {"spend_limits": [other, mine]},
    }
    before = kind.snapshot(CONTROL, known)
    after = kind.snapshot(CONTROL, scoped(OWN, billing_controls={"spend_limits": [other, mine]}))
    assert kind.verify(CONTROL, before, after) is Verdict.APPLIED
    undo = inverse(record(kind=kind.id, input=CONTROL, before=before), after)
    assert isinstance(undo, ControlInput)
    assert (undo.entity, undo.remove) == ("ws_1", True)
    whole = CONTROL.model_copy(update={"entity": ""})
    (write,) = kind.plan(whole, facts())
    assert write.route == "customers.update"


def test_auto_top_up_is_the_whole_customers() -> None:
    request = CONTROL.model_copy(update={"control": ControlType.TOP_UP, "quantity": Decimal(5)})
    refusals = registry.of(request).guard(request, scoped(OWN), NOW).refusals
    assert refusals == (Note(ControlNote.ENTITY_TOP_UP),)
    whole = request.model_copy(update={"entity": ""})
    assert registry.of(whole).guard(whole, facts(), NOW).allowed


def test_entity_that_is_gone_has_nothing() -> None:
    known = gone()
    assert known.entity_gone
    assert known.customer.balances == {}
    assert known.customer.subscriptions == []
    assert known.whole.balances["messages"].breakdown == [SHARED]


ROWS = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)


@given_any(seen=ROWS, before=ROWS, after=ROWS, picked=st.sampled_from(["a", "b", "c", "d", ""]))
def test_no_row_of_the_customer_is_ever_written_to(
    seen: list[str], before: list[str], after: list[str], picked: str
) -> None:
    whole = customer(balance(*(row(each) for each in after)))
    earlier = customer(balance(*(row(each) for each in before)))
    of_entity = entity(*(row(each) for each in seen))
    known = facts(customer=entity_view.view(whole, of_entity, earlier), scope=EntityScope(of_entity, whole))
    for action in (BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE):
        request = change(row=picked, action=action)
        kind = registry.of(request)
        if kind.guard(request, known, NOW).allowed:
            (write,) = kind.plan(request, known)
            assert write.body["balance_id"] in set(seen) - set(before) - set(after)
            assert write.body["entity_id"] == "ws_1"


# Reading


async def _read(script: Scripted, request: ChangeInput | None = None) -> Facts:
    client = script.client()
    try:
        if request is None:
            return await gather_for(client, "balance", "cus_1", now=lambda: NOW, entity="ws_1")
        return await gather(client, request, now=lambda: NOW)
    finally:
        await client.aclose()


def script(**answers: Any) -> Scripted:
    known: dict[str, Any] = {
        "customers.get": ok({"id": "cus_1", "entities": [{"id": "ws_1"}]}),
        "entities.get": ok({"id": "ws_1"}),
        "features.list": listing({"id": "f", "type": "metered"}),
    }
    return Scripted(known | {name.replace("_", "."): answer for name, answer in answers.items()})


async def test_entity_is_read_between_two_readings_of_the_customer() -> None:
    reading = script()
    known = await _read(reading, change())
    routes = [route for route in reading.routes if route != "features.list"]
    assert routes == ["customers.get", "entities.get", "customers.get"]
    assert known.scope is not None
    assert known.scope.entity == Entity(id="ws_1")


async def test_form_reads_the_entity_and_the_names_of_all() -> None:
    known = await _read(script())
    assert known.scope is not None
    assert [each.id for each in known.entities] == ["ws_1"]


async def test_entity_that_is_not_there_is_no_missing_customer() -> None:
    known = await _read(script(entities_get=error(404, "entity_not_found")), change())
    assert known.entity_gone


async def test_customer_that_goes_while_the_entity_is_read_is_not_there() -> None:
    with pytest.raises(NotFound):
        await _read(script(entities_get=error(404, "customer_not_found")), change())


async def test_entity_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(Unavailable):
        await _read(script(entities_get=error(500)), change())


async def test_change_to_the_whole_customer_reads_no_entity() -> None:
    async def entities(asked: Asked) -> Any:
        raise AssertionError(asked)

    known = await _read(script(entities_get=entities), change(entity=""))
    assert known.scope is None
    assert known.whole is known.customer


async def test_change_to_a_subscription_of_an_entity_knows_its_price() -> None:
    subscribed = {"id": "ws_1", "subscriptions": [{"id": "s1", "plan_id": "pro", "scope": "entity"}]}
    reading = script(entities_get=ok(subscribed), plans_list=listing({"id": "pro", "name": "Pro"}))
    known = await _read(reading, CANCEL)
    assert reading.routes.count("plans.list") == 1
    assert [each.plan and each.plan.name for each in known.customer.subscriptions] == ["Pro"]
    reading = script(plans_list=listing())
    await _read(reading, change())
    assert "plans.list" not in reading.routes


# Judging


def subscribed() -> Facts:
    """The entity and its customer have the same product."""
    mine = subscription("pro", id="sub", scope="entity", current_period_end=LATER, trial_ends_at=SOON)
    whole = customer(subscriptions=[subscription("pro", id="sub_whole", scope="customer"), mine.model_copy()])
    seen = entity(subscriptions=[mine, whole.subscriptions[0]])
    return facts(customer=entity_view.view(whole, seen, whole), scope=EntityScope(seen, whole))


@pytest.mark.parametrize("request_of_subscription", SUBSCRIPTIONS, ids=lambda request: request.kind)
def test_each_change_of_a_subscription_names_the_entity(request_of_subscription: ChangeInput) -> None:
    kind = registry.of(request_of_subscription)
    (write,) = kind.plan(request_of_subscription, subscribed())
    assert write.body["entity_id"] == "ws_1"
    whole = request_of_subscription.model_copy(update={"entity": ""})
    (write,) = kind.plan(whole, subscribed())
    assert "entity_id" not in write.body


@pytest.mark.parametrize(
    ("picked", "refusals"),
    [
        ("sub", ()),
        ("sub_whole", (Note(BillingNote.GONE),)),
        ("other", (Note(BillingNote.GONE),)),
    ],
)
def test_only_subscriptions_of_the_entity_are_changed_for_it(picked: str, refusals: tuple[Note, ...]) -> None:
    request = CANCEL.model_copy(update={"subscription": picked})
    assert registry.of(request).guard(request, subscribed(), NOW).refusals == refusals


def test_entity_keeps_what_it_shares_when_its_product_ends() -> None:
    quoted = Quote(currency="usd")
    warned = registry.of(CANCEL).guard(CANCEL, replace(subscribed(), quote=quoted), NOW).warnings
    assert [note.code for note in warned] == [CancellationNote.ENTITY_SHARES]
    whole = CANCEL.model_copy(update={"entity": "", "subscription": "sub_whole"})
    known = facts(customer=subscribed().whole, quote=quoted)
    warned = registry.of(whole).guard(whole, known, NOW).warnings
    assert [note.code for note in warned] == [CancellationNote.NO_PRODUCT_LEFT]


@pytest.mark.parametrize(
    ("entity_id", "kept", "refusals"),
    [
        ("ws_1", Kept.REMAINING, (Note(SwitchNote.ENTITY_REMAINING),)),
        ("ws_1", Kept.USAGE, ()),
        ("ws_1", Kept.NOTHING, ()),
        ("", Kept.REMAINING, ()),
    ],
)
def test_what_is_left_is_not_kept_at_a_switch_of_an_entity(
    entity_id: str, kept: Kept, refusals: tuple[Note, ...]
) -> None:
    request = SWITCH.model_copy(update={"entity": entity_id, "kept": kept})
    known = subscribed() if entity_id else facts(customer=subscribed().whole)
    offering = replace(known, offered=(Plan(id="team"),))
    assert registry.of(request).guard(request, offering, NOW).refusals == refusals


def test_subscription_of_entities_is_not_changed_for_the_whole_customer() -> None:
    request = CANCEL.model_copy(update={"entity": ""})
    known = facts(customer=subscribed().whole.model_copy())
    refusals = registry.of(request).guard(request, known, NOW).refusals
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


def test_each_kind_names_the_entity_and_its_row_in_every_write(request_of_entity: ChangeInput) -> None:
    known = scoped(OWN, LOOSE)
    kind = registry.of(request_of_entity)
    assert kind.guard(request_of_entity, known, NOW).refusals == ()
    writes = kind.plan(request_of_entity, known)
    assert [write.body.get("entity_id") for write in writes] == ["ws_1"] * len(writes)
    for write in writes:
        assert write.body.get("balance_id", "") != SHARED.id
    whole = request_of_entity.model_copy(update={"entity": ""})
    assert all("entity_id" not in write.body for write in kind.plan(whole, known))


def test_each_kind_refuses_an_entity_that_is_gone(request_of_entity: ChangeInput) -> None:
    judged = registry.of(request_of_entity).guard(request_of_entity, gone(), NOW)
    assert judged.refusals == (Note(CommonNote.ENTITY_GONE),)


@pytest.mark.parametrize("amount", [BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE])
def test_balance_that_is_shared_is_refused_with_what_to_do_instead(amount: BalanceAction) -> None:
    shared = (Note(BalanceNote.SHARED_BALANCE, {"feature": "messages"}),)
    kind = registry.kind("balance")
    assert kind.guard(change(row="shared", action=amount), scoped(OWN), NOW).refusals == shared
    assert kind.guard(change(row="shared", action=amount), scoped(), NOW).refusals == shared
    assert kind.guard(change(row="", action=amount), scoped(), NOW).refusals == shared


def test_row_that_is_nowhere_is_gone() -> None:
    refusals = registry.kind("balance").guard(change(row="other"), scoped(OWN), NOW).refusals
    assert refusals == (Note(BalanceNote.ROW_GONE, {"feature": "messages"}),)
    unnamed = scoped(OWN, shared=(row(""),))
    refusals = registry.kind("balance").guard(change(row=""), unnamed, NOW).refusals
    assert refusals == (Note(BalanceNote.ROW_GONE, {"feature": "messages"}),)


def test_balance_that_entities_hold_says_that_one_can_be_picked() -> None:
    whole = facts(balance(granted=Decimal(40)))
    refusals = registry.kind("balance").guard(change(entity=""), whole, NOW).refusals
    assert refusals == (Note(BalanceNote.ENTITY_BALANCE, {"feature": "messages"}),)


def test_rollovers_that_may_be_shared_leave_only_giving() -> None:
    """Autumn gives them for the feature, without saying whose they are."""
    seen = entity()
    seen.balances["messages"] = balance(OWN, SHARED, rollovers=((10, 10),))
    whole = customer(balance(SHARED))
    known = facts(customer=entity_view.view(whole, seen, whole), scope=EntityScope(seen, whole))
    kind = registry.kind("balance")
    assert kind.guard(change(), known, NOW).allowed
    refusals = kind.guard(change(action=BalanceAction.SET), known, NOW).refusals
    assert [note.code for note in refusals] == [BalanceNote.ROLLOVERS_UNCLEAR]


def test_unlimited_balance_that_an_entity_shares_leaves_nothing_to_change() -> None:
    seen = entity()
    seen.balances["messages"] = balance(OWN, SHARED, unlimited=True)
    whole = customer(balance(SHARED))
    known = facts(customer=entity_view.view(whole, seen, whole), scope=EntityScope(seen, whole))
    refusals = registry.kind("balance").guard(change(), known, NOW).refusals
    assert [note.code for note in refusals] == [BalanceNote.UNLIMITED]
    refusals = registry.kind("grant").guard(REQUESTS[3], known, NOW).refusals
    assert [note.code for note in refusals] == [GrantNote.ALREADY_UNLIMITED]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"size": GrantSize.UNLIMITED, "amount": None}, Note(GrantNote.ENTITY_AMOUNTS)),
        ({"feature": "sso", "size": GrantSize.SWITCH, "amount": None}, Note(GrantNote.ENTITY_AMOUNTS)),
        ({"feature": "seats"}, Note(GrantNote.ENTITY_FEATURE, {"feature": "seats"})),
    ],
)
def test_grant_that_an_entity_cannot_have(changes: dict[str, Any], refusal: Note) -> None:
    request = REQUESTS[3].model_copy(update=changes)
    assert registry.kind("grant").guard(request, scoped(OWN), NOW).refusals == (refusal,)
    whole = request.model_copy(update={"entity": ""})
    assert refusal not in registry.kind("grant").guard(whole, facts(balance(OWN)), NOW).refusals


def test_usage_of_an_entity_is_judged_by_all_that_it_draws_on() -> None:
    known = scoped(OWN)
    used, left = registry.kind("usage").preview(REQUESTS[6], known)
    assert (used.before, used.after) == ("320", "323")
    assert (left.before, left.after) == ("780", "777")


def test_feature_is_not_lost_with_a_grant_while_the_entity_shares_it() -> None:
    def warned(known: Facts) -> list[Any]:
        return [note.code for note in registry.kind("ungrant").guard(REQUESTS[5], known, NOW).warnings]

    assert UngrantNote.FEATURE_LOST not in warned(scoped(LOOSE))
    assert UngrantNote.FEATURE_LOST in warned(scoped(LOOSE, shared=()))


def test_policy_is_asked_about_the_products_of_the_customer_and_the_entity() -> None:
    whole = customer(
        balance(SHARED), subscriptions=[subscription("pro")], purchases=[Purchase(plan_id="pack")]
    )
    seen = entity(
        LOOSE,
        subscriptions=[Subscription(plan_id="seat", scope="entity")],
        purchases=[Purchase(plan_id="extra", scope="entity")],
    )
    known = facts(customer=entity_view.view(whole, seen, whole), scope=EntityScope(seen, whole))
    products = registry.kind("balance").products(change(row="maple_1"), known)
    assert products == frozenset({"pro", "pack", "seat", "extra"})


def test_units_for_an_entity_are_worth_what_it_draws_on_costs() -> None:
    priced = UsagePrice(amount=Decimal(2), billing_method="usage_based")
    whole = customer(balance(SHARED), invoices=[Invoice(currency="usd")])
    for own, shared, each in (
        (row("own", price=priced), SHARED, 2),
        (OWN, row("shared", price=priced.model_copy(update={"amount": Decimal(3)})), 3),
    ):
        seen = entity(own, shared)
        known = facts(customer=entity_view.view(whole, seen, whole), scope=EntityScope(seen, whole))
        worth = price.worth("messages", Decimal(5), known, row="own")
        assert worth is not None
        assert worth.amount == 5 * each
    sold = Plan(id="pro", items=[PlanItem(feature_id="minutes", price=priced)])
    whole = customer(subscriptions=[subscription("pro", plan=sold)], invoices=[Invoice(currency="usd")])
    known = facts(customer=entity_view.view(whole, entity(), whole), scope=EntityScope(entity(), whole))
    worth = price.worth("minutes", Decimal(5), known)
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


def test_entity_is_stored_with_the_change_and_older_ones_have_none() -> None:
    told = stored.dump_input(change())
    assert stored.read_input(told) == change()
    del told["entity"]
    assert stored.read_input(told).entity == ""


# Words


def test_request_names_its_entity_by_name_and_id() -> None:
    assert descriptions.summary(change(entity=""), {}) == "Give 5 extra of messages"
    assert descriptions.summary(change(), {}) == "Give 5 extra of messages, for the entity `ws_1`"
    named = descriptions.summary(change(), {"entity:ws_1": "<Ops> *team*", "ws_1": "A plan"})
    assert named.endswith("for the entity &lt;Ops&gt; ∗team∗ (`ws_1`)")


def test_entity_that_is_gone_is_said_so_when_it_is_read_back() -> None:
    assert words.NOW_ENTITY_GONE in descriptions.shown_now(change(), {}, None, Now.GONE)
    assert words.NOW_GONE in descriptions.shown_now(change(entity=""), {}, None, Now.GONE)


# The form

OPENED = Meta(kind="balance", customer="cus_1", submission="s1", feature="messages")


def whole_facts() -> Facts:
    return facts(balance(SHARED), entities=(entity(),))


def test_form_asks_for_whom_only_of_customers_with_entities() -> None:
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


def test_form_is_not_taken_while_it_shows_another_entity() -> None:
    form = Filling(OPENED, whole_facts())
    form.fill("amount", text="5")
    form.fill("reason", text="so")
    values = {**form.values, scope.SCOPE_BLOCK: with_option(ids.FORM_ENTITY, "ws_1")}
    parsed = request_form.parse(form.meta, values)
    assert parsed.input is None
    assert parsed.errors == {REASON_BLOCK: changes_words.STALE}
    values[scope.SCOPE_BLOCK] = with_option(ids.FORM_ENTITY, "#customer")
    assert request_form.parse(form.meta, values).input == change(entity="", row="shared")


def test_form_for_another_entity_keeps_what_does_not_depend_on_it() -> None:
    form = Filling(OPENED, whole_facts())
    form.fill("amount", text="5")
    form.fill("reason", text="so")
    assert request_form.scoped(form.meta, form.values) == (form.meta, form.values)
    values = {**form.values, scope.SCOPE_BLOCK: with_option(ids.FORM_ENTITY, "ws_1")}
    meta, kept = request_form.scoped(form.meta, values)
    assert (meta.entity, meta.filled, meta.feature, meta.row) == ("ws_1", 1, "", "")
    assert {"amount@1", "feature@1", "reason@1", "ticket@1"} <= set(kept)
    back, kept = request_form.scoped(
        meta, {**kept, scope.SCOPE_BLOCK: with_option(ids.FORM_ENTITY, "#customer")}
    )
    assert (back.entity, back.filled) == ("", 2)
    assert {"amount@2", "feature@2", "reason@2", "ticket@2"} <= set(kept)
    assert all(block.endswith("@2") for block in kept)


def test_what_another_entity_may_not_have_is_picked_anew() -> None:
    filled = ("amount", "product", "row:abc", "grant", "subscription", "reason")
    kept = scope.kept({block: {} for block in filled})
    assert list(kept) == ["amount", "product", "reason"]


def test_facts_of_the_whole_customer_are_not_taken_for_an_entitys() -> None:
    assert OPENED.form == "s1"
    assert OPENED.model_copy(update={"entity": "ws_1"}).form == "s1 ws_1"


def test_form_says_that_the_entity_is_gone_and_lets_another_be_picked() -> None:
    form = Filling(OPENED.model_copy(update={"entity": "ws_1"}), gone())
    assert str(CommonNote.ENTITY_GONE.text) in form.text
    assert forms_words.SCOPE in form.text
    assert "submit" not in form.view


def test_kind_that_knows_no_entities_never_gets_one() -> None:
    meta = Meta(kind="details", customer="cus_1", submission="s1", entity="ws_1", reason_required=False)
    form = Filling(meta, facts(balance(SHARED)))
    form.fill("name", text="Acme")
    parsed = form.submit()
    assert parsed.input is not None
    assert parsed.input.entity == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
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
def test_entity_that_was_typed(typed: str, meant: str) -> None:
    listed = [
        Entity(id="ws_1", name="Ws_2"),
        Entity(id="ws_2", name="Ops"),
        Entity(id="ws_3", name="Twin"),
        Entity(id="ws_4", name="twin"),
        Entity(id="", name="nameless"),
        Entity(id="x" * 76, name="too long"),
    ]
    assert scope.meant(typed, listed) == meant


def test_id_is_meant_before_the_name_of_another() -> None:
    listed = [Entity(id="a", name="b"), Entity(id="b", name="a")]
    assert scope.meant("a", listed) == "a"
    assert scope.meant("A", listed) == ""


def test_only_match_is_meant() -> None:
    assert scope.meant("wor", [Entity(id="ws_1", name="Workspace")]) == "ws_1"
    assert scope.meant("wor", []) == ""


def test_typeahead_offers_the_whole_customer_first_and_a_hundred_at_most() -> None:
    listed = [Entity(id=f"ws_{number}") for number in range(120)]
    options = scope.entity_options([Entity(id="#customer", name="Trick"), *listed])
    assert len(options) == 100
    assert options[0]["text"]["text"] == forms_words.WHOLE_CUSTOMER
    assert [option["value"] for option in options[:3]] == ["#customer", "ws_0", "ws_1"]


def test_thing_that_is_held_is_known_by_its_feature_even_if_it_resets() -> None:
    known = facts(balance(row(), feature_id="seats"))
    held = held_balance(change(entity="", feature="seats", row="row"), known)
    assert isinstance(held, HeldBalance)
    assert allocated(held, known)
