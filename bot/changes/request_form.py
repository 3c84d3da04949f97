"""The form in which a change is requested, whatever its kind: one modal.

view = loading(meta)                       # opened at once
view = build(FormState(meta, facts, ...))  # once the facts are read, and whenever something is filled in
draft(meta, values, facts)                 # what to preview, if enough is filled in
parse(meta, values)                        # a submission: the input, or what is wrong with it
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.access import words as access_words
from bot.access.presets import Preset
from bot.autumn.models import Customer
from bot.changes import lines, notes, registry
from bot.changes import words as changes_words
from bot.changes.amounts import AmountNote
from bot.changes.forms import scope, words
from bot.changes.forms.fields import REASON_BLOCK, TICKET_BLOCK, called, field_id
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.model import ChangeInput, Facts
from bot.changes.notes import CommonNote, Note
from bot.kit import blocks, form_values, ids, layout, numbers, phrases, text, times
from bot.kit.card import Block, Card
from bot.kit.carried import Unreadable
from bot.kit.form_values import Values
from bot.lookups import frame, labels
from bot.lookups import options as customer_options
from bot.lookups.find import words as find_words
from bot.lookups.find.card import NoMatch, SeveralMatches

PRESET_BLOCK = "preset"

_REASON = 1000
_TICKET = 500


def loading(meta: Meta) -> dict[str, Any]:
    """Opened at once, while Autumn is read."""
    return _waiting(meta, words.LOADING)


def pick_customer(meta: Meta, matches: SeveralMatches | NoMatch) -> dict[str, Any]:
    """When several customers match, or may be meant: picking one opens the form for them."""
    query = text.code(matches.query, 120) or phrases.NONE
    if isinstance(matches, NoMatch):
        lines_shown = [find_words.nobody(query), *([find_words.NEAR] if matches.near else [])]
        return _picker(meta, [blocks.section("matches", "\n".join(lines_shown))], matches.near)
    number = len(matches.matches)
    content = [blocks.section("matches", f"*{find_words.matches(query, number, more=matches.more)}*")]
    if matches.more:
        content.append(blocks.context("more", find_words.matches_more(number)))
    return _picker(meta, content, matches.matches)


def _picker(meta: Meta, content: list[Block], customers: Sequence[Customer]) -> dict[str, Any]:
    choices = customer_options.customer_choices(customers)
    if choices:
        select = blocks.select(ids.CHANGE_CUSTOMER, words.PICK_CUSTOMER, choices)
        content = [*content, blocks.actions("customer", [select])]
    if left_out := len(customers) - len(choices):
        content = [*content, blocks.context("left_out", changes_words.left_out(left_out))]
    return _view(meta, content, submit=False)


def working(meta: Meta) -> dict[str, Any]:
    """What a submitted form becomes while it is checked and saved."""
    return _waiting(meta, f"{words.WORKING}\n{words.WORKING_MORE}")


def stopped(meta: Meta, card: Card, *, note: str = "") -> dict[str, Any]:
    """The form when it is over, or cannot go on; `card` says why."""
    content = [block for block in card.plain if block["type"] != "actions"]
    return _view(meta, [*content, *([blocks.context("note", note)] if note else [])], submit=False)


def build(state: FormState) -> dict[str, Any]:
    """The form as it should be now. What was filled in stays in it."""
    state = replace(state, values=_own(state.meta, state.values))
    content = _content(state)
    whose = scope.field(state) if registry.kind(state.meta.kind).of_entities else []
    if content.closed:
        closed = [*_who(state.facts, state.meta.customer), *whose, blocks.section("nothing", content.closed)]
        return _view(state.meta, closed, submit=False)
    before = state.sight.before if state.sight else None
    meta = content.meta.model_copy(update={"seen": before, "created": state.facts.customer.created_at})
    drawn = [
        *_who(state.facts, meta.customer),
        *([blocks.section("trouble", f":warning: {state.trouble}")] if state.trouble else []),
        *([blocks.section("others", words.ASKS_OTHERS)] if meta.asks_others and not state.sight else []),
        *whose,
        *content.before,
        *_presets(state),
        *content.fields,
        *_preview(state, content),
        *content.after,
        *_why(meta, state.values),
        *_gather(state),
    ]
    drawn = _numbered(meta, drawn)
    return _view(meta, _focused(drawn) if state.opening else drawn, submit=True)


def _content(state: FormState) -> FormContent:
    if state.facts.entity_gone:
        return FormContent(state.meta, closed=notes.mrkdwn(Note(CommonNote.ENTITY_GONE)))
    return registry.kind(state.meta.kind).form.build(state)


def draft(meta: Meta, values: Values, facts: Facts) -> ChangeInput | None:
    """The change as filled in so far, to be judged and previewed; None while there is nothing to judge.

    Never to be requested: that is for `parse`.
    """
    request: ChangeInput | None = registry.kind(meta.kind).form.draft(meta, _own(meta, values), facts)
    return request.model_copy(update=_limit(meta)) if request else None


def parse(meta: Meta, values: Values) -> Parsed:
    """A submission."""
    parsed = registry.kind(meta.kind).form.parse(meta, _own(meta, values))
    request, errors = parsed.input, dict(parsed.errors)
    if scope.picked(meta, values) != meta.entity:
        # Slack shows errors only under inputs, and this one is always there.
        request, errors = None, {**errors, REASON_BLOCK: changes_words.STALE}
    return replace(
        parsed,
        input=request.model_copy(update=_limit(meta)) if request else None,
        errors={f"{block}{_number(meta)}": why for block, why in errors.items()},
    )


def scoped(meta: Meta, values: Values) -> tuple[Meta, Values]:
    """The form for the entity that is picked, whichever field was filled in last."""
    entity = scope.picked(meta, values)
    if entity == meta.entity:
        return meta, values
    kept_values = scope.kept(_own(meta, values))
    update = {"entity": entity, "filled": meta.filled + 1, "feature": "", "row": "", "shown": {}}
    meta = meta.model_copy(update=update)
    return meta, {f"{block}{_number(meta)}": entered for block, entered in kept_values.items()}


def _limit(meta: Meta) -> Mapping[str, str]:
    return {"entity": meta.entity} if registry.kind(meta.kind).of_entities else {}


def kept(meta: Meta, values: Values) -> Values:
    """The part of a submission that the form is filled in with when it is opened again."""
    keep = registry.kind(meta.kind).form.keep
    own = _own(meta, values)
    return keep(meta, own) if keep else own


def fill_preset(meta: Meta, values: Values, preset: Preset) -> tuple[Meta, Values]:
    """The form with what the preset fills in, over what was filled in before."""
    presets = registry.kind(meta.kind).form.presets
    amount = presets.fill(*preset.gives) if presets and preset.gives else {}
    filled = {**_own(meta, values), **amount}
    if preset.reason:
        filled[REASON_BLOCK] = form_values.with_text(field_id("reason"), preset.reason)
    meta = meta.model_copy(update={"filled": meta.filled + 1})
    return meta, {f"{block}{_number(meta)}": entered for block, entered in filled.items()}


def options(meta: Meta, action: str, facts: Facts, typed: str = "") -> list[dict[str, Any]]:
    """For the form's external select with this action_id. Raises Unreadable if it has none."""
    select = registry.kind(meta.kind).form.options.get(action)
    if select is None:
        raise Unreadable("select")
    return select(facts, typed)


