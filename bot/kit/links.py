"""Where a customer can be seen elsewhere."""

from urllib.parse import quote, urlsplit

from bot.kit import text

_AUTUMN = "https://app.useautumn.com"
_STRIPE = "https://dashboard.stripe.com"
_LONGEST = 600
LIVE = "live"


def autumn(customer_id: str, env: str) -> str:
    """The customer's page in Autumn's dashboard; sandbox customers have their own."""
    base = _AUTUMN if env == LIVE else f"{_AUTUMN}/sandbox"
    return f"{base}/customers/{quote(customer_id, safe='')}"


def stripe(stripe_id: str, env: str) -> str:
    """The customer's page in Stripe's dashboard."""
    base = _STRIPE if env == LIVE else f"{_STRIPE}/test"
    return f"{base}/customers/{quote(stripe_id, safe='')}"


def web(url: str | None) -> str:
    """The address if it is a web address that Slack can be given, else empty."""
    if not url or len(url) > _LONGEST:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    safe = quote(url, safe=":/?#[]@!$&'()*+,;=%-._~")
    return safe if len(text.escape(safe)) <= _LONGEST else ""


def linked(url: str | None, label: str) -> str:
    """A link in mrkdwn, or only its label if the address is not one."""
    safe = web(url)
    return f"<{text.escape(safe)}|{label}>" if safe else label
