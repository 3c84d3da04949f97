"""The forms in which changes are asked for: opened at once, filled with what Autumn says, submitted."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from bot.access.rules import Kind
from bot.approvals import card as approvals_card
from bot.approvals import notices, result_card
from bot.approvals.results import ChangeRequest, Outcome, Result
from bot.changes import forms
from bot.changes.forms import FormPreview, FormState, Meta, Values
from bot.changes.model import Facts
from bot.kit.card import Card
from bot.lookups.answers import SingleMatch
from bot.lookups.find.search import find
from bot.lookups.place import Place
from handlers.interaction import Interaction
from handlers.listener import ShownError
from handlers.listing import listed
from handlers.once import first, first_in_time
from handlers.services import Services

_SUBMITTED = (Result.DONE, Result.AGAIN)


# Opening


async def clicked(interaction: Interaction, services: Services) -> None:
    """A button on a card, which knows the customer, and on a feature's page the feature."""
    place = Place.decode(interaction.value)
    kind = Kind(interaction.action.partition(":")[2])
    await _open(interaction, services, kind, customer=place.customer, feature=place.feature)


async def commanded(interaction: Interaction, services: Services, kind: Kind, query: str) -> None:
    """`/autumn balance acme`: the customer is looked for while the form says that it is being read."""
    await _open(interaction, services, kind, query=query)


async def _open(
    interaction: Interaction,
    services: Services,
    kind: Kind,
    *,
    customer: str = "",
    query: str = "",
    feature: str = "",
) -> None:
    if not await first_in_time(interaction, services):
        return
    meta = Meta(
        kind=kind,
        customer=customer or query,
        submission=secrets.token_hex(16),
        channel=interaction.channel,
        feature=feature,
    )
    view = await services.replies.modal(interaction, forms.loading(meta))
    interaction = replace(interaction, view=view)
    async with _in_form(interaction, services, meta):
        decision = await services.permission.may_open(kind, interaction.actor)
        if not decision.permit:
            card = result_card.result_card(Result.NOT_ALLOWED, now=services.now(), decision=decision)
            await _stop(interaction, services, meta, card)
            return
        meta = meta.model_copy(update={"reason_required": decision.reason_required})
        if query:
            found = await find(services.autumn, query, now=services.now)
            if not isinstance(found, SingleMatch):
                await _stop(interaction, services, meta, notices.elsewhere())
                await services.replies.fresh(interaction, listed(found))
                return
            meta = meta.model_copy(update={"customer": found.customer_id})
        facts = await _read(services, meta)
        await services.replies.redraw(view, await _drawn(interaction, services, meta, facts, values={}))


# Filling in


async def filled(interaction: Interaction, services: Services) -> None:
    """Something was chosen or typed: draws the form anew, with what it comes to."""
    meta = Meta.decode(interaction.metadata)
    async with (
        services.turns.take(interaction.view, interaction.occurred_at) as last,
        _in_form(interaction, services, meta),
    ):
        facts = services.remembered.get(meta.submission) or await _read(services, meta)
        drawn = await _drawn(interaction, services, meta, facts, values=interaction.state)
        await services.replies.redraw_last(interaction, drawn, last)


