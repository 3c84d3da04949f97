"""Each operation alone: what it changes, what it leaves alone, what the audit trail records, and when it
does nothing."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Table, select, update

from bot.access.limits import NOTHING_MOVED, Today, Worth
from bot.approvals import change_records, repository
from bot.approvals.daily_limits import TodayCounter, TodayMoved
from bot.approvals.lifecycle import EDGES, CardKind, CardTarget, Cause, Record, State
from bot.approvals.steps import Basis, Conclusion, Decided, Draft, Lease, NextWrite, Preview, Terms
from bot.autumn.models import Environment
from bot.autumn.write import Write
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceLine, BalanceNote
from bot.changes.lines import Line
from bot.changes.notes import Note
from bot.store import audit
from bot.store.database import Database
from bot.store.tables import cards, changes, decisions
from tests.approvals.harness import NOW
from tests.approvals.records import approval_by
from tests.databases import fresh

ASKED = BalanceInput(customer="cus_1", feature="f", row="r", action=BalanceAction.GIVE, amount=Decimal(5))
LINE, WARNING = Line(BalanceLine.GRANTED, "5", "10"), Note(BalanceNote.OTHER_ROWS, {"count": "2"})
LINE_KEPT = {
    "label": "granted",
    "before": "5",
    "after": "10",
    "form": "text",
    "currency": "",
    "about": "",
    "estimate": False,
    "at_least": False,
}
PREVIEW = Preview(
    {"level": "5"},
    (LINE,),
    (WARNING,),
    Decimal(5),
    frozenset({"pro", "add"}),
    frozenset({"vip"}),
    Worth(Decimal("2.50"), "USD"),
)
MOVED = Preview({"level": "6"}, ())
TERMS = Terms("rule", 2, NOW + timedelta(minutes=5))
OTHER_TERMS = Terms("other rule", 3, NOW + timedelta(minutes=9))
LEASE = Lease("w1", NOW + timedelta(seconds=20))
LATER = NOW + timedelta(seconds=3)
LONGER = Lease("w1", LATER + timedelta(seconds=20))
TARGETS = (CardTarget(CardKind.APPROVAL, "C_APPROVALS"), CardTarget(CardKind.REQUESTER, ""))
JUDGED = {
    "amount": "5",
    "worth": "2.50",
    "currency": "USD",
    "products": ["add", "pro"],
    "rewards": ["vip"],
}
UNJUDGED = dict.fromkeys(JUDGED)
REFUSED = (Note(BalanceNote.ROW_GONE, {"feature": "f"}),)
REFUSED_KEPT = [{"code": "row_gone", "details": {"feature": "f"}}]
DRAFT = Draft(
    "form-1", ASKED, Environment.SANDBOX, "U1", "T1", "C1", "so", "T-9", PREVIEW, TERMS
)  # fmt: skip
NEW = Record(
    id="",
    state=State.WAITING,
    version=1,
    revision=1,
    kind="balance",
    input=ASKED,
    customer_id="cus_1",
    env=Environment.SANDBOX,
    requester="U1",
    requester_team="T1",
    channel="C1",
    created_at=NOW,
    updated_at=NOW,
    expires_at=TERMS.expires_at,
    before={"level": "5"},
    lines=(LINE,),
    warnings=(WARNING,),
    amount=Decimal(5),
    worth=Worth(Decimal("2.50"), "USD"),
    products=frozenset({"pro", "add"}),
    rewards=frozenset({"vip"}),
    reason="so",
    ticket="T-9",
    rule="rule",
    needed=2,
)


@dataclass
class Pair:
    """A change, and another one that must stay as it is."""

    database: Database
    change: Record
    other: Record

    async def now(self, record: Record | None = None) -> Record:
        return await change_records.get(self.database, (record or self.change).id)

    async def row(self) -> dict[str, Any]:
        (values,) = await self.all(changes, changes.c.id == self.change.id)
        return values

    async def all(self, table: Table, *where: Any) -> list[dict[str, Any]]:
        async with self.database.reading() as connection:
            result = await connection.execute(select(table).where(*where))
            return [dict(row) for row in result.mappings()]

    async def put(self, **values: Any) -> None:
        """Sets the values of both changes, whatever the transitions allow."""
        async with self.database.writing() as connection:
            await connection.execute(update(changes).values(values))
        self.change, self.other = await self.now(), await self.now(self.other)

    async def in_hand(self, state: State = State.APPLYING, **values: Any) -> None:
        lease = {"lease_by": "w1", "lease_until": LEASE.until}
        async with self.database.writing() as connection:
            await connection.execute(update(changes).values(state=State.APPROVED, **lease))
            mine = update(changes).where(changes.c.id == self.change.id)
            await connection.execute(mine.values(state=state, **values))
        self.change, self.other = await self.now(), await self.now(self.other)

    async def last(self) -> tuple[str, str, Any]:
        """The event, the person and the body of the trail's last row, which is about the change."""
        async with self.database.reading() as connection:
            entry = [entry_read async for entry_read in audit.entries(connection)][-1]
        assert (entry.change_id, entry.at) == (self.change.id, LATER.isoformat())
        return entry.event, entry.actor, json.loads(entry.body)

    async def became(self, after_step: Record | None, **differences: Any) -> None:
        """The step changed this and nothing else, along a transition."""
        assert after_step is not None
        assert after_step.state is self.change.state or after_step.state in EDGES[self.change.state]
        step: dict[str, Any] = {"revision": self.change.revision + 1, "updated_at": LATER}
        assert after_step == await self.now() == replace(self.change, **(step | differences))
        assert await self.now(self.other) == self.other

    async def nothing(self, result: object) -> None:
        """No step was made."""
        assert not result
        assert await self.now() == self.change
        assert await self.now(self.other) == self.other

    async def leased(self) -> Lease | None:
        row = await self.row()
        return Lease(row["lease_by"], row["lease_until"]) if row["lease_by"] else None


