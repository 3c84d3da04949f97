"""The local Autumn then shows what the preview promised, for everything its customers have."""

import asyncio
import copy
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.autumn.client import Autumn
from bot.autumn.errors import Conflict, NotFound, Refused
from bot.autumn.models import BalanceRow, Customer, InvoicePreview
from bot.changes import canonical, registry
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import OFFERED, BalanceAction, BalanceLine, BalanceNote
from bot.changes.deletion.request import DeletionInput
from bot.changes.deletion.words import DeletionNote
from bot.changes.details.request import DetailsInput
from bot.changes.details.words import DetailsNote
from bot.changes.facts import gather
from bot.changes.lines import Line
from bot.changes.model import Facts, Verdict, key
from bot.changes.notes import CommonNote, NoteCode
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction, RewardLine
from sandbox.autumn import LocalAutumn, LocalLimits
from tests.autumn.scripted import UNLIMITED
from tests.examples import examples

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)


@dataclass
class Bench:
    """A local Autumn and a client of it. Idempotency keys are never reused."""

    local: LocalAutumn
    autumn: Autumn
    number: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.local.key}"}

    async def facts(self, request: Any) -> Facts:
        return await gather(self.autumn, request, now=self.local.clock.now)

    async def apply(self, request: Any, facts: Facts) -> Facts:
        """Applies the change; the ledger must hold exactly the planned writes, and the read-back must say
        applied."""
        change = registry.kind(request.kind)
        writes, before = change.plan(request, facts), change.snapshot(request, facts)
        assert change.verify(request, before, before) is Verdict.NOT_APPLIED
        before_count = len(self.local.ledger)
        self.number += 1
        for position, write in enumerate(writes):
            await self.autumn.send(write, key(str(self.number), position))
        new_writes = self.local.ledger[before_count:]
        assert [(sent.route, sent.body, sent.applied) for sent in new_writes] == [
            (write.route, dict(write.body), True) for write in writes
        ]
        assert [sent.idempotency_key for sent in new_writes] == [
            f"maple:{self.number}:{position}" for position in range(len(writes))
        ]
        if request.kind == "reward":  # after a coupon, customers.get may answer from an older copy
            self.local.state.customer(request.customer).drop_cached()
        after = await self.facts(request)
        assert change.verify(request, before, change.snapshot(request, after)) is Verdict.APPLIED
        return after


@asynccontextmanager
async def bench_of() -> AsyncIterator[Bench]:
    async with LocalAutumn.running(seed="demo", clock=NOW, limits=LocalLimits.off()) as local:
        autumn = Autumn(key=SecretStr(local.key), url=local.url, limits=UNLIMITED)
        try:
            yield Bench(local, autumn)
        finally:
            await autumn.aclose()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with bench_of() as bench:
        yield bench


@asynccontextmanager
async def restored(bench: Bench, customer_id: str) -> AsyncIterator[None]:
    """Restores the customer after the block."""
    customer = bench.local.state.customer(customer_id)
    backup = copy.deepcopy(customer)
    try:
        yield
    finally:
        for field in fields(customer):
            setattr(customer, field.name, getattr(backup, field.name))


Figures = tuple[str | None, str, str | None, str | None]


def row_figures(customer: Customer, feature: str, row_id: str) -> Figures:
    """Granted, remaining and used of a row with its rollovers, and its reset: computed from the answer alone,
    independently of the change."""
    balance = customer.balances.get(feature)
    row = (
        next((candidate for candidate in balance.breakdown if candidate.id == row_id), None)
        if balance
        else None
    )
    if balance is None or row is None:
        return None, "0", None, None
    rolled = balance.rollovers if row.plan_id and _resets(row) else []
    granted = row.included_grant + row.prepaid_grant + sum(candidate.granted or 0 for candidate in rolled)
    remaining = row.remaining + sum(candidate.balance for candidate in rolled)
    used = row.usage + sum((candidate.granted or 0) - candidate.balance for candidate in rolled)
    resets = canonical.time_or_none(row.reset.resets_at if row.reset else None)
    return canonical.number(granted), canonical.number(Decimal(remaining)), canonical.number(used), resets


