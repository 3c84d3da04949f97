"""Bulk changes: the form and the checked list. The buttons on the card are in `batch_decisions`."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, assert_never

from bot.access.refusal import Ask
from bot.access.rules import Verb
from bot.batches import card as batch_card
from bot.batches import csv_file, parsing, words
from bot.batches import form as batch_form
from bot.batches.card import ListRef
from bot.batches.form import LONGEST_REASON, BatchInput, BatchMeta
from bot.batches.gathering import GatheredVersion
from bot.batches.model import (
    BatchLine,
    BatchOutcome,
    BatchResult,
    CheckedBatch,
    GatheredList,
    LineProblem,
)
from bot.batches.parsing import MOST_BYTES, ForAll, ReadList
from bot.changes import notes, registry
from bot.changes.forms.model import Meta
from bot.changes.notes import Note
from bot.changes.spec import Sentence, ShortForm
from bot.kit.card import Card
from bot.kit.csv_table import csv_format
from bot.lookups import names
from bot.lookups.customer import CARD
from bot.lookups.finder.filters import ListQuery
from bot.lookups.finder.read import listed
from bot.slack import files, messages
from bot.slack.errors import SLACK_READ_ERRORS
from bot.slack.files import FileRefusal
from handlers import refusals
from handlers.batch_decisions import SHOWN_ON_THE_CARD, click_result
from handlers.errors import errors_in_modal, update_modal
from handlers.interaction import Interaction
from handlers.listener import Invalid
from handlers.services import Services

# The form


async def commanded(interaction: Interaction, services: Services, pasted: str = "") -> None:
    meta = BatchMeta(key=secrets.token_hex(16), channel=interaction.channel)
    gathered = await services.batches.gathered(interaction.actor)
    form = batch_form.build(meta, most=services.batches.most_lines, pasted=pasted, gathered=gathered)
    await services.replies.open_modal(interaction, form)


async def for_listed(interaction: Interaction, services: Services) -> None:
    """From the list of customers: for all of them, on every page."""
    query = ListQuery.decode(interaction.value)
    meta = BatchMeta(key=secrets.token_hex(16), channel=interaction.channel)
    view = await services.replies.open_modal(interaction, batch_form.loading(meta))
    interaction = replace(interaction, view=view)
    async with errors_in_modal(interaction, services, batch_form.stopped):
        matches = await listed(services.autumn, query, now=services.now)
        customers = [customer.get("id") or "" for customer in matches.customers]
        lines = [BatchLine(number, customer) for number, customer in enumerate(customers, 1) if customer]
        most = services.batches.most_lines
        if not matches.complete or len(lines) > most:
            card = batch_card.sentence(words.too_many_listed(most))
            await update_modal(interaction, services, batch_form.stopped(card), instead=card)
            return
        draft = await services.batches.keep(lines, interaction.actor)
        meta = meta.model_copy(update={"draft": draft, "customers": len(lines)})
        await services.replies.update_modal(view, batch_form.build(meta, most=most))


@dataclass(frozen=True, slots=True)
class SubmittedBatch:
    meta: BatchMeta
    input: BatchInput
    read: ReadList | None
    """What was pasted; None for a file and for the customers of a list."""


def parse(interaction: Interaction) -> SubmittedBatch | Invalid:
    meta = BatchMeta.decode(interaction.metadata)
    parsed = batch_form.parse(meta, interaction.state)
    if parsed.input is None:
        return Invalid(parsed.errors)
    if not parsed.input.pasted:
        return SubmittedBatch(meta, parsed.input, None)
    read = parsing.read(parsed.input.pasted, parsed.input.for_all)
    if isinstance(read, Note):
        return Invalid({batch_form.LIST_BLOCK: notes.plain(read)})
    return SubmittedBatch(meta, parsed.input, read)


def working(interaction: Interaction) -> Mapping[str, Any]:
    return batch_form.working(BatchMeta.decode(interaction.metadata))


async def submitted(interaction: Interaction, services: Services, form: SubmittedBatch) -> None:
    """Checks the list, and shows what would be requested."""
    interaction = replace(interaction, channel=form.meta.channel)
    async with errors_in_modal(interaction, services, batch_form.stopped):
        read = form.read or await _read(interaction, services, form)
        if isinstance(read, str):
            await _reject(interaction, services, form, f"{read} {words.NOTHING_REQUESTED}")
            return
        await _check(interaction, services, form.meta, read, form.input.reason)


async def _reject(interaction: Interaction, services: Services, form: SubmittedBatch, why: str) -> None:
    """The form again, with why its list could not be read; in mrkdwn."""
    view = batch_form.again(form.meta, form.input, why, most=services.batches.most_lines)
    await update_modal(interaction, services, view, instead=batch_card.sentence(why))


async def check_typed(
    interaction: Interaction, services: Services, meta: Meta, short: ShortForm, sentences: Sequence[Sentence]
) -> None:
    """In place of the form for one change: several changes of the customer as a checked list; or the form
    with that list, where something is still missing. An entity that is not clear is refused by the list."""
    customer = await services.autumn.customer(meta.customer, expand=CARD)
    features, now = names.features(customer), services.now()
    lines = [short.line(sentence, features, now) for sentence in sentences]
    entity, reason = meta.entity or sentences[0].entity, sentences[0].reason
    pasted = csv_file.pasted(registry.kind(meta.kind), lines, meta.customer, entity)
    batch = BatchMeta(key=meta.submission, channel=meta.channel)
    read = parsing.read(pasted, ForAll())
    if not reason or isinstance(read, Note):
        form = batch_form.build(batch, most=services.batches.most_lines, pasted=pasted)
        await services.replies.update_modal(interaction.view, form)
        return
    await _check(interaction, services, batch, read, reason[:LONGEST_REASON])


async def _check(
    interaction: Interaction, services: Services, meta: BatchMeta, read: ReadList, reason: str
) -> None:
    checked = await services.batches.check(read.lines, interaction.actor)
    problems = sorted([*read.problems, *checked.problems], key=lambda problem: problem.number)
    checked = replace(checked, problems=tuple(problems))
    ref = ListRef(
        key=meta.key,
        draft=await _save_draft(interaction, services, checked),
        channel=meta.channel,
        reason=reason,
        whole=await _save_all_lines(interaction, services, checked, read.lines),
    )
    await _show_checked(interaction, services, checked, ref)


async def _save_all_lines(
    interaction: Interaction, services: Services, checked: CheckedBatch, lines: Sequence[BatchLine]
) -> str:
    """All lines, where they may be passed on to someone who may request them."""
    return await services.batches.keep(lines, interaction.actor) if checked.refused else ""


async def take_up(interaction: Interaction, services: Services) -> None:
    """A list that someone else may not request: checked for this person; or what it became, if it was taken
    up before."""
    passed_on = ListRef.decode(interaction.value)
    meta = BatchMeta(key=secrets.token_hex(16), channel=interaction.channel)
    view = await services.replies.open_modal(interaction, batch_form.loading(meta))
    interaction = replace(interaction, view=view)
    async with errors_in_modal(interaction, services, batch_form.stopped):
        lines = await services.batches.passed_on(passed_on.draft)
        if lines is None:
            await _show(interaction, services, batch_card.sentence(words.GONE))
            return
        key, requested = await services.batches.taken_up(passed_on.key)
        if requested is not None:
            card = batch_card.requested_card(requested, interaction.user, now=services.now())
            await _show(interaction, services, card)
            return
        checked = await services.batches.check(lines, interaction.actor)
        draft = await _save_draft(interaction, services, checked)
        ref = ListRef(key=key, draft=draft, channel=meta.channel, whole=passed_on.draft)
        await _show_checked(interaction, services, checked, ref)


async def show_gathered(
    interaction: Interaction, services: Services, gathered: GatheredList, *, note: str = words.GATHERED
) -> None:
    """The list that someone gathers from forms, as it is now, checked."""
    async with _errors_in_modal(interaction, services):
        if interaction.view:
            await services.replies.update_modal(interaction.view, batch_form.checking())
        checked = await services.batches.check(gathered.lines, interaction.actor)
        ref = ListRef(
            key=gathered.key,
            draft=await _save_draft(interaction, services, checked),
            channel=interaction.channel,
            reason=gathered.reason[:LONGEST_REASON],
            whole=await _save_all_lines(interaction, services, checked, gathered.lines),
            gathered=gathered.version,
        )
        await _show_checked(interaction, services, checked, ref, note=note)


async def reopen_gathered(
    interaction: Interaction, services: Services, *, note: str = words.GATHERED
) -> None:
    """The list that someone gathers, as it is now, or a note that it no longer exists."""
    gathered = await services.batches.gathered(interaction.actor)
    if gathered is None:
        await _show(interaction, services, batch_card.sentence(words.GATHERED_GONE))
        return
    await show_gathered(interaction, services, gathered, note=note)


async def _read(interaction: Interaction, services: Services, form: SubmittedBatch) -> ReadList | str:
    """The lines of a file or of a list of customers; or in words why there are none."""
    if form.meta.draft:
        draft_lines = await services.batches.kept(form.meta.draft, interaction.actor)
        if draft_lines is None:
            return words.LISTED_GONE
        return ReadList(parsing.filled(draft_lines, form.input.for_all))
    try:
        content = await files.download(
            services.slack, form.input.file, user=interaction.user, most=MOST_BYTES
        )
    except SLACK_READ_ERRORS:
        return words.FILE_NOT_GIVEN
    match content:
        case FileRefusal.TOO_BIG:
            return words.FILE_TOO_BIG
        case FileRefusal.NOT_GIVEN:
            return words.FILE_NOT_GIVEN
        case bytes():
            read = parsing.read(content, form.input.for_all)
            return notes.mrkdwn(read) if isinstance(read, Note) else read
        case _:
            assert_never(content)


async def _save_draft(interaction: Interaction, services: Services, checked: CheckedBatch) -> str:
    """The right lines for a day, and the whole answer for a while."""
    draft = await services.batches.keep([line.line for line in checked.lines], interaction.actor)
    services.checked_lists.keep(draft, interaction.user, checked)
    return draft


# The checked list


async def leave_out(interaction: Interaction, services: Services) -> None:
    ref = ListRef.decode(interaction.value)
    async with _errors_in_modal(interaction, services):
        checked = await _checked(interaction, services, ref)
        if checked is None:
            await _show(interaction, services, batch_card.sentence(words.GONE))
            return
        services.checked_lists.keep(ref.draft, interaction.user, checked.without_problems())
        await _show_checked(interaction, services, checked.without_problems(), ref)


async def wrong_csv(interaction: Interaction, services: Services) -> None:
    """The file goes to the person's direct messages: only they see the list."""
    ref = ListRef.decode(interaction.value)
    checked = services.checked_lists.get(ref.draft, interaction.user)
    if checked is None:
        await _answer(interaction, services, ref, words.WRONG_CSV_GONE)
        return
    await _send_wrong(interaction, services, ref, checked.problems)
    await _answer(interaction, services, ref, words.CSV_SENT)


