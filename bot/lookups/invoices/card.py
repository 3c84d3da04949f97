"""The next invoice, and those before it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Invoice, InvoicePreview, LineDiscount, PreviewLine
from bot.kit import blocks, layout, links, money, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels, names
from bot.lookups.answers import Billing, CatalogueNames, Read
from bot.lookups.invoices import facts as invoice_facts
from bot.lookups.invoices import words
from bot.lookups.invoices.facts import InvoiceState, Unpaid
from bot.lookups.products import card as products
from bot.lookups.products.subscriptions import next_paid_change

SIZE = 10
_PREVIEWS = 3
_LINES = 8


@dataclass(frozen=True, slots=True)
class InvoiceList:
    """A customer's newest invoices, and what they owe."""

    newest: tuple[Invoice, ...]
    """Newest first, up to `MOST` in `part.py`; of one status if that was asked for."""
    more: bool
    """Whether there are more than were read."""
    unpaid: Read[Unpaid]
    """Of any age and, whatever was asked for, of any status."""


@dataclass(frozen=True, slots=True)
class Invoices:
    """What is read of a customer's invoices."""

    customer: Read[Customer]
    invoices: Read[tuple[Invoice, ...]]
    """All that match the filter, newest first, up to `MOST` in `part.py`."""
    more: bool
    """Whether there are more than were read."""
    billing: Read[Billing]
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    """None when the invoices could not be read."""
    names: CatalogueNames = field(default_factory=CatalogueNames)

    @property
    def upcoming(self) -> Read[tuple[InvoicePreview, ...]] | None:
        """None when the customer has no Stripe customer."""
        return self.billing if isinstance(self.billing, AutumnError) else self.billing.upcoming


def content(answer: Invoices, frame: parts.Frame) -> list[layout.Drawn]:
    drawn: list[layout.Drawn] = []
    customer = answer.customer if isinstance(answer.customer, Customer) else None
    if isinstance(answer.customer, AutumnError):
        drawn.append(parts.failed("customer", labels.CUSTOMER, answer.customer))
    drawn += _upcoming(answer.upcoming, customer)
    drawn += _invoices(answer, frame, names.plans(customer, answer.names))
    return [*drawn, *_filters(frame)]


def upcoming_line(upcoming: tuple[InvoicePreview, ...] | None, customer: Customer | None) -> str:
    """The next invoice in a line: of several, the one that comes first."""
    if upcoming is None:
        return words.NO_STRIPE
    if not upcoming:
        return _with_a_plan(customer) or words.NOTHING_COMING
    return _preview_head(min(upcoming, key=due_first))


def due_first(preview: InvoicePreview) -> datetime:
    """To sort by; an invoice without a day comes last."""
    return preview.invoice_at or datetime.max.replace(tzinfo=UTC)


def line(invoice: Invoice, plan_names: dict[str, str]) -> str:
    """One invoice in mrkdwn; the amounts paid and due are shown if they are only part of the total."""
    paid = invoice.amount_paid or Decimal(0)
    state_and_due = invoice_facts.facts(invoice)
    facts = [
        times.billing_day(invoice.created_at) if invoice.created_at else "",
        _plans(invoice, plan_names, text.mrkdwn),
        f"*{money.money(invoice.total, invoice.currency)}*",
        words.paid(money.money(paid, invoice.currency)) if paid not in (0, invoice.total) else "",
        words.due(money.money(state_and_due.due, invoice.currency))
        if state_and_due.due not in (0, invoice.total)
        else "",
        words.refunded(money.money(invoice.refunded_amount, invoice.currency))
        if invoice.refunded_amount and state_and_due.state is not InvoiceState.REFUNDED
        else "",
        (":warning: " if state_and_due.unpaid else "") + _status(invoice, state_and_due.state, text.mrkdwn),
        links.linked(invoice.hosted_invoice_url, labels.HOSTED)
        if links.web(invoice.hosted_invoice_url)
        else "",
    ]
    return "• " + " · ".join(fact for fact in facts if fact)


def _with_a_plan(customer: Customer | None) -> str:
    """When the next invoice comes that Autumn does not preview."""
    change = next_paid_change(customer) if customer else None
    if customer is None or change is None:
        return ""
    price = products.price(change.starts, names.currencies(customer))
    return words.invoice_with_plan(names.plan(change.starts), times.billing_day(change.at), price)


