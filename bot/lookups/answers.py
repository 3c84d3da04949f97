"""What the answers of several parts consist of. Each field is what was read, or the error in its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from bot.autumn.errors import AutumnError
from bot.autumn.models import Discount, InvoicePreview

T = TypeVar("T")
Read: TypeAlias = T | AutumnError


@dataclass(frozen=True, slots=True)
class Billing:
    """What Stripe knows: slower to read than the rest, and allowed to fail alone."""

    discounts: tuple[Discount, ...]
    upcoming: tuple[InvoicePreview, ...] | None
    """None when the customer has no Stripe customer."""


@dataclass(frozen=True, slots=True)
class CatalogueNames:
    """What plans and features are called, by id: of those whose names the customer's own answer lacks."""

    plans: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, str] = field(default_factory=dict)
