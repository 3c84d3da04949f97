"""Has a link made, once, and gives it to the person who asked. It is stored nowhere."""

import secrets
from collections.abc import Mapping
from enum import StrEnum

from bot.access.people import Actor
from bot.access.permission import Permission
from bot.access.policy import Decision
from bot.autumn.errors import AutumnError, NotSent, Refused
from bot.links import card
from bot.links.card import MadeLink
from bot.links.registry import LinkKind
from bot.runtime import Runtime
from bot.store import audit
from bot.store.database import unbroken

_ITS_FAULT = 500


class LinkEvent(StrEnum):
    """In the audit trail."""

    REQUESTED = "link_requested"
    """Committed before Autumn is asked."""
    MADE = "link_made"


class Lost(StrEnum):
    """No link came of it, though Autumn may have made one."""

    NO_ANSWER = "no_answer"


class LinkService:
    def __init__(self, runtime: Runtime, permission: Permission) -> None:
        self._runtime = runtime
        self._permission = permission

    async def make(self, kind: LinkKind, customer_id: str, actor: Actor) -> MadeLink | Lost | Decision:
        """The refusal if the person may not. Raises AutumnError when none was made.

        The request is sent once: each would create another page, and the first may create a customer in
        Stripe. Autumn would create a customer that it does not know, so the customer is read first.
        """
        decision = await self._permission.may_link(actor)
        if not decision.permit:
            return decision
        customer = await self._runtime.autumn.customer(customer_id)
        link_id = secrets.token_hex(12)
        body = {"link": kind.id, "customer": customer_id, "env": self._runtime.environment}
        await self._record(link_id, LinkEvent.REQUESTED, actor, body)
        try:
            answer = await self._runtime.autumn.send(kind.write(customer_id), f"maple:link:{link_id}")
        except AutumnError as error:
            if isinstance(error, NotSent) or (isinstance(error, Refused) and error.status < _ITS_FAULT):
                raise
            return Lost.NO_ANSWER
        url = card.address(str(answer.get("url") or "")) if isinstance(answer, dict) else ""
        if not url:
            return Lost.NO_ANSWER
        await self._record(link_id, LinkEvent.MADE, actor, body)
        return MadeLink(kind, customer, url)

    @unbroken
    async def _record(self, link_id: str, event: LinkEvent, actor: Actor, body: Mapping[str, str]) -> None:
        async with self._runtime.database.writing() as connection:
            await audit.append(
                connection,
                change_id=link_id,
                event=event,
                actor=actor.user,
                at=self._runtime.now(),
                body=body,
            )
