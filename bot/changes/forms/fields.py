"""What the forms of all kinds have in common: block ids, names, the reason, parsing."""

import hashlib
from collections.abc import Mapping

from bot.changes.forms import words as forms_words
from bot.changes.forms.model import Meta, Parsed
from bot.changes.model import ChangeInput, Facts
from bot.kit import blocks, form_values, ids, links
from bot.kit.card import Block
from bot.kit.form_values import Values
from bot.lookups import names

REASON_BLOCK = "reason"
TICKET_BLOCK = "ticket"
_YES = "yes"


def field_id(name: str) -> str:
    return f"{ids.FORM_FIELD}:{name}"


def called(facts: Facts) -> Mapping[str, str]:
    """Names of features, plans and coupons by id, not yet made safe."""
    entity = facts.scope.entity if facts.scope else None
    coupons = facts.rewards.coupons if facts.rewards else ()
    return {
        **{one.id: one.name for one in coupons if one.name},
        **{one.id: one.name for one in facts.features.values() if one.name},
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
    """With what all kinds ask for; `request` is dropped when there are errors, and None only with some."""
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


def tick(block_id: str, label: str, shown: str, more: str, values: Values) -> Block:
    """A box that must be ticked."""
    yes = blocks.option(shown, _YES, more)
    initial = [yes] if form_values.ticked(values, block_id) else []
    return blocks.field(block_id, label, blocks.ticks(field_id(block_id), [yes], initial))


def digest(said: str) -> str:
    """A short mark of a text, which does not give the text away."""
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]
