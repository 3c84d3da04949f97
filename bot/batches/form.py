"""The form in which a bulk change is listed: pasted, uploaded, or for the customers of a list.

view = loading(meta)     # opened at once, where the customers have to be read first
view = build(meta, most=500)
parse(meta, values)      # a submission: what was filled in, or what is wrong with it
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from bot.batches import parsing, words
from bot.batches.model import GatheredList
from bot.batches.parsing import ForAll
from bot.changes import notes, registry
from bot.changes.forms import words as forms_words
from bot.changes.spec import ChangeKind
from bot.kit import blocks, form_values, ids, phrases, surfaces
from bot.kit.card import Block, Card
from bot.kit.carried import Carried, ChannelId
from bot.kit.form_values import Values

LIST_BLOCK = "list"
FILE_BLOCK = "file"
ACTION_BLOCK = "action"
FEATURE_BLOCK = "feature"
AMOUNT_BLOCK = "amount"
REASON_BLOCK = "reason"

FILE_TYPES = ("csv", "tsv", "txt")
LONGEST_PASTE = 3000
"""Characters; Slack takes no more."""
LONGEST_REASON = 500
_LONGEST_AMOUNT = 60


class BatchMeta(Carried):
    """What the form remembers in its private_metadata."""

    key: str = Field(alias="k", pattern=r"[0-9a-f]{32}")
    """Made when the form was opened, so that submitting it twice is one bulk change."""
    channel: ChannelId = Field(default="", alias="c")
    draft: str = Field(default="", alias="d")
    """Where the customers come from a list: the id under which they are kept."""
    customers: int = Field(default=0, alias="n")
    """How many there are."""


@dataclass(frozen=True, slots=True)
class BatchInput:
    for_all: ForAll
    reason: str
    pasted: str = ""
    file: str = ""
    """The id of the uploaded file. Empty with `pasted`, and where the customers come from a list."""


@dataclass(frozen=True, slots=True)
class BatchParsed:
    input: BatchInput | None = None
    """None when `errors` says why."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """The errors in plain words, by block_id."""


def loading(meta: BatchMeta) -> dict[str, Any]:
    return _waiting(meta, words.LOADING)


def working(meta: BatchMeta) -> dict[str, Any]:
    """What a submitted form becomes while the list is checked."""
    return _waiting(meta, f"{words.CHECKING}\n{forms_words.WORKING_MORE}")


def checking() -> dict[str, Any]:
    """What a form becomes while the list that its change was added to is checked."""
    content = [blocks.waiting(words.CHECKING)]
    return surfaces.modal(words.TITLE, content, callback=ids.BATCH_CHECKED, metadata="")


def saving() -> dict[str, Any]:
    """What a checked list becomes while it is requested."""
    return surfaces.modal(
        words.TITLE, [blocks.waiting(words.SAVING)], callback=ids.BATCH_CHECKED, metadata=""
    )


def stopped(card: Card) -> dict[str, Any]:
    """The form when it cannot go on; `card` says why. With the card's buttons."""
    return surfaces.modal(words.TITLE, card.plain, callback=ids.BATCH_CHECKED, metadata="")


def build(
    meta: BatchMeta, *, most: int, pasted: str = "", gathered: GatheredList | None = None
) -> dict[str, Any]:
    """`most`: lines that a list may have. `gathered`: from forms, to go on with instead."""
    source = _listed(meta) if meta.draft else [*_go_on(gathered), *_given(pasted, most)]
    return _form(meta, [*source, *_for_all(ForAll(), needed=bool(meta.draft)), _reason()])


def again(meta: BatchMeta, filled: BatchInput, trouble: str, *, most: int) -> dict[str, Any]:
    """The form as it was filled in, for another list: `trouble`, in mrkdwn, says why its own was not read."""
    anew = meta.model_copy(update={"draft": "", "customers": 0})
    says = blocks.section("trouble", f":warning: {trouble}")
    fields = [says, *_given("", most), *_for_all(filled.for_all, needed=False), _reason(filled.reason)]
    return _form(anew, fields)


def _form(meta: BatchMeta, fields: list[Block]) -> dict[str, Any]:
    view = surfaces.modal(words.TITLE, fields, callback=ids.BATCH_FORM, metadata=meta.encode())
    submit = surfaces.plain_text(words.CHECK)
    return {**view, "submit": submit, "close": surfaces.plain_text(phrases.CANCEL)}


