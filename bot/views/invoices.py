"""The next invoice, and those before it."""

from decimal import Decimal

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Invoice, InvoicePreview, LineDiscount, PreviewLine
from bot.lookups.answers import Invoices, Read
from bot.views import attention, blocks, links, money, names, numbers, parts, text, times, words
from bot.views.card import Block

SIZE = 10
_PREVIEWS = 3
_LINES = 8


def content(answer: Invoices, frame: parts.Frame) -> list[parts.Drawn]:
    found: list[parts.Drawn] = []
    customer = answer.customer if isinstance(answer.customer, Customer) else None
    if isinstance(answer.customer, AutumnError):
        found.append(parts.failed("customer", words.CUSTOMER, answer.customer))
    found += _upcoming(answer.upcoming)
    found += _invoices(answer, frame, names.plans(customer))
    return [*found, *_filters(frame)]


def upcoming_line(upcoming: tuple[InvoicePreview, ...] | None) -> str:
    """The next invoice in a line."""
    if upcoming is None:
        return words.NO_STRIPE
    if not upcoming:
        return words.NOTHING_COMING
    shown = [_preview_head(one) for one in upcoming[:_PREVIEWS]]
    left = len(upcoming) - len(shown)
    return "\n".join([*shown, words.and_more(left)] if left else shown)


def line(invoice: Invoice, called: dict[str, str]) -> str:
    """One invoice in mrkdwn; what was paid is told where it is a part of the total."""
    paid = invoice.amount_paid or Decimal(0)
    facts = [
        times.day(invoice.created_at) if invoice.created_at else "",
        _plans(invoice, called, text.mrkdwn),
        f"*{money.money(invoice.total, invoice.currency)}*",
        words.paid(money.money(paid, invoice.currency)) if paid not in (0, invoice.total) else "",
        words.refunded(money.money(invoice.refunded_amount, invoice.currency))
        if invoice.refunded_amount
        else "",
        (":warning: " if attention.due(invoice) > 0 else "") + _status(invoice, text.mrkdwn),
        links.linked(invoice.hosted_invoice_url, words.HOSTED)
        if links.web(invoice.hosted_invoice_url)
        else "",
    ]
    return "• " + " · ".join(fact for fact in facts if fact)


def _upcoming(upcoming: Read[tuple[InvoicePreview, ...]] | None) -> list[Block]:
    if isinstance(upcoming, AutumnError):
        return [parts.failed("upcoming", words.UPCOMING, upcoming)]
    if not upcoming:
        return [blocks.section("upcoming", upcoming_line(upcoming))]
    found = [
        blocks.section(f"upcoming.{index}", parts.listed(_preview_head(one), _preview_lines(one), _LINES))
        for index, one in enumerate(upcoming[:_PREVIEWS])
    ]
    left = len(upcoming) - len(found)
    return [*found, blocks.context("upcoming.left", words.and_more(left))] if left else found


def _preview_head(one: InvoicePreview) -> str:
    return words.next_invoice(
        money.money(one.total, one.currency), times.day(one.invoice_at) if one.invoice_at else ""
    )


def _preview_lines(one: InvoicePreview) -> list[str]:
    return [_preview_line(item, one.currency) for item in one.line_items]


def _preview_line(item: PreviewLine, currency: str) -> str:
    name = text.mrkdwn(item.description or item.display_name, 120) or words.NONE
    facts = [
        name,
        f"*{money.money(item.total, currency)}*",
        *(_off(one, currency) for one in item.discounts[:3]),
    ]
    return "• " + " · ".join(fact for fact in facts if fact)


def _off(one: LineDiscount, currency: str) -> str:
    if one.percent_off is not None:
        amount = words.percent(numbers.number(one.percent_off))
    elif one.amount_off is not None:
        amount = money.money(one.amount_off, currency)
    else:
        return ""
    return words.discount_off(amount, text.mrkdwn(one.reward_name or one.reward_id or "", 40))


def _invoices(answer: Invoices, frame: parts.Frame, called: dict[str, str]) -> list[parts.Drawn]:
    found = answer.invoices
    if isinstance(found, AutumnError):
        return [parts.failed("invoices", words.INVOICE_LIST, found)]
    status = text.mrkdwn(frame.place.status, 30)
    if not found:
        return [blocks.section("invoices", words.no_invoices(status))]
    page = parts.paged(found, frame.place.page, SIZE)
    title = blocks.section("invoices", words.invoices_title(status, len(found), more=answer.more))
    rich = blocks.table(
        "table",
        words.INVOICE_LIST,
        [
            [blocks.cell(column) for column in words.INVOICE_COLUMNS],
            *(_row(one, called) for one in page.items),
        ],
    )
    plain = parts.packed("list", [line(one, called) for one in page.items])
    shown: list[parts.Drawn] = [title, parts.Either(rich=(rich,), plain=tuple(plain))]
    if answer.more:
        shown.append(blocks.context("more", words.newest_only(len(found), "invoices")))
    return [*shown, *parts.paging(frame, page, frame.place)]


def _row(invoice: Invoice, called: dict[str, str]) -> list[blocks.Cell]:
    url = links.web(invoice.hosted_invoice_url)
    paid, currency = invoice.amount_paid, invoice.currency
    return [
        blocks.cell(times.utc_day(invoice.created_at) if invoice.created_at else ""),
        blocks.cell(_plans(invoice, called, text.literal)),
        blocks.quantity(numbers.finite(invoice.total), money.money(invoice.total, currency)),
        blocks.cell("")
        if paid is None
        else blocks.quantity(numbers.finite(paid), money.money(paid, currency)),
        blocks.cell(money.money(invoice.refunded_amount, currency) if invoice.refunded_amount else ""),
        blocks.cell(_status(invoice, text.literal)),
        blocks.link(url, words.HOSTED) if url else blocks.cell(""),
    ]


def _plans(invoice: Invoice, called: dict[str, str], safe: parts.Safe) -> str:
    return safe(", ".join(called.get(plan_id) or plan_id for plan_id in invoice.plan_ids[:10]), 80)


def _status(invoice: Invoice, safe: parts.Safe) -> str:
    known = words.INVOICE_STATUSES.get(invoice.status) if invoice.status else words.UNKNOWN_STATUS
    return known or safe(invoice.status, 30)


def _filters(frame: parts.Frame) -> list[Block]:
    return frame.buttons(
        "filters",
        [
            frame.go(
                label,
                f"status:{status or 'all'}",
                frame.place.at(status=status),
                primary=status == frame.place.status,
            )
            for status, label in words.INVOICE_STATUSES.items()
        ],
    )
