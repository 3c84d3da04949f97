"""What a preview promised is what the local Autumn shows, for everything its customers have."""

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

from bot.autumn.client import Autumn, Limits
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
from tests.examples import examples

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
FAST = Limits(general=10_000, customers_list=10_000, events_per_customer=10_000)


@dataclass
class Bench:
    """A local Autumn and a client of it. Keys are never used twice."""

    local: LocalAutumn
    autumn: Autumn
    number: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.local.key}"}

    async def facts(self, asked: Any) -> Facts:
        return await gather(self.autumn, asked, now=self.local.clock.now)

    async def apply(self, asked: Any, facts: Facts) -> Facts:
        """Do it, and see that the ledger holds exactly what was planned and that it reads as applied."""
        change = registry.kind(asked.kind)
        writes, before = change.plan(asked, facts), change.snapshot(asked, facts)
        assert change.verify(asked, before, before) is Verdict.NOT_APPLIED
        seen = len(self.local.ledger)
        self.number += 1
        for position, write in enumerate(writes):
            await self.autumn.send(write, key(str(self.number), position))
        told = self.local.ledger[seen:]
        assert [(one.route, one.body, one.applied) for one in told] == [
            (write.route, dict(write.body), True) for write in writes
        ]
        assert [one.idempotency_key for one in told] == [
            f"maple:{self.number}:{position}" for position in range(len(writes))
        ]
        if asked.kind == "reward":  # after a coupon customers.get may answer from an older copy
            self.local.state.customer(asked.customer).drop_cached()
        after = await self.facts(asked)
        assert change.verify(asked, before, change.snapshot(asked, after)) is Verdict.APPLIED
        return after


@asynccontextmanager
async def bench_of() -> AsyncIterator[Bench]:
    async with LocalAutumn.running(seed="demo", clock=NOW, limits=LocalLimits.off()) as local:
        autumn = Autumn(key=SecretStr(local.key), url=local.url, limits=FAST)
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
    """Whatever the block does to the customer is forgotten after it."""
    who = bench.local.state.customer(customer_id)
    kept = copy.deepcopy(who)
    try:
        yield
    finally:
        for field in fields(who):
            setattr(who, field.name, getattr(kept, field.name))


Figures = tuple[str | None, str, str | None, str | None]


def shown(customer: Customer, feature: str, row_id: str) -> Figures:
    """Granted, remaining and used of a row with what rolled over to it, and its reset: from the answer
    alone, by other means than the change has."""
    balance = customer.balances.get(feature)
    row = next((one for one in balance.breakdown if one.id == row_id), None) if balance else None
    if balance is None or row is None:
        return None, "0", None, None
    rolled = balance.rollovers if row.plan_id and _resets(row) else []
    granted = row.included_grant + row.prepaid_grant + sum(one.granted or 0 for one in rolled)
    remaining = row.remaining + sum(one.balance for one in rolled)
    used = row.usage + sum((one.granted or 0) - one.balance for one in rolled)
    resets = canonical.time_or_none(row.reset.resets_at if row.reset else None)
    return canonical.number(granted), canonical.number(Decimal(remaining)), canonical.number(used), resets


def _resets(row: BalanceRow) -> bool:
    return row.reset is not None and row.reset.interval != "one_off"


def promised(asked: BalanceInput, facts: Facts) -> tuple[Figures, str | None]:
    lines = {line.label: line for line in registry.kind(asked.kind).preview(asked, facts)}
    reset = lines.get(BalanceLine.RESET)
    vanishes = lines[BalanceLine.GRANTED].after is None
    kept = None if vanishes else shown(facts.customer, asked.feature, asked.row)[3]
    total = lines.get(BalanceLine.TOTAL_REMAINING)
    figures = (
        lines[BalanceLine.GRANTED].after,
        lines[BalanceLine.REMAINING].after or "",
        lines[BalanceLine.USAGE].after,
        reset.after if reset and not vanishes else kept,
    )
    return figures, total.after if total else None


