"""The form in which a change is requested, whatever its kind: one modal.

view = loading(meta)                       # opened at once
view = build(FormState(meta, facts, ...))  # once the facts are read, and whenever something is filled in
draft(meta, values, facts)                 # what to preview, if enough is filled in
parse(meta, values)                        # a submission: the input, or what is wrong with it
"""

from collections.abc import Sequence
from typing import Any

from bot.changes import lines, notes, registry
from bot.changes import words as changes_words
from bot.changes.amounts import AmountNote
from bot.changes.forms import words
from bot.changes.forms.fields import REASON_BLOCK, TICKET_BLOCK, called, field_id
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import ChangeInput, Facts
from bot.kit import blocks, form_values, ids, layout, phrases, text
from bot.kit.card import Block, Card
from bot.kit.carried import Unreadable
from bot.kit.form_values import Values
from bot.lookups import frame, labels

_REASON = 1000
_TICKET = 500


def loading(meta: Meta) -> dict[str, Any]:
    """Opened at once, while Autumn is read."""
    return _waiting(meta, words.LOADING)


def working(meta: Meta) -> dict[str, Any]:
    """What a submitted form becomes while it is checked and saved."""
    return _waiting(meta, f"{words.WORKING}\n{words.WORKING_MORE}")


def stopped(meta: Meta, card: Card) -> dict[str, Any]:
    """The form when it cannot go on; `card` says why."""
    return _view(meta, [block for block in card.plain if block["type"] != "actions"], submit=False)


def build(state: FormState) -> dict[str, Any]:
    """The form as it should be now. What was filled in stays in it."""
    content = registry.kind(state.meta.kind).form.build(state)
    if content.closed:
        closed = [*_who(state.facts, state.meta.customer), blocks.section("nothing", content.closed)]
        return _view(state.meta, closed, submit=False)
    seen = state.sight.before if state.sight else None
    meta = content.meta.model_copy(update={"seen": seen, "created": state.facts.customer.created_at})
    shown = [
        *_who(state.facts, meta.customer),
        *([blocks.section("trouble", f":warning: {state.trouble}")] if state.trouble else []),
        *content.before,
        *content.fields,
        *_preview(state, content),
        *_why(meta, state.values),
    ]
    return _view(meta, shown, submit=True)


def draft(meta: Meta, values: Values, facts: Facts) -> ChangeInput | None:
    """The change as filled in so far, to be judged and previewed; None while there is nothing to judge.

    Never to be requested: that is for `parse`.
    """
    request: ChangeInput | None = registry.kind(meta.kind).form.draft(meta, values, facts)
    return request


def parse(meta: Meta, values: Values) -> Parsed:
    """A submission."""
    return registry.kind(meta.kind).form.parse(meta, values)


def options(meta: Meta, action: str, facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    """For the form's external select with this action_id. Raises Unreadable if it has none."""
    select = registry.kind(meta.kind).form.options.get(action)
    if select is None:
        raise Unreadable("select")
    return select(facts, typed)


def _waiting(meta: Meta, message: str) -> dict[str, Any]:
    return _view(meta, [blocks.section("waiting", f":hourglass_flowing_sand: {message}")], submit=False)


def _view(meta: Meta, content: Sequence[Block], *, submit: bool) -> dict[str, Any]:
    """A modal of these blocks. If Slack cannot carry the customer's id, it says only that."""
    if not meta.fits:
        meta = meta.model_copy(update={"seen": None})
    if not meta.fits:
        meta = meta.model_copy(update={"customer": "", "shown": {}, "feature": "", "row": ""})
        content, submit = [blocks.section("too_long", words.TOO_LONG)], False
    view = {
        "type": "modal",
        "callback_id": ids.CHANGE_FORM,
        "private_metadata": meta.encode(),
        "title": _plain(registry.kind(meta.kind).title),
        "close": _plain(phrases.CANCEL if submit else words.CLOSE),
        "blocks": list(content),
    }
    return {**view, "submit": _plain(words.SUBMIT)} if submit else view


def _plain(label: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": label, "emoji": False}


def _who(facts: Facts, customer_id: str) -> list[Block]:
    customer: list[str | blocks.Text] = [
        frame.environment(facts.customer, None),
        blocks.plain(frame.title(facts.customer, customer_id)),
        blocks.plain(text.literal(customer_id, 200) or labels.NO_ID),
    ]
    return [blocks.context("who", *customer)]


def _preview(state: FormState, content: FormContent) -> list[Block]:
    """What the change comes to, as far as it is filled in."""
    if content.problem:
        return [blocks.section("preview.0", blocks.plain(content.problem))]
    sight, names = state.sight, called(state.facts)
    if sight is None or any(note.code is AmountNote.NO_AMOUNT for note in sight.refusals):
        return [blocks.context("preview", words.NOT_YET)]
    if sight.refusals:
        refusals = notes.listed(changes_words.REFUSED, sight.refusals, names)
        return layout.packed("preview", refusals.split("\n"))
    preview = layout.packed("preview", [words.PREVIEW, *lines.bullets(sight.lines, names)])
    if sight.warnings:
        warnings = notes.listed(changes_words.WARNED, sight.warnings, names)
        preview += layout.packed("warnings", warnings.split("\n"))
    if sight.barred:
        preview.append(blocks.section("barred", f":no_entry: {sight.barred}"))
    elif sight.needed is not None:
        preview.append(blocks.context("needed", words.needed(sight.needed)))
    return preview


def _why(meta: Meta, values: Values) -> list[Block]:
    reason = blocks.typed(
        field_id("reason"), form_values.typed_lines(values, REASON_BLOCK)[:_REASON], most=_REASON, lines=True
    )
    ticket = blocks.address(field_id("ticket"), form_values.typed(values, TICKET_BLOCK)[:_TICKET])
    optional = not meta.reason_required
    return [
        blocks.field(REASON_BLOCK, words.REASON, reason, words.REASON_HINT, optional=optional),
        blocks.field(TICKET_BLOCK, words.TICKET, ticket, optional=True),
    ]
