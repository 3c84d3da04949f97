"""Each verb alone: what it changes and leaves alone, what the trail keeps, and when it does nothing."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Table, select, update

from bot.approvals import repository
from bot.approvals.daily_limits import NOTHING, Counter, Today, TodayMoved
from bot.approvals.lifecycle import EDGES, Approval, CardKind, CardTarget, Cause, Record, State
from bot.approvals.proposal import Draft, Preview, Terms
from bot.approvals.repository import Lease
from bot.autumn.environment import Environment
from bot.autumn.write import Write
from bot.changes.balance.input import BalanceAction, BalanceInput
from bot.changes.balance.words import BalanceLine, BalanceNote
from bot.changes.lines import Line
from bot.changes.notes import Note
from bot.store import audit
from bot.store.database import Database
from bot.store.tables import cards, changes, decisions
from tests.approvals.bench import NOW
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
    {"level": "5"}, (LINE,), (WARNING,), Decimal(5), frozenset({"pro", "add"}), frozenset({"vip"})
)
MOVED = Preview({"level": "6"}, ())
TERMS = Terms("law", 2, NOW + timedelta(minutes=5))
OTHER_TERMS = Terms("other law", 3, NOW + timedelta(minutes=9))
LEASE = Lease("w1", NOW + timedelta(seconds=20))
LATER = NOW + timedelta(seconds=3)
LONGER = Lease("w1", LATER + timedelta(seconds=20))
SPOTS = (CardTarget(CardKind.APPROVAL, "C_APPROVALS"), CardTarget(CardKind.ASKER, ""))
JUDGED = {"amount": "5", "products": ["add", "pro"], "rewards": ["vip"]}
UNJUDGED = {"amount": None, "products": None, "rewards": None}
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
    asker="U1",
    asker_team="T1",
    channel="C1",
    created_at=NOW,
    updated_at=NOW,
    expires_at=TERMS.expires_at,
    before={"level": "5"},
    lines=(LINE,),
    warnings=(WARNING,),
    amount=Decimal(5),
    products=frozenset({"pro", "add"}),
    rewards=frozenset({"vip"}),
    reason="so",
    ticket="T-9",
    rule="law",
    needed=2,
)


@dataclass
class Desk:
    """A change, and another that nothing may happen to."""

    database: Database
    change: Record
    other: Record

    async def now(self, record: Record | None = None) -> Record:
        return await repository.get(self.database, (record or self.change).id)

    async def row(self) -> dict[str, Any]:
        (found,) = await self.all(changes, changes.c.id == self.change.id)
        return found

    async def all(self, table: Table, *where: Any) -> list[dict[str, Any]]:
        async with self.database.reading() as connection:
            found = await connection.execute(select(table).where(*where))
            return [dict(row) for row in found.mappings()]

    async def put(self, **values: Any) -> None:
        """Into both changes, whatever the states allow."""
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
        """The event, the person and the rest of the trail's last row, which is about the change."""
        async with self.database.reading() as connection:
            entry = [one async for one in audit.entries(connection)][-1]
        assert (entry.change_id, entry.at) == (self.change.id, LATER.isoformat())
        return entry.event, entry.actor, json.loads(entry.body)

    async def became(self, got: Record | None, **differences: Any) -> None:
        """This and nothing else, in one step, along an edge."""
        assert got is not None
        assert got.state is self.change.state or got.state in EDGES[self.change.state]
        step: dict[str, Any] = {"revision": self.change.revision + 1, "updated_at": LATER}
        assert got == await self.now() == replace(self.change, **(step | differences))
        assert await self.now(self.other) == self.other

    async def nothing(self, got: object) -> None:
        """No step was made."""
        assert not got
        assert await self.now() == self.change
        assert await self.now(self.other) == self.other

    async def leased(self) -> Lease | None:
        row = await self.row()
        return Lease(row["lease_by"], row["lease_until"]) if row["lease_by"] else None


