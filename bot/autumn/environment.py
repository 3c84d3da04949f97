"""Which of Autumn's two environments a secret key is for."""

from enum import StrEnum


class Environment(StrEnum):
    LIVE = "live"
    SANDBOX = "sandbox"