async def request_change(
    database: Database, draft: Draft = DRAFT, *, targets: tuple[CardTarget, ...] = ()
) -> Record:
    created = await repository.request(database, draft, lease=LEASE, targets=targets, now=NOW)
    assert created is not None
    assert created[1]
    return created[0]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    database = Database(fresh("sqlite"))
    change = await request_change(database, targets=TARGETS)
    untouched = await request_change(
        database,
        replace(DRAFT, submission_id="form-2", preview=replace(PREVIEW, rewards=None, products=None)),
    )
    yield Pair(database, change, untouched)
    await database.aclose()


async def test_request_is_stored_and_recorded(pair: Pair) -> None:
    assert re.fullmatch("[0-9a-f]{24}", pair.change.id)
    assert pair.change == replace(NEW, id=pair.change.id)
    assert pair.other == replace(NEW, id=pair.other.id, products=None, rewards=None)
    assert await pair.leased() is None
    async with pair.database.reading() as connection:
        first = await anext(audit.entries(connection))
    assert (first.event, first.actor, first.at) == ("asked", "U1", NOW.isoformat())
    assert json.loads(first.body) == {
        "state": "waiting",
        "version": 1,
        "judged": JUDGED,
        "kind": "balance",
        "input": ASKED.model_dump(mode="json"),
        "customer": "cus_1",
        "env": "sandbox",
        "rule": "rule",
        "needed": 2,
        "reason": "so",
        "ticket": "T-9",
        "channel": "C1",
        "before": {"level": "5"},
        "lines": [LINE_KEPT],
    }
    card_values: dict[str, Any] = {
        "change_id": pair.change.id,
        "ts": None,
        "shown_revision": 0,
        "tries": 0,
        "posting_until": None,
    }
    card_values |= {"due": NOW + timedelta(seconds=20), "gone": False}
    assert await pair.all(cards) == [
        {"id": 1, "kind": "approval", "channel": "C_APPROVALS", **card_values},
        {"id": 2, "kind": "asker", "channel": "", **card_values},
    ]


async def test_same_form_finds_the_first_request(pair: Pair) -> None:
    repeated = await repository.request(pair.database, DRAFT, lease=LEASE, targets=TARGETS, now=LATER)
    assert repeated == (pair.change, False)
    assert len(await pair.all(cards)) == 2
    assert len(await pair.all(changes)) == 2