async def ask(database: Database, draft: Draft = DRAFT, *, spots: tuple[CardTarget, ...] = ()) -> Record:
    asked = await repository.request(database, draft, lease=LEASE, spots=spots, now=NOW)
    assert asked is not None
    assert asked[1]
    return asked[0]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    database = Database(fresh("sqlite"))
    change = await ask(database, spots=SPOTS)
    other = await ask(
        database,
        replace(DRAFT, submission_id="form-2", preview=replace(PREVIEW, rewards=None, products=None)),
    )
    yield Desk(database, change, other)
    await database.aclose()


async def test_ask(desk: Desk) -> None:
    assert re.fullmatch("[0-9a-f]{24}", desk.change.id)
    assert desk.change == replace(NEW, id=desk.change.id)
    assert desk.other == replace(NEW, id=desk.other.id, products=None, rewards=None)
    assert await desk.leased() is None
    async with desk.database.reading() as connection:
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
        "rule": "law",
        "needed": 2,
        "reason": "so",
        "ticket": "T-9",
        "channel": "C1",
        "before": {"level": "5"},
        "lines": [LINE_KEPT],
    }
    kept: dict[str, Any] = {
        "change_id": desk.change.id,
        "ts": None,
        "shown_revision": 0,
        "tries": 0,
        "posting_until": None,
    }
    kept |= {"due": NOW + timedelta(seconds=20), "gone": False}
    assert await desk.all(cards) == [
        {"id": 1, "kind": "approval", "channel": "C_APPROVALS", **kept},
        {"id": 2, "kind": "asker", "channel": "", **kept},
    ]


async def test_ask_again(desk: Desk) -> None:
    again = await repository.request(desk.database, DRAFT, lease=LEASE, spots=SPOTS, now=LATER)
    assert again == (desk.change, False)
    assert len(await desk.all(cards)) == 2
    assert len(await desk.all(changes)) == 2


async def test_ask_for_what_is_applied_at_once(desk: Desk) -> None:
    draft = replace(DRAFT, submission_id="form-3", terms=replace(TERMS, needed=0))
    desk.change = await ask(desk.database, draft)
    assert desk.change == replace(
        NEW, id=desk.change.id, state=State.APPROVED, needed=0, lease_until=LEASE.until
    )
    assert await desk.leased() == LEASE


async def test_ask_for_an_undo(desk: Desk) -> None:
    draft = replace(DRAFT, submission_id="form-3", undo_of=desk.change.id)
    undo = await ask(desk.database, draft)
    assert undo == replace(NEW, id=undo.id, undo_of=desk.change.id)
    async with desk.database.reading() as connection:
        asked = [json.loads(entry.body) async for entry in audit.entries(connection, change_id=undo.id)]
    assert asked[0]["undo_of"] == desk.change.id
    second = replace(draft, submission_id="form-4")
    assert await repository.request(desk.database, second, lease=LEASE, spots=(), now=NOW) is None
    assert await desk.now() == replace(desk.change, undo=undo.id)


async def test_overtake_what_waits(desk: Desk) -> None:
    await approve(desk)
    await desk.put(decided_by="U9", decided_at=NOW)
    async with desk.database.writing() as connection:
        await connection.execute(update(cards).values(tries=3))
    got = await repository.supersede(
        desk.database, desk.change, MOVED, OTHER_TERMS, lease=LEASE, actor="U5", now=LATER
    )
    differences: dict[str, Any] = {
        "before": {"level": "6"},
        "lines": (),
        "warnings": (),
        "amount": None,
        "products": None,
    }
    differences |= {"rewards": None, "version": 2, "decided_by": "", "decided_at": None, "approvals": ()}
    terms = {"rule": "other law", "needed": 3, "expires_at": OTHER_TERMS.expires_at}
    await desk.became(got, **differences, **terms)
    told = {"state": "waiting", "version": 2, "before": {"level": "6"}, "rule": "other law"}
    told |= {"needed": 3, "judged": UNJUDGED}
    assert await desk.last() == ("overtaken", "U5", told)
    kept = [(card["due"], card["tries"]) for card in await desk.all(cards)]
    assert kept == [(LATER + timedelta(seconds=20), 0)] * 2