@dataclass(frozen=True)
class Place:
    customer: str
    feature: str
    row: str
    sort: str = ""
    """What makes it another sort of balance than others."""

    def ask(self, **edit: Any) -> BalanceInput:
        return BalanceInput(customer=self.customer, feature=self.feature, row=self.row, **edit)


async def places_of(bench: Bench) -> list[Place]:
    found = []
    for who in list(bench.local.state.customers):
        if who.id is None:
            continue
        customer = await bench.autumn.customer(who.id)
        for name, held in customer.balances.items():
            for row in held.breakdown:
                sort = (
                    row.plan_id is None,
                    row.reset.interval if row.reset else None,
                    row.price.billing_method if row.price else None,
                    row.expires_at is None,
                    held.unlimited,
                    len(held.breakdown),
                    len(held.rollovers),
                    held.overage > 0,
                    row.remaining > 0,
                )
                found.append(Place(who.id, name, row.id, repr(sort)))
    return found


async def check_balance(bench: Bench, asked: BalanceInput, *, back: bool = True) -> set[NoteCode]:
    """Refused in words, or done as promised and undone again; answers the codes of what was said."""
    change = registry.kind(asked.kind)
    facts = await bench.facts(asked)
    judged = change.guard(asked, facts, bench.local.clock.now())
    if judged.refusals:
        return {note.code for note in judged.refusals}
    async with restored(bench, asked.customer):
        figures, total = promised(asked, facts)
        before = change.snapshot(asked, facts)
        after = await bench.apply(asked, facts)
        assert shown(after.customer, asked.feature, asked.row) == figures
        if total is not None:
            assert canonical.number(after.customer.balances[asked.feature].remaining) == total
        undo = change.inverse(asked, before, change.snapshot(asked, after))
        if undo is None:
            assert figures[0] is None  # the row is gone
        elif back:
            assert isinstance(undo, BalanceInput)
            await check_undone(bench, undo, facts, after)
    return {note.code for note in judged.warnings}


async def check_undone(bench: Bench, undo: BalanceInput, first: Facts, facts: Facts) -> None:
    assert not registry.kind(undo.kind).guard(undo, facts, bench.local.clock.now()).refusals
    now = (await bench.apply(undo, facts)).customer
    assert shown(now, undo.feature, undo.row) == shown(first.customer, undo.feature, undo.row)
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
        BalanceAction.NONE: None,
    }[action]
    dates = DATES if action is BalanceAction.NONE else st.one_of(st.none(), st.none(), DATES)
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
    dated = action is BalanceAction.NONE or draw.random() < 0.2
    return {"action": action, "amount": amount, "reset_at": at if dated else None}


async def test_every_balance_there_is_becomes_what_was_promised_and_again_what_it_was(bench: Bench) -> None:
    draw = random.Random(7)  # noqa: S311 - the same every time
    said: set[NoteCode] = set()
    done = 0
    sorts: Counter[str] = Counter()
    for place in await places_of(bench):
        sorts[place.sort] += 1
        # Taking it back is tried with some of each sort, which tells as much in half the time.
        codes = await check_balance(bench, place.ask(**some_edit(draw)), back=sorts[place.sort] <= 8)
        done += not codes & REFUSALS
        said |= codes
    assert done > 200
    assert not {BalanceNote.ROW_GONE, BalanceNote.FEATURE_NOT_HELD, CommonNote.OTHER_CUSTOMER} & said
    assert {BalanceNote.UNLIMITED, BalanceNote.RESET_ON_PAID, BalanceNote.RESET_ONE_OFF} <= said


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
    {"action": BalanceAction.NONE, "reset_at": NOW + timedelta(days=3)},
]


async def test_usage_at_the_same_time_is_not_taken_for_the_edit(bench: Bench) -> None:
    customer = await bench.autumn.customer("cus_initech")
    place = Place("cus_initech", "messages", customer.balances["messages"].breakdown[0].id)
    async with httpx.AsyncClient(base_url=bench.local.url, headers=bench.headers) as backend:
        for number, edit in enumerate(EDITS):
            async with restored(bench, place.customer):
                await check_in_use(bench, place.ask(**edit), f"maple:busy:{number}", backend)


