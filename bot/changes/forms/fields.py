"""What the forms of several kinds have in common: block ids, names, the reason, any feature, parsing."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from bot.changes.forms import words as forms_words
from bot.changes.forms.model import Meta, Parsed
from bot.changes.model import ChangeInput, Facts
from bot.kit import blocks, form_values, ids, links, text
from bot.kit.card import Block
from bot.kit.form_values import Choice, Values
from bot.lookups import names, options
from bot.lookups.find.query import unmarked

REASON_BLOCK = "reason"
TICKET_BLOCK = "ticket"
_YES = "yes"


def field_id(name: str) -> str:
    return f"{ids.FORM_FIELD}:{name}"


def called(facts: Facts) -> Mapping[str, str]:
    """Names of features, plans and coupons by id, not escaped yet."""
    entity = facts.scope.entity if facts.scope else None
    coupons = facts.rewards.coupons if facts.rewards else ()
    return {
        **{coupon.id: coupon.name for coupon in coupons if coupon.name},
        **{feature.id: feature.name for feature in facts.features.values() if feature.name},
        **facts.plans,
        **{plan.id: plan.name for plan in facts.offered or () if plan.name},
        **names.plans(facts.whole),
        **names.plans(facts.customer),
        **names.features(facts.customer),
        **names.features(facts.whole),
        **names.entities(facts.entities),
        **names.entities([entity] if entity else ()),
    }


def reason_errors(meta: Meta, values: Values) -> dict[str, str]:
    errors = {}
    if meta.reason_required and not form_values.typed_lines(values, REASON_BLOCK):
        errors[REASON_BLOCK] = forms_words.REASON_NEEDED
    ticket = form_values.typed(values, TICKET_BLOCK)
    if ticket and links.web(ticket) == "":
        errors[TICKET_BLOCK] = forms_words.TICKET_WRONG
    return errors


def why_given(values: Values) -> Values:
    """Only the reason and the ticket of what is filled in."""
    return {block: entered for block, entered in values.items() if block in (REASON_BLOCK, TICKET_BLOCK)}


def parsed(meta: Meta, values: Values, request: ChangeInput | None, errors: Mapping[str, str]) -> Parsed:
    """With what all kinds ask for. `request`: dropped if there are errors; None only if there are some."""
    wrong = {**errors, **reason_errors(meta, values)}
    return Parsed(
        input=None
        if wrong or request is None
        else request.model_copy(update={"customer_created_at": meta.created}),
        reason=form_values.typed_lines(values, REASON_BLOCK),
        ticket=links.web(form_values.typed(values, TICKET_BLOCK)),
        seen=meta.seen,
        errors=wrong,
    )


def tick(block_id: str, label: str, option_label: str, more: str, values: Values) -> Block:
    """A box that must be ticked."""
    yes = blocks.option(option_label, _YES, more)
    initial = [yes] if form_values.ticked(values, block_id) else []
    return blocks.field(block_id, label, blocks.ticks(field_id(block_id), [yes], initial))


def radio(block_id: str, label: str, choices: Mapping[Choice, tuple[str, str]], chosen: Choice) -> Block:
    """One choice of several, each with a label and what it means."""
    offered = {choice: blocks.option(named, str(choice), more) for choice, (named, more) in choices.items()}
    element = blocks.radio(field_id(block_id), list(offered.values()), offered[chosen])
    return blocks.field(block_id, label, element, listens=True)


def digest(content: str) -> str:
    """A short mark of a text, which does not give the text away."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# Any feature of the organization, whether or not the customer has it


FEATURE_BLOCK = "feature"


def offered_features(facts: Facts, *, switches: bool) -> Mapping[str, str]:
    """Names by id, of all that are in use and that an option can carry. `switches`: with those that are on or
    off."""
    return {
        feature.id: feature.name or feature.id
        for feature in facts.features.values()
        if not feature.archived
        and (switches or feature.type != "boolean")
        and 0 < text.length(feature.id) <= blocks.OPTION
        and not feature.id.startswith("#")
    }


def feature_field(offered: Mapping[str, str], feature: str) -> Block:
    """`feature`: the one that is picked, or empty."""
    initial = options.feature_option(feature, offered[feature]) if feature in offered else None
    element: Any
    if len(offered) > options.MOST:
        element = blocks.picker(ids.FORM_FEATURE, forms_words.PICK_FEATURE, min_query=0, initial=initial)
    else:
        ordered = sorted(offered.items(), key=lambda item: (item[1].casefold(), item[0]))
        choices = [options.feature_option(*item) for item in ordered]
        element = blocks.select(ids.FORM_FEATURE, forms_words.PICK_FEATURE, choices, initial)
    return blocks.field(FEATURE_BLOCK, forms_words.FEATURE, element, listens=True)


# The reason and the ticket, from a message


LONGEST_REASON = 500
LONGEST_TICKET = 500
_ADDRESS = re.compile(r"https?://[^\s<>|\"]+")


def reason_in_message(message: str) -> str:
    """The message as the reason of a change, cut to a size that can be read at a glance."""
    return text.clean(text.clean(unmarked(message))[:LONGEST_REASON])


def ticket_in_message(message: str, permalink: str) -> str:
    """The first address in it that is not a customer's page, otherwise the message's own; empty if there is
    neither."""
    mentioned = (address.rstrip(".,;:!?)]") for address in _ADDRESS.findall(message))
    addresses = [*(address for address in mentioned if not links.is_customer_page(address)), permalink]
    usable = (links.web(address) for address in addresses)
    return next((address for address in usable if address and len(address) <= LONGEST_TICKET), "")


def why_values(reason_text: str, ticket_address: str) -> Values:
    """Both as a form's `state.values` would hold them."""
    return {
        REASON_BLOCK: {field_id("reason"): {"type": "plain_text_input", "value": reason_text}},
        TICKET_BLOCK: {field_id("ticket"): {"type": "url_text_input", "value": ticket_address}},
    }