def _resets(row: BalanceRow) -> bool:
    return row.reset is not None and row.reset.interval != "one_off"


def promised_figures(request: BalanceInput, facts: Facts) -> tuple[Figures, str | None]:
    lines = {line.label: line for line in registry.kind(request.kind).preview(request, facts)}
    reset = lines.get(BalanceLine.RESET)
    vanishes = lines[BalanceLine.GRANTED].after is None
    reset_before = None if vanishes else row_figures(facts.customer, request.feature, request.row)[3]
    total = lines.get(BalanceLine.TOTAL_REMAINING)
    figures = (
        lines[BalanceLine.GRANTED].after,
        lines[BalanceLine.REMAINING].after or "",
        lines[BalanceLine.USAGE].after,
        reset.after if reset and not vanishes else reset_before,
    )
    return figures, total.after if total else None


@dataclass(frozen=True)
class Place:
    customer: str
    feature: str
    row: str
    sort: str = ""
    """What distinguishes this sort of balance from others."""

    def ask(self, **edit: Any) -> BalanceInput:
        return BalanceInput(customer=self.customer, feature=self.feature, row=self.row, **edit)


async def places_of(bench: Bench) -> list[Place]:
    all_places = []
    for stored in list(bench.local.state.customers):
        if stored.id is None:
            continue
        customer = await bench.autumn.customer(stored.id)
        for name, balance in customer.balances.items():
            for row in balance.breakdown:
                sort = (
                    row.plan_id is None,
                    row.reset.interval if row.reset else None,
                    row.price.billing_method if row.price else None,
                    row.expires_at is None,
                    balance.unlimited,
                    len(balance.breakdown),
                    len(balance.rollovers),
                    balance.overage > 0,
                    row.remaining > 0,
                )
                all_places.append(Place(stored.id, name, row.id, repr(sort)))
    return all_places


async def check_balance(bench: Bench, request: BalanceInput) -> set[NoteCode]:
    """The change is refused, or applied as promised and undone; returns the codes of the notes."""
    change = registry.kind(request.kind)
    facts = await bench.facts(request)
    judged = change.guard(request, facts, bench.local.clock.now())
    if judged.refusals:
        return {note.code for note in judged.refusals}
    async with restored(bench, request.customer):
        figures, total = promised_figures(request, facts)
        before = change.snapshot(request, facts)
        after = await bench.apply(request, facts)
        assert row_figures(after.customer, request.feature, request.row) == figures
        if total is not None:
            assert canonical.number(after.customer.balances[request.feature].remaining) == total
        undo = change.inverse(request, before, change.snapshot(request, after))
        if undo is None:
            assert figures[0] is None  # the row is gone
        else:
            assert isinstance(undo, BalanceInput)
            await check_undone(bench, undo, facts, after)
    return {note.code for note in judged.warnings}


async def check_undone(bench: Bench, undo: BalanceInput, first: Facts, facts: Facts) -> None:
    assert not registry.kind(undo.kind).guard(undo, facts, bench.local.clock.now()).refusals
    now = (await bench.apply(undo, facts)).customer
    assert row_figures(now, undo.feature, undo.row) == row_figures(first.customer, undo.feature, undo.row)
    assert now.balances[undo.feature].remaining == first.customer.balances[undo.feature].remaining


REFUSALS = {
    BalanceNote.UNLIMITED,
    BalanceNote.RESET_ON_PAID,
    BalanceNote.RESET_ONE_OFF,
    BalanceNote.RESET_NEVER,
    CommonNote.NOTHING_TO_DO,
    BalanceNote.ROLLOVERS_UNCLEAR,
}

AMOUNTS = st.one_of(st.integers(0, 60_000).map(Decimal), st.decimals(0, 2_000, places=2, allow_nan=False))
DATES = st.integers(1, 60 * 24 * 40).map(lambda minutes: NOW + timedelta(minutes=minutes))


@st.composite
def edits(draw: st.DrawFn) -> dict[str, Any]:
    action = draw(st.sampled_from(OFFERED))
    size = draw(AMOUNTS)
    amount = {
        BalanceAction.GIVE: size + 1,
        BalanceAction.SET: draw(st.sampled_from([size, -size])),
        BalanceAction.USAGE: size,
        BalanceAction.RESET_DATE: None,
    }[action]
    dates = DATES if action is BalanceAction.RESET_DATE else st.one_of(st.none(), st.none(), DATES)
    return {"action": action, "amount": amount, "reset_at": draw(dates)}


