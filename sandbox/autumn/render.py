"""Customers, plans, features and the rest as API 2.3.0 writes them."""

from collections.abc import Collection

from sandbox.autumn import balances, controls
from sandbox.autumn.model import Item, Json, LocalCustomer, LocalEntity, LocalFeature, LocalPlan, Product, Row
from sandbox.autumn.numbers import clean
from sandbox.autumn.products import in_order
from sandbox.autumn.state import AutumnState

_SYMBOLS = {"usd": "$", "eur": "€", "jpy": "¥", "gbp": "£"}


def feature(feature: LocalFeature) -> Json:
    return {
        "id": feature.id,
        "name": feature.name,
        "type": feature.type,
        "consumable": feature.consumable,
        "event_names": feature.event_names,
        "archived": feature.archived,
        **({"credit_schema": feature.credit_schema} if feature.credit_schema is not None else {}),
        **({"display": feature.display} if feature.display is not None else {}),
    }


def plan(state: AutumnState, plan: LocalPlan, env: str) -> Json:
    return {
        "id": plan.id,
        "name": plan.name,
        "description": plan.description,
        "group": plan.group,
        "version": plan.version,
        "add_on": plan.add_on,
        "auto_enable": plan.auto_enable,
        "price": _plan_price(state, plan),
        "items": [_item(state, item) for item in _by_name(state, plan.items)],
        **({"free_trial": plan.trial} if plan.trial else {}),
        "created_at": plan.created_at,
        "env": env,
        "archived": plan.archived,
        "config": {"ignore_past_due": False},
        "billing_controls": plan.billing_controls,
        "metadata": {},
        "base_variant_id": None,
    }


def _by_name(state: AutumnState, items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: state.feature(item.feature_id).name.lower())


def amount(value: float, currency: str) -> str:
    """An amount as the API writes it for people, such as $1,200 or $0.05."""
    text = f"{value:,.2f}".removesuffix(".00")
    return f"{_SYMBOLS.get(currency, currency.upper() + ' ')}{text}"


def _plan_price(state: AutumnState, plan: LocalPlan) -> Json | None:
    if plan.price is None:
        return None
    interval = plan.price["interval"]
    secondary = "one off" if interval == "one_off" else f"per {interval}"
    display = {"primary_text": amount(plan.price["amount"], state.org.currency), "secondary_text": secondary}
    return {**plan.price, "price_id": plan.price_id, "display": display}


def _item(state: AutumnState, item: Item) -> Json:
    listed_feature = state.feature(item.feature_id)
    reset: Json | None = {"interval": item.interval} if item.interval else None
    if item.unlimited:
        reset = {"interval": "one_off"}
    return {
        "feature_id": item.feature_id,
        "included": clean(item.included),
        "unlimited": item.unlimited,
        "pooled": False,
        "reset": reset,
        "price": item.price,
        **({"rollover": _rollover(item.rollover)} if item.rollover else {}),
        **({"proration": item.proration} if item.proration else {}),
        "display": _item_display(state, listed_feature, item),
        "entitlement_id": item.id,
    }


def _rollover(rollover: Json) -> Json:
    forever = rollover["length"] is None
    return {
        "max": rollover["max"],
        "expiry_duration_type": "forever" if forever else "month",
        **({} if forever else {"expiry_duration_length": rollover["length"]}),
    }


def _item_display(state: AutumnState, item_feature: LocalFeature, item: Item) -> Json:
    if item_feature.type == "boolean":
        return {"primary_text": item_feature.name}
    names = item_feature.display or {"singular": item_feature.name, "plural": item_feature.name}
    if item.unlimited:
        return {"primary_text": f"Unlimited {names['plural']}"}
    count = f"{clean(item.included):,}"
    text = {"primary_text": f"{count} {names['singular' if item.included == 1 else 'plural']}"}
    if item.price and "amount" in item.price:
        cost = amount(item.price["amount"], state.org.currency)
        units = clean(item.price.get("billing_units", 1))
        unit = names["singular"] if units == 1 else f"{units:,} {names['plural']}"
        text["secondary_text"] = f"then {cost} per {unit}" if item.included else f"{cost} per {unit}"
    return text


def subscription(
    state: AutumnState,
    product: Product,
    env: str,
    expand: Collection[str],
    *,
    merged: bool = False,
    period: bool = True,
) -> Json:
    """A plan as it is held; `merged`, it stands for all the entities that have the plan.

    `period`: whether to show the billing period, which a merged one has when a plan of the customer's own is
    on the same Stripe subscription.
    """
    held_plan = state.plan_of(product)
    expanded = plan(state, held_plan, env) if "subscriptions.plan" in expand else {}
    bare: Json = {"price": None, "items": []} if merged else {}
    return {
        "id": product.key,
        "plan_id": product.plan_id,
        **({"plan": {**expanded, **bare}} if expanded else {}),
        "auto_enable": held_plan.auto_enable,
        "add_on": held_plan.add_on,
        "status": "scheduled" if product.status == "scheduled" else "active",
        "past_due": product.status == "past_due",
        "canceled_at": product.canceled_at,
        "expires_at": product.expires_at,
        "trial_ends_at": product.trial_ends_at,
        "started_at": product.started_at,
        "current_period_start": product.period_start if period else None,
        "current_period_end": product.period_end if period else None,
        "quantity": 1 if merged else product.quantity,
        "scope": "entity" if product.entity_id else "customer",
    }


