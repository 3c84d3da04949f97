"""Where a customer can be seen elsewhere."""

import re
from urllib.parse import quote, unquote, urlsplit

from bot.kit import text

_AUTUMN = "https://app.useautumn.com"
_STRIPE = "https://dashboard.stripe.com"
_CUSTOMER_PAGE = re.compile(rf"{re.escape(_AUTUMN)}(/[\w-]+)?/customers/([^/?#]+)")
_LONGEST = 600
LIVE = "live"


def autumn(customer_id: str, env: str) -> str:
    """The customer's page in Autumn's dashboard; sandbox customers have their own."""
    base = _AUTUMN if env == LIVE else f"{_AUTUMN}/sandbox"
    return f"{base}/customers/{quote(customer_id, safe='')}"


def customer_of(url: str, env: str) -> str:
    """The customer whose page in Autumn's dashboard this is; empty for another page or environment."""
    match = _CUSTOMER_PAGE.match(url)
    in_sandbox = bool(match and match[1])
    return unquote(match[2]) if match and in_sandbox == (env != LIVE) else ""


def is_customer_page(url: str) -> bool:
    """Whether it is a customer's page in Autumn's dashboard or in Stripe's."""
    return url.startswith((_AUTUMN, _STRIPE)) and "/customers/" in url


def stripe(stripe_id: str, env: str) -> str:
    """The customer's page in Stripe's dashboard."""
    base = _STRIPE if env == LIVE else f"{_STRIPE}/test"
    return f"{base}/customers/{quote(stripe_id, safe='')}"


def web(url: str | None, *, longest: int = _LONGEST) -> str:
    """The address if it is a web address that Slack can be given, else empty."""
    if not url or len(url) > longest:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    safe = quote(url, safe=":/?#[]@!$&'()*+,;=%-._~")
    return safe if len(text.escape(safe)) <= longest else ""


def linked(url: str | None, label: str) -> str:
    """A link in mrkdwn, or only its label if the address is not one."""
    safe = web(url)
    return f"<{text.escape(safe)}|{label}>" if safe else label