def one_of_each(places: list[Place]) -> list[Place]:
    return list({place.sort: place for place in places}.values())


def some_edit(draw: random.Random) -> dict[str, Any]:
    action = draw.choice(OFFERED)
    size = Decimal(draw.choice([draw.randint(1, 60_000), draw.randint(1, 999)])) / draw.choice([1, 4, 100])
    amount = {
        BalanceAction.GIVE: size,
        BalanceAction.SET: draw.choice([size, -size, Decimal(0)]),
        BalanceAction.USAGE: draw.choice([size, Decimal(0)]),
    }.get(action)
    at = NOW + timedelta(minutes=draw.randint(1, 60 * 24 * 40))
    dated = action is BalanceAction.RESET_DATE or draw.random() < 0.2
    return {"action": action, "amount": amount, "reset_at": at if dated else None}


async def test_every_balance_matches_its_preview_and_its_undo(bench: Bench) -> None:
    draw = random.Random(7)  # noqa: S311 - the same every time
    codes_seen: set[NoteCode] = set()
    done = 0
    sorts: Counter[str] = Counter()
    for place in await places_of(bench):
        sorts[place.sort] += 1
        if sorts[place.sort] > 3:  # more of the same would test nothing new
            continue
        codes = await check_balance(bench, place.ask(**some_edit(draw)))
        done += not codes & REFUSALS
        codes_seen |= codes
    assert done > 30
    assert not {BalanceNote.ROW_GONE, BalanceNote.FEATURE_NOT_HELD, CommonNote.OTHER_CUSTOMER} & codes_seen
    assert {BalanceNote.UNLIMITED, BalanceNote.RESET_ON_PAID, BalanceNote.RESET_ONE_OFF} <= codes_seen


async def test_undo_restores_grant_and_balance(bench: Bench) -> None:
    """Both where Autumn raises the grant with the balance, and where it does not."""
    customer = await bench.autumn.customer("cus_acme")
    place = Place("cus_acme", "messages", customer.balances["messages"].breakdown[0].id)
    for raises, action in product(
        (False, True), (BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE)
    ):
        bench.local.state.org.adding_raises_grant = raises
        codes = await check_balance(bench, place.ask(action=action, amount=Decimal(900)))
        assert not codes & REFUSALS, (raises, action)


@examples(60, HealthCheck.function_scoped_fixture)
@given(data=st.data())
async def test_any_edit_of_any_sort_of_balance(sorts: tuple[Bench, list[Place]], data: st.DataObject) -> None:
    bench, places = sorts
    bench.local.state.org.adding_raises_grant = data.draw(st.booleans())
    place = data.draw(st.sampled_from(places))
    codes = await check_balance(bench, place.ask(**data.draw(edits())))
    assert not codes & {BalanceNote.ROW_GONE, BalanceNote.FEATURE_NOT_HELD, CommonNote.OTHER_CUSTOMER}


@pytest.fixture
async def sorts(bench: Bench) -> tuple[Bench, list[Place]]:
    return bench, one_of_each(await places_of(bench))


EDITS: list[dict[str, Any]] = [
    {"action": BalanceAction.GIVE, "amount": 250},
    {"action": BalanceAction.TAKE, "amount": 250},
    {"action": BalanceAction.SET, "amount": 500},
    {"action": BalanceAction.SET, "amount": -9000},
    {"action": BalanceAction.USAGE, "amount": 0},
    {"action": BalanceAction.SHIFT, "amount": 4000},
    {"action": BalanceAction.RESET_DATE, "reset_at": NOW + timedelta(days=3)},
]


async def test_concurrent_usage_is_not_mistaken_for_the_edit(bench: Bench) -> None:
    customer = await bench.autumn.customer("cus_initech")
    place = Place("cus_initech", "messages", customer.balances["messages"].breakdown[0].id)
    async with httpx.AsyncClient(base_url=bench.local.url, headers=bench.headers) as backend:
        for number, edit in enumerate(EDITS):
            async with restored(bench, place.customer):
                await check_in_use(bench, place.ask(**edit), f"maple:busy:{number}", backend)