async def _send_wrong(
    interaction: Interaction, services: Services, ref: ListRef, problems: Sequence[LineProblem]
) -> None:
    content = csv_file.wrong_lines(problems, csv_format(await services.people.locale(interaction.actor)))
    name = csv_file.wrong_name(ref.key)
    uploaded = await files.upload_text(services.slack, content, name)
    channel = await messages.open_dm(services.slack, interaction.user)
    comment = words.wrong_csv_comment(len(problems))
    await files.share(services.slack_once, channel, uploaded, name, comment)


async def cancel(interaction: Interaction, services: Services) -> None:
    ref = ListRef.decode(interaction.value)
    version = GatheredVersion(ref.key, ref.gathered)
    if ref.gathered and not await services.batches.drop_gathered(version, interaction.actor):
        await reopen_gathered(interaction, services, note=words.GATHERED_SINCE)
        return
    await _show(interaction, services, batch_card.sentence(words.CANCELLED))


async def send(interaction: Interaction, services: Services) -> None:
    """Requests what the person saw; if that is no longer so, shows it again instead."""
    ref = ListRef.decode(interaction.value)
    interaction = replace(interaction, channel=interaction.channel or ref.channel)
    if interaction.view:
        await services.replies.update_modal(interaction.view, batch_form.saving())
    async with _errors_in_modal(interaction, services):
        checked = await _checked(interaction, services, ref)
        if checked is None:
            await _show(interaction, services, batch_card.sentence(words.GONE))
            return
        if not checked.requestable or checked.fingerprint != ref.shown:
            draft = await _save_draft(interaction, services, checked)
            again = ref.model_copy(update={"draft": draft, "whole": ref.whole or ref.draft})
            await _show_checked(interaction, services, checked, again, note=words.ANEW)
            return
        checked = replace(checked, gathered=ref.gathered)
        outcome = await services.batches.submit(
            ref.key, checked, interaction.actor, reason=ref.reason, channel=ref.channel
        )
        await _show_requested(interaction, services, outcome)


