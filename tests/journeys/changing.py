"""The steps by which people request changes, using only the labels they see."""

import json
import re
from decimal import Decimal
from typing import Protocol
from uuid import uuid4

import httpx

from bot.access.people import Actor
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.names import CustomerNames
from bot.approvals.requests import ChangeRequest
from bot.approvals.results import Result
from bot.approvals.service import ChangeService, Surroundings
from bot.autumn.models import Environment
from bot.changes import words as changes_words
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.forms import words as forms_words
from bot.changes.model import ChangeInput
from bot.runtime import Runtime, no_checkpoint
from sandbox.autumn import LocalAutumn
from sandbox.slack import LocalPerson
from tests.approvals.harness import ANA, LEA, Permissions, approvals_channel
from tests.policy import KIND_IDS
from tests.running import APPROVALS, QUICK_PACE, Clock, Running, actor
from tests.screen import on_screen

_STATES = {state: on_screen(headline) for state, headline in approvals_words.HEADLINES.items()}
WAITING, WITHDRAWN, EXPIRED = _STATES[State.WAITING], _STATES[State.WITHDRAWN], _STATES[State.EXPIRED]
FAILED, DENIED, UNCONFIRMED = _STATES[State.FAILED], _STATES[State.DENIED], _STATES[State.UNCONFIRMED]
PREVIEW = on_screen(forms_words.PREVIEW)
ACTION = changes_words.ACTION
OUTAGE = "They lost a day to our outage"

AT_ONCE = f"""
[[allow]]
name = "all at once"
who = "everyone"
may = ["ask", "at_once", "approve", "mark", "undo"]
changes = {json.dumps(KIND_IDS)}

[[allow]]
name = "all may look back"
who = "everyone"
may = ["history"]
"""


class FormPerson(Protocol):
    """Someone who fills in forms, in Slack or in the form harness."""

    async def command(self, line: str, /) -> None: ...

    async def sees(self, text: str, /) -> str: ...

    async def choose(self, label: str, option: str, /) -> None: ...

    async def fill(self, label: str, text: str, /) -> None: ...

    async def submit(self) -> None: ...


class FormSetup(Protocol):
    """Where Ana can request a change: the whole bot, or the form harness."""

    @property
    def ana(self) -> FormPerson: ...

    @property
    def autumn(self) -> LocalAutumn: ...

    @property
    def clock(self) -> Clock: ...


async def request_change(maple: Running, amount: str = "500", *, action: str = "") -> None:
    """Ana requests more messages for Acme, or another change of their balance."""
    if action:
        await request_balance_change(maple.ana, amount, action=action)
    else:
        await request_messages(maple.ana, amount)


async def request_messages(person: LocalPerson, amount: str, *, customer: str = "cus_acme") -> None:
    await request_in_one_line(person, f"give {customer} {amount} messages", reason=OUTAGE)


async def request_balance_change(
    person: LocalPerson, amount: str, *, customer: str = "cus_acme", action: str = ""
) -> None:
    """Requests a change of the messages' balance, field by field."""
    await person.command(f"/autumn balance {customer}")
    await person.sees(ACTION)
    await person.choose("Feature", "Messages")
    await person.sees("resets")
    if action:
        await person.choose(ACTION, action)
        await person.settled()
    await person.fill("Amount", amount)
    await person.sees(PREVIEW)
    await person.fill("Reason", OUTAGE)
    await person.submit()


async def file_request(
    maple: Running,
    amount: int = 500,
    *,
    action: BalanceAction = BalanceAction.GIVE,
    person: LocalPerson | None = None,
) -> Record:
    """Requests what `request_change` does, for Ana or this person, but without the form.

    Under a policy that asks for no approval it is applied before this returns.
    """
    customer = await maple.bot.autumn.customer("cus_acme")
    (row,) = (row.id for row in customer.balances["messages"].breakdown)
    about = BalanceInput(
        customer="cus_acme", feature="messages", row=row, action=action, amount=Decimal(amount)
    )
    return await submit_change(maple, about, person=person)


async def submit_change(maple: Running, change: ChangeInput, *, person: LocalPerson | None = None) -> Record:
    """Submits any change for Ana or this person, without its form."""
    request = ChangeRequest(uuid4().hex, change, actor(person or maple.ana), reason=OUTAGE)
    outcome = await maple.bot.changes.submit(request)
    assert outcome.record is not None, outcome
    return outcome.record