async def test_overtake_what_cannot_be_asked_for_any_more(desk: Desk) -> None:
    moved = replace(PREVIEW, before={"level": "6"})
    got = await repository.supersede(desk.database, desk.change, moved, None, lease=LEASE, now=LATER)
    await desk.became(got, state=State.OVERTAKEN, version=2, before={"level": "6"})
    told = {"state": "overtaken", "version": 2, "before": {"level": "6"}, "lines": [LINE_KEPT]}
    told |= {"judged": JUDGED}
    assert await desk.last() == ("overtaken", "", told)


async def test_overtake_what_one_holds(desk: Desk) -> None:
    await desk.in_hand()
    got = await repository.supersede(desk.database, desk.change, PREVIEW, TERMS, lease=LEASE, now=LATER)
    await desk.became(got, state=State.WAITING, version=2, lease_until=None)
    assert await desk.leased() is None


@pytest.mark.parametrize(
    ("state", "writes", "by", "version"),
    [
        (State.APPLYING, 1, "w1", 1),
        (State.APPLYING, 0, "w2", 1),
        (State.APPROVED, 0, "w1", 1),
        (State.APPLYING, 0, "w1", 2),
    ],
)
async def test_overtake_nothing(desk: Desk, state: State, writes: int, by: str, version: int) -> None:
    await desk.in_hand(state, writes=writes)
    seen = replace(desk.change, version=version)
    lease = Lease(by, LEASE.until)
    await desk.nothing(await repository.supersede(desk.database, seen, MOVED, TERMS, lease=lease, now=LATER))


async def approve(
    desk: Desk,
    person: str = "U2",
    *,
    version: int = 1,
    at: timedelta = timedelta(),
    others: Mapping[str, bool] | None = None,
    **basis: Any,
) -> Record | None:
    counter = Counter(Environment.SANDBOX, ASKED, desk.change.id)
    standing = {"U2": True, "U3": True} if others is None else others
    return await repository.approve(
        desk.database,
        desk.change.id,
        version,
        person=person,
        team="T2",
        rule="law",
        basis=repository.Basis(basis.get("needed", 1), counter, basis.get("today", NOTHING), standing),
        lease=LONGER,
        now=LATER + at,
    )


async def test_approve(desk: Desk) -> None:
    await desk.became(await approve(desk), approvals=(Approval("U2", LATER, "law", "T2"),))
    told = {"version": 1, "rule": "law"}
    assert await desk.last() == ("approved", "U2", {"state": "waiting", **told})
    assert await desk.leased() is None
    desk.change = await desk.now()
    await desk.nothing(await approve(desk))
    both = (Approval("U2", LATER, "law", "T2"), Approval("U3", LATER, "law", "T2"))
    differences: dict[str, Any] = {
        "state": State.APPROVED,
        "approvals": both,
        "decided_by": "U3",
        "decided_at": LATER,
    }
    await desk.became(await approve(desk, "U3"), **differences, lease_until=LONGER.until)
    assert await desk.leased() == LONGER
    assert await desk.last() == ("approved", "U3", {"state": "approved", **told})
    desk.change = await desk.now()
    await desk.nothing(await approve(desk, "U4"))
    kept = {"change_id": desk.change.id, "version": 1, "team": "T2", "verdict": "approve", "rule": "law"}
    kept |= {"said": "", "at": LATER, "counts": True}
    assert await desk.all(decisions) == [{"person": "U2", **kept}, {"person": "U3", **kept}]


async def test_approval_of_someone_without_the_right_no_longer_counts(desk: Desk) -> None:
    await approve(desk)
    got = await approve(desk, "U3", others={"U2": False})
    assert got is not None
    assert (got.state, [(one.person, one.counts) for one in got.approvals]) == (
        State.WAITING,
        [("U2", False), ("U3", True)],
    )
    assert (await desk.last())[2]["not_counted"] == ["U2"]
    again = await approve(desk, "U2")
    assert again is not None
    assert (again.state, again.decided_by) == (State.APPROVED, "U2")


async def test_approval_is_not_taken_beside_one_that_was_not_checked(desk: Desk) -> None:
    await approve(desk)
    desk.change = await desk.now()
    with pytest.raises(repository.ApprovedMeanwhile):
        await approve(desk, "U3", others={})
    await desk.nothing(None)


