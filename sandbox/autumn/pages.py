"""The few pages a person can open: a hosted invoice, the billing portal, a checkout."""

import html

from sandbox.autumn.invoices import day
from sandbox.autumn.model import LocalInvoice
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color:#1d1c1d}"
    "table{width:100%;border-collapse:collapse}"
    "td,th{padding:.5rem 0;border-bottom:1px solid #ddd;text-align:left}"
    "td:last-child,th:last-child{text-align:right}small{color:#616061}"
    "@media(prefers-color-scheme:dark){body{background:#1a1d21;color:#e8e8e8}}"
)
STARTS = ("/invoices/", "/invoice/", "/portal/", "/checkout/")
_NOTE = "This page is part of a local demonstration. No money moves."
_PAY = "<form method=post><button>Pay</button></form>"


def page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>{body}<p><small>{_NOTE}</small></p></html>"
    )


def find_invoice(state: AutumnState, number: str) -> LocalInvoice | None:
    """An invoice that has a hosted page, by its id or Stripe's."""
    hosted = (
        invoice for invoice in state.invoices() if invoice.status != "draft" and invoice.processor == "stripe"
    )
    return next((invoice for invoice in hosted if number in (invoice.id, invoice.stripe_id)), None)


def invoice(state: AutumnState, invoice: LocalInvoice) -> str:
    customer = state.customers.get(invoice.customer_id or "")
    name = (customer.name or customer.email or customer.id or "") if customer else ""
    lines = invoice.lines or [
        {"description": ", ".join(_plan_names(state, invoice)) or "Invoice", "total": invoice.total}
    ]
    rows = "".join(
        f"<tr><td>{html.escape(line['description'])}</td><td>{clean(line['total']):,}</td></tr>"
        for line in lines
    )
    dated = f"{day(invoice.created_at)} · {html.escape(invoice.status)}"
    pay = _PAY if invoice.stripe_id in state.waiting else ""
    return page(
        f"Invoice {invoice.stripe_id}",
        f"<p>{html.escape(name)}<br>{dated}</p><table>{rows}"
        f"<tr><th>Total {invoice.currency.upper()}</th><th>{clean(invoice.total):,}</th></tr></table>{pay}",
    )


def _plan_names(state: AutumnState, invoice: LocalInvoice) -> list[str]:
    return [state.plans[plan_id].name for plan_id in invoice.plan_ids if plan_id in state.plans]


def portal(number: str) -> str:
    return page("Billing portal", f"<p>Session {html.escape(number)}</p>")


def checkout(state: AutumnState, number: str) -> str:
    return page("Checkout", _PAY if number in state.waiting else "<p>There is nothing left to do here.</p>")