async def request_shown_to_lea(
    maple: Running,
    amount: int = 500,
    *,
    action: BalanceAction = BalanceAction.GIVE,
    person: LocalPerson | None = None,
) -> Record:
    """Like `file_request`; then Lea opens the approvals channel."""
    record = await file_request(maple, amount, action=action, person=person)
    maple.lea.go("#billing")
    return record


async def approve_waiting(maple: Running) -> Result:
    """Lea approves the only change that waits, without clicking."""
    (record,) = await maple.bot.changes.waiting()
    return (await maple.bot.changes.approve(record.id, record.version, actor(maple.lea))).result


async def submit_undo(maple: Running) -> Result:
    """Ana requests the undo of her last change, without clicking."""
    record, *_ = await maple.bot.changes.requested_by(maple.ana.id)
    request = maple.bot.changes.undo(record.id, uuid4().hex, actor(maple.ana), reason="The wrong customer")
    return (await request).result


def service_without_slack(maple: Running) -> ChangeService:
    """A service for the bot's changes that shows them to nobody, and whose policy allows them with one
    approval."""

    async def notify(_record: Record, _event: ChangeEvent) -> None:
        pass

    bot = maple.bot
    runtime = Runtime(bot.database, bot.autumn, Environment.SANDBOX, maple.clock.now, no_checkpoint)
    names = CustomerNames(bot.autumn)
    surroundings = Surroundings(Permissions(), notify, approvals_channel(APPROVALS), names)
    return ChangeService(runtime, surroundings, QUICK_PACE)


async def approve_and_apply(service: ChangeService, record: Record | None) -> Record:
    """Lea approves the request, and it is applied and read back."""
    assert record is not None
    outcome = await service.approve(record.id, record.version, LEA)
    assert outcome.result is Result.DONE
    assert outcome.record is not None
    assert outcome.record.ending is Cause.DONE
    return outcome.record


async def undo_and_apply(service: ChangeService, applied: Record, requester: Actor = ANA) -> Record:
    """Ana requests the undo of a change, Lea approves it, and it is applied."""
    outcome = await service.undo(applied.id, uuid4().hex, requester)
    undo_record = await approve_and_apply(service, outcome.record)
    undone = await service.get(applied.id)
    assert undone is not None
    assert undone.undo == undo_record.id
    return undo_record


async def request_in_one_line(person: LocalPerson, change: str, *, reason: str = "we agreed on it") -> None:
    """Requests the change in one line: the form opens filled in."""
    await person.command(f"/autumn {change} because {reason}")
    await person.sees(PREVIEW)
    await person.submit()


async def request_new_name(person: LocalPerson, name: str, *, customer: str = "cus_acme") -> None:
    await person.command(f"/autumn update {customer}")
    await person.sees("Fingerprint")
    await person.fill("Name", name)
    await person.sees(f"→ {name}")
    await person.fill("Reason", "They call themselves so now")
    await person.submit()


async def request_undo(
    person: LocalPerson, button: str = approvals_words.UNDO, *, reason: str = "It was the wrong customer"
) -> None:
    """Requests the undo of the change on the screen."""
    await person.click(button)
    await person.sees(approvals_words.UNDO_HINT)
    await person.fill(approvals_words.REASON, reason)
    await person.submit()


async def read_as_approver(maple: Running, *words: str) -> str:
    """Lea reads these words on the card in the approvals channel."""
    maple.lea.go("#billing")
    for expected in words:
        message = await maple.lea.sees(expected)
    return message


async def close_and_read_own_card(person: LocalPerson, *words: str | re.Pattern[str]) -> str:
    """The requester closes the form, and reads these words on her own card."""
    await person.close()
    return await read_own_card(person, *words)


async def read_own_card(person: LocalPerson, *words: str | re.Pattern[str]) -> str:
    """The requester reads these words in her direct messages with Maple."""
    person.go("@maple")
    for expected in words:
        message = await person.sees(expected)
    return message


async def change_in_autumn(maple: FormSetup, route: str, **body: object) -> None:
    """Someone does this in Autumn directly, without Maple."""
    async with httpx.AsyncClient(base_url=maple.autumn.url, trust_env=False) as client:
        answer = await client.post(
            f"/v1/{route}",
            json=body,
            headers={"authorization": f"Bearer {maple.autumn.key}", "x-api-version": "2.3.0"},
        )
        answer.raise_for_status()
