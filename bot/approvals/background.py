"""What approvers need to know beside the change itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.approvals import change_records
from bot.approvals.card import EARLIER_DAYS, CustomerBackground
from bot.approvals.cards import CHANGE_CARDS
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
        """`standing`: the customer's, in mrkdwn. What helps to decide is read only while it waits."""
        requester = await self._directory.requester(record)
        known = CustomerBackground(
            requester,
            standing,
            undone_card=await self._card_of(record.undo_of),
            undo_card=await self._card_of(record.undo),
        )
        if record.state is not State.WAITING:
            return known
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
        return replace(
            known,
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

    async def _card_of(self, change_id: str) -> str:
        """Its address in the approvals channel; empty if it has no card there, or is no change."""
        card = await CHANGE_CARDS.in_approvals_channel(self._database, change_id) if change_id else None
        return self._directory.permalink(card.channel, card.ts) if card else ""
