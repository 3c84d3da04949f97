"""Words of the list of customers."""

from bot.kit.phrases import count
from bot.lookups.finder.filters import ListQuery, Order, StatusFilter

USAGE = (
    "Filters, in any order: `product:<id>`, `active`, `scheduled`, `past-due`, `trial`, `over-limit`, "
    "`joined:30d`, `entities:5` for at least so many, `entity:<feature id>`, and `sort:newest`, "
    "`sort:oldest`, `sort:name`, `sort:entities`, `sort:used` or `sort:used:<feature id>`. For example "
    "`/autumn list product:pro past-due`."
)
SORT = "Sort"
ORDERS = {
    Order.NEWEST: "Newest first",
    Order.OLDEST: "Oldest first",
    Order.NAME: "By name",
    Order.ENTITIES: "Most entities first",
    Order.USED: "Most used first",
}
NOT_SORTED_BY_USE = "None of these customers has such a balance, so they are listed newest first."
NOT_SORTED_BY_ENTITIES = "None of these customers has entities, so they are listed newest first."
NOBODY = "No customer matches."
NOBODY_AMONG_THOSE_READ = (
    "Maple could read only part of the list, and no customer in that part matches. Others may: add a filter "
    "such as `product:<id>` or `joined:30d`."
)
NONE_FOUND = "None found so far"
DOWNLOAD = "Download CSV"
CHANGE_ALL = "Change all of these…"
PAST_DUE = "past due"
TRIAL = "on trial"
SENT = "The file is in your direct messages with Maple."
ASKING = ":hourglass_flowing_sand: Preparing the file…"
COLUMNS = (
    "customer",
    "id",
    "email",
    "joined (UTC)",
    "products",
    "past due",
    "on trial",
    "used up",
    "over",
    "entities",
    "most used",
    "used",
    "granted",
)
YES = "yes"


def unknown(word: str) -> str:
    return f"{word} is not a filter."


def unknown_order(key: str) -> str:
    return (
        f"Maple can't sort by {key}. It can sort by newest, oldest, name, entities, used (the largest share "
        "of a balance) or, for one feature, used:messages (units)."
    )


def title(number: int, filters: str, *, complete: bool) -> str:
    customers = count(number, "customer")
    if complete:
        return f"*{customers}* · {filters}"
    return f"*{f'At least {customers}' if number else NONE_FOUND}* · {filters}"


def incomplete(number: int) -> str:
    return (
        f"There may be more than these {number:,}: Maple reads and lists only so many at once. Add a filter."
    )


def filters(query: ListQuery, products: str, feature: str, used_feature: str = "") -> str:
    """The filters in a line. `products`, `feature`, `used_feature`: names or ids that are safe to show."""
    status = {
        StatusFilter.ANY: "",
        StatusFilter.ACTIVE: "active",
        StatusFilter.SCHEDULED: "with a scheduled product",
    }
    order = ORDERS[query.order]
    if query.order is Order.USED and used_feature:
        order = f"{order}, of {used_feature}"
    parts = [
        products,
        status[query.status],
        PAST_DUE if query.past_due else "",
        TRIAL if query.trial else "",
        "with a balance used up or over" if query.over else "",
        f"with at least {with_entities(query.entities, feature)}" if query.entities else "",
        f"joined in the last {count(query.joined, 'day')}" if query.joined else "",
        order[0].lower() + order[1:],
    ]
    return ", ".join(part for part in parts if part)


def with_entities(number: int, feature: str) -> str:
    """`feature`: its id, safe to show, or empty."""
    entities = count(number, "entity", "entities")
    return f"{entities} of {feature}" if feature else entities


def used_up(features: str) -> str:
    return f"used up: {features}"


def over(features: str) -> str:
    return f"over: {features}"


def reset_due(features: str) -> str:
    """Autumn makes a reset when a balance is next read or used."""
    return f"reset due: {features}"


def use(feature: str, used: str, granted: str) -> str:
    """`feature`: safe to show."""
    return f"{used} of {granted} {feature} used"


def csv_comment(number: int) -> str:
    return f"The list you asked for: {count(number, 'customer')}."