def _number(meta: Meta) -> str:
    """At the end of the fields' block ids."""
    return f"@{meta.filled}" if meta.filled else ""


def _numbered(meta: Meta, drawn: Sequence[Block]) -> list[Block]:
    number = _number(meta)
    return [
        {**block, "block_id": f"{block['block_id']}{number}"} if block["type"] == "input" else block
        for block in drawn
    ]


def _own(meta: Meta, values: Values) -> Values:
    """Of the fields that the form has now, by their plain ids."""
    number = _number(meta)
    return {block.removesuffix(number): held for block, held in values.items() if block.endswith(number)}


def _presets(state: FormState) -> list[Block]:
    """Those of the policy that this customer can have."""
    catalogue = {feature.id: feature.name for feature in state.facts.features.values()}
    names = {**catalogue, **called(state.facts)}
    presets = registry.kind(state.meta.kind).form.presets
    fitting = [
        offer
        for offer in state.presets
        if offer.preset.amount is None or (presets and presets.fits(offer.preset.feature, state.facts))
    ]
    choices = {offer.preset.name: _preset(offer.preset, names) for offer in fitting if not offer.again}
    drawn = []
    if choices:
        initial = choices.get(form_values.chosen(state.values, PRESET_BLOCK))
        select = blocks.select(ids.FORM_PRESET, words.PICK_PRESET, list(choices.values()), initial)
        drawn.append(blocks.field(PRESET_BLOCK, words.PRESET, select, optional=True, listens=True))
    for index, offered in enumerate(fitting):
        if offered.again:
            again = words.preset_again(text.mrkdwn(offered.preset.name), times.billing_day(offered.again))
            drawn.append(blocks.context(f"again.{index}", again))
    return drawn


