"""What Maple's own history knows of a customer, for the guards: Autumn does not tell all of it."""

from dataclasses import replace

from bot.access.rules import Kind
from bot.approvals import repository
from bot.approvals.lifecycle import State
from bot.autumn.environment import Environment
from bot.changes.common import recreated
from bot.changes.model import Facts, RewardAction, RewardInput
from bot.store.database import Database
from bot.store.tables import changes

_MOST = 1000


class Known:
    def __init__(self, database: Database, env: Environment) -> None:
        self._database = database
        self._env = env

    async def complete(self, kind: Kind, facts: Facts) -> Facts:
        """The facts with what is known beside them."""
        if kind is not Kind.REWARD:
            return facts
        found = await repository.find(
            self._database,
            changes.c.customer_id == facts.customer.id,
            changes.c.env == self._env,
            changes.c.kind == kind,
            changes.c.state == State.APPLIED,
            newest_first=True,
            limit=_MOST,
        )
        rewards = [one.input for one in found if isinstance(one.input, RewardInput)]
        redeemed = (
            one.code
            for one in rewards
            if one.action is RewardAction.REDEEM and not recreated(one, facts.customer)
        )
        return replace(facts, redeemed=frozenset(redeemed))