async def check_in_use(
    bench: Bench, request: BalanceInput, idempotency_key: str, backend: httpx.AsyncClient
) -> None:
    """Four uses before the write and four during it."""
    change, facts = registry.kind(request.kind), await bench.facts(request)
    before = change.snapshot(request, facts)
    (write,) = change.plan(request, facts)
    body = {"customer_id": request.customer, "feature_id": request.feature, "value": 1}

    async def use() -> None:
        (await backend.post("/v1/balances.track", json=body)).raise_for_status()

    await asyncio.gather(*(use() for _ in range(4)))
    unsent = change.snapshot(request, await bench.facts(request))
    assert change.verify(request, before, unsent) is Verdict.NOT_APPLIED
    await asyncio.gather(*(use() for _ in range(4)), bench.autumn.send(write, idempotency_key))
    after = await bench.facts(request)
    assert change.verify(request, before, change.snapshot(request, after)) is Verdict.APPLIED
    if request.action is BalanceAction.GIVE:
        then, now = (
            customer_facts.customer.balances[request.feature].usage for customer_facts in (facts, after)
        )
        assert now == then + 8


PAYING = ("cus_acme", "cus_northwind", "cus_coupons", "cus_stark", "cus_tyrell", "cus_initech", "cus_yearly")
FREE = ("cus_wonka", "cus_empty")


def own_coupon(facts: Facts) -> str | None:
    discounts = facts.billing.discounts if facts.billing else ()
    return next((discount.id for discount in discounts if discount.subscription_id is None), None)


def totals(facts: Facts) -> list[Decimal]:
    return [invoice.total for invoice in (facts.billing and facts.billing.upcoming) or ()]


async def test_every_coupon_changes_the_next_invoice_as_estimated(bench: Bench) -> None:
    coupons = [reward.id for reward in bench.local.state.rewards.values() if reward.type != "feature_grant"]
    for customer_id in (*PAYING, *FREE):
        await check_coupons(bench, customer_id, coupons)


async def check_coupons(bench: Bench, customer_id: str, coupons: list[str]) -> None:
    """Each coupon is applied; the first that can be undone is undone as well."""
    change = registry.kind("reward")
    undone = False
    for coupon in coupons:
        request = RewardInput(customer=customer_id, action=RewardAction.APPLY, reward=coupon)
        facts = await bench.facts(request)
        if change.guard(request, facts, NOW).refusals:
            assert own_coupon(facts) == coupon
            continue
        async with restored(bench, customer_id):
            after = await bench.apply(request, facts)
            assert own_coupon(after) == coupon
            check_invoices(change.preview(request, facts), facts, after)
            undo = change.inverse(request, change.snapshot(request, facts), change.snapshot(request, after))
            assert isinstance(undo, RewardInput)
            if undone:
                continue
            undone = True
            customer_facts = await bench.facts(undo)
            assert not change.guard(undo, customer_facts, NOW).refusals
            restored_facts = await bench.apply(undo, customer_facts)
            assert own_coupon(restored_facts) == own_coupon(facts)
            assert totals(restored_facts) == totals(facts)


def check_invoices(lines: tuple[Line, ...], before: Facts, after: Facts) -> None:
    invoices = [line for line in lines if line.label is RewardLine.NEXT_INVOICE]
    assert [Decimal(line.before or "") for line in invoices] == totals(before)
    estimated = [Decimal(line.after or "") for line in invoices]
    for ours, theirs, preview in zip(estimated, totals(after), upcoming(after), strict=True):
        cent = Decimal(1) if preview.currency == "jpy" else Decimal("0.01")
        assert abs(ours - theirs) <= cent * len(preview.line_items)


def upcoming(facts: Facts) -> tuple[InvoicePreview, ...]:
    return (facts.billing and facts.billing.upcoming) or ()


