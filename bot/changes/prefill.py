"""What a form is filled in with from a message: the reason, and the link to the ticket. Pure."""

import re

from bot.changes.forms.fields import REASON_BLOCK, TICKET_BLOCK, field_id
from bot.kit import links, text
from bot.kit.form_values import Values
from bot.lookups.find.query import unmarked

LONGEST_REASON = 500
LONGEST_TICKET = 500
_ADDRESS = re.compile(r"https?://[^\s<>|\"]+")


def reason(words: str) -> str:
    """The message as the reason of a change, cut to a size that can be read at a glance."""
    return text.clean(text.clean(unmarked(words))[:LONGEST_REASON])


def ticket(words: str, permalink: str) -> str:
    """The first address in it that is no customer's page, else the message's own; empty for neither."""
    found = (address.rstrip(".,;:!?)]") for address in _ADDRESS.findall(words))
    addresses = [*(address for address in found if not links.is_customer_page(address)), permalink]
    usable = (links.web(address) for address in addresses)
    return next((address for address in usable if address and len(address) <= LONGEST_TICKET), "")


def values(reason_text: str, ticket_address: str) -> Values:
    """As a form's `state.values` would hold them."""
    return {
        REASON_BLOCK: {field_id("reason"): {"type": "plain_text_input", "value": reason_text}},
        TICKET_BLOCK: {field_id("ticket"): {"type": "url_text_input", "value": ticket_address}},
    }
