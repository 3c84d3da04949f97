"""What all forms have in common: the frame, who it is about, before and after, the reason."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from bot.changes import lines, notes
from bot.changes import words as changes_words
from bot.changes.forms import words as forms_words
from bot.changes.forms.model import AnyInput, FormState, Meta, Parsed
from bot.changes.model import Facts, NoteCode
from bot.kit import blocks, form_values, ids, layout, links, phrases, text
from bot.kit.card import Block, Card
from bot.kit.form_values import Values
from bot.lookups import frame, labels, names

REASON_BLOCK = "reason"
TICKET_BLOCK = "ticket"
_REASON = 1000
_TICKET = 500
_YES = "yes"


def field_id(name: str) -> str:
    return f"{ids.FORM_FIELD}:{name}"


# The frame


def loading(meta: Meta) -> dict[str, Any]:
    return _waiting(meta, forms_words.LOADING)


def working(meta: Meta) -> dict[str, Any]:
    return _waiting(meta, f"{forms_words.WORKING}\n{forms_words.WORKING_MORE}")


def stopped(meta: Meta, card: Card) -> dict[str, Any]:
    return view(meta, [block for block in card.plain if block["type"] != "actions"], submit=False)


def _waiting(meta: Meta, told: str) -> dict[str, Any]:
    return view(meta, [blocks.section("waiting", f":hourglass_flowing_sand: {told}")], submit=False)


def view(meta: Meta, found: Sequence[Block], *, submit: bool) -> dict[str, Any]:
    """A modal of these blocks. One whose customer Slack cannot carry says only that."""
    if not meta.fits:
        meta = meta.model_copy(update={"seen": None})
    if not meta.fits:
        meta = meta.model_copy(update={"customer": "", "shown": {}, "feature": "", "row": ""})
        found, submit = [blocks.section("too_long", forms_words.TOO_LONG)], False
    drawn = {
        "type": "modal",
        "callback_id": ids.CHANGE_FORM,
        "private_metadata": meta.encode(),
        "title": _plain(forms_words.TITLES[meta.kind]),
        "close": _plain(phrases.CANCEL if submit else forms_words.CLOSE),
        "blocks": list(found),
    }
    return {**drawn, "submit": _plain(forms_words.SUBMIT)} if submit else drawn


def _plain(shown: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": shown, "emoji": False}


# What stands around the fields of each kind


def form(
    state: FormState, meta: Meta, before: Sequence[Block], fields: Sequence[Block], *, problem: str = ""
) -> dict[str, Any]:
    """Who it is about, `before`, the fields to fill in, what comes of it, the reason.

    `problem`: what is wrong with what is typed, in plain words.
    """
    seen = state.sight.before if state.sight else None
    meta = meta.model_copy(update={"seen": seen, "created": state.facts.customer.created_at})
    found = [
        *who(state.facts, meta.customer),
        *([blocks.section("trouble", f":warning: {state.trouble}")] if state.trouble else []),
        *before,
        *fields,
        *([blocks.section("preview.0", blocks.plain(problem))] if problem else preview(state)),
        *why(meta, state.values),
    ]
    return view(meta, found, submit=True)


def closed(state: FormState, told: str) -> dict[str, Any]:
    """A form with nothing to fill in, and why."""
    found = [*who(state.facts, state.meta.customer), blocks.section("nothing", told)]
    return view(state.meta, found, submit=False)


def who(facts: Facts, customer_id: str) -> list[Block]:
    shown: list[str | blocks.Text] = [
        frame.environment(facts.customer, None),
        blocks.plain(frame.title(facts.customer, customer_id)),
        blocks.plain(text.literal(customer_id, 200) or labels.NO_ID),
    ]
    return [blocks.context("who", *shown)]


def called(facts: Facts) -> Mapping[str, str]:
    """Names of features, plans and coupons by id, not yet made safe."""
    coupons = facts.rewards.coupons if facts.rewards else ()
    return {
        **{one.id: one.name for one in coupons if one.name},
        **{one.id: one.name for one in facts.features.values() if one.name},
        **facts.plans,
        **names.plans(facts.customer),
        **names.features(facts.customer),
    }


def preview(state: FormState) -> list[Block]:
    """What the change comes to, as far as it is filled in."""
    sight, named = state.sight, called(state.facts)
    if sight is None or any(note.code is NoteCode.NO_AMOUNT for note in sight.refusals):
        return [blocks.context("preview", forms_words.NOT_YET)]
    if sight.refusals:
        return layout.packed(
            "preview", notes.listed(changes_words.REFUSED, sight.refusals, named).split("\n")
        )
    found = layout.packed("preview", [forms_words.PREVIEW, *lines.lines(sight.lines, named)])
    if sight.warnings:
        found += layout.packed(
            "warnings", notes.listed(changes_words.WARNED, sight.warnings, named).split("\n")
        )
    if sight.barred:
        found.append(blocks.section("barred", f":no_entry: {sight.barred}"))
    elif sight.needed is not None:
        found.append(blocks.context("needed", forms_words.needed(sight.needed)))
    return found


def why(meta: Meta, values: Values) -> list[Block]:
    reason = blocks.typed(
        field_id("reason"), form_values.typed_lines(values, REASON_BLOCK)[:_REASON], most=_REASON, lines=True
    )
    ticket = blocks.address(field_id("ticket"), form_values.typed(values, TICKET_BLOCK)[:_TICKET])
    optional = not meta.reason_required
    return [
        blocks.field(REASON_BLOCK, forms_words.REASON, reason, forms_words.REASON_HINT, optional=optional),
        blocks.field(TICKET_BLOCK, forms_words.TICKET, ticket, optional=True),
    ]


def why_errors(meta: Meta, values: Values) -> dict[str, str]:
    errors = {}
    if meta.reason_required and not form_values.typed_lines(values, REASON_BLOCK):
        errors[REASON_BLOCK] = forms_words.REASON_NEEDED
    ticket = form_values.typed(values, TICKET_BLOCK)
    if ticket and links.web(ticket) == "":
        errors[TICKET_BLOCK] = forms_words.TICKET_WRONG
    return errors


def parsed(meta: Meta, values: Values, wanted: AnyInput | None, errors: Mapping[str, str]) -> Parsed:
    """With what all kinds ask for; `wanted` is dropped when there are errors, and None only with some."""
    wrong = {**errors, **why_errors(meta, values)}
    return Parsed(
        input=None
        if wrong or wanted is None
        else wanted.model_copy(update={"customer_created_at": meta.created}),
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
