"""Outcomes of bulk changes: which there are to tell, and who tells each."""

from datetime import datetime

from bot.approvals.notice_queue import Notice, NoticeQueue
from bot.batches.model import BatchRecord, BatchState, LineState
from bot.store.database import Database, unbroken
from bot.store.tables import batch_notices, batches

OF_LISTS = NoticeQueue(batch_notices, batches, about="batch_id")
_SETTLED = (LineState.APPLIED, LineState.REFUSED, LineState.UNCONFIRMED)
_TOLD = (BatchState.DONE, BatchState.STOPPED, BatchState.DENIED, BatchState.EXPIRED)


def kind(record: BatchRecord) -> str:
    """Empty if there is nothing to tell. A bulk change can be stopped several times, each time further on."""
    if record.state not in _TOLD:
        return ""
    if record.state is not BatchState.STOPPED:
        return record.state
    return f"stopped:{record.progress.of(*_SETTLED)}"


@unbroken
async def claim(database: Database, record: BatchRecord, now: datetime) -> Notice | None:
    """None: there is nothing to tell, it is told, or somebody else tells it."""
    if not (notice_kind := kind(record)):
        return None
    async with database.writing() as connection:
        await OF_LISTS.add(connection, record.id, notice_kind, now)
        claimed = await OF_LISTS.claim(connection, record.id, now, kind=notice_kind)
    return claimed[0] if claimed else None