async def test_approvals_asked_for_may_grow_and_never_shrink(desk: Desk) -> None:
    await approve(desk, needed=1)
    assert (await desk.now()).needed == 2
    got = await approve(desk, "U3", needed=3)
    assert got is not None
    assert (got.state, got.needed) == (State.WAITING, 3)
    assert (await desk.last())[2]["needed"] == 3


async def test_last_approval_is_not_taken_once_the_day_has_moved(desk: Desk) -> None:
    await approve(desk, today=Today(1, Decimal(7)))
    desk.change = await desk.now()
    with pytest.raises(TodayMoved) as moved:
        await approve(desk, "U3", today=Today(1, Decimal(7)))
    assert moved.value.today == NOTHING
    await desk.nothing(None)


async def test_approvals_are_of_one_change_and_one_version(desk: Desk) -> None:
    mine = desk.change
    desk.change, desk.other = desk.other, mine
    await approve(desk)
    desk.change, desk.other = mine, await desk.now(desk.change)
    await approve(desk, "U3")
    desk.change = await desk.now()
    assert desk.change.state is State.WAITING
    await repository.supersede(desk.database, desk.change, PREVIEW, TERMS, lease=LEASE, now=LATER)
    desk.change = await desk.now()
    got = await approve(desk, "U4", version=2)
    await desk.became(got, approvals=(Approval("U4", LATER, "law", "T2"),))


async def test_approve_too_late(desk: Desk) -> None:
    await desk.nothing(await approve(desk, version=2))
    await desk.nothing(await approve(desk, at=TERMS.expires_at - LATER))
    assert await approve(desk, at=TERMS.expires_at - LATER - timedelta(milliseconds=1))


async def deny(desk: Desk, *, version: int = 1, at: timedelta = timedelta()) -> Record | None:
    return await repository.deny(
        desk.database,
        desk.change.id,
        version,
        person="U2",
        team="T2",
        rule="law",
        said="no",
        now=LATER + at,
    )


async def test_deny(desk: Desk) -> None:
    await approve(desk)
    desk.change = await desk.now()
    got = await deny(desk)
    differences: dict[str, Any] = {
        "state": State.DENIED,
        "decided_by": "U2",
        "decided_at": LATER,
        "said": "no",
    }
    await desk.became(got, **differences, approvals=())
    told = {"state": "denied", "version": 1, "rule": "law", "reason": "no"}
    assert await desk.last() == ("denied", "U2", told)
    kept = {"change_id": desk.change.id, "version": 1, "person": "U2", "team": "T2", "verdict": "deny"}
    assert await desk.all(decisions) == [{**kept, "rule": "law", "said": "no", "at": LATER, "counts": True}]
    desk.change = await desk.now()
    await desk.nothing(await deny(desk))


async def test_deny_too_late(desk: Desk) -> None:
    await desk.nothing(await deny(desk, version=2))
    await desk.nothing(await deny(desk, at=TERMS.expires_at - LATER))
    assert await deny(desk, at=TERMS.expires_at - LATER - timedelta(milliseconds=1))


async def test_withdraw(desk: Desk) -> None:
    got = await repository.withdraw(desk.database, desk.change.id, person="U1", now=LATER)
    await desk.became(got, state=State.WITHDRAWN, decided_by="U1", decided_at=LATER)
    assert await desk.last() == ("withdrawn", "U1", {"state": "withdrawn", "version": 1})
    desk.change = await desk.now()
    await desk.nothing(await repository.withdraw(desk.database, desk.change.id, person="U1", now=LATER))


async def test_expire(desk: Desk) -> None:
    await desk.nothing(await repository.expire(desk.database, desk.change.id, now=LATER))
    await desk.put(expires_at=LATER)
    got = await repository.expire(desk.database, desk.change.id, now=LATER)
    await desk.became(got, state=State.EXPIRED, decided_at=LATER)
    assert await desk.last() == ("expired", "", {"state": "expired", "version": 1})
    desk.change = await desk.now()
    await desk.nothing(await repository.expire(desk.database, desk.change.id, now=LATER))