async def check_in_use(
    bench: Bench, asked: BalanceInput, idempotency_key: str, backend: httpx.AsyncClient
) -> None:
    """Ten uses before the write and ten beside it."""
    change, facts = registry.kind(asked.kind), await bench.facts(asked)
    before = change.snapshot(asked, facts)
    (write,) = change.plan(asked, facts)
    body = {"customer_id": asked.customer, "feature_id": asked.feature, "value": 1}

    async def use() -> None:
        (await backend.post("/v1/balances.track", json=body)).raise_for_status()

    await asyncio.gather(*(use() for _ in range(10)))
    unsent = change.snapshot(asked, await bench.facts(asked))
    assert change.verify(asked, before, unsent) is Verdict.NOT_APPLIED
    await asyncio.gather(*(use() for _ in range(10)), bench.autumn.send(write, idempotency_key))
    after = await bench.facts(asked)
    assert change.verify(asked, before, change.snapshot(asked, after)) is Verdict.APPLIED
    if asked.action is BalanceAction.GIVE:
        then, now = (known.customer.balances[asked.feature].usage for known in (facts, after))
        assert now == then + 20


PAYING = ("cus_acme", "cus_northwind", "cus_coupons", "cus_stark", "cus_tyrell", "cus_initech", "cus_yearly")
FREE = ("cus_wonka", "cus_empty", "cus_vandelay")


def own(facts: Facts) -> str | None:
    discounts = facts.billing.discounts if facts.billing else ()
    return next((one.id for one in discounts if one.subscription_id is None), None)


def totals(facts: Facts) -> list[Decimal]:
    return [one.total for one in (facts.billing and facts.billing.upcoming) or ()]


async def test_every_coupon_changes_the_next_invoice_as_estimated(bench: Bench) -> None:
    coupons = [one.id for one in bench.local.state.rewards.values() if one.type != "feature_grant"]
    for customer_id in (*PAYING, *FREE):
        await check_coupons(bench, customer_id, coupons)


async def check_coupons(bench: Bench, customer_id: str, coupons: list[str]) -> None:
    change = registry.kind("reward")
    for coupon in coupons:
        asked = RewardInput(customer=customer_id, action=RewardAction.APPLY, reward=coupon)
        facts = await bench.facts(asked)
        if change.guard(asked, facts, NOW).refusals:
            assert own(facts) == coupon
            continue
        async with restored(bench, customer_id):
            after = await bench.apply(asked, facts)
            assert own(after) == coupon
            check_invoices(change.preview(asked, facts), facts, after)
            undo = change.inverse(asked, change.snapshot(asked, facts), change.snapshot(asked, after))
            assert isinstance(undo, RewardInput)
            known = await bench.facts(undo)
            assert not change.guard(undo, known, NOW).refusals
            again = await bench.apply(undo, known)
            assert own(again) == own(facts)
            assert totals(again) == totals(facts)


def check_invoices(lines: tuple[Line, ...], before: Facts, after: Facts) -> None:
    invoices = [line for line in lines if line.label is RewardLine.NEXT_INVOICE]
    assert [Decimal(line.before or "") for line in invoices] == totals(before)
    estimated = [Decimal(line.after or "") for line in invoices]
    for ours, theirs, preview in zip(estimated, totals(after), upcoming(after), strict=True):
        cent = Decimal(1) if preview.currency == "jpy" else Decimal("0.01")
        assert abs(ours - theirs) <= cent * len(preview.line_items)


def upcoming(facts: Facts) -> tuple[InvoicePreview, ...]:
    return (facts.billing and facts.billing.upcoming) or ()


async def test_a_coupon_is_removed_and_put_back(bench: Bench) -> None:
    for customer_id in ("cus_acme", "cus_coupons", "cus_stark"):
        asked = RewardInput(customer=customer_id, action=RewardAction.REMOVE)
        change, facts = registry.kind(asked.kind), await bench.facts(asked)
        after = await bench.apply(asked, facts)
        assert own(after) is None
        check_invoices(change.preview(asked, facts), facts, after)
        undo = change.inverse(asked, change.snapshot(asked, facts), change.snapshot(asked, after))
        assert own(await bench.apply(undo, await bench.facts(undo))) == own(facts)