async def test_request_without_approvals_is_approved_under_the_lease(pair: Pair) -> None:
    draft = replace(DRAFT, submission_id="form-3", terms=replace(TERMS, needed=0))
    pair.change = await request_change(pair.database, draft)
    assert pair.change == replace(
        NEW, id=pair.change.id, state=State.APPROVED, needed=0, lease_until=LEASE.until
    )
    assert await pair.leased() == LEASE


async def test_second_open_undo_is_refused(pair: Pair) -> None:
    draft = replace(DRAFT, submission_id="form-3", undo_of=pair.change.id)
    undo = await request_change(pair.database, draft)
    assert undo == replace(NEW, id=undo.id, undo_of=pair.change.id)
    async with pair.database.reading() as connection:
        entries = [json.loads(entry.body) async for entry in audit.entries(connection, change_id=undo.id)]
    assert entries[0]["undo_of"] == pair.change.id
    second = replace(draft, submission_id="form-4")
    assert await repository.request(pair.database, second, lease=LEASE, targets=(), now=NOW) is None
    assert await pair.now() == replace(pair.change, undo=undo.id)


async def test_supersede_while_waiting(pair: Pair) -> None:
    await approve(pair)
    await pair.put(decided_by="U9", decided_at=NOW)
    async with pair.database.writing() as connection:
        await connection.execute(update(cards).values(tries=3))
    result = await repository.supersede(
        pair.database, pair.change, (MOVED, OTHER_TERMS), lease=LEASE, actor="U5", now=LATER
    )
    differences: dict[str, Any] = {
        "before": {"level": "6"},
        "lines": (),
        "warnings": (),
        "amount": None,
        "products": None,
    }
    differences |= {"rewards": None, "worth": None}
    differences |= {"version": 2, "decided_by": "", "decided_at": None, "approvals": ()}
    terms = {"rule": "other rule", "needed": 3, "expires_at": OTHER_TERMS.expires_at}
    await pair.became(result, **differences, **terms)
    body = {"state": "waiting", "version": 2, "before": {"level": "6"}, "rule": "other rule"}
    body |= {"needed": 3, "judged": UNJUDGED}
    assert await pair.last() == ("overtaken", "U5", body)
    card_schedule = [(card["due"], card["tries"]) for card in await pair.all(cards)]
    assert card_schedule == [(LATER + timedelta(seconds=20), 0)] * 2


async def test_edit(pair: Pair) -> None:
    await approve(pair)
    pair.change = await pair.now()
    less = ASKED.model_copy(update={"amount": Decimal(3)})
    draft = replace(DRAFT, input=less, reason="less", ticket="", terms=OTHER_TERMS, preview=MOVED)
    await pair.nothing(
        await repository.edit(pair.database, replace(pair.change, version=2), draft, now=LATER)
    )
    await pair.nothing(await repository.edit(pair.database, pair.change, draft, now=pair.change.expires_at))
    result = await repository.edit(pair.database, pair.change, draft, now=LATER)
    differences: dict[str, Any] = {
        "input": draft.input,
        "reason": "less",
        "ticket": "",
        "before": {"level": "6"},
        "lines": (),
        "warnings": (),
        "amount": None,
        "products": None,
        "rewards": None,
        "worth": None,
        "version": 2,
        "approvals": (),
        "details": {"edited": "yes"},
    }
    terms = {"rule": "other rule", "needed": 3, "expires_at": OTHER_TERMS.expires_at}
    await pair.became(result, **differences, **terms)
    body = {"state": "waiting", "version": 2, "before": {"level": "6"}, "rule": "other rule", "needed": 3}
    body |= {"kind": "balance", "input": draft.input.model_dump(mode="json"), "reason": "less"}
    body |= {"judged": UNJUDGED}
    assert await pair.last() == ("edited", "U1", body)


async def test_supersede_without_terms_ends_the_request(pair: Pair) -> None:
    moved = replace(PREVIEW, before={"level": "6"})
    result = await repository.supersede(pair.database, pair.change, (moved, None), lease=LEASE, now=LATER)
    await pair.became(result, state=State.SUPERSEDED, version=2, before={"level": "6"})
    body = {"state": "overtaken", "version": 2, "before": {"level": "6"}, "lines": [LINE_KEPT]}
    body |= {"judged": JUDGED}
    assert await pair.last() == ("overtaken", "", body)