def _merged(products: list[Product]) -> list[Product]:
    """The customer's own, and of each plan that entities have the newest, as customers.get shows it."""
    own = [held for held in products if held.entity_id is None]
    newest: dict[str, Product] = {}
    for product in sorted(products, key=lambda held: held.created_at):
        if product.entity_id is not None:
            newest[product.plan_id] = product
    return own + list(newest.values())


def purchase(state: AutumnState, product: Product, env: str, expand: Collection[str]) -> Json:
    return {
        "plan_id": product.plan_id,
        **({"plan": plan(state, state.plan(product.plan_id), env)} if "purchases.plan" in expand else {}),
        "expires_at": product.expires_at,
        "started_at": product.started_at,
        "quantity": product.quantity,
        "scope": "entity" if product.entity_id else "customer",
    }


def flag(state: AutumnState, row: Row, expand: Collection[str] = ()) -> Json:
    return {
        "id": row.key,
        "plan_id": row.plan_id,
        "expires_at": row.expires_at,
        "feature_id": row.feature_id,
        **({"feature": feature(state.feature(row.feature_id))} if "flags.feature" in expand else {}),
    }


def holdings(
    state: AutumnState,
    customer: LocalCustomer,
    env: str,
    expand: Collection[str] = (),
    *,
    entity_id: str | None = None,
    listed: bool = False,
) -> Json:
    """subscriptions, purchases, balances and flags, for a customer or one of its entities."""
    rows = balances.seen(state, customer)
    own: set[str | None] = set()
    products = customer.products
    products = [product for product in products if product.status != "expired"]
    if entity_id is None:
        own = {product.stripe_subscription for product in products if product.entity_id is None}
        products = _merged(products)
        products = products[::-1] if listed else in_order(state, products)
    else:
        rows = sorted(
            (row for row in rows if row.entity_id in (None, entity_id)), key=lambda row: row.entity_id is None
        )
        products = sorted(
            (product for product in products if product.entity_id in (None, entity_id)),
            key=lambda product: product.entity_id is None,
        )
    products = products[:15]
    grouped: dict[str, list[Row]] = {}
    for metered in rows:
        if not metered.flag:
            grouped.setdefault(metered.feature_id, []).append(metered)
    shown_balances = {}
    for feature_id, mine in grouped.items():
        shown_feature = state.feature(feature_id)
        shown_balances[feature_id] = balances.show(mine, shown_feature, entity_id=entity_id)
        if "balances.feature" in expand:
            shown_balances[feature_id]["feature"] = feature(shown_feature)
    one_off = {product.id for product in products if state.plan(product.plan_id).one_off}
    # Of two rows of one flag the newest is shown, in lists the oldest.
    flags = [row for row in (reversed(rows) if listed else rows) if row.flag]
    return {
        "subscriptions": [
            subscription(
                state,
                product,
                env,
                expand,
                merged=entity_id is None and product.entity_id is not None,
                period=entity_id is not None or product.stripe_subscription in own,
            )
            for product in products
            if product.id not in one_off
        ],
        "purchases": [purchase(state, product, env, expand) for product in products if product.id in one_off],
        "balances": shown_balances,
        "flags": {row.feature_id: flag(state, row, expand) for row in flags},
    }


def customer(
    state: AutumnState,
    customer: LocalCustomer,
    env: str,
    expand: Collection[str] = (),
    *,
    listed: bool = False,
) -> Json:
    held = holdings(state, customer, env, expand, listed=listed)
    stripe_id = customer.stripe_id if listed else customer.cached_stripe_id
    return {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "created_at": customer.created_at,
        "fingerprint": customer.fingerprint,
        "stripe_id": stripe_id,
        "env": env,
        "metadata": customer.metadata,
        "send_email_receipts": customer.send_email_receipts,
        "billing_controls": controls.show(state, customer, listed=listed),
        "subscriptions": held["subscriptions"],
        "purchases": held["purchases"],
        "licenses": [],
        "balances": held["balances"],
        "flags": held["flags"],
        "config": customer.config,
        **({"processors": {"stripe": {"id": stripe_id}}} if stripe_id else {}),
    }


def short_entity(customer: LocalCustomer, entity: LocalEntity, env: str) -> Json:
    """As `expand: entities` gives it."""
    return {
        "id": entity.id,
        "name": entity.name,
        "customer_id": customer.id,
        "feature_id": entity.feature_id,
        "created_at": entity.created_at,
        "env": env,
    }


def full_entity(state: AutumnState, customer: LocalCustomer, entity: LocalEntity, env: str) -> Json:
    return {
        **short_entity(customer, entity, env),
        **holdings(state, customer, env, entity_id=entity.id),
        "billing_controls": entity.billing_controls,
    }
