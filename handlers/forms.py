"""The forms for changes: opened at once, filled with what Autumn says, redrawn as they are filled in.
`submissions` handles what is submitted."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, assert_never

from bot.access import words as access_words
from bot.access.presets import Preset
from bot.access.refusal import PolicyRefusal, barred, limits, others_may
from bot.approvals import card as approvals_card
from bot.approvals import message_cards
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import Record, State
from bot.approvals.results import Result
from bot.approvals.wishes import Others
from bot.changes import buttons, request_form
from bot.changes import registry as kinds
from bot.changes.buttons import ChooserMeta, chooser, loading_chooser
from bot.changes.forms import scope, words
from bot.changes.forms.fields import why_given
from bot.changes.forms.model import FormPreview, FormState, Meta, PresetOffer
from bot.changes.model import Facts
from bot.changes.spec import ChangeKind, PrefilledForm
from bot.kit import ids, surfaces, text
from bot.kit.card import Card
from bot.kit.carried import Ref
from bot.kit.form_values import Values
from bot.lookups.customer import CARD
from bot.lookups.find.card import NoMatch, SeveralMatches, SingleMatch
from bot.lookups.find.search import find
from bot.lookups.place import Place
from handlers import batches, decoding
from handlers.errors import errors_in_modal, update_modal
from handlers.interaction import Interaction
from handlers.lookups import known_facts, permitted
from handlers.responding import matches_card
from handlers.services import Services

_NOT_GIVEN = (State.FAILED, State.DENIED, State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED)
_RECENT = 100
"""How many of a customer's changes are searched for what they were given."""


_SHOWN = 60
"""Characters of what was typed that are shown again."""


# Opening


async def clicked(interaction: Interaction, services: Services) -> None:
    """From a card, which knows the customer, and on a feature's tab the feature."""
    kind_id, carried = buttons.clicked(interaction.action, interaction.value)
    place = decoding.place(carried)
    if kind_id == buttons.MORE:
        await _offer_all(interaction, services, place)
        return
    await _open(interaction, services, decoding.kind(kind_id), place=place)


async def _offer_all(interaction: Interaction, services: Services, place: Place) -> None:
    """Every change of this card in a modal, for a menu that does not hold them."""
    meta = ChooserMeta(channel=interaction.channel)
    view = await services.replies.open_modal(interaction, loading_chooser(meta))
    interaction = replace(interaction, view=view)
    async with errors_in_modal(interaction, services):
        permitted_ids = await permitted(interaction, services, buttons.on(place))
        customer = await services.autumn.customer(place.customer, expand=CARD)
        kinds_here = [kind for kind in buttons.on(place) if kind.id in permitted_ids]
        facts = known_facts(services, customer, kinds_here)
        kinds_offered = buttons.applying(kinds_here, facts, place.feature)
        await services.replies.update_modal(view, chooser(place, kinds_offered, meta))


async def chosen(interaction: Interaction, services: Services) -> None:
    """One of those: the same modal becomes its form."""
    meta = ChooserMeta.decode(interaction.metadata)
    kind, place = decoding.kind(interaction.action.partition(":")[2]), decoding.place(interaction.value)
    interaction = replace(interaction, channel=meta.channel)
    await _open(interaction, services, kind, place=place)


async def commanded(
    interaction: Interaction, services: Services, kind_id: str, query: str, typed: str = ""
) -> None:
    """`/autumn balance acme`: the customer is searched for while the form says it is loading. `typed`: the
    short form that says the whole change."""
    await _open(interaction, services, kinds.kind(kind_id), query=query, typed=typed)


async def from_message(interaction: Interaction, services: Services, kind_id: str, customer: str) -> None:
    """In place of the modal that lists a message's customers, filled in with `interaction.state`."""
    await _open(interaction, services, decoding.kind(kind_id), place=Place(customer=customer))


async def _open(
    interaction: Interaction,
    services: Services,
    kind: ChangeKind[Any],
    *,
    place: Place | None = None,
    query: str = "",
    typed: str = "",
) -> None:
    """`query`: whom to look for if there is no place."""
    place = place or Place(customer=query)
    meta = Meta(
        kind=kind.id,
        customer=place.customer,
        submission=secrets.token_hex(16),
        channel=interaction.channel,
        feature=place.feature,
        entity=place.entity if kind.of_entities else "",
        typed=typed,
    )
    await open_form(interaction, services, meta, query=query)