async def test_supersede_while_applying(pair: Pair) -> None:
    await pair.in_hand()
    result = await repository.supersede(pair.database, pair.change, (PREVIEW, TERMS), lease=LEASE, now=LATER)
    await pair.became(result, state=State.WAITING, version=2, lease_until=None)
    assert await pair.leased() is None


async def test_supersede_is_refused_out_of_turn(pair: Pair) -> None:
    for state, writes, by, version in (
        (State.APPLYING, 0, "w2", 1),
        (State.APPROVED, 0, "w1", 1),
        (State.APPLYING, 0, "w1", 2),
        (State.APPLYING, 1, "w1", 1),
    ):
        await pair.in_hand(state, writes=writes)
        outdated = replace(pair.change, version=version)
        lease = Lease(by, LEASE.until)
        await pair.nothing(
            await repository.supersede(pair.database, outdated, (MOVED, TERMS), lease=lease, now=LATER)
        )


async def approve(
    pair: Pair,
    person: str = "U2",
    *,
    version: int = 1,
    at: timedelta = timedelta(),
    others_permitted: Mapping[str, bool] | None = None,
    **basis: Any,
) -> Record | None:
    counter = TodayCounter(Environment.SANDBOX, ASKED, pair.change.requester, pair.change.id)
    standing = {"U2": True, "U3": True} if others_permitted is None else others_permitted
    return await repository.approve(
        pair.database,
        pair.change.id,
        version,
        Decided(person, "T2", "rule", LATER + at),
        basis=Basis(basis.get("needed", 1), counter, basis.get("today", NOTHING_MOVED), standing),
        lease=LONGER,
    )


async def test_approve(pair: Pair) -> None:
    await pair.became(await approve(pair), approvals=(approval_by("U2", LATER, "rule", "T2"),))
    body = {"version": 1, "rule": "rule"}
    assert await pair.last() == ("approved", "U2", {"state": "waiting", **body})
    assert await pair.leased() is None
    pair.change = await pair.now()
    await pair.nothing(await approve(pair))
    approvals = (approval_by("U2", LATER, "rule", "T2"), approval_by("U3", LATER, "rule", "T2"))
    differences: dict[str, Any] = {
        "state": State.APPROVED,
        "approvals": approvals,
        "decided_by": "U3",
        "decided_at": LATER,
    }
    await pair.became(await approve(pair, "U3"), **differences, lease_until=LONGER.until)
    assert await pair.leased() == LONGER
    assert await pair.last() == ("approved", "U3", {"state": "approved", **body})
    pair.change = await pair.now()
    await pair.nothing(await approve(pair, "U4"))
    decision = {"change_id": pair.change.id, "version": 1, "team": "T2", "verdict": "approve", "rule": "rule"}
    decision |= {"said": "", "at": LATER, "counts": True}
    assert await pair.all(decisions) == [{"person": "U2", **decision}, {"person": "U3", **decision}]


async def test_approval_of_someone_who_lost_permission_no_longer_counts(pair: Pair) -> None:
    await approve(pair)
    result = await approve(pair, "U3", others_permitted={"U2": False})
    assert result is not None
    assert (result.state, [(approval.person, approval.counts) for approval in result.approvals]) == (
        State.WAITING,
        [("U2", False), ("U3", True)],
    )
    assert (await pair.last())[2]["not_counted"] == ["U2"]
    second = await approve(pair, "U2")
    assert second is not None
    assert (second.state, second.decided_by) == (State.APPROVED, "U2")


async def test_approval_is_refused_beside_an_unchecked_one(pair: Pair) -> None:
    await approve(pair)
    pair.change = await pair.now()
    with pytest.raises(repository.ApprovedMeanwhile):
        await approve(pair, "U3", others_permitted={})
    await pair.nothing(None)


async def test_needed_approvals_may_grow_but_never_shrink(pair: Pair) -> None:
    await approve(pair, needed=1)
    assert (await pair.now()).needed == 2
    result = await approve(pair, "U3", needed=3)
    assert result is not None
    assert (result.state, result.needed) == (State.WAITING, 3)
    assert (await pair.last())[2]["needed"] == 3


