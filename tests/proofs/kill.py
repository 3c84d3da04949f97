"""A process is killed while it works on a change; another settles the change once the lease has lapsed."""

from collections.abc import Sequence

from bot.approvals.lifecycle import ChangeEvent, Record, State
from bot.approvals.preview import ChangeTimeouts
from bot.changes.model import ChangeInput
from bot.store.database import Database
from tests.databases import Engine
from tests.proofs.change_process import Kill, Step, perform_and_die
from tests.proofs.deployment import Bot, Deployment, Spec, bot, deployment
from tests.proofs.edits import writes
from tests.proofs.figures import Figures
from tests.proofs.killable import KILLED, run
from tests.proofs.ledger import reconcile

POINTS = ("asked", "approved", "claimed", "marked", "sent", "verified", "settled", "decided", "taken")
"""Every checkpoint of the bot; the engine says what has been recorded at each."""
LAPSED = ChangeTimeouts().lease + 1
_UNSETTLED = (State.APPROVED, State.APPLYING)


async def killed(
    engine: Engine, seeds: int, points: tuple[str, ...] = POINTS, only: tuple[str, ...] = ()
) -> Figures:
    """With a different edit at each point. An even seed kills at the point itself, an odd one some
    milliseconds later. `only`: the edits to use; all if empty."""
    figures = Figures(f"A process is killed at each of {len(points)} points: {engine}")
    for seed in range(seeds):
        await _at_each_point(
            figures, engine, seed, [(point, seed + number) for number, point in enumerate(points)], only
        )
    return figures


async def every_edit_killed(engine: Engine, seeds: int) -> Figures:
    """Every edit at every point, with each seed."""
    figures = Figures(f"A process is killed at each of {len(POINTS)} points, with every edit: {engine}")
    async with deployment(engine) as deployed:
        edits = len(deployed.edits())
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
    """`numbered`: the points, each with the number of its edit, which may exceed the number of edits. All run
    one after the other on one database, and must not disturb each other."""
    async with deployment(engine) as deployed:
        for point, number in numbered:
            edits = only or tuple(deployed.edits())
            deployed.reset()
            await _kill_once(figures, deployed, point, edits[number % len(edits)], seed)


async def _kill_once(figures: Figures, deployed: Deployment, point: str, edit: str, seed: int) -> None:
    change = deployed.edits()[edit]
    at_once = point == "asked" and seed % 4 < 2
    spec = Spec(deployed.spec.database, deployed.spec.url, deployed.spec.key, needed=0 if at_once else 1)
    after = 0.0 if seed % 2 == 0 else 0.0005 * seed
    change_id = await _die(figures, deployed, spec, change, Kill(point, after))
    later = spec.later(seconds=LAPSED)
    if point == "taken":
        # The process that was to settle it dies as well.
        code = await run(perform_and_die, later, Step("sweep"), Kill(point, after))
        figures.count("killed" if code == KILLED else "ended before it was killed")
        later = later.later(seconds=LAPSED)
    async with bot(later) as survivor:
        await survivor.changes.sweeper.sweep(later.now)
        record = await survivor.changes.get(change_id)
        assert record is not None
        _judge(figures, deployed, record, f"{point}, {edit}, seed {seed}")
        await _check_cards(figures, survivor, record, point)
        await _reconcile_one(survivor.database, deployed, figures, record)


async def _die(figures: Figures, deployed: Deployment, spec: Spec, change: ChangeInput, kill: Kill) -> str:
    """Performs the step that reaches the point, and kills the process. Returns the change's id."""
    request = deployed.request(change)
    async with bot(spec) as alive:
        if kill.point == "asked":
            code = await run(perform_and_die, spec, Step("submit", request=request), kill)
            (record,) = await alive.changes.requested_by(request.actor.user, limit=1)
        else:
            record = await deployed.submit(alive.changes, change)
            alive.events.clear()
            action = "deny" if kill.point == "decided" else "approve"
            first_kill = Kill("sent", 0) if kill.point == "taken" else kill
            code = await run(perform_and_die, spec, Step(action, record.id), first_kill)
    figures.count("killed" if code == KILLED else "ended before it was killed")
    figures.check(code in (0, KILLED), f"a process ended with {code}")
    return record.id


def _judge(figures: Figures, deployed: Deployment, record: Record, where: str) -> None:
    received = [
        write for write in deployed.local.ledger if (write.idempotency_key or "").startswith("maple:")
    ]
    written, planned = sum(write.applied for write in received), writes(record.input)
    figures.count(f"afterwards {record.state}")
    figures.check(record.state not in _UNSETTLED, f"{where}: stuck, {record.state}")
    figures.check(len(received) <= planned, f"{where}: {len(received)} writes")
    if record.state is State.APPLIED:
        figures.check(written == planned, f"{where}: applied, and not written")
    elif record.state is State.UNCONFIRMED:
        figures.check(record.writes > 0, f"{where}: unconfirmed, though no write was begun")
        figures.count("unconfirmed, but written", written)
    else:
        figures.check(written == 0, f"{where}: {record.state}, and written")


async def _check_cards(figures: Figures, survivor: Bot, record: Record, point: str) -> None:
    """The sweeper redraws the cards with the current state, unless the killed process had."""
    drawn = [
        event
        for change_id, event, revision in survivor.events
        if change_id == record.id and revision == record.revision
    ]
    figures.check(bool(drawn), f"{point}: nothing shown of {record.state}")
    figures.check(
        record.state is State.WAITING
        or drawn[-1:] in ([ChangeEvent.REDRAW], [ChangeEvent(record.state.value)]),
        f"{point}: shown as {drawn}",
    )
    figures.count("cards drawn with the current state by the sweeper", bool(drawn))


async def _reconcile_one(database: Database, deployed: Deployment, figures: Figures, record: Record) -> None:
    """The ledger was emptied before this change, so it only contains this change's writes."""
    inner = Figures("")
    await reconcile(database, deployed.local.ledger, inner)
    figures.failures += [failure for failure in inner.failures if record.id in failure or "trail" in failure]
    figures.count("intact trails", not any("trail" in failure for failure in inner.failures))