async def open_form(interaction: Interaction, services: Services, meta: Meta, *, query: str = "") -> None:
    """`query`: what to look for the customer by, if they are unknown."""
    view = interaction.view
    if view:
        await services.replies.update_modal(view, request_form.loading(meta))
    else:
        view = await services.replies.open_modal(interaction, request_form.loading(meta))
    interaction = replace(interaction, view=view)
    async with errors_in_modal(interaction, services, partial(request_form.stopped, meta)):
        decision = await services.permission.may_open(kinds.kind(meta.kind).policy, interaction.actor)
        others = Others()
        if others_may(decision):
            kind = kinds.kind(meta.kind)
            others = await services.wishes.others_may_open(kind.policy, interaction.actor)
        if not decision.permit and (meta.single or not others.askable):
            refusal = PolicyRefusal(decision, others.named)
            card = message_cards.result_card(Result.NOT_ALLOWED, now=services.now(), refusal=refusal)
            await stop(interaction, services, meta, card)
            return
        meta = meta.model_copy(
            update={"reason_required": decision.reason_required, "asks_others": not decision.permit}
        )
        if not query:
            await _show(interaction, services, meta)
            return
        match await find(services.autumn, query, now=services.now):
            case SingleMatch(customer_id):
                await _show(interaction, services, meta.model_copy(update={"customer": customer_id}))
            case (SeveralMatches() | NoMatch()) as matches:
                picker = request_form.pick_customer(meta, matches)
                await update_modal(interaction, services, picker, instead=matches_card(matches))
            case never:
                assert_never(never)


async def picked_customer(interaction: Interaction, services: Services) -> None:
    """One of several that match: the same modal becomes the form."""
    meta = decoding.change_form(interaction.metadata).model_copy(update={"customer": interaction.value})
    async with errors_in_modal(interaction, services, partial(request_form.stopped, meta)):
        await services.replies.update_modal(interaction.view, request_form.loading(meta))
        await _show(interaction, services, meta)


async def _show(interaction: Interaction, services: Services, meta: Meta) -> None:
    """The form as it opens, filled in by the short form that was typed."""
    short, sentences = decoding.sentences(meta.typed) if meta.typed else (None, ())
    entity = sentences[0].entity if sentences else ""
    if entity:
        meta = meta.model_copy(update={"entity": await _resolve_entity(services, meta.customer, entity)})
    if short and len(sentences) > 1:
        await batches.check_typed(interaction, services, meta, short, sentences)
        return
    facts = await read_facts(services, meta)
    filled_in = PrefilledForm(interaction.state)
    if short:
        filled_in = short.fill(sentences[0], facts)
        meta = meta.model_copy(update={"typed": ""})
    if entity and not meta.entity:
        # Nothing that could be submitted for the whole customer instead.
        filled_in = PrefilledForm(
            why_given(filled_in.values), words.unclear_entity(text.code(entity, _SHOWN))
        )
    view = await drawn(
        interaction, services, meta, facts, values=filled_in.values, trouble=filled_in.trouble, opening=True
    )
    await services.replies.update_modal(interaction.view, view)


async def _resolve_entity(services: Services, customer: str, typed: str) -> str:
    """Its id; empty if it is not clear which one is meant."""
    return scope.meant(typed, (await services.autumn.entities(customer, search=typed)).list)


# Filling in


async def filled(interaction: Interaction, services: Services) -> None:
    """Something was chosen or typed: redraws the form with a preview of the change."""
    meta = decoding.change_form(interaction.metadata)
    async with (
        services.latest_click.handling(interaction.view, interaction.occurred_at) as is_latest,
        errors_in_modal(interaction, services, partial(request_form.stopped, meta)),
    ):
        meta, values = request_form.scoped(meta, interaction.state)
        facts = services.open_forms.get(meta.form) or await read_facts(services, meta)
        if interaction.action == ids.FORM_PRESET and (
            preset := await _preset_picked(interaction, services, meta)
        ):
            meta, values = request_form.fill_preset(meta, values, preset)
        view = await drawn(interaction, services, meta, facts, values=values)
        await services.replies.update_modal_if_latest(interaction, view, is_latest)


