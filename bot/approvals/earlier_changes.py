"""What the guards need to know of earlier changes, which Autumn does not tell."""

from bot.approvals import change_records
from bot.approvals.lifecycle import State
from bot.autumn.models import Environment
from bot.changes import registry
from bot.changes.model import Facts, Needs
from bot.store.database import Database
from bot.store.tables import changes

_MOST = 1000


class EarlierChanges:
    def __init__(self, database: Database, env: Environment) -> None:
        self._database = database
        self._env = env

    async def complete(self, kind_id: str, facts: Facts) -> Facts:
        """The facts, completed for kinds that need the customer's history."""
        kind = registry.kind(kind_id)
        if Needs.HISTORY not in kind.needs:
            return facts
        records = await change_records.find(
            self._database,
            changes.c.customer_id == facts.customer.id,
            changes.c.env == self._env,
            changes.c.kind == kind_id,
            changes.c.state == State.APPLIED,
            newest_first=True,
            limit=_MOST,
        )
        return kind.with_history(facts, [record.input for record in records])
