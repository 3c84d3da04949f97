"""The next invoice, and those before it."""

from decimal import Decimal

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Invoice, InvoicePreview, LineDiscount, PreviewLine
from bot.kit import blocks, layout, links, money, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels, names
from bot.lookups.answers import Read
from bot.lookups.invoices import facts as invoice_facts
from bot.lookups.invoices import words
from bot.lookups.invoices.answer import Invoices
from bot.lookups.invoices.facts import InvoiceState
from bot.lookups.products.plan_changes import plan_changes

SIZE = 10
_PREVIEWS = 3
_LINES = 8


def content(answer: Invoices, frame: parts.Frame) -> list[layout.Drawn]:
    found: list[layout.Drawn] = []
    customer = answer.customer if isinstance(answer.customer, Customer) else None
    if isinstance(answer.customer, AutumnError):
        found.append(parts.failed("customer", labels.CUSTOMER, answer.customer))
    found += _upcoming(answer.upcoming, customer)
    found += _invoices(answer, frame, names.plans(customer, answer.names))
    return [*found, *_filters(frame)]


def upcoming_line(upcoming: tuple[InvoicePreview, ...] | None, customer: Customer | None) -> str:
    """The next invoice in a line; several in a line each."""
    if upcoming is None:
        return words.NO_STRIPE
    if not upcoming:
        return _with_a_plan(customer) or words.NOTHING_COMING
    if len(upcoming) == 1:
        return _preview_head(upcoming[0])
    return layout.listed(
        words.NEXT_INVOICES,
        [words.one_of_next(*_total_and_day(one)) for one in upcoming],
        _PREVIEWS,
        more=labels.more_on(words.TITLE),
    )


def line(invoice: Invoice, called: dict[str, str]) -> str:
    """One invoice in mrkdwn; what was paid and what is due are told where they are a part of the total."""
    paid = invoice.amount_paid or Decimal(0)
    known = invoice_facts.facts(invoice)
    facts = [
        times.billing_day(invoice.created_at) if invoice.created_at else "",
        _plans(invoice, called, text.mrkdwn),
        f"*{money.money(invoice.total, invoice.currency)}*",
        words.paid(money.money(paid, invoice.currency)) if paid not in (0, invoice.total) else "",
        words.due(money.money(known.due, invoice.currency)) if known.due not in (0, invoice.total) else "",
        words.refunded(money.money(invoice.refunded_amount, invoice.currency))
        if invoice.refunded_amount and known.state is not InvoiceState.REFUNDED
        else "",
        (":warning: " if known.unpaid else "") + _status(invoice, known.state, text.mrkdwn),
        links.linked(invoice.hosted_invoice_url, labels.HOSTED)
        if links.web(invoice.hosted_invoice_url)
        else "",
    ]
    return "• " + " · ".join(fact for fact in facts if fact)


def _with_a_plan(customer: Customer | None) -> str:
    """When the next invoice comes that Autumn does not preview: that of a plan yet to start."""
    changes = plan_changes(customer) if customer else ()
    change = next((one for one in changes if not one.to_free), None)
    if customer is None or change is None:
        return ""
    price = names.price(change.starts.plan, names.currency(customer))
    return words.invoice_with_plan(names.plan(change.starts), times.day(change.at), price)


def _upcoming(upcoming: Read[tuple[InvoicePreview, ...]] | None, customer: Customer | None) -> list[Block]:
    if isinstance(upcoming, AutumnError):
        return [parts.failed("upcoming", words.UPCOMING, upcoming)]
    if not upcoming:
        return [blocks.section("upcoming", upcoming_line(upcoming, customer))]
    found = [
        blocks.section(f"upcoming.{index}", layout.listed(_preview_head(one), _preview_lines(one), _LINES))
        for index, one in enumerate(upcoming[:_PREVIEWS])
    ]
    left = len(upcoming) - len(found)
    return [*found, blocks.context("upcoming.left", phrases.and_more(left))] if left else found


def _preview_head(one: InvoicePreview) -> str:
    return labels.next_invoice(*_total_and_day(one))


def _total_and_day(one: InvoicePreview) -> tuple[str, str]:
    return money.money(one.total, one.currency), times.billing_day(one.invoice_at) if one.invoice_at else ""


def _preview_lines(one: InvoicePreview) -> list[str]:
    return [_preview_line(item, one.currency) for item in one.line_items]


def _preview_line(item: PreviewLine, currency: str) -> str:
    name = text.mrkdwn(item.description or item.display_name, 120) or phrases.NONE
    facts = [
        name,
        f"*{money.money(item.total, currency)}*",
        *(_off(one, currency) for one in item.discounts[:3]),
    ]
    return "• " + " · ".join(fact for fact in facts if fact)


def _off(one: LineDiscount, currency: str) -> str:
    if one.percent_off is not None:
        amount = labels.percent(numbers.number(one.percent_off))
    elif one.amount_off is not None:
        amount = money.money(one.amount_off, currency)
    else:
        return ""
    return words.discount_off(amount, text.mrkdwn(one.reward_name or one.reward_id or "", 40))


def _invoices(answer: Invoices, frame: parts.Frame, called: dict[str, str]) -> list[layout.Drawn]:
    found = answer.invoices
    if isinstance(found, AutumnError):
        return [parts.failed("invoices", labels.INVOICE_LIST, found)]
    status = frame.place.status
    if not found:
        return [blocks.section("invoices", words.no_invoices(text.mrkdwn(status, 30)))]
    page = layout.paged(found, frame.place.page, SIZE)

    def title(safe: layout.Safe) -> str:
        return words.invoices_title(safe(status, 30), len(found), more=answer.more)

    rich = blocks.table(
        "table",
        title(text.literal),
        [
            [blocks.cell(column) for column in words.INVOICE_COLUMNS],
            *(_row(one, called) for one in page.items),
        ],
    )
    plain = layout.packed("list", [f"*{title(text.mrkdwn)}*", *(line(one, called) for one in page.items)])
    shown: list[layout.Drawn] = [layout.Either(rich=(rich,), plain=tuple(plain))]
    if answer.more:
        shown.append(blocks.context("more", labels.newest_only(len(found), "invoices")))
    return [*shown, *parts.paging(frame, page, frame.place)]


def _row(invoice: Invoice, called: dict[str, str]) -> list[blocks.Cell]:
    known = invoice_facts.facts(invoice)
    url, status = links.web(invoice.hosted_invoice_url), _status(invoice, known.state, text.literal)
    paid, currency = invoice.amount_paid, invoice.currency
    return [
        blocks.cell(times.utc_day(invoice.created_at) if invoice.created_at else ""),
        blocks.cell(_plans(invoice, called, text.literal)),
        blocks.quantity(numbers.finite(invoice.total), money.money(invoice.total, currency)),
        blocks.cell("")
        if paid is None
        else blocks.quantity(numbers.finite(paid), money.money(paid, currency)),
        _refunded(invoice),
        blocks.cell(words.warned(status) if known.unpaid else status),
        blocks.link(url, labels.HOSTED_SHORT) if url else blocks.cell(""),
    ]


def _refunded(invoice: Invoice) -> blocks.Cell:
    amount = invoice.refunded_amount
    if not amount:
        return blocks.cell("")
    return blocks.quantity(numbers.finite(amount), money.money(amount, invoice.currency))


def _plans(invoice: Invoice, called: dict[str, str], safe: layout.Safe) -> str:
    return safe(", ".join(called.get(plan_id) or plan_id for plan_id in invoice.plan_ids[:10]), 80)


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
                primary=status == frame.place.status,
            )
            for status, label in words.INVOICE_STATUSES.items()
        ],
    )
