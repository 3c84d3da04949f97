"""Words of the request logs."""

from bot.kit.phrases import count

TITLE = "Request logs"
HELP = "what was asked of Autumn about them, and what failed, in the last 7 days"
LOGS = "The request logs"
ALL = "All"
ONLY_FAILED = "Only failed"
NONE = "*No requests in the last 7 days.*"
NONE_FAILED = "*No failed requests in the last 7 days.*"
NOT_ASKED = (
    "Autumn's logs cannot be searched for this customer: the id has characters that a search takes apart."
)
WEBHOOK = "Stripe"
BACK_TO_EVENTS = "Events"


def title(number: int, *, failed: bool, more: bool) -> str:
    kind = "failed request" if failed else "request"
    counted = count(number, kind)
    return f"*{'The newest ' if more else ''}{counted}, last 7 days*"