async def test_last_approval_is_refused_once_the_days_total_changed(pair: Pair) -> None:
    await approve(pair, today=Today(1, Decimal(7)))
    pair.change = await pair.now()
    with pytest.raises(TodayMoved) as moved:
        await approve(pair, "U3", today=Today(1, Decimal(7)))
    assert moved.value.today == NOTHING_MOVED
    await pair.nothing(None)


async def test_approvals_belong_to_one_change_and_one_version(pair: Pair) -> None:
    mine = pair.change
    pair.change, pair.other = pair.other, mine
    await approve(pair)
    pair.change, pair.other = mine, await pair.now(pair.change)
    await approve(pair, "U3")
    pair.change = await pair.now()
    assert pair.change.state is State.WAITING
    await repository.supersede(pair.database, pair.change, (PREVIEW, TERMS), lease=LEASE, now=LATER)
    pair.change = await pair.now()
    result = await approve(pair, "U4", version=2)
    await pair.became(result, approvals=(approval_by("U4", LATER, "rule", "T2"),))


async def test_approve_too_late(pair: Pair) -> None:
    await pair.nothing(await approve(pair, version=2))
    await pair.nothing(await approve(pair, at=TERMS.expires_at - LATER))
    assert await approve(pair, at=TERMS.expires_at - LATER - timedelta(milliseconds=1))


async def deny(pair: Pair, *, version: int = 1, at: timedelta = timedelta()) -> Record | None:
    decided = Decided("U2", "T2", "rule", LATER + at, "no")
    return await repository.deny(pair.database, pair.change.id, version, decided)


async def test_deny(pair: Pair) -> None:
    await approve(pair)
    pair.change = await pair.now()
    result = await deny(pair)
    differences: dict[str, Any] = {
        "state": State.DENIED,
        "decided_by": "U2",
        "decided_at": LATER,
        "comment": "no",
    }
    await pair.became(result, **differences, approvals=())
    body = {"state": "denied", "version": 1, "rule": "rule", "reason": "no"}
    assert await pair.last() == ("denied", "U2", body)
    decision = {"change_id": pair.change.id, "version": 1, "person": "U2", "team": "T2", "verdict": "deny"}
    assert await pair.all(decisions) == [
        {**decision, "rule": "rule", "said": "no", "at": LATER, "counts": True}
    ]
    pair.change = await pair.now()
    await pair.nothing(await deny(pair))


async def test_deny_too_late(pair: Pair) -> None:
    await pair.nothing(await deny(pair, version=2))
    await pair.nothing(await deny(pair, at=TERMS.expires_at - LATER))
    assert await deny(pair, at=TERMS.expires_at - LATER - timedelta(milliseconds=1))


async def test_withdraw(pair: Pair) -> None:
    result = await repository.withdraw(pair.database, pair.change.id, person="U1", now=LATER)
    await pair.became(result, state=State.WITHDRAWN, decided_by="U1", decided_at=LATER)
    assert await pair.last() == ("withdrawn", "U1", {"state": "withdrawn", "version": 1})
    pair.change = await pair.now()
    await pair.nothing(await repository.withdraw(pair.database, pair.change.id, person="U1", now=LATER))


async def test_expire(pair: Pair) -> None:
    await pair.nothing(await repository.expire(pair.database, pair.change.id, now=LATER))
    await pair.put(expires_at=LATER)
    result = await repository.expire(pair.database, pair.change.id, now=LATER)
    await pair.became(result, state=State.EXPIRED, decided_at=LATER)
    assert await pair.last() == ("expired", "", {"state": "expired", "version": 1})
    pair.change = await pair.now()
    await pair.nothing(await repository.expire(pair.database, pair.change.id, now=LATER))


async def test_refuse(pair: Pair) -> None:
    async def refuse(record: Record) -> Record | None:
        return await repository.refuse(
            pair.database, record, Cause.GUARDED, refusals=REFUSED, actor="U2", now=LATER
        )

    await pair.nothing(await refuse(replace(pair.change, version=2)))
    result = await refuse(pair.change)
    await pair.became(result, state=State.FAILED, ending=Cause.GUARDED, refusals=REFUSED)
    body = {"state": "failed", "version": 1, "ending": "guarded", "refusals": REFUSED_KEPT}
    assert await pair.last() == ("failed", "U2", body)
    pair.change = await pair.now()
    await pair.nothing(await refuse(pair.change))