async def test_a_grant_gives_what_it_said_and_once(bench: Bench) -> None:
    for customer_id, code in product(("cus_northwind", "cus_empty", "cus_globex"), ("BONUS500", "AIWEEK")):
        asked = RewardInput(customer=customer_id, action=RewardAction.REDEEM, code=code)
        change, facts = registry.kind(asked.kind), await bench.facts(asked)
        assert change.guard(asked, facts, NOW).allowed
        _, line = change.preview(asked, facts)
        after = await bench.apply(asked, facts)
        assert line.after == canonical.number(after.customer.balances[line.about].remaining)
        with pytest.raises(Refused):
            await bench.apply(asked, after)


NAMES = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
EMAILS = st.one_of(st.just(""), st.emails().filter(lambda one: not set('"()<>[],;:') & set(one)))


@examples(40, HealthCheck.function_scoped_fixture)
@given(name=st.none() | NAMES, email=st.none() | EMAILS, fingerprint=st.none() | NAMES)
async def test_details_become_what_was_asked_and_again_what_they_were(
    bench: Bench, name: str | None, email: str | None, fingerprint: str | None
) -> None:
    asked = DetailsInput(customer="cus_acme", name=name, email=email, fingerprint=fingerprint)
    change, facts = registry.kind(asked.kind), await bench.facts(asked)
    judged = change.guard(asked, facts, NOW)
    if judged.refusals:
        codes = {note.code for note in judged.refusals}
        assert codes <= {CommonNote.NOTHING_TO_DO, DetailsNote.BAD_EMAIL, DetailsNote.BAD_TEXT}, codes
        return
    lines = change.preview(asked, facts)
    after = await bench.apply(asked, facts)
    told = change.snapshot(asked, after)
    assert {line.label.id: line.after for line in lines}.items() <= told.items()
    undo = change.inverse(asked, change.snapshot(asked, facts), told)
    again = await bench.apply(undo, after)
    assert change.snapshot(asked, again) == change.snapshot(asked, facts)


async def test_a_customer_is_gone_and_the_ledger_says_so(bench: Bench) -> None:
    asked = DeletionInput(customer="cus_acme", typed="cus_acme")
    change, facts = registry.kind(asked.kind), await bench.facts(asked)
    before = change.snapshot(asked, facts)
    assert {DeletionNote.KEEPS_CHARGING, DeletionNote.NEXT_CHARGE, DeletionNote.OPEN_INVOICES} <= {
        note.code for note in change.guard(asked, facts, NOW).warnings
    }
    (write,) = change.plan(asked, facts)
    await bench.autumn.send(write, "maple:gone:0")
    with pytest.raises(NotFound):
        await bench.facts(asked)
    assert change.verify(asked, before, None) is Verdict.APPLIED
    assert [one.body for one in bench.local.ledger] == [{"customer_id": "cus_acme"}]


async def test_a_key_is_taken_once(bench: Bench) -> None:
    asked = DetailsInput(customer="cus_acme", name="New")
    facts = await bench.facts(asked)
    (write,) = registry.kind(asked.kind).plan(asked, facts)
    await bench.autumn.send(write, "maple:1:0")
    with pytest.raises(Conflict) as caught:
        await bench.autumn.send(write, "maple:1:0")
    assert caught.value.code == "duplicate_idempotency_key"


async def test_what_a_past_due_plan_hides_is_said(bench: Bench) -> None:
    bench.local.state.org.include_past_due = False
    asked = BalanceInput(
        customer="cus_globex", feature="messages", row="x", action=BalanceAction.GIVE, amount=Decimal(5)
    )
    judged = registry.kind(asked.kind).guard(asked, await bench.facts(asked), NOW)
    assert [note.code for note in judged.refusals] == [BalanceNote.PAST_DUE_HIDDEN]