async def options(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For an external select of the form."""
    meta = decoding.change_form(interaction.metadata)
    if interaction.action == ids.FORM_ENTITY:
        matching = await services.autumn.entities(meta.customer, search=interaction.value)
        return scope.entity_options(matching.list)
    facts = await facts_of_form(interaction, services)
    return request_form.options(meta, interaction.action, facts, interaction.value)


async def facts_of_form(interaction: Interaction, services: Services) -> Facts:
    meta = decoding.change_form(interaction.metadata)
    return services.open_forms.get(meta.form) or await read_facts(services, meta)


# Both


async def read_facts(services: Services, meta: Meta) -> Facts:
    facts = await services.changes.read_facts(meta.kind, meta.customer, meta.entity)
    services.open_forms.keep(meta.form, facts)
    return facts


async def drawn(
    interaction: Interaction,
    services: Services,
    meta: Meta,
    facts: Facts,
    *,
    values: Values,
    trouble: str = "",
    opening: bool = False,
) -> dict[str, Any]:
    drafted = request_form.draft(meta, values, facts)
    preview = None
    if drafted is not None:
        assessment = await services.changes.assess_on(drafted, facts, interaction.actor)
        preview = FormPreview.of(assessment.judgement)
        if assessment.preview is not None:
            asks_others = False
            decision = await services.changes.may_request(assessment, interaction.actor)
            meta = meta.model_copy(update={"reason_required": decision.reason_required})
            # An edited request waits, even if it could be applied right away.
            needed = max(decision.approvals, 1) if meta.edits else decision.approvals
            preview = FormPreview.of(
                assessment.judgement,
                assessment.preview.lines,
                assessment.preview.before,
                needed=needed if decision.permit else None,
                barred=barred(decision),
            )
            if decision.permit:
                preview = replace(preview, limits=limits(decision))
            else:
                others = await services.wishes.others_may(assessment, interaction.actor)
                preview = replace(preview, others=others.named or access_words.NOBODY)
                asks_others = others.askable and others_may(decision) and not meta.single
            meta = meta.model_copy(update={"asks_others": asks_others})
    presets = await _preset_offers(services, meta)
    return request_form.build(FormState(meta, facts, values, preview, trouble, presets, opening))


async def stop(interaction: Interaction, services: Services, meta: Meta, card: Card) -> None:
    await update_modal(interaction, services, request_form.stopped(meta, card), instead=card)


# Presets of the policy


async def _preset_picked(interaction: Interaction, services: Services, meta: Meta) -> Preset | None:
    """The one that was picked."""
    offered = await _preset_offers(services, meta)
    fitting = (offer.preset for offer in offered if offer.again is None)
    return next((preset for preset in fitting if preset.name == interaction.value), None)


async def _preset_offers(services: Services, meta: Meta) -> Sequence[PresetOffer]:
    """Those that the form can be filled in with, each with the moment the customer can have it again, judged
    by what any form gave them before."""
    gives = kinds.kind(meta.kind).form.presets is not None
    offered = [preset for preset in services.presets if gives or preset.gives is None]
    limited = any(preset.every for preset in offered)
    records = await services.changes.history(meta.customer, limit=_RECENT) if limited else []
    gifts = [(_gift(record), record.created_at) for record in records if record.state not in _NOT_GIVEN]
    return [
        PresetOffer(preset, preset.again([at for gift, at in gifts if gift == preset.gives], services.now()))
        for preset in offered
    ]


def _gift(record: Record) -> tuple[str, Decimal] | None:
    """The feature and the amount that a change gave, if it is what a preset gives."""
    presets = kinds.of(record.input).form.presets
    return presets.given(record.input) if presets else None


# Opened again as they were filled in


async def ask_again(interaction: Interaction, services: Services) -> None:
    """As the form of an earlier request of this person was filled in."""
    record = await services.changes.get(Ref.decode(interaction.value).id)
    if record is None or record.requester != interaction.user:
        card = message_cards.result_card(Result.UNKNOWN, now=services.now())
        await services.replies.open_modal(interaction, surfaces.as_modal(card))
        return
    await _reopen(interaction, services, await services.changes.form_of(record))


async def edit_request(interaction: Interaction, services: Services) -> None:
    """A person's own request that waits, as its form was filled in."""
    ref = Ref.decode(interaction.value)
    record = await services.changes.get(ref.id)
    refusal = Result.UNKNOWN
    if record is not None:
        if record.requester == interaction.actor.user and record.editable and record.version == ref.version:
            form = await services.changes.form_of(record)
            await _reopen(interaction, services, form, edits=ref.encode())
            return
        refusal = Result.STALE if record.state is State.WAITING else Result.TOO_LATE
    card = message_cards.result_card(refusal, now=services.now(), record=record)
    await services.replies.open_modal(interaction, surfaces.as_modal(card))


async def take_up(interaction: Interaction, services: Services) -> None:
    """What someone else filled in and may not request; or what it became, if it was taken up before. It is
    not passed on a second time."""
    form = await services.wishes.form(interaction.value)
    if form is None:
        card = message_cards.result_card(Result.UNKNOWN, now=services.now())
        await services.replies.open_modal(interaction, surfaces.as_modal(card))
        return
    submission, record = await services.wishes.taken_up(form.id)
    if record is not None:
        card = await reader_card(services, record)
        await services.replies.open_modal(interaction, surfaces.as_modal(card))
        return
    await _reopen(interaction, services, form, submission=submission)


async def reader_card(services: Services, record: Record) -> Card:
    """The change as it is, without buttons."""
    known_names = await services.changes.names.of(record)
    return approvals_card.change_card(
        record,
        audience=approvals_card.Audience.READER,
        now=services.now(),
        name=known_names.customer,
        names=known_names.names,
    )


async def _reopen(
    interaction: Interaction, services: Services, form: FilledForm, *, edits: str = "", submission: str = ""
) -> None:
    """In a new modal, as it was filled in. `submission`: of a form that was passed on; others may submit the
    same."""
    meta = Meta(
        kind=decoding.kind(form.kind).id,
        customer=form.place.customer,
        submission=submission or secrets.token_hex(16),
        channel=interaction.channel,
        feature=form.place.feature,
        entity=form.place.entity,
        edits=edits,
        taken_up=bool(submission),
    )
    await open_form(replace(interaction, view="", state=form.values), services, meta)