@pytest.mark.parametrize(
    ("applied", "after", "invertible"),
    [
        (True, None, True),
        (True, {"level": "7"}, False),
        (False, None, False),
        (False, {"level": "7"}, True),
    ],
)
async def test_mark(pair: Pair, applied: bool, after: dict[str, str | None] | None, invertible: bool) -> None:
    state, ending = State.FAILED, Cause.MARKED_NOT_APPLIED
    if applied:
        state, ending = State.APPLIED, Cause.MARKED_APPLIED

    async def mark() -> Record | None:
        settlement = Conclusion(state, ending, after, invertible=invertible)
        decided = Decided("U3", "T2", "rule", LATER, "seen")
        return await repository.mark(pair.database, pair.change.id, settlement, decided)

    await pair.nothing(await mark())
    await pair.put(state=State.UNCONFIRMED, ending=Cause.CUT_OFF, after={"level": "6"})
    read_back = after or {"level": "6"}
    differences: dict[str, Any] = {
        "state": state,
        "ending": ending,
        "decided_by": "U3",
        "decided_at": LATER,
        "comment": "seen",
    }
    await pair.became(await mark(), **differences, after=read_back, invertible=invertible)
    body = {"state": state.value, "version": 1, "ending": ending.value, "rule": "rule", "reason": "seen"}
    assert await pair.last() == ("marked", "U3", body | ({"after": after} if after else {}))
    pair.change = await pair.now()
    await pair.nothing(await mark())


async def test_claim(pair: Pair) -> None:
    await pair.in_hand(State.APPROVED)
    other_lease = Lease("w2", LONGER.until)
    await pair.nothing(await repository.claim(pair.database, pair.change.id, lease=other_lease, now=LATER))
    result = await repository.claim(pair.database, pair.change.id, lease=LONGER, now=LATER)
    await pair.became(result, state=State.APPLYING, lease_until=LONGER.until)
    assert await pair.leased() == LONGER
    assert await pair.last() == ("applying", "", {"state": "applying", "version": 1})
    pair.change = await pair.now()
    await pair.nothing(await repository.claim(pair.database, pair.change.id, lease=LONGER, now=LATER))
    with pytest.raises(repository.Busy):
        await repository.claim(pair.database, pair.other.id, lease=LONGER, now=LATER)


@pytest.mark.parametrize("state", [State.APPROVED, State.APPLYING])
async def test_renew(pair: Pair, state: State) -> None:
    await pair.in_hand(state)
    await pair.nothing(await repository.renew(pair.database, pair.change.id, Lease("w2", LONGER.until)))
    assert await repository.renew(pair.database, pair.change.id, LONGER) is True
    assert await pair.now() == replace(pair.change, lease_until=LONGER.until)
    assert await pair.now(pair.other) == pair.other
    assert await pair.leased() == LONGER


async def test_lease_of_an_ended_change_is_not_renewed(pair: Pair) -> None:
    assert await repository.renew(pair.database, pair.change.id, LONGER) is False


async def begin_write(pair: Pair, position: int, lease: Lease = LONGER, write: Write | None = None) -> bool:
    write = write or Write("balances.update", "POST", "/v1/balances.update", {"add": 1})
    return await repository.begin_write(
        pair.database, pair.change.id, NextWrite(position, write, MOVED), lease=lease, now=LATER
    )


