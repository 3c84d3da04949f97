"""The sections of a digest, in the order they are shown.

A section is one module here with a SECTION; everything else uses the functions below.
"""

from collections.abc import Collection, Iterator

from bot.autumn.bulk import ListedCustomer, ListedInvoice
from bot.digests.items import ScanWindow, StoredItem
from bot.digests.sections import invoices, past_due, resets, run_outs, trials, unpaid
from bot.digests.sections.section import DigestSection, PlanNames

SECTIONS: tuple[DigestSection, ...] = (
    invoices.SECTION,
    unpaid.SECTION,
    past_due.SECTION,
    trials.SECTION,
    run_outs.SECTION,
    resets.SECTION,
)


def all_keys() -> tuple[str, ...]:
    """The keys of all sections, in order."""
    return tuple(section.key for section in SECTIONS)


def default_keys() -> tuple[str, ...]:
    """The keys of the sections that a new digest has, in order."""
    return tuple(section.key for section in SECTIONS if section.default)


def chosen(of: Collection[str]) -> list[DigestSection]:
    """The sections with these keys, in order. Keys of sections that no longer exist are ignored."""
    return [section for section in SECTIONS if section.key in of]


def section(key: str) -> DigestSection:
    """Raises ValueError if no section has this key."""
    for candidate in SECTIONS:
        if candidate.key == key:
            return candidate
    raise ValueError(f"There is no section {key!r}.")


def with_money(of: Collection[str]) -> bool:
    """Whether any of these has amounts."""
    return any(section.money for section in chosen(of))


def with_previews(of: Collection[str]) -> bool:
    """Whether any of these needs Autumn's previews of upcoming invoices."""
    return any(section.upcoming for section in chosen(of))


def from_invoices() -> tuple[str, ...]:
    """Keys of the sections that list unpaid invoices."""
    return tuple(section.key for section in SECTIONS if section.collect_invoice is not None)


def of_customer(customer: ListedCustomer, window: ScanWindow) -> Iterator[StoredItem]:
    """The rows of all sections, except those that come from invoices. Upcoming amounts are estimates."""
    for section in SECTIONS:
        yield from section.collect(customer, window)


def of_invoice(invoice: ListedInvoice, plan_names: PlanNames) -> Iterator[StoredItem]:
    """The rows of all sections. Invoices lack the customer's name and email, which are filled in later."""
    for section in SECTIONS:
        row = section.collect_invoice(invoice, plan_names) if section.collect_invoice else None
        if row is not None:
            yield row