async def test_refuse(desk: Desk) -> None:
    async def refuse(record: Record) -> Record | None:
        return await repository.refuse(
            desk.database, record, Cause.GUARDED, refusals=REFUSED, actor="U2", now=LATER
        )

    await desk.nothing(await refuse(replace(desk.change, version=2)))
    got = await refuse(desk.change)
    await desk.became(got, state=State.FAILED, ending=Cause.GUARDED, refusals=REFUSED)
    told = {"state": "failed", "version": 1, "ending": "guarded", "refusals": REFUSED_KEPT}
    assert await desk.last() == ("failed", "U2", told)
    desk.change = await desk.now()
    await desk.nothing(await refuse(desk.change))


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("after", [None, {"level": "7"}])
@pytest.mark.parametrize("invertible", [True, False])
async def test_mark(desk: Desk, applied: bool, after: dict[str, str | None] | None, invertible: bool) -> None:
    async def mark() -> Record | None:
        return await repository.mark(
            desk.database,
            desk.change.id,
            applied=applied,
            person="U3",
            rule="law",
            said="seen",
            after=after,
            invertible=invertible,
            now=LATER,
        )

    await desk.nothing(await mark())
    await desk.put(state=State.UNCONFIRMED, ending=Cause.CUT_OFF, after={"level": "6"})
    state, ending = State.FAILED, Cause.MARKED_NOT_APPLIED
    if applied:
        state, ending = State.APPLIED, Cause.MARKED_APPLIED
    read_back = after or {"level": "6"}
    differences: dict[str, Any] = {
        "state": state,
        "ending": ending,
        "decided_by": "U3",
        "decided_at": LATER,
        "said": "seen",
    }
    await desk.became(await mark(), **differences, after=read_back, invertible=applied and invertible)
    told = {"state": state.value, "version": 1, "ending": ending.value, "rule": "law", "reason": "seen"}
    assert await desk.last() == ("marked", "U3", told | ({"after": after} if after else {}))
    desk.change = await desk.now()
    await desk.nothing(await mark())


async def test_claim(desk: Desk) -> None:
    await desk.in_hand(State.APPROVED)
    other = Lease("w2", LONGER.until)
    await desk.nothing(await repository.claim(desk.database, desk.change.id, lease=other, now=LATER))
    got = await repository.claim(desk.database, desk.change.id, lease=LONGER, now=LATER)
    await desk.became(got, state=State.APPLYING, lease_until=LONGER.until)
    assert await desk.leased() == LONGER
    assert await desk.last() == ("applying", "", {"state": "applying", "version": 1})
    desk.change = await desk.now()
    await desk.nothing(await repository.claim(desk.database, desk.change.id, lease=LONGER, now=LATER))
    with pytest.raises(repository.Busy):
        await repository.claim(desk.database, desk.other.id, lease=LONGER, now=LATER)


@pytest.mark.parametrize("state", [State.APPROVED, State.APPLYING])
async def test_renew(desk: Desk, state: State) -> None:
    await desk.in_hand(state)
    await desk.nothing(await repository.renew(desk.database, desk.change.id, Lease("w2", LONGER.until)))
    assert await repository.renew(desk.database, desk.change.id, LONGER) is True
    assert await desk.now() == replace(desk.change, lease_until=LONGER.until)
    assert await desk.now(desk.other) == desk.other
    assert await desk.leased() == LONGER


async def test_renew_what_is_over(desk: Desk) -> None:
    assert await repository.renew(desk.database, desk.change.id, LONGER) is False


async def begin(desk: Desk, position: int, lease: Lease = LONGER, write: Write | None = None) -> bool:
    write = write or Write("balances.update", "POST", "/v1/balances.update", {"add": 1})
    return await repository.begin_write(
        desk.database, desk.change.id, position, write, "key-0", preview=MOVED, lease=lease, now=LATER
    )