def _upcoming(upcoming: Read[tuple[InvoicePreview, ...]] | None, customer: Customer | None) -> list[Block]:
    if isinstance(upcoming, AutumnError):
        return [parts.failed("upcoming", words.UPCOMING, upcoming)]
    if not upcoming:
        return [blocks.section("upcoming", upcoming_line(upcoming, customer))]
    drawn = [
        blocks.section(
            f"upcoming.{index}", layout.listed(_preview_head(preview), _preview_lines(preview), _LINES)
        )
        for index, preview in enumerate(upcoming[:_PREVIEWS])
    ]
    left = len(upcoming) - len(drawn)
    return [*drawn, blocks.context("upcoming.left", phrases.and_more(left))] if left else drawn


def _preview_head(preview: InvoicePreview) -> str:
    day = times.billing_day(preview.invoice_at) if preview.invoice_at else ""
    return labels.next_invoice(money.money(preview.total, preview.currency), day)


def _preview_lines(preview: InvoicePreview) -> list[str]:
    return [_preview_line(item, preview.currency) for item in preview.line_items]


def _preview_line(item: PreviewLine, currency: str) -> str:
    name = text.mrkdwn(item.description or item.display_name, 120) or phrases.NONE
    facts = [
        name,
        f"*{money.money(item.total, currency)}*",
        *(_off(discount, currency) for discount in item.discounts[:3]),
    ]
    return "• " + " · ".join(fact for fact in facts if fact)


def _off(discount: LineDiscount, currency: str) -> str:
    if discount.percent_off is not None:
        amount = labels.percent(numbers.number(discount.percent_off))
    elif discount.amount_off is not None:
        amount = money.money(discount.amount_off, currency)
    else:
        return ""
    return words.discount_off(amount, text.mrkdwn(discount.reward_name or discount.reward_id or "", 40))


def _invoices(answer: Invoices, frame: parts.Frame, plan_names: dict[str, str]) -> list[layout.Drawn]:
    listed = answer.invoices
    if isinstance(listed, AutumnError):
        return [parts.failed("invoices", labels.INVOICE_LIST, listed)]
    status = frame.place.status
    if not listed:
        return [blocks.section("invoices", words.no_invoices(text.mrkdwn(status, 30)))]
    page = layout.paged(listed, frame.place.page, SIZE)

    def title(safe: layout.Safe) -> str:
        return words.invoices_title(safe(status, 30), len(listed), more=answer.more)

    rows = [_row(invoice, plan_names) for invoice in page.items]
    lines = [line(invoice, plan_names) for invoice in page.items]
    drawn: list[layout.Drawn] = [layout.table(title, words.INVOICE_COLUMNS, rows, lines)]
    if answer.more:
        drawn.append(blocks.context("more", labels.newest_only(len(listed), "invoices")))
    return [*drawn, *parts.paging(frame, page, frame.place)]


def _row(invoice: Invoice, plan_names: dict[str, str]) -> list[blocks.Cell]:
    state_and_due = invoice_facts.facts(invoice)
    url, status = links.web(invoice.hosted_invoice_url), _status(invoice, state_and_due.state, text.literal)
    paid, currency = invoice.amount_paid, invoice.currency
    return [
        _day(invoice),
        blocks.cell(_plans(invoice, plan_names, text.literal)),
        blocks.quantity(numbers.finite(invoice.total), money.money(invoice.total, currency)),
        blocks.cell("")
        if paid is None
        else blocks.quantity(numbers.finite(paid), money.money(paid, currency)),
        _refunded(invoice),
        blocks.cell(words.warned(status) if state_and_due.unpaid else status),
        blocks.link(url, labels.HOSTED_SHORT) if url else blocks.cell(""),
    ]


def _day(invoice: Invoice) -> blocks.Cell:
    at = invoice.created_at
    return blocks.quantity(times.milliseconds(at), times.billing_day(at)) if at else blocks.cell("")


def _refunded(invoice: Invoice) -> blocks.Cell:
    amount = invoice.refunded_amount
    if not amount:
        return blocks.cell("")
    return blocks.quantity(numbers.finite(amount), money.money(amount, invoice.currency))


def _plans(invoice: Invoice, plan_names: dict[str, str], safe: layout.Safe) -> str:
    return safe(", ".join(plan_names.get(plan_id) or plan_id for plan_id in invoice.plan_ids[:10]), 80)


def _status(invoice: Invoice, state: InvoiceState, safe: layout.Safe) -> str:
    return labels.INVOICE_STATES.get(state) or safe(invoice.status, 30)


def _filters(frame: parts.Frame) -> list[Block]:
    return frame.buttons(
        "filters",
        [
            frame.go(
                label,
                f"status:{status or 'all'}",
                frame.place.at(status=status),
                current=status == frame.place.status,
            )
            for status, label in words.INVOICE_STATUSES.items()
        ],
    )