async def test_write_is_begun_by_the_lease_holder_in_order(pair: Pair) -> None:
    await pair.in_hand(State.APPROVED)
    await pair.nothing(await begin_write(pair, 0))
    await pair.in_hand(State.APPLYING)
    await pair.nothing(await begin_write(pair, 1))
    await pair.nothing(await begin_write(pair, 0, Lease("w2", LONGER.until)))
    assert await begin_write(pair, 0) is True
    differences: dict[str, Any] = {
        "before": {"level": "6"},
        "lines": (),
        "warnings": (),
        "amount": None,
        "products": None,
    }
    differences |= {"rewards": None, "worth": None, "lease_until": LONGER.until, "updated_at": LATER}
    assert await pair.now() == replace(pair.change, writes=1, **differences)  # no card shows it
    assert await pair.now(pair.other) == pair.other
    assert {card["due"] for card in await pair.all(cards)} == {NOW + timedelta(seconds=20)}
    body = {"state": "applying", "version": 1, "position": 0, "route": "balances.update"}
    assert await pair.last() == (
        "writing",
        "",
        body
        | {
            "key": f"maple:{pair.change.id}:0",
            "sent": {"add": 1},
            "before": {"level": "6"},
            "judged": UNJUDGED,
        },
    )
    pair.change = await pair.now()
    await pair.nothing(await begin_write(pair, 0))
    assert await begin_write(pair, 1) is True
    assert (await pair.now()).writes == 2


@pytest.mark.parametrize("state", [State.APPROVED, State.APPLYING])
async def test_settle(pair: Pair, state: State) -> None:
    async def settle(by: str = "w1") -> Record | None:
        return await repository.settle(
            pair.database,
            pair.change.id,
            Conclusion(
                State.FAILED, Cause.AUTUMN_REFUSED, {"level": "5"}, {"status": "400"}, refusals=REFUSED
            ),
            lease=Lease(by, LONGER.until),
            now=LATER,
        )

    await pair.in_hand(state)
    await pair.nothing(await settle("w2"))
    result = await settle()
    differences: dict[str, Any] = {
        "state": State.FAILED,
        "ending": Cause.AUTUMN_REFUSED,
        "details": {"status": "400"},
    }
    await pair.became(result, **differences, after={"level": "5"}, refusals=REFUSED, lease_until=None)
    assert await pair.leased() is None
    body = {"state": "failed", "version": 1, "ending": "autumn_refused", "details": {"status": "400"}}
    assert await pair.last() == (
        "failed", "", body | {"after": {"level": "5"}, "refusals": REFUSED_KEPT}
    )  # fmt: skip
    pair.change = await pair.now()
    await pair.nothing(await settle())


async def test_settled_change_can_be_undone(pair: Pair) -> None:
    await pair.in_hand()
    done = State.APPLIED, Cause.DONE
    result = await repository.settle(
        pair.database, pair.change.id, Conclusion(*done, invertible=True), lease=LONGER, now=LATER
    )
    await pair.became(result, state=done[0], ending=done[1], invertible=True, lease_until=None)
    assert await pair.last() == ("applied", "", {"state": "applied", "version": 1, "ending": "done"})


@pytest.mark.parametrize("state", [State.APPLIED, State.UNCONFIRMED])
async def test_settle_an_undo(pair: Pair, state: State) -> None:
    await pair.in_hand(State.APPLIED, lease_by=None, lease_until=None)
    original = pair.change
    undo = await request_change(pair.database, replace(DRAFT, submission_id="form-3", undo_of=original.id))
    async with pair.database.writing() as connection:
        await connection.execute(
            update(changes).where(changes.c.id == undo.id).values(
                state=State.APPLYING, lease_by="w1", lease_until=LEASE.until
            )
        )  # fmt: skip
    settled = await repository.settle(
        pair.database, undo.id, Conclusion(state, Cause.DONE), lease=LEASE, now=LATER
    )
    assert settled is not None
    assert settled.invertible is False
    if state is State.APPLIED:
        await pair.became(await pair.now(), undo=undo.id, undone=True)
        assert await pair.last() == ("undone", "U1", {"state": "applied", "version": 1, "undo": undo.id})
    else:
        assert await pair.now() == replace(original, undo=undo.id)
        pair.change = undo
        assert (await pair.last())[0] == "unconfirmed"


@pytest.mark.parametrize("state", [State.APPROVED, State.APPLYING])
async def test_take_over(pair: Pair, state: State) -> None:
    await pair.in_hand(state)
    new_lease = Lease("w2", LATER)
    take = repository.take_over
    await pair.nothing(await take(pair.database, pair.change.id, lease=new_lease, now=LEASE.until))
    moment = LEASE.until + timedelta(milliseconds=1)
    result = await take(pair.database, pair.change.id, lease=new_lease, now=moment)
    assert result == await pair.now() == replace(pair.change, lease_until=LATER)
    assert await pair.now(pair.other) == pair.other
    assert await pair.leased() == new_lease


