"""What approvers need to know beside the change itself."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.approvals import change_records
from bot.approvals.card import EARLIER_DAYS, CustomerBackground
from bot.approvals.directory import Directory
from bot.approvals.lifecycle import Record, State
from bot.store.database import Database
from bot.store.tables import changes

_MOST = 100


class Backgrounds:
    def __init__(self, database: Database, directory: Directory, now: Callable[[], datetime]) -> None:
        self._database = database
        self._directory = directory
        self._now = now

    async def of(self, record: Record, *, standing: str) -> CustomerBackground:
        """`standing`: the customer's, in mrkdwn. The rest is read only while the request waits."""
        requester = await self._directory.requester(record)
        if record.state is not State.WAITING:
            return CustomerBackground(requester, standing)
        others = await change_records.find(
            self._database,
            changes.c.env == record.env,
            changes.c.customer_id == record.customer_id,
            changes.c.id != record.id,
            changes.c.state.in_((State.WAITING, State.APPLIED)),
            newest_first=True,
            limit=_MOST,
        )
        since = self._now() - timedelta(days=EARLIER_DAYS)
        return CustomerBackground(
            requester,
            standing,
            mentions=await self._directory.mentions(record),
            may_approve=await self._directory.may_approve(record),
            earlier=tuple(
                other
                for other in others
                if other.state is State.APPLIED
                and other.kind == record.kind
                and other.created_at >= since
                and not (other.undo_of or other.undone)
            ),
            also_open=sum(other.state is State.WAITING for other in others),
        )
