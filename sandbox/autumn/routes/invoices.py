"""invoices.*"""

from sandbox.autumn import invoices
from sandbox.autumn.context import Context, rpc
from sandbox.autumn.errors import invalid
from sandbox.autumn.model import Json, LocalInvoice
from sandbox.autumn.validation import bad_input, check_page, decode_cursor, encode_cursor

STATUSES = ("draft", "open", "void", "paid", "uncollectible")


def list_page(ctx: Context) -> Json:
    reader = ctx.reader
    limit = reader.limit(default=50, high=5000)
    cursor = reader.get("start_cursor", "string", default="")
    customer_id = reader.get("customer_id", "string") or None  # "" asks for everyone's
    entity_id = reader.get("entity_id", "string")
    statuses = reader.get("status", "array", default=[])
    processors = reader.get("processor_types", "array", default=[])
    for index, status in enumerate(statuses):
        if status not in STATUSES:
            reader.say(f"status.{index}", f"must be one of: {', '.join(STATUSES)}")
    reader.done()
    check_page(limit)
    if entity_id is not None and customer_id is None:
        raise bad_input("entity_id: customer_id is required when entity_id is given")
    if customer_id is None:
        source = list(ctx.state.invoices())
    else:
        customer = ctx.state.customers.get(customer_id)
        source = customer.invoices if customer is not None and customer.id == customer_id else []
    matching = [
        invoice
        for invoice in source
        if (not statuses or invoice.status in statuses)
        and (entity_id is None or invoice.entity_id == entity_id)
        and (not processors or invoice.processor in processors)
    ]
    matching.sort(key=_place, reverse=True)
    if cursor:
        last, moment = decode_cursor(cursor)
        matching = [invoice for invoice in matching if _place(invoice) < (moment, last)]
    page = matching[:limit]
    return {
        "list": [invoices.show_listed(invoice, ctx.base_url) for invoice in page],
        "next_cursor": encode_cursor(page[-1].id, page[-1].created_at) if len(matching) > limit else None,
    }


def _place(invoice: LocalInvoice) -> tuple[int, str]:
    return (invoice.created_at, invoice.id)


def insert(ctx: Context) -> Json:
    """Invoices from elsewhere, as a company brings its history along."""
    reader, state = ctx.reader, ctx.state
    new_invoices = reader.get("invoices", "array", required=True)
    reader.done()
    strangers = [
        invoice["customer_id"] for invoice in new_invoices if invoice["customer_id"] not in state.customers
    ]
    if strangers:
        raise invalid(f"Customers not found: {', '.join(strangers)}")
    unknown = [
        plan for invoice in new_invoices for plan in invoice.get("plan_ids", ()) if plan not in state.plans
    ]
    if unknown:
        raise invalid(f"Plans not found: {', '.join(unknown)}")
    return {"invoices": [_insert(ctx, invoice) for invoice in new_invoices]}


def _insert(ctx: Context, body: Json) -> Json:
    state = ctx.state
    invoice = LocalInvoice(
        id=state.ids.autumn("inv"),
        stripe_id=body["stripe_id"],
        customer_id=body["customer_id"],
        status=body["status"],
        total=body["total"],
        created_at=body["created_at"],
        currency=body.get("currency", state.org.currency),
        plan_ids=body.get("plan_ids", []),
        amount_paid=body.get("amount_paid"),
        refunded=body.get("refunded_amount", 0),
        imported=True,
    )
    state.customers[body["customer_id"]].invoices.append(invoice)
    listed = invoices.show_listed(invoice, ctx.base_url)
    del listed["entity_id"]
    return {**listed, "hosted_invoice_url": body.get("hosted_invoice_url")}


ROUTES = (
    rpc("invoices.list", list_page, "customers:read"),
    rpc("invoices.insert", insert, "billing:write", write=True),
)
