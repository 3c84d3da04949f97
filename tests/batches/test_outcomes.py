"""Which outcomes are told, and that each is claimed once at a time until it is posted."""

import asyncio
from datetime import timedelta

from bot.approvals.notice_queue import ATTEMPT
from bot.batches.model import BatchState, LineState
from bot.batches.notifier import BATCH_NOTICES, claim_outcome, outcome_kind
from tests.approvals.harness import NOW, RAJ
from tests.batches.harness import BatchHarness
from tests.batches.samples import record


def test_only_an_end_is_told_and_every_stop_apart() -> None:
    told = {state: outcome_kind(record(state)) for state in BatchState}
    assert told == {
        BatchState.WAITING: "",
        BatchState.RUNNING: "",
        BatchState.STOPPING: "",
        BatchState.STOPPED: "stopped:0",
        BatchState.DONE: "done",
        BatchState.DENIED: "denied",
        BatchState.WITHDRAWN: "",
        BatchState.EXPIRED: "expired",
    }
    further = record(BatchState.STOPPED, {LineState.APPLIED: 2, LineState.SKIPPED: 1})
    assert outcome_kind(further) == "stopped:2"


async def test_outcome_is_claimed_by_one_and_again_after_a_longer_wait(harness: BatchHarness) -> None:
    replica = harness.replica()
    database = harness.inner.database
    batch = await harness.submitted(replica)
    assert await claim_outcome(database, batch, NOW) is None
    await replica.batches.deny(batch.id, batch.revision, RAJ, "no")
    denied = await harness.now(replica, batch)
    claims = await asyncio.gather(*(claim_outcome(database, denied, NOW) for _ in range(5)))
    (notice,) = [claim for claim in claims if claim]
    assert (notice.kind, notice.sent_at) == ("denied", None)
    await BATCH_NOTICES.attempt(database, notice, began=NOW)
    again = NOW + ATTEMPT
    assert await claim_outcome(database, denied, again - timedelta(seconds=1)) is None
    assert await BATCH_NOTICES.due(database, denied.env, again) == [batch.id]
    second = await claim_outcome(database, denied, again)
    assert second is not None
    assert second.sent_at == NOW
    assert await claim_outcome(database, denied, again + ATTEMPT) is None
    third = await claim_outcome(database, denied, again + 2 * ATTEMPT)
    assert third is not None
    await BATCH_NOTICES.finish(database, third)
    assert await claim_outcome(database, denied, again + timedelta(days=1)) is None
    assert await BATCH_NOTICES.due(database, denied.env, again + timedelta(days=1)) == []