async def features(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of a balance's form."""
    return forms.feature_options(await _known(interaction, services), interaction.value)


async def rewards(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of a reward's form."""
    return forms.reward_options(await _known(interaction, services), interaction.value)


async def _known(interaction: Interaction, services: Services) -> Facts:
    meta = Meta.decode(interaction.metadata)
    return services.remembered.get(meta.submission) or await _read(services, meta)


# Submitting


def check(interaction: Interaction) -> Mapping[str, str]:
    """What is wrong with what was filled in, by block."""
    return forms.parse(Meta.decode(interaction.metadata), interaction.state).errors


def working(interaction: Interaction) -> Mapping[str, Any]:
    return forms.working(Meta.decode(interaction.metadata))


async def submitted(interaction: Interaction, services: Services) -> None:
    meta = Meta.decode(interaction.metadata)
    interaction = replace(interaction, channel=meta.channel)
    # Redraws that are under way would bring the form back over what came of it.
    async with (
        services.turns.take(interaction.view, interaction.occurred_at),
        _in_form(interaction, services, meta),
    ):
        if await first(interaction, services):
            await _submit(interaction, services, meta)


async def _submit(interaction: Interaction, services: Services, meta: Meta) -> None:
    given = forms.parse(meta, interaction.state)
    if given.input is None:  # pragma: no cover - `check` lets no such form through
        raise ValueError("A form that is not filled in was let through.")
    # Whom it would be asked of is judged by figures read now.
    facts = await _read(services, meta)
    seen = await services.changes.look(given.input, facts)
    decision = await services.changes.may_ask(seen, interaction.actor)
    closed = (
        await services.approvals_closed()
        if seen.preview and decision.permit and not decision.at_once
        else None
    )
    if closed:
        await _again(interaction, services, meta, facts, notices.result_words(closed))
        return
    reply = await services.changes.submit(
        ChangeRequest(
            meta.submission,
            given.input,
            interaction.actor,
            channel=meta.channel,
            reason=given.reason,
            ticket=given.ticket,
            seen=given.seen,
        )
    )
    await _came_to(interaction, services, meta, reply, facts)


async def _came_to(
    interaction: Interaction, services: Services, meta: Meta, reply: Outcome, facts: Facts
) -> None:
    if reply.record and reply.result in _SUBMITTED:
        card = approvals_card.change_card(
            reply.record,
            audience=approvals_card.Audience.HISTORY,
            now=services.now(),
            name=facts.customer.name,
            called=forms.called(facts),
        )
        # The asker is told besides: a form that was closed meanwhile keeps nothing from them.
        await services.replies.redraw(interaction.view, forms.stopped(meta, card))
        return
    if reply.look is not None:
        # Read for this change alone, which may need less than the form shows.
        facts = replace(reply.look.facts, billing=reply.look.facts.billing or facts.billing)
    services.remembered.keep(meta.submission, facts)
    refusals = reply.look.judgement.refusals if reply.look else ()
    called = forms.called(facts)
    told = notices.result_words(reply.result, error=reply.error, refusals=refusals, called=called)
    # What the guards refuse the form says itself, unless what was picked is no longer there to be judged.
    drafted = forms.draft(meta, interaction.state, facts)
    says_itself = (
        bool(refusals)
        and drafted is not None
        and (await services.changes.look(drafted, facts)).judgement.refusals == refusals
    )
    await _again(interaction, services, meta, facts, told, says_itself=says_itself)


async def _again(
    interaction: Interaction,
    services: Services,
    meta: Meta,
    facts: Facts,
    told: str,
    *,
    says_itself: bool = False,
) -> None:
    """The form as it was filled in, and why it was not taken; to be submitted again."""
    trouble = "" if says_itself else told
    drawn = await _drawn(interaction, services, meta, facts, values=interaction.state, trouble=trouble)
    if not await services.replies.redraw(interaction.view, drawn):
        await services.replies.fresh(interaction, notices.not_taken(told))


# Both


async def _read(services: Services, meta: Meta) -> Facts:
    facts = await services.changes.open(meta.kind, meta.customer)
    services.remembered.keep(meta.submission, facts)
    return facts


async def _drawn(
    interaction: Interaction,
    services: Services,
    meta: Meta,
    facts: Facts,
    *,
    values: Values,
    trouble: str = "",
) -> dict[str, Any]:
    wanted = forms.draft(meta, values, facts)
    sight = None
    if wanted is not None:
        seen = await services.changes.look(wanted, facts)
        sight = FormPreview.of(seen.judgement)
        if seen.preview is not None:
            decision = await services.changes.may_ask(seen, interaction.actor)
            meta = meta.model_copy(update={"reason_required": decision.reason_required})
            sight = FormPreview.of(
                seen.judgement,
                seen.preview.lines,
                seen.preview.before,
                needed=decision.approvals if decision.permit else None,
                barred=result_card.barred(decision),
            )
    return forms.build(FormState(meta, facts, values, sight, trouble))


async def _stop(interaction: Interaction, services: Services, meta: Meta, card: Card) -> None:
    if not await services.replies.redraw(interaction.view, forms.stopped(meta, card)):
        await services.replies.fresh(interaction, card)


@contextlib.asynccontextmanager
async def _in_form(interaction: Interaction, services: Services, meta: Meta) -> AsyncIterator[None]:
    """Trouble is said in the form, which is where the person looks; elsewhere when it was closed."""

    async def say(card: Card) -> None:
        await _stop(interaction, services, meta, card)

    try:
        yield
    except Exception as error:
        raise ShownError(error, say) from error