def _preset(preset: Preset, names: Mapping[str, str]) -> Any:
    gives = ""
    if preset.amount is not None:
        gives = f"{numbers.number(preset.amount)} {names.get(preset.feature) or preset.feature}"
    label = f"{preset.name}: {gives}" if gives else preset.name
    limit = words.preset_limit(preset.every.days) if preset.every else ""
    return blocks.option(text.literal(label, blocks.OPTION), preset.name, limit)


def _focused(drawn: Sequence[Block]) -> list[Block]:
    """With the cursor in the first field that is still to be filled in. Only when the form opens: later it
    would take the cursor out of the field that is being filled in."""
    empty = [block for block in drawn if block["type"] == "input" and not _is_filled_in(block)]
    first = next((block for block in empty if not block.get("optional")), empty[0] if empty else None)
    return [
        {**block, "element": {**block["element"], "focus_on_load": True}} if block is first else block
        for block in drawn
    ]


def _is_filled_in(block: Block) -> bool:
    return any(key.startswith("initial_") for key in block["element"])


def _submit_label(meta: Meta) -> str:
    if meta.asks_others:
        return access_words.ASK_THEM
    return words.SAVE if meta.edits else words.SUBMIT


def _waiting(meta: Meta, message: str) -> dict[str, Any]:
    return _view(meta, [blocks.waiting(message)], submit=False)


def _view(meta: Meta, content: Sequence[Block], *, submit: bool) -> dict[str, Any]:
    """A modal of these blocks. If Slack cannot carry the customer's id, it says only that."""
    if not meta.fits:
        meta = meta.model_copy(update={"seen": None})
    if not meta.fits:
        meta = meta.model_copy(update={"customer": "", "entity": "", "shown": {}, "feature": "", "row": ""})
        content, submit = [blocks.section("too_long", words.TOO_LONG)], False
    view = {
        "type": "modal",
        "callback_id": ids.CHANGE_FORM,
        "private_metadata": meta.encode(),
        "title": _plain(registry.kind(meta.kind).title),
        "close": _plain(phrases.CANCEL if submit else words.CLOSE),
        "blocks": list(content),
    }
    return {**view, "submit": _plain(_submit_label(meta))} if submit else view


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
    """What the change would do, as far as it is filled in."""
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
        who_may = [words.others(sight.others, askable=state.meta.asks_others)] if sight.others else []
        preview.append(blocks.section("barred", "\n".join([f":no_entry: {sight.barred}", *who_may])))
    elif sight.needed is not None:
        preview.append(blocks.context("needed", "\n".join([words.needed(sight.needed), *sight.limits])))
    return preview


def _gather(state: FormState) -> list[Block]:
    """Only for what may be requested. A customer is deleted only on its own, and an edited or passed-on
    request stays a single one."""
    allowed = state.sight is not None and state.sight.needed is not None
    if not allowed or state.meta.single or registry.kind(state.meta.kind).removes_customer:
        return []
    button = blocks.button(words.GATHER, ids.GATHER)
    return [blocks.actions("gather", [button]), blocks.context("gather_hint", words.GATHER_HINT)]


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