async def test_change_not_in_progress_is_not_taken_over(pair: Pair) -> None:
    await pair.nothing(
        await repository.take_over(pair.database, pair.change.id, lease=LEASE, now=NOW + timedelta(days=1))
    )


async def test_overdue_and_lapsed_changes_are_found(pair: Pair) -> None:
    both_ids, env = [pair.other.id, pair.change.id], Environment.SANDBOX
    async with pair.database.writing() as connection:
        mine = update(changes).where(changes.c.id == pair.change.id)
        await connection.execute(mine.values(created_at=LATER))
    assert await change_records.overdue(pair.database, env, TERMS.expires_at) == both_ids
    assert await change_records.overdue(pair.database, Environment.LIVE, TERMS.expires_at) == []
    just_before = TERMS.expires_at - timedelta(milliseconds=1)
    assert await change_records.overdue(pair.database, env, just_before) == []
    assert await change_records.lapsed(pair.database, env, TERMS.expires_at) == []
    await pair.in_hand()
    assert await change_records.overdue(pair.database, env, TERMS.expires_at) == []
    moment = LEASE.until + timedelta(milliseconds=1)
    assert await change_records.lapsed(pair.database, env, moment) == both_ids
    assert await change_records.lapsed(pair.database, Environment.LIVE, moment) == []
    assert await change_records.lapsed(pair.database, env, LEASE.until) == []


async def test_mark_an_undo(pair: Pair) -> None:
    await pair.in_hand(State.APPLIED, lease_by=None, lease_until=None)
    undo = await request_change(pair.database, replace(DRAFT, submission_id="form-3", undo_of=pair.change.id))
    async with pair.database.writing() as connection:
        mine = update(changes).where(changes.c.id == undo.id)
        await connection.execute(mine.values(state=State.UNCONFIRMED))
    settlement = Conclusion(State.APPLIED, Cause.MARKED_APPLIED)
    decided = Decided("U3", "T2", "rule", LATER, "seen")
    marked = await repository.mark(pair.database, undo.id, settlement, decided)
    assert marked is not None
    await pair.became(await pair.now(), undo=undo.id, undone=True)
    assert await pair.last() == ("undone", "U1", {"state": "applied", "version": 1, "undo": undo.id})


async def test_step_redraws_only_the_cards_of_its_change(pair: Pair) -> None:
    third = await request_change(pair.database, replace(DRAFT, submission_id="form-3"), targets=TARGETS)
    before = await pair.all(cards, cards.c.change_id == third.id)
    await repository.withdraw(pair.database, pair.change.id, person="U1", now=LATER)
    assert await pair.all(cards, cards.c.change_id == third.id) == before
    mine = await pair.all(cards, cards.c.change_id == pair.change.id)
    assert [card["due"] for card in mine] == [LATER + timedelta(seconds=20)] * 2


async def test_unconfirmed_change_is_settled_without_a_lease(pair: Pair) -> None:
    await pair.in_hand()
    doubt = State.UNCONFIRMED, Cause.NO_ANSWER
    result = await repository.settle(
        pair.database, pair.change.id, Conclusion(*doubt), lease=LONGER, now=LATER
    )
    await pair.became(result, state=doubt[0], ending=doubt[1], lease_until=None)


async def test_supersede_while_applying_without_terms(pair: Pair) -> None:
    await pair.in_hand()
    result = await repository.supersede(pair.database, pair.change, (PREVIEW, None), lease=LEASE, now=LATER)
    await pair.became(result, state=State.SUPERSEDED, version=2, lease_until=None)


@pytest.mark.parametrize("state", [State.APPLIED, State.UNCONFIRMED])
async def test_unclaimed_change_cannot_end_as_if_claimed(pair: Pair, state: State) -> None:
    await pair.in_hand(State.APPROVED)
    result = await repository.settle(
        pair.database, pair.change.id, Conclusion(state, Cause.DONE), lease=LEASE, now=LATER
    )
    await pair.nothing(result)
