"""A request that changes something in Autumn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Write:
    route: str
    """The route without any id, for logs and metrics."""
    method: str
    path: str
    """Percent-encoded."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """JSON values: whole numbers as int, others as float."""
    per_customer: bool = False
    """Whether it counts against Autumn's generous per-customer limit instead of the organization's general
    one."""


def in_path(part: str) -> str:
    """Percent-encoded for one segment of a path."""
    # "." and ".." would be read as path segments.
    return "%2E" * len(part) if part in (".", "..") else quote(part, safe="", errors="replace")