async def test_coupon_is_removed_and_restored(bench: Bench) -> None:
    for customer_id in ("cus_acme", "cus_coupons", "cus_stark"):
        request = RewardInput(customer=customer_id, action=RewardAction.REMOVE)
        change, facts = registry.kind(request.kind), await bench.facts(request)
        after = await bench.apply(request, facts)
        assert own_coupon(after) is None
        check_invoices(change.preview(request, facts), facts, after)
        undo = change.inverse(request, change.snapshot(request, facts), change.snapshot(request, after))
        assert own_coupon(await bench.apply(undo, await bench.facts(undo))) == own_coupon(facts)


async def test_feature_grant_gives_what_it_promised_once(bench: Bench) -> None:
    for customer_id, code in product(("cus_northwind", "cus_empty", "cus_globex"), ("BONUS500", "AIWEEK")):
        request = RewardInput(customer=customer_id, action=RewardAction.REDEEM, code=code)
        change, facts = registry.kind(request.kind), await bench.facts(request)
        assert change.guard(request, facts, NOW).allowed
        _, line = change.preview(request, facts)
        after = await bench.apply(request, facts)
        assert line.after == canonical.number(after.customer.balances[line.about].remaining)
        with pytest.raises(Refused):
            await bench.apply(request, after)


NAMES = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
EMAILS = st.one_of(st.just(""), st.emails().filter(lambda address: not set('"()<>[],;:') & set(address)))


@examples(40, HealthCheck.function_scoped_fixture)
@given(name=st.none() | NAMES, email=st.none() | EMAILS, fingerprint=st.none() | NAMES)
async def test_details_are_changed_and_restored(
    bench: Bench, name: str | None, email: str | None, fingerprint: str | None
) -> None:
    request = DetailsInput(customer="cus_acme", name=name, email=email, fingerprint=fingerprint)
    change, facts = registry.kind(request.kind), await bench.facts(request)
    judged = change.guard(request, facts, NOW)
    if judged.refusals:
        codes = {note.code for note in judged.refusals}
        assert codes <= {CommonNote.NOTHING_TO_DO, DetailsNote.BAD_EMAIL, DetailsNote.BAD_TEXT}, codes
        return
    lines = change.preview(request, facts)
    after = await bench.apply(request, facts)
    read_back = change.snapshot(request, after)
    assert {line.label.id: line.after for line in lines}.items() <= read_back.items()
    undo = change.inverse(request, change.snapshot(request, facts), read_back)
    restored_facts = await bench.apply(undo, after)
    assert change.snapshot(request, restored_facts) == change.snapshot(request, facts)


async def test_deleted_customer_is_gone_and_in_the_ledger(bench: Bench) -> None:
    request = DeletionInput(customer="cus_acme", typed="cus_acme")
    change, facts = registry.kind(request.kind), await bench.facts(request)
    before = change.snapshot(request, facts)
    assert {DeletionNote.KEEPS_CHARGING, DeletionNote.NEXT_CHARGE, DeletionNote.OPEN_INVOICES} <= {
        note.code for note in change.guard(request, facts, NOW).warnings
    }
    (write,) = change.plan(request, facts)
    await bench.autumn.send(write, "maple:gone:0")
    with pytest.raises(NotFound):
        await bench.facts(request)
    assert change.verify(request, before, None) is Verdict.APPLIED
    assert [write_sent.body for write_sent in bench.local.ledger] == [{"customer_id": "cus_acme"}]


async def test_idempotency_key_is_accepted_once(bench: Bench) -> None:
    request = DetailsInput(customer="cus_acme", name="New")
    facts = await bench.facts(request)
    (write,) = registry.kind(request.kind).plan(request, facts)
    await bench.autumn.send(write, "maple:1:0")
    with pytest.raises(Conflict) as caught:
        await bench.autumn.send(write, "maple:1:0")
    assert caught.value.code == "duplicate_idempotency_key"


async def test_balance_hidden_by_a_past_due_product_is_reported(bench: Bench) -> None:
    bench.local.state.org.include_past_due = False
    request = BalanceInput(
        customer="cus_globex", feature="messages", row="x", action=BalanceAction.GIVE, amount=Decimal(5)
    )
    judged = registry.kind(request.kind).guard(request, await bench.facts(request), NOW)
    assert [note.code for note in judged.refusals] == [BalanceNote.PAST_DUE_HIDDEN]
