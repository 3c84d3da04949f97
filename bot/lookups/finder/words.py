"""Words of the list of customers."""

from bot.kit.phrases import count
from bot.lookups.finder.filters import ListQuery, Order, StatusFilter

USAGE = (
    "Filters, in any order: `product:<id>`, `active`, `scheduled`, `past-due`, `trial`, `over-limit`, "
    "`joined:30d`, `entities:5` for at least so many, `entity:<feature id>`, and `sort:newest`, "
    "`sort:oldest` or `sort:name`. For example `/autumn list product:pro past-due`."
)
NOBODY = "No customer matches."
DOWNLOAD = "Download CSV"
CHANGE_ALL = "Change all of these…"
PAST_DUE = "past due"
TRIAL = "in trial"
SENT = "The file is in your direct messages with Maple."
ASKING = ":hourglass_flowing_sand: Preparing the file…"
COLUMNS = (
    "customer",
    "id",
    "email",
    "joined (UTC)",
    "products",
    "past due",
    "in trial",
    "used up",
    "entities",
)
YES = "yes"


def unknown(word: str) -> str:
    return f"{word} is not a filter."


def title(number: int, what: str, *, complete: bool) -> str:
    customers = count(number, "customer")
    return f"*{customers if complete else f'At least {customers}'}* · {what}"


def incomplete(number: int) -> str:
    return f"There are more customers than Maple lists at once; these are {number:,} of them. Add a filter."


def what(query: ListQuery, products: str, feature: str) -> str:
    """The filters in a line. `products`, `feature`: names or ids that are safe to show."""
    status = {
        StatusFilter.ANY: "",
        StatusFilter.ACTIVE: "active",
        StatusFilter.SCHEDULED: "with a scheduled product",
    }
    order = {Order.NEWEST: "newest first", Order.OLDEST: "oldest first", Order.NAME: "by name"}
    parts = [
        products,
        status[query.status],
        PAST_DUE if query.past_due else "",
        TRIAL if query.trial else "",
        "over a limit" if query.over else "",
        f"with at least {with_entities(query.entities, feature)}" if query.entities else "",
        f"joined in the last {count(query.joined, 'day')}" if query.joined else "",
        order[query.order],
    ]
    return ", ".join(part for part in parts if part)


def with_entities(number: int, feature: str) -> str:
    """`feature`: its id, safe to show, or empty."""
    entities = count(number, "entity", "entities")
    return f"{entities} of {feature}" if feature else entities


def used_up(features: str) -> str:
    return f"used up: {features}"


def csv_comment(number: int) -> str:
    return f"The list you asked for: {count(number, 'customer')}."
