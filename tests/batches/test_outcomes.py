"""Which outcomes are announced, and that only one process at a time claims each until it is posted."""

import asyncio
from datetime import timedelta

from bot.approvals.notice_queue import ATTEMPT
from bot.batches.model import BatchState, LineState
from bot.batches.notifier import BATCH_NOTICES, claim_outcome, outcome_kind
from tests.approvals.harness import NOW, RAJ
from tests.batches.harness import BatchHarness
from tests.batches.samples import record


def test_only_final_states_and_each_stop_are_announced() -> None:
    kinds_by_state = {state: outcome_kind(record(state)) for state in BatchState}
    assert kinds_by_state == {
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


async def test_outcome_is_claimed_once_and_again_after_a_growing_delay(harness: BatchHarness) -> None:
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
    retry_at = NOW + ATTEMPT
    assert await claim_outcome(database, denied, retry_at - timedelta(seconds=1)) is None
    assert await BATCH_NOTICES.due(database, denied.env, retry_at) == [batch.id]
    second = await claim_outcome(database, denied, retry_at)
    assert second is not None
    assert second.sent_at == NOW
    assert await claim_outcome(database, denied, retry_at + ATTEMPT) is None
    third = await claim_outcome(database, denied, retry_at + 2 * ATTEMPT)
    assert third is not None
    await BATCH_NOTICES.finish(database, third)
    assert await claim_outcome(database, denied, retry_at + timedelta(days=1)) is None
    assert await BATCH_NOTICES.due(database, denied.env, retry_at + timedelta(days=1)) == []
