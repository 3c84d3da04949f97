"""A request that changes something at Autumn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Write:
    route: str
    """What is asked, without any id: for logs and metrics."""
    method: str
    path: str
    """Percent-encoded."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """Ready for JSON: whole numbers are int, others float."""
    per_customer: bool = False
    """Whether Autumn limits it by the customer, and so far off; else it counts against the organisation's
    general limit."""
