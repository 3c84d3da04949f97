"""What is worth telling of a customer or an invoice, as rows for the database. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, TypeAlias

from bot.autumn.bulk import ListedBalance, ListedCustomer, ListedInvoice, ListedSubscription, moment
from bot.autumn.models import InvoicePreview
from bot.digests.model import Section
from bot.digests.scan import estimates
from bot.lookups.invoices import facts

ESTIMATE = "estimate"
"""In an item's details: true for an amount that is not Stripe's or Autumn's own word yet."""
PLAN_NAMES = "plan_names"
"""Names of the item's plans, in the order of `plans`."""
FEATURE_NAME = "feature_name"
REMAINING = "remaining"
"""How much is left of the feature, as decimal text."""
GRANTED = "granted"
"""How much of it there was, as decimal text."""
UNLIMITED = "unlimited"
STATUS = "status"
"""Of an unpaid invoice."""
URL = "url"
"""The page where an unpaid invoice can be paid."""
INVOICE = "invoice"
"""The id of an unpaid invoice."""
LINES = "lines"
"""How many lines an invoice to come has."""
PASSED = "passed"
"""True for an invoice or a reset that was made before this was read, since the last digest."""
ENTITY = "entity"
"""The customer's entity that it is about, if one."""


StoredItem: TypeAlias = dict[str, Any]
"""A row of digest_items, but for its scan."""

_MILLION = Decimal(1_000_000)
_MOST = Decimal(9_000_000_000_000)
"""Above it millionths would not fit in the column."""


