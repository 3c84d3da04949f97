"""The forms in which changes are asked for: opened at once, filled with what Autumn says, submitted."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from bot.approvals import card as approvals_card
from bot.approvals import notices, result_card
from bot.approvals.results import Reply, Result, Wish
from bot.changes import forms
from bot.changes.forms import FormState, Meta, Sight, Values
from bot.changes.model import Facts, Kind
from bot.kit.card import Card
from bot.lookups.answers import One
from bot.lookups.find.search import find
from bot.lookups.place import Place
from handlers.interaction import Ask
from handlers.listener import Within
from handlers.listing import listed
from handlers.once import first, first_in_time
from handlers.services import Desk

_SUBMITTED = (Result.DONE, Result.AGAIN)


# Opening


async def clicked(ask: Ask, desk: Desk) -> None:
    """A button on a card, which knows the customer, and on a feature's page the feature."""
    place = Place.decode(ask.value)
    kind = Kind(ask.action.partition(":")[2])
    await _open(ask, desk, kind, customer=place.customer, feature=place.feature)


async def commanded(ask: Ask, desk: Desk, kind: Kind, query: str) -> None:
    """`/autumn balance acme`: the customer is looked for while the form says that it is being read."""
    await _open(ask, desk, kind, query=query)


async def _open(
    ask: Ask, desk: Desk, kind: Kind, *, customer: str = "", query: str = "", feature: str = ""
) -> None:
    if not await first_in_time(ask, desk):
        return
    meta = Meta(
        kind=kind,
        customer=customer or query,
        submission=secrets.token_hex(16),
        channel=ask.channel,
        feature=feature,
    )
    view = await desk.replies.modal(ask, forms.loading(meta))
    ask = replace(ask, view=view)
    async with _in_form(ask, desk, meta):
        decision = await desk.permission.may_open(kind, ask.actor)
        if not decision.permit:
            card = result_card.result_card(Result.NOT_ALLOWED, now=desk.now(), decision=decision)
            await _stop(ask, desk, meta, card)
            return
        meta = meta.model_copy(update={"reason_required": decision.reason_required})
        if query:
            found = await find(desk.autumn, query, now=desk.now)
            if not isinstance(found, One):
                await _stop(ask, desk, meta, notices.elsewhere())
                await desk.replies.fresh(ask, listed(found))
                return
            meta = meta.model_copy(update={"customer": found.customer_id})
        facts = await _read(desk, meta)
        await desk.replies.redraw(view, await _drawn(ask, desk, meta, facts, values={}))


# Filling in


async def filled(ask: Ask, desk: Desk) -> None:
    """Something was chosen or typed: draws the form anew, with what it comes to."""
    meta = Meta.decode(ask.metadata)
    async with desk.turns.take(ask.view, ask.at) as last, _in_form(ask, desk, meta):
        facts = desk.remembered.get(meta.submission) or await _read(desk, meta)
        drawn = await _drawn(ask, desk, meta, facts, values=ask.state)
        await desk.replies.redraw_last(ask, drawn, last)


async def features(ask: Ask, desk: Desk) -> list[dict[str, Any]]:
    """For the external select of a balance's form."""
    return forms.feature_options(await _known(ask, desk), ask.value)


async def rewards(ask: Ask, desk: Desk) -> list[dict[str, Any]]:
    """For the external select of a reward's form."""
    return forms.reward_options(await _known(ask, desk), ask.value)


async def _known(ask: Ask, desk: Desk) -> Facts:
    meta = Meta.decode(ask.metadata)
    return desk.remembered.get(meta.submission) or await _read(desk, meta)


# Submitting


def check(ask: Ask) -> Mapping[str, str]:
    """What is wrong with what was filled in, by block."""
    return forms.parse(Meta.decode(ask.metadata), ask.state).errors


def working(ask: Ask) -> Mapping[str, Any]:
    return forms.working(Meta.decode(ask.metadata))


async def submitted(ask: Ask, desk: Desk) -> None:
    meta = Meta.decode(ask.metadata)
    ask = replace(ask, channel=meta.channel)
    # Redraws that are under way would bring the form back over what came of it.
    async with desk.turns.take(ask.view, ask.at), _in_form(ask, desk, meta):
        if await first(ask, desk):
            await _submit(ask, desk, meta)


