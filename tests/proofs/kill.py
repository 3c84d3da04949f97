"""The process is killed on the way; another finds what it left, once its lease has lapsed."""

from collections.abc import Sequence

from bot.approvals.lifecycle import ChangeEvent, Record, State
from bot.approvals.preview import ChangeTimeouts
from bot.changes.model import ChangeInput
from bot.store.database import Database
from tests.databases import Engine
from tests.proofs.change_process import Kill, Step, do
from tests.proofs.deployment import Bot, Deployment, Spec, bot, deployment
from tests.proofs.edits import writes
from tests.proofs.figures import Figures
from tests.proofs.killable import KILLED, run
from tests.proofs.ledger import reconcile

POINTS = ("asked", "approved", "claimed", "marked", "sent", "verified", "settled", "decided", "taken")
"""Every checkpoint of the bot's; docs of the engine say what stands at each."""
LAPSED = ChangeTimeouts().lease + 1
_UNDONE = (State.APPROVED, State.APPLYING)


async def killed(
    engine: Engine, seeds: int, points: tuple[str, ...] = POINTS, only: tuple[str, ...] = ()
) -> Figures:
    """Another edit at each point. With an even seed at the point itself, with an odd one some milliseconds
    after it. `only`: these edits; all if empty."""
    figures = Figures(f"A process is killed at each of {len(points)} points: {engine}")
    for seed in range(seeds):
        await _at_each_point(
            figures, engine, seed, [(point, seed + number) for number, point in enumerate(points)], only
        )
    return figures


async def every_edit_killed(engine: Engine, seeds: int) -> Figures:
    """Every edit at every point, with each seed."""
    figures = Figures(f"A process is killed at each of {len(POINTS)} points, with every edit: {engine}")
    async with deployment(engine) as made:
        edits = len(made.edits())
    for seed in range(seeds):
        for first in range(edits):
            await _at_each_point(
                figures, engine, seed, [(point, first + number) for number, point in enumerate(POINTS)]
            )
    return figures


async def _at_each_point(
    figures: Figures,
    engine: Engine,
    seed: int,
    numbered: Sequence[tuple[str, int]],
    only: tuple[str, ...] = (),
) -> None:
    """`numbered`: the points, each with the number of its edit, counted round and round. All on one
    database, after each other: the last must not trouble the next."""
    async with deployment(engine) as made:
        for point, number in numbered:
            edits = only or tuple(made.edits())
            made.reset()
            await _one(figures, made, point, edits[number % len(edits)], seed)


async def _one(figures: Figures, made: Deployment, point: str, edit: str, seed: int) -> None:
    asked = made.edits()[edit]
    at_once = point == "asked" and seed % 4 < 2
    spec = Spec(made.spec.database, made.spec.url, made.spec.key, needed=0 if at_once else 1)
    after = 0.0 if seed % 2 == 0 else 0.0005 * seed
    change_id = await _die(figures, made, spec, asked, Kill(point, after))
    later = spec.later(seconds=LAPSED)
    if point == "taken":
        # The one that was to settle it dies as well.
        code = await run(do, later, Step("sweep"), Kill(point, after))
        figures.count("killed" if code == KILLED else "ended before it was killed")
        later = later.later(seconds=LAPSED)
    async with bot(later) as found:
        await found.changes.sweeper.sweep(later.now)
        record = await found.changes.get(change_id)
        assert record is not None
        _judge(figures, made, record, f"{point}, {edit}, seed {seed}")
        await _shown(figures, found, record, point)
        await reconcile_one(found.database, made, figures, record)


async def _die(figures: Figures, made: Deployment, spec: Spec, asked: ChangeInput, death: Kill) -> str:
    wish = made.wish(asked)
    async with bot(spec) as alive:
        if death.point == "asked":
            code = await run(do, spec, Step("submit", wish=wish), death)
            (record,) = await alive.changes.requested_by(wish.actor.user, limit=1)
        else:
            record = await made.ask(alive.changes, asked)
            alive.told.clear()
            what = "deny" if death.point == "decided" else "approve"
            point = Kill("sent", 0) if death.point == "taken" else death
            code = await run(do, spec, Step(what, record.id), point)
    figures.count("killed" if code == KILLED else "ended before it was killed")
    figures.hold(code in (0, KILLED), f"a process ended with {code}")
    return record.id


def _judge(figures: Figures, made: Deployment, record: Record, where: str) -> None:
    received = [write for write in made.local.ledger if (write.idempotency_key or "").startswith("maple:")]
    written, planned = sum(one.applied for one in received), writes(record.input)
    figures.count(f"afterwards {record.state}")
    figures.hold(record.state not in _UNDONE, f"{where}: stuck, {record.state}")
    figures.hold(len(received) <= planned, f"{where}: {len(received)} writes")
    if record.state is State.APPLIED:
        figures.hold(written == planned, f"{where}: applied, and not written")
    elif record.state is State.UNCONFIRMED:
        figures.hold(record.writes > 0, f"{where}: unconfirmed, though no write was begun")
        figures.count("of the unconfirmed, written", written)
    else:
        figures.hold(written == 0, f"{where}: {record.state}, and written")


async def _shown(figures: Figures, found: Bot, record: Record, point: str) -> None:
    """Whoever sweeps draws the cards as things are now, unless the dead had."""
    drawn = [
        event for told, event, revision in found.told if told == record.id and revision == record.revision
    ]
    figures.hold(bool(drawn), f"{point}: nothing shown of {record.state}")
    figures.hold(
        record.state is State.WAITING
        or drawn[-1:] in ([ChangeEvent.REDRAW], [ChangeEvent(record.state.value)]),
        f"{point}: shown as {drawn}",
    )
    figures.count("cards drawn as it is, by whoever swept", bool(drawn))


async def reconcile_one(database: Database, made: Deployment, figures: Figures, record: Record) -> None:
    """The ledger was emptied before this change, so it holds this one's writes alone."""
    inner = Figures("")
    await reconcile(database, made.local.ledger, inner)
    figures.wrong += [one for one in inner.wrong if record.id in one or "trail" in one]
    figures.count("trails found whole", not any("trail" in one for one in inner.wrong))