async def _show_requested(interaction: Interaction, services: Services, outcome: BatchOutcome) -> None:
    """What became of it; or the gathered list as it is, if that has changed."""
    if outcome.result is BatchResult.LIST_CHANGED:
        await reopen_gathered(interaction, services, note=words.GATHERED_SINCE)
        return
    await _show(interaction, services, await _requested(interaction, services, outcome))


async def _requested(interaction: Interaction, services: Services, outcome: BatchOutcome) -> Card:
    if outcome.batch is None or outcome.result not in SHOWN_ON_THE_CARD:
        return await click_result(interaction, services, outcome)
    return batch_card.requested_card(outcome.batch, interaction.user, now=services.now())


async def _checked(interaction: Interaction, services: Services, ref: ListRef) -> CheckedBatch | None:
    """As it was shown, or checked again where this process does not remember it."""
    remembered = services.checked_lists.get(ref.draft, interaction.user)
    if remembered is not None:
        return remembered
    draft_lines = await services.batches.kept(ref.draft, interaction.actor)
    return None if draft_lines is None else await services.batches.check(draft_lines, interaction.actor)


async def _show_checked(
    interaction: Interaction, services: Services, checked: CheckedBatch, ref: ListRef, *, note: str = ""
) -> None:
    names = await services.changes.names.for_kinds(line.input.kind for line in checked.lines)
    refusal = None
    if checked.refused is not None:
        decision, request = checked.refused
        ask = Ask(verb=Verb.ASK, draft=ref.whole, key=ref.key, gathered=ref.gathered)
        refusal = await refusals.of_request(interaction, services, ask, decision, request)
    ref = ref.model_copy(update={"shown": checked.fingerprint})
    card = batch_card.checked_card(checked, ref, now=services.now(), names=names, note=note, refusal=refusal)
    await _show(interaction, services, card)


def _errors_in_modal(interaction: Interaction, services: Services) -> AbstractAsyncContextManager[None]:
    """In the modal, if it was clicked in one."""
    return errors_in_modal(interaction, services, batch_form.stopped) if interaction.view else nullcontext()


async def _show(interaction: Interaction, services: Services, card: Card) -> None:
    """In the modal; if that is closed, in a message, and in the message that was clicked."""
    if interaction.view:
        await update_modal(interaction, services, batch_form.stopped(card), instead=card)
    else:
        await services.replies.update_message(interaction, card)


async def _answer(interaction: Interaction, services: Services, ref: ListRef, sentence: str) -> None:
    """Beside the checked list, which stays while it is remembered."""
    checked = services.checked_lists.get(ref.draft, interaction.user)
    if not interaction.view:
        await services.replies.ephemeral(interaction, batch_card.sentence(sentence))
    elif checked is None:
        await _show(interaction, services, batch_card.sentence(sentence))
    else:
        await _show_checked(interaction, services, checked, ref, note=sentence)