async def test_begin_a_write(desk: Desk) -> None:
    await desk.in_hand(State.APPROVED)
    await desk.nothing(await begin(desk, 0))
    await desk.in_hand(State.APPLYING)
    await desk.nothing(await begin(desk, 1))
    await desk.nothing(await begin(desk, 0, Lease("w2", LONGER.until)))
    assert await begin(desk, 0) is True
    differences: dict[str, Any] = {
        "before": {"level": "6"},
        "lines": (),
        "warnings": (),
        "amount": None,
        "products": None,
    }
    differences |= {"rewards": None, "lease_until": LONGER.until, "updated_at": LATER}
    assert await desk.now() == replace(desk.change, writes=1, **differences)  # no card shows it
    assert await desk.now(desk.other) == desk.other
    assert {card["due"] for card in await desk.all(cards)} == {NOW + timedelta(seconds=20)}
    told = {"state": "applying", "version": 1, "position": 0, "route": "balances.update", "key": "key-0"}
    assert await desk.last() == (
        "writing",
        "",
        told | {"sent": {"add": 1}, "before": {"level": "6"}, "judged": UNJUDGED},
    )
    desk.change = await desk.now()
    await desk.nothing(await begin(desk, 0))
    assert await begin(desk, 1) is True
    assert (await desk.now()).writes == 2


@pytest.mark.parametrize("state", [State.APPROVED, State.APPLYING])
async def test_settle(desk: Desk, state: State) -> None:
    async def settle(by: str = "w1") -> Record | None:
        return await repository.settle(
            desk.database,
            desk.change.id,
            State.FAILED,
            Cause.AUTUMN_REFUSED,
            lease=Lease(by, LONGER.until),
            now=LATER,
            after={"level": "5"},
            details={"status": "400"},
            refusals=REFUSED,
        )

    await desk.in_hand(state)
    await desk.nothing(await settle("w2"))
    got = await settle()
    differences: dict[str, Any] = {
        "state": State.FAILED,
        "ending": Cause.AUTUMN_REFUSED,
        "details": {"status": "400"},
    }
    await desk.became(got, **differences, after={"level": "5"}, refusals=REFUSED, lease_until=None)
    assert await desk.leased() is None
    told = {"state": "failed", "version": 1, "ending": "autumn_refused", "details": {"status": "400"}}
    assert await desk.last() == (
        "failed", "", told | {"after": {"level": "5"}, "refusals": REFUSED_KEPT}
    )  # fmt: skip
    desk.change = await desk.now()
    await desk.nothing(await settle())


async def test_settle_what_can_be_undone(desk: Desk) -> None:
    await desk.in_hand()
    done = State.APPLIED, Cause.DONE
    got = await repository.settle(
        desk.database, desk.change.id, *done, lease=LONGER, now=LATER, invertible=True
    )
    await desk.became(got, state=done[0], ending=done[1], invertible=True, lease_until=None)
    assert await desk.last() == ("applied", "", {"state": "applied", "version": 1, "ending": "done"})


@pytest.mark.parametrize("state", [State.APPLIED, State.UNCONFIRMED])
async def test_settle_an_undo(desk: Desk, state: State) -> None:
    await desk.in_hand(State.APPLIED, lease_by=None, lease_until=None)
    original = desk.change
    undo = await ask(desk.database, replace(DRAFT, submission_id="form-3", undo_of=original.id))
    async with desk.database.writing() as connection:
        await connection.execute(
            update(changes).where(changes.c.id == undo.id).values(
                state=State.APPLYING, lease_by="w1", lease_until=LEASE.until
            )
        )  # fmt: skip
    settled = await repository.settle(desk.database, undo.id, state, Cause.DONE, lease=LEASE, now=LATER)
    assert settled is not None
    assert settled.invertible is False
    if state is State.APPLIED:
        await desk.became(await desk.now(), undo=undo.id, undone=True)
        assert await desk.last() == ("undone", "", {"state": "applied", "version": 1, "undo": undo.id})
    else:
        assert await desk.now() == replace(original, undo=undo.id)
        desk.change = undo
        assert (await desk.last())[0] == "unconfirmed"


@pytest.mark.parametrize("state", [State.APPROVED, State.APPLYING])
async def test_take_over(desk: Desk, state: State) -> None:
    await desk.in_hand(state)
    taken = Lease("w2", LATER)
    take = repository.take_over
    await desk.nothing(await take(desk.database, desk.change.id, lease=taken, now=LEASE.until))
    moment = LEASE.until + timedelta(milliseconds=1)
    got = await take(desk.database, desk.change.id, lease=taken, now=moment)
    assert got == await desk.now() == replace(desk.change, lease_until=LATER)
    assert await desk.now(desk.other) == desk.other
    assert await desk.leased() == taken


