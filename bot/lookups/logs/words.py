"""Words of the request logs."""

from bot.kit.phrases import count

TITLE = "Request logs"
HELP = "API requests to Autumn about this customer in the last 7 days, and which failed"
LOGS = "The request logs"
ALL = "All"
ONLY_FAILED = "Only failed"
NONE = "*No requests in the last 7 days.*"
NONE_FAILED = "*No failed requests in the last 7 days.*"
NOT_ASKED = (
    "Autumn's logs can't be searched for this customer: the id has characters the log search can't handle."
)
WEBHOOK = "Stripe"
BACK_TO_EVENTS = "Events"


def title(number: int, *, failed: bool, more: bool) -> str:
    kind = "failed request" if failed else "request"
    counted = count(number, kind)
    return f"*{'The newest ' if more else ''}{counted}, last 7 days*"
