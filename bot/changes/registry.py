"""The one table of the kinds of change; all else that is per kind derives from it."""

from collections.abc import Mapping
from typing import Any

from bot.access.rules import Kind
from bot.changes.balance.kind import BalanceChange
from bot.changes.deletion.kind import DeletionChange
from bot.changes.details.kind import DetailsChange
from bot.changes.model import ChangeKind
from bot.changes.reward.kind import RewardChange

KINDS: Mapping[Kind, ChangeKind[Any]] = {
    Kind.BALANCE: BalanceChange(),
    Kind.REWARD: RewardChange(),
    Kind.DETAILS: DetailsChange(),
    Kind.DELETION: DeletionChange(),
}