async def test_take_over_what_is_not_in_hand(desk: Desk) -> None:
    await desk.nothing(
        await repository.take_over(desk.database, desk.change.id, lease=LEASE, now=NOW + timedelta(days=1))
    )


async def test_who_is_late(desk: Desk) -> None:
    both, env = [desk.other.id, desk.change.id], Environment.SANDBOX
    async with desk.database.writing() as connection:
        mine = update(changes).where(changes.c.id == desk.change.id)
        await connection.execute(mine.values(created_at=LATER))
    assert await repository.expired(desk.database, env, TERMS.expires_at) == both
    assert await repository.expired(desk.database, Environment.LIVE, TERMS.expires_at) == []
    just_before = TERMS.expires_at - timedelta(milliseconds=1)
    assert await repository.expired(desk.database, env, just_before) == []
    assert await repository.lapsed(desk.database, env, TERMS.expires_at) == []
    await desk.in_hand()
    assert await repository.expired(desk.database, env, TERMS.expires_at) == []
    moment = LEASE.until + timedelta(milliseconds=1)
    assert await repository.lapsed(desk.database, env, moment) == both
    assert await repository.lapsed(desk.database, Environment.LIVE, moment) == []
    assert await repository.lapsed(desk.database, env, LEASE.until) == []


async def test_mark_an_undo(desk: Desk) -> None:
    await desk.in_hand(State.APPLIED, lease_by=None, lease_until=None)
    undo = await ask(desk.database, replace(DRAFT, submission_id="form-3", undo_of=desk.change.id))
    async with desk.database.writing() as connection:
        mine = update(changes).where(changes.c.id == undo.id)
        await connection.execute(mine.values(state=State.UNCONFIRMED))
    marked = await repository.mark(
        desk.database,
        undo.id,
        applied=True,
        person="U3",
        rule="law",
        said="seen",
        after=None,
        invertible=False,
        now=LATER,
    )
    assert marked is not None
    await desk.became(await desk.now(), undo=undo.id, undone=True)
    assert await desk.last() == ("undone", "U3", {"state": "applied", "version": 1, "undo": undo.id})


async def test_a_step_is_shown_on_the_cards_of_its_change_alone(desk: Desk) -> None:
    third = await ask(desk.database, replace(DRAFT, submission_id="form-3"), spots=SPOTS)
    before = await desk.all(cards, cards.c.change_id == third.id)
    await repository.withdraw(desk.database, desk.change.id, person="U1", now=LATER)
    assert await desk.all(cards, cards.c.change_id == third.id) == before
    mine = await desk.all(cards, cards.c.change_id == desk.change.id)
    assert [card["due"] for card in mine] == [LATER + timedelta(seconds=20)] * 2


async def test_settle_what_is_in_doubt(desk: Desk) -> None:
    await desk.in_hand()
    doubt = State.UNCONFIRMED, Cause.NO_ANSWER
    got = await repository.settle(desk.database, desk.change.id, *doubt, lease=LONGER, now=LATER)
    await desk.became(got, state=doubt[0], ending=doubt[1], lease_until=None)


async def test_overtake_what_one_holds_and_nobody_may_ask_for_any_more(desk: Desk) -> None:
    await desk.in_hand()
    got = await repository.supersede(desk.database, desk.change, PREVIEW, None, lease=LEASE, now=LATER)
    await desk.became(got, state=State.OVERTAKEN, version=2, lease_until=None)


@pytest.mark.parametrize("state", [State.APPLIED, State.UNCONFIRMED])
async def test_change_that_was_not_claimed_cannot_end_as_if_it_had_been(desk: Desk, state: State) -> None:
    await desk.in_hand(State.APPROVED)
    got = await repository.settle(desk.database, desk.change.id, state, Cause.DONE, lease=LEASE, now=LATER)
    await desk.nothing(got)