@dataclass(frozen=True, slots=True)
class ScanWindow:
    """What a scan is about: from `since`, which may be before it began, until its horizon."""

    start: datetime
    """When it began."""
    end: datetime
    since: datetime

    def __contains__(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at <= self.end

    def passed(self, at: datetime | None) -> bool:
        """Whether it is in the part before the scan began."""
        return at is not None and self.since <= at < self.start


def millionths(amount: Decimal | None) -> int | None:
    """As it lies in the database; None for what does not fit there."""
    if amount is None or not amount.is_finite() or abs(amount) > _MOST:
        return None
    return int((amount * _MILLION).to_integral_value(ROUND_HALF_EVEN))


def units(stored: int | None) -> Decimal | None:
    """Back from `millionths`, without needless zeros."""
    return None if stored is None else plain(Decimal(stored) / _MILLION)


def plain(number: Decimal) -> Decimal:
    """100.00 as 100, and never as 1E+2."""
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize()


def join_plans(plan_ids: list[str]) -> str:
    """Plans as they lie in the database."""
    return f"|{'|'.join(plan_ids)}|" if plan_ids else ""


def split_plans(plans: str) -> tuple[str, ...]:
    return tuple(plans.strip("|").split("|")) if plans else ()


@dataclass(frozen=True, slots=True)
class ScannedCustomer:
    """The customer that a row is about, as far as it is stored with it."""

    id: str | None
    name: str
    """The name, else the e-mail address, else the id."""
    email: str = ""

    @classmethod
    def of(cls, customer: ListedCustomer) -> "ScannedCustomer":
        known, email = customer.get("id"), customer.get("email") or ""
        return cls(known, customer.get("name") or email or known or "", email)


def of_customer(customer: ListedCustomer, span: ScanWindow) -> Iterator[StoredItem]:
    """All but the invoices, which come from elsewhere; those to come as estimates."""
    base = _base(ScannedCustomer.of(customer))
    for held in customer.get("subscriptions") or ():
        yield from _of_subscription(base, held, span)
        found = estimates.estimate(customer, held)
        if found is not None and found.at in span:
            yield _estimated(base, held, found)
        last = estimates.last_billed(customer, held)
        if last is not None and span.passed(last.at):
            yield _estimated(base, held, last, passed=True)
    for feature_id, balance in (customer.get("balances") or {}).items():
        yield from _resets(base, feature_id, balance, span)
        yield from _past_resets(base, feature_id, balance, span, customer)


def of_invoice(invoice: ListedInvoice, names: Mapping[str, str]) -> StoredItem | None:
    """One on which something is due; else None. `names`: of plans, by id. The customer's name and
    address are not told by invoices: they are filled in later."""
    known = facts.facts_of(invoice.get("status"), invoice.get("total"), invoice.get("amount_paid"), None)
    if not known.unpaid:
        return None
    plans = invoice.get("plan_ids") or []
    details = {
        STATUS: known.state.value,
        URL: invoice.get("hosted_invoice_url"),
        INVOICE: invoice.get("id"),
        ENTITY: invoice.get("entity_id"),
        PLAN_NAMES: [names.get(plan, plan) for plan in plans],
    }
    customer_id = invoice.get("customer_id")
    return {
        **_base(ScannedCustomer(customer_id, customer_id or "")),
        "section": Section.UNPAID,
        "at": moment(invoice.get("created_at")),
        "amount": millionths(known.due),
        "currency": (invoice.get("currency") or "").lower(),
        "plans": join_plans(plans),
        "details": {name: value for name, value in details.items() if value},
    }


def of_preview(whose: ScannedCustomer, preview: InvoicePreview, names: Mapping[str, str]) -> StoredItem:
    """What Autumn says an invoice will be."""
    return {
        **_base(whose),
        "section": Section.INVOICES,
        "at": preview.invoice_at,
        "amount": millionths(preview.total),
        "currency": preview.currency.lower(),
        "plans": join_plans(preview.plan_ids),
        "details": {
            PLAN_NAMES: [names.get(plan, plan) for plan in preview.plan_ids],
            LINES: len(preview.line_items),
        },
    }


def _base(whose: ScannedCustomer) -> StoredItem:
    return {
        "customer_id": whose.id,
        "customer": whose.name,
        "email": whose.email,
        "at": None,
        "amount": None,
        "currency": "",
        "plans": "",
        "feature": "",
        "details": {},
    }


def _about(base: StoredItem, section: Section, held: ListedSubscription, at: datetime | None) -> StoredItem:
    plan_id = held.get("plan_id")
    plans = join_plans([plan_id] if plan_id else [])
    return {**base, "section": section, "at": at, "plans": plans, "details": _names(held)}


def _estimated(
    base: StoredItem, held: ListedSubscription, found: estimates.Estimate, *, passed: bool = False
) -> StoredItem:
    return {
        **_about(base, Section.INVOICES, held, found.at),
        "amount": millionths(found.amount),
        "currency": found.currency,
        "details": {
            **_names(held),
            ESTIMATE: True,
            **({PASSED: True} if passed else {}),
        },
    }


def _names(held: ListedSubscription) -> dict[str, Any]:
    name = (held.get("plan") or {}).get("name")
    return {PLAN_NAMES: [name]} if name else {}


def _of_subscription(base: StoredItem, held: ListedSubscription, span: ScanWindow) -> Iterator[StoredItem]:
    if held.get("status") == "scheduled":
        return
    if held.get("past_due"):
        # What is unpaid was billed when the period began.
        yield _about(base, Section.PAST_DUE, held, moment(held.get("current_period_start")))
    ends = moment(held.get("trial_ends_at"))
    if ends in span:
        yield _about(base, Section.TRIALS, held, ends)


def _resets(
    base: StoredItem, feature_id: str, balance: ListedBalance, span: ScanWindow
) -> Iterator[StoredItem]:
    """One for each time at which some of the balance resets. A reset that is due already counts: Autumn
    catches up on it when the customer is next read alone."""
    if balance.get("unlimited"):
        return
    for at, (granted, remaining, plans) in _resetting(balance).items():
        when = moment(at)
        if when is None or when > span.end:
            continue
        yield {
            **base,
            "section": Section.RESETS,
            "at": when,
            # Not money; it lies here so that the database can add it up.
            "amount": millionths(remaining),
            "plans": join_plans(plans),
            "feature": feature_id,
            "details": {
                FEATURE_NAME: (balance.get("feature") or {}).get("name") or feature_id,
                GRANTED: str(plain(granted)),
                REMAINING: str(plain(remaining)),
            },
        }


def _past_resets(
    base: StoredItem, feature_id: str, balance: ListedBalance, span: ScanWindow, customer: ListedCustomer
) -> Iterator[StoredItem]:
    """Resets that were made since the last digest, of balances that plans held before then give."""
    began = {
        plan_id: since
        for held in customer.get("subscriptions") or ()
        if (plan_id := held.get("plan_id")) and (since := moment(held.get("started_at")))
    }
    for row in balance.get("breakdown") or ():
        plan_id = row.get("plan_id") or ""
        at = estimates.last_reset(row, began.get(plan_id), span.start)
        if at is not None and span.passed(at) and not row.get("unlimited"):
            yield {
                **base,
                "section": Section.RESETS,
                "at": at,
                "plans": join_plans([plan_id]),
                "feature": feature_id,
                "details": {
                    FEATURE_NAME: (balance.get("feature") or {}).get("name") or feature_id,
                    PASSED: True,
                },
            }


def _resetting(balance: ListedBalance) -> dict[float, tuple[Decimal, Decimal, list[str]]]:
    """By time: granted, remaining, and ids of plans."""
    found: dict[float, tuple[Decimal, Decimal, list[str]]] = {}
    for row in balance.get("breakdown") or ():
        at = (row.get("reset") or {}).get("resets_at")
        if at is None or row.get("unlimited"):
            continue
        granted, remaining, plans = found.get(at, (Decimal(0), Decimal(0), []))
        plan_id = row.get("plan_id")
        found[at] = (
            granted + (row.get("included_grant") or 0) + (row.get("prepaid_grant") or 0),
            remaining + (row.get("remaining") or 0),
            plans if plan_id is None or plan_id in plans else [*plans, plan_id],
        )
    whole = balance.get("next_reset_at")
    if not found and whole is not None:
        return {whole: (balance.get("granted") or Decimal(0), balance.get("remaining") or Decimal(0), [])}
    return found


@dataclass(frozen=True, slots=True)
class ReportItem:
    """One row of a section."""

    section: Section
    customer_id: str | None
    customer: str
    """The name, else the e-mail address, else the id; not made safe yet."""
    at: datetime | None = None
    """INVOICES, RESETS: when it is due; UNPAID: since when; TRIALS: when the trial ends; PAST_DUE: since
    when, if that is known."""
    amount: Decimal | None = None
    """In major units."""
    currency: str = ""
    plans: tuple[str, ...] = ()
    feature: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    """By the names above; none must be there."""
    email: str = ""
    """Empty where Autumn has none."""


@dataclass(frozen=True, slots=True)
class ResetGroup:
    """Resets of one feature on one day, when there are too many to tell one by one."""

    feature: str
    name: str
    """Not made safe yet."""
    day: date
    """In the digest's time zone."""
    customers: int
    remaining: Decimal | None
    """How much they have left together; None when one is unlimited or not known."""
