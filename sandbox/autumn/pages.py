"""The few pages a person can open: a hosted invoice, the billing portal, a checkout."""

import html

from sandbox.autumn.invoices import day
from sandbox.autumn.model import Invoice
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import State

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color:#1d1c1d}"
    "table{width:100%;border-collapse:collapse}"
    "td,th{padding:.5rem 0;border-bottom:1px solid #ddd;text-align:left}"
    "td:last-child,th:last-child{text-align:right}small{color:#616061}"
    "@media(prefers-color-scheme:dark){body{background:#1a1d21;color:#e8e8e8}}"
)
STARTS = ("/invoices/", "/invoice/", "/portal/", "/checkout/")
_NOTE = "This page is part of a local demonstration. Nothing here can be paid."


def page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>{body}<p><small>{_NOTE}</small></p></html>"
    )


def find_invoice(state: State, number: str) -> Invoice | None:
    """An invoice that has a hosted page, by its id or Stripe's."""
    hosted = (one for one in state.invoices() if one.status != "draft" and one.processor == "stripe")
    return next((one for one in hosted if number in (one.id, one.stripe_id)), None)


def invoice(state: State, one: Invoice) -> str:
    who = state.customers.get(one.customer_id or "")
    name = (who.name or who.email or who.id or "") if who else ""
    lines = one.lines or [
        {"description": ", ".join(_plan_names(state, one)) or "Invoice", "total": one.total}
    ]
    rows = "".join(
        f"<tr><td>{html.escape(line['description'])}</td><td>{clean(line['total']):,}</td></tr>"
        for line in lines
    )
    return page(
        f"Invoice {one.stripe_id}",
        f"<p>{html.escape(name)}<br>{day(one.created_at)} · {html.escape(one.status)}</p><table>{rows}"
        f"<tr><th>Total {one.currency.upper()}</th><th>{clean(one.total):,}</th></tr></table>",
    )


def _plan_names(state: State, one: Invoice) -> list[str]:
    return [state.plans[plan_id].name for plan_id in one.plan_ids if plan_id in state.plans]


def portal(number: str) -> str:
    return page("Billing portal", f"<p>Session {html.escape(number)}</p>")