def parse(meta: BatchMeta, values: Values) -> BatchParsed:
    """A submission, out of the view's `state.values`."""
    pasted = form_values.as_typed(values, LIST_BLOCK)
    file = next(iter(form_values.files(values, FILE_BLOCK)), "")
    action = form_values.chosen(values, ACTION_BLOCK)
    for_all = ForAll(
        action if action in _actions() else "",
        form_values.chosen(values, FEATURE_BLOCK),
        form_values.typed(values, AMOUNT_BLOCK),
    )
    reason = form_values.typed_lines(values, REASON_BLOCK)
    errors = {**_source_errors(meta, pasted, file), **_for_all_errors(for_all, needed=bool(meta.draft))}
    if not reason:
        errors[REASON_BLOCK] = forms_words.REASON_NEEDED
    if errors:
        return BatchParsed(errors=errors)
    return BatchParsed(BatchInput(for_all, reason, pasted, file))


def _source_errors(meta: BatchMeta, pasted: str, file: str) -> dict[str, str]:
    if meta.draft or bool(pasted.strip()) is not bool(file):
        return {}
    return {LIST_BLOCK: words.ONE_SOURCE if file else words.NO_SOURCE}


def _for_all_errors(for_all: ForAll, *, needed: bool) -> dict[str, str]:
    errors = {}
    if needed and not for_all.feature:
        errors[FEATURE_BLOCK] = forms_words.NO_FEATURE_PICKED
    wrong = parsing.wrong_for_all(for_all).get("amount")
    if wrong is not None and (needed or for_all.amount):
        errors[AMOUNT_BLOCK] = notes.plain(wrong)
    return errors


def _waiting(meta: BatchMeta, sentence: str) -> dict[str, Any]:
    content = [blocks.waiting(sentence)]
    return surfaces.modal(words.TITLE, content, callback=ids.BATCH_CHECKED, metadata=meta.encode())


def _listed(meta: BatchMeta) -> list[Block]:
    return [blocks.section("listed", words.listed(meta.customers))]


def _go_on(gathered: GatheredList | None) -> list[Block]:
    if gathered is None:
        return []
    button = blocks.button(words.SHOW_GATHERED, ids.BATCH_GATHERED, gathered.key)
    return [blocks.section("gathered", words.gathered(len(gathered.lines)), accessory=button)]


def _given(pasted: str, most: int) -> list[Block]:
    paste = blocks.typed("batch:list", pasted, most=LONGEST_PASTE, lines=True)
    file = blocks.file("batch:file", FILE_TYPES)
    return [
        blocks.field(LIST_BLOCK, words.LIST, paste, words.list_hint(most), optional=True),
        blocks.field(FILE_BLOCK, words.FILE, file, words.FILE_HINT, optional=True),
        blocks.context("kinds", words.kinds([_kind(kind) for kind in registry.listable()])),
    ]


def _kind(kind: ChangeKind[Any]) -> str:
    usage = registry.line_form(kind.id).usage
    return words.kind(kind.command, usage, usual=kind is registry.usual_line())


def _for_all(filled: ForAll, *, needed: bool) -> list[Block]:
    offered = [blocks.option(label, value, more) for value, (label, more) in _actions().items()]
    picked = next((option for option in offered if option.value == filled.action), offered[0])
    action = blocks.select("batch:action", words.PICK_ACTION, offered, picked)
    known = blocks.option(filled.feature, filled.feature) if filled.feature else None
    feature = blocks.picker(ids.BATCH_FEATURE, forms_words.PICK_FEATURE, min_query=0, initial=known)
    amount = blocks.typed("batch:amount", filled.amount, most=_LONGEST_AMOUNT)
    hint = "" if needed else words.FOR_ALL_HINT
    return [
        blocks.field(ACTION_BLOCK, words.ACTION, action),
        blocks.field(FEATURE_BLOCK, forms_words.FEATURE, feature, hint, optional=not needed),
        blocks.field(AMOUNT_BLOCK, words.AMOUNT, amount, words.AMOUNT_HINT, optional=not needed),
    ]


def _actions() -> Mapping[str, tuple[str, str]]:
    """Of lines of the usual kind."""
    return registry.line_form(registry.usual_line().id).actions


def _reason(filled: str = "") -> Block:
    reason = blocks.typed("batch:reason", filled, most=LONGEST_REASON, lines=True)
    return blocks.field(REASON_BLOCK, forms_words.REASON, reason, forms_words.REASON_HINT)
