"""The list of customers as a card with pages, and as a CSV file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.autumn.bulk import ListedCustomer, moment
from bot.kit import blocks, ids, layout, numbers, phrases, text, times
from bot.kit.card import Block, Card
from bot.kit.csv_table import Cell, CsvFormat, CsvTable
from bot.lookups import csv_form, frame, labels
from bot.lookups.csv_form import CsvSource
from bot.lookups.finder import words
from bot.lookups.finder.filters import BalanceUse, ListQuery, Order, in_trial, running, spent
from bot.lookups.place import Place

SIZE = 10
_NAME, _PLANS = 100, 80


@dataclass(frozen=True, slots=True)
class Listed:
    """What is read for a list of customers."""

    customers: tuple[ListedCustomer, ...]
    """In the order asked for."""
    complete: bool
    """Whether all customers were read."""
    read_at: datetime
    entities: Mapping[str, int] = field(default_factory=dict)
    """How many of the entities asked for each customer has, by their id; empty where none were asked for."""
    uses: Mapping[str, BalanceUse] = field(default_factory=dict)
    """What USED sorts the list by, by customer id; without customers who have no such balance."""


def list_card(listed: Listed, query: ListQuery) -> Card:
    page = layout.paged(listed.customers, query.page, SIZE)
    feature = text.code(query.entity_feature, _NAME) if query.entity_feature else ""
    products = ", ".join(text.code(plan, _NAME) for plan in query.plans)
    used_feature = text.code(query.used_feature, _NAME) if query.used_feature else ""
    filters = words.filters(query, products, feature, used_feature)
    title = words.title(len(listed.customers), filters, complete=listed.complete)
    content: list[Block] = []
    for index, customer in enumerate(page.items):
        content.append(_row(index, customer, listed))
    if not listed.customers:
        nobody = words.NOBODY if listed.complete else words.NOBODY_AMONG_THOSE_READ
        content.append(blocks.section("nobody", nobody))
    foot = [blocks.context("foot", times.moment(listed.read_at, labels.READ))]
    if listed.customers and (unsorted := _unsorted(listed, query)):
        foot.append(blocks.context("unsorted", unsorted))
    if listed.customers and not listed.complete:
        foot.append(blocks.context("incomplete", words.incomplete(len(listed.customers))))
    after = [*_pages(page, query), *foot]
    return layout.card([blocks.section("title", title)], content, after, stamp=listed.read_at)


def _unsorted(listed: Listed, query: ListQuery) -> str:
    """Why the order is not the one that was asked for; empty if it is."""
    if query.order is Order.USED and not listed.uses:
        return words.NOT_SORTED_BY_USE
    return words.NOT_SORTED_BY_ENTITIES if query.order is Order.ENTITIES and not listed.entities else ""


def unknown_order(key: str) -> Card:
    sentence = words.unknown_order(text.code(key, _NAME) or phrases.NONE)
    return layout.card([blocks.section("unknown", sentence)], [], [], stamp=None)


def unknown_filter(word: str) -> Card:
    sentence = f"{words.unknown(text.code(word, _NAME))} {words.USAGE}"
    return layout.card([blocks.section("unknown", sentence)], [], [], stamp=None)


def asking() -> Card:
    """Shown if the file takes longer than a person expects."""
    return layout.card([blocks.context("asking", words.ASKING)], [], [], stamp=None)


def sent() -> Card:
    return layout.card([blocks.section("sent", words.SENT)], [], [], stamp=None)


def csv_text(listed: Listed, chosen: CsvFormat) -> str:
    """The whole file."""
    return CsvTable(words.COLUMNS, chosen).text([_csv_row(customer, listed) for customer in listed.customers])


def _csv_row(customer: ListedCustomer, listed: Listed) -> list[Cell]:
    subscriptions = running(customer)
    trial = any(in_trial(subscription, listed.read_at) for subscription in subscriptions)
    past_due = any(subscription.get("past_due") for subscription in subscriptions)
    use = listed.uses.get(customer.get("id") or "")
    spent_now = spent(customer, listed.read_at)
    return [
        customer.get("name"),
        customer.get("id"),
        customer.get("email"),
        moment(customer.get("created_at")),
        ", ".join(_plans(customer)),
        words.YES if past_due else None,
        words.YES if trial else None,
        ", ".join(spent_now.used_up),
        ", ".join(spent_now.over),
        listed.entities.get(customer.get("id") or ""),
        use.feature if use else None,
        use.used if use else None,
        use.granted if use else None,
    ]


def csv_name(read_at: datetime) -> str:
    return f"maple-customers-{read_at.astimezone(UTC):%Y-%m-%d-%H%M}.csv"


def _row(index: int, customer: ListedCustomer, listed: Listed) -> Block:
    customer_id = customer.get("id") or ""
    open_it = frame.go(labels.OPEN, f"listed:{index}", Place(customer=customer_id)) if customer_id else None
    return blocks.section(f"listed.{index}", blocks.plain(_who(customer, listed)), accessory=open_it)


def _who(customer: ListedCustomer, listed: Listed) -> str:
    """Two lines of plain text, so that a name shows exactly as it is."""
    subscriptions = running(customer)
    candidates = (customer.get("name") or "", customer.get("email") or "", customer.get("id") or "")
    safe = (text.literal(candidate, _NAME) for candidate in candidates)
    name = next((candidate for candidate in safe if candidate), labels.NO_NAME)
    spent_now = spent(customer, listed.read_at)
    balances = (
        (words.over, spent_now.over),
        (words.used_up, spent_now.used_up),
        (words.reset_due, spent_now.reset_due),
    )
    use = listed.uses.get(customer.get("id") or "")
    now, entities = listed.read_at, listed.entities.get(customer.get("id") or "", 0)
    facts = [
        text.literal(customer.get("id") or "", _NAME) or labels.NO_ID,
        text.literal(", ".join(_plans(customer)), _PLANS),
        words.PAST_DUE if any(subscription.get("past_due") for subscription in subscriptions) else "",
        words.TRIAL if any(in_trial(subscription, now) for subscription in subscriptions) else "",
        *(said(text.literal(", ".join(features), _PLANS)) for said, features in balances if features),
        words.with_entities(entities, "") if entities else "",
        _use(use) if use else "",
    ]
    return f"{name}\n{' · '.join(fact for fact in facts if fact)}"


def _use(use: BalanceUse) -> str:
    feature = text.literal(use.feature, _PLANS)
    return words.use(feature, numbers.number(use.used), numbers.number(use.granted))


def _plans(customer: ListedCustomer) -> list[str]:
    return [
        (subscription.get("plan") or {}).get("name") or subscription.get("plan_id") or ""
        for subscription in running(customer)
    ]


def _pages(page: layout.Paged[ListedCustomer], query: ListQuery) -> list[Block]:
    buttons = []
    if page.number:
        previous = query.at(page.number - 1).encode()
        buttons.append(blocks.button(phrases.PREVIOUS, f"{ids.LIST}:previous", previous))
    if page.left:
        following = query.at(page.number + 1).encode()
        buttons.append(blocks.button(phrases.NEXT, f"{ids.LIST}:next", following))
    if page.items:
        buttons.append(blocks.button(words.DOWNLOAD, ids.LIST_CSV, query.encode()))
        other_format = f"{ids.CSV_FORMAT}:{CsvSource.CUSTOMERS}"
        buttons.append(blocks.button(csv_form.OTHER_FORMAT, other_format, query.encode()))
        buttons.append(blocks.button(words.CHANGE_ALL, ids.BATCH_LISTED, query.encode()))
    drawn: list[Block] = []
    if page.pages > 1:
        drawn.append(blocks.context("page", phrases.page(page.number + 1, page.pages, page.left)))
    if buttons:
        drawn += [blocks.actions("paging", buttons), *_sort(query)]
    return drawn


def _sort(query: ListQuery) -> list[Block]:
    """A select carries no extra value, so the query is in its block_id; no select if it does not fit
    there."""
    block_id = f"{ids.LIST_ORDER}:{query.encode()}"
    if text.length(block_id) > blocks.BLOCK_ID:
        return []
    orders = {order: blocks.option(label, order) for order, label in words.ORDERS.items()}
    select = blocks.select(ids.LIST_ORDER, words.SORT, list(orders.values()), orders[query.order])
    return [blocks.actions(block_id, [select])]