async def _submit(ask: Ask, desk: Desk, meta: Meta) -> None:
    given = forms.parse(meta, ask.state)
    if given.input is None:  # pragma: no cover - `check` lets no such form through
        raise ValueError("A form that is not filled in was let through.")
    # Whom it would be asked of is judged by figures read now.
    facts = await _read(desk, meta)
    seen = await desk.changes.look(given.input, facts)
    decision = await desk.changes.may_ask(seen, ask.actor)
    closed = (
        await desk.approvals_closed() if seen.preview and decision.permit and not decision.at_once else None
    )
    if closed:
        await _again(ask, desk, meta, facts, notices.result_words(closed))
        return
    reply = await desk.changes.submit(
        Wish(
            meta.submission,
            given.input,
            ask.actor,
            channel=meta.channel,
            reason=given.reason,
            ticket=given.ticket,
            seen=given.seen,
        )
    )
    await _came_to(ask, desk, meta, reply, facts)


async def _came_to(ask: Ask, desk: Desk, meta: Meta, reply: Reply, facts: Facts) -> None:
    if reply.record and reply.result in _SUBMITTED:
        card = approvals_card.change_card(
            reply.record,
            audience=approvals_card.Audience.HISTORY,
            now=desk.now(),
            name=facts.customer.name,
            called=forms.called(facts),
        )
        # The asker is told besides: a form that was closed meanwhile keeps nothing from them.
        await desk.replies.redraw(ask.view, forms.stopped(meta, card))
        return
    if reply.look is not None:
        # Read for this change alone, which may need less than the form shows.
        facts = replace(reply.look.facts, billing=reply.look.facts.billing or facts.billing)
    desk.remembered.keep(meta.submission, facts)
    refusals = reply.look.judgement.refusals if reply.look else ()
    called = forms.called(facts)
    told = notices.result_words(reply.result, error=reply.error, refusals=refusals, called=called)
    # What the guards refuse the form says itself, unless what was picked is no longer there to be judged.
    drafted = forms.draft(meta, ask.state, facts)
    says_itself = (
        bool(refusals)
        and drafted is not None
        and (await desk.changes.look(drafted, facts)).judgement.refusals == refusals
    )
    await _again(ask, desk, meta, facts, told, says_itself=says_itself)


async def _again(
    ask: Ask, desk: Desk, meta: Meta, facts: Facts, told: str, *, says_itself: bool = False
) -> None:
    """The form as it was filled in, and why it was not taken; to be submitted again."""
    trouble = "" if says_itself else told
    drawn = await _drawn(ask, desk, meta, facts, values=ask.state, trouble=trouble)
    if not await desk.replies.redraw(ask.view, drawn):
        await desk.replies.fresh(ask, notices.not_taken(told))


# Both


async def _read(desk: Desk, meta: Meta) -> Facts:
    facts = await desk.changes.open(meta.kind, meta.customer)
    desk.remembered.keep(meta.submission, facts)
    return facts


async def _drawn(
    ask: Ask, desk: Desk, meta: Meta, facts: Facts, *, values: Values, trouble: str = ""
) -> dict[str, Any]:
    wanted = forms.draft(meta, values, facts)
    sight = None
    if wanted is not None:
        seen = await desk.changes.look(wanted, facts)
        sight = Sight.of(seen.judgement)
        if seen.preview is not None:
            decision = await desk.changes.may_ask(seen, ask.actor)
            meta = meta.model_copy(update={"reason_required": decision.reason_required})
            sight = Sight.of(
                seen.judgement,
                seen.preview.lines,
                seen.preview.before,
                needed=decision.approvals if decision.permit else None,
                barred=result_card.barred(decision),
            )
    return forms.build(FormState(meta, facts, values, sight, trouble))


async def _stop(ask: Ask, desk: Desk, meta: Meta, card: Card) -> None:
    if not await desk.replies.redraw(ask.view, forms.stopped(meta, card)):
        await desk.replies.fresh(ask, card)


@contextlib.asynccontextmanager
async def _in_form(ask: Ask, desk: Desk, meta: Meta) -> AsyncIterator[None]:
    """Trouble is said in the form, which is where the person looks; elsewhere when it was closed."""

    async def say(card: Card) -> None:
        await _stop(ask, desk, meta, card)

    try:
        yield
    except Exception as error:
        raise Within(error, say) from error
