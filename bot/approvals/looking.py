"""Reading Autumn for a change: to judge and preview it, and to see what became of it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.approvals.asking import Preview
from bot.approvals.life import AnyInput, Record
from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound
from bot.changes.common import recreated
from bot.changes.credited import credited
from bot.changes.facts import gather
from bot.changes.kinds import KINDS
from bot.changes.model import (
    BalanceInput,
    Facts,
    Judgement,
    RewardAction,
    RewardInput,
    Snapshot,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Look:
    """A change, seen against facts."""

    input: AnyInput
    facts: Facts
    judgement: Judgement
    preview: Preview | None
    """None when the judgement refuses it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read back."""

    verdict: Verdict
    after: Snapshot | None


class Sleep(Protocol):
    def __call__(self, seconds: float, /) -> Awaitable[None]: ...


def look(asked: AnyInput, facts: Facts, now: datetime) -> Look:
    """Pure."""
    kind = KINDS[asked.kind]
    judgement = kind.guard(asked, facts, now)
    if not judgement.allowed:
        return Look(asked, facts, judgement, None)
    before = kind.snapshot(asked, facts)
    preview = Preview(
        before=before,
        lines=kind.preview(asked, facts),
        warnings=judgement.warnings,
        amount=kind.amount(asked, before),
        products=products(asked, facts),
        reward=reward(asked, facts),
    )
    return Look(asked, facts, judgement, preview)


def products(asked: AnyInput, facts: Facts) -> frozenset[str] | None:
    """The plans a change is about: of a balance the row's own, else all that the customer holds."""
    customer = facts.customer
    if not isinstance(asked, BalanceInput):
        subscribed = {held.plan_id for held in customer.subscriptions}
        return frozenset(subscribed | {bought.plan_id for bought in customer.purchases})
    balance = customer.balances.get(asked.feature)
    rows = [row for row in balance.breakdown if row.id == asked.row] if balance else []
    # A row of no plan is a grant of its own.
    return frozenset(row.plan_id for row in rows if row.plan_id) if rows else None


def reward(asked: AnyInput, facts: Facts) -> str | None:
    """The id of the reward that a change gives."""
    if not isinstance(asked, RewardInput) or asked.action is RewardAction.REMOVE:
        return None
    if asked.action is RewardAction.APPLY:
        return asked.reward
    grants = facts.rewards.feature_grants if facts.rewards else []
    found = (grant.id for grant in grants if asked.code in [promo.code for promo in grant.promo_codes])
    return next(found, None)


class Looking:
    """`polls`: seconds to wait before each reading back; `within`: seconds that all of them may take."""

    def __init__(
        self,
        autumn: Autumn,
        now: Callable[[], datetime],
        *,
        polls: Sequence[float],
        within: float,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._autumn = autumn
        self._now = now
        self._polls = polls
        self._within = within
        self._sleep = sleep

    async def look(self, asked: AnyInput) -> Look:
        """Raises AutumnError; NotFound when the customer is gone."""
        return look(asked, await gather(self._autumn, asked, now=self._now), self._now())

    async def see(self, record: Record, *, once: bool = False, answered: object = None) -> Seen:
        """What became of it; `answered`: what Autumn said when it accepted it.

        Some organisations' changes are done a little later, so it looks again until it is there or the time
        is up; with `once` a clear no is believed. Never raises: what cannot be read leaves it unclear.
        """
        seen = Seen(Verdict.UNCLEAR, None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._within):
                for wait in self._polls:
                    await self._sleep(wait)
                    seen = await self.read_back(record, answered) or seen
                    if seen.verdict is Verdict.APPLIED or (once and seen.verdict is Verdict.NOT_APPLIED):
                        break
        return seen

    async def read_back(self, record: Record, answered: object = None) -> Seen | None:
        """What is there now; None when Autumn cannot be read."""
        kind = KINDS[record.kind]
        try:
            facts = await gather(self._autumn, record.input, now=self._now)
        except NotFound:
            after = None
        except AutumnError:
            return None
        else:
            # A later customer with the same id is not the one that was changed.
            gone = recreated(record.input, facts.customer)
            after = (
                None if gone else credited(record.input, facts, answered, kind.snapshot(record.input, facts))
            )
        return Seen(kind.verify(record.input, record.before, after), after)


def inverse(record: Record, after: Snapshot | None) -> AnyInput | None:
    """The change that takes an applied one back."""
    back = None if after is None else KINDS[record.kind].inverse(record.input, record.before, after)
    if back is None:
        return None
    return back.model_copy(update={"customer_created_at": record.input.customer_created_at})
