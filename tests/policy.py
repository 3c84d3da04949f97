"""Policies with the kinds of change that Maple has."""

from pathlib import Path

from bot.access import policy_file
from bot.access.rules import Policy
from bot.changes import registry

KINDS = registry.policy_kinds()
BALANCE, REWARD, DETAILS, DELETION = (
    registry.kind(kind_id).policy for kind_id in ("balance", "reward", "details", "deletion")
)
KIND_IDS = [kind.id for kind in KINDS]


def read(text: str, name: str = "policy") -> Policy:
    return policy_file.read(text, KINDS, name)


def load(path: Path | None) -> Policy:
    return policy_file.load(path, KINDS)
