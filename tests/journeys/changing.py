"""The steps by which people request changes, using only the labels they see."""

import json
import re

import httpx

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import State
from bot.changes import words as changes_words
from bot.changes.forms import words as forms_words
from sandbox.slack import LocalPerson
from tests.policy import KIND_IDS
from tests.running import Running
from tests.screen import on_screen

_STATES = {state: on_screen(headline) for state, headline in approvals_words.HEADLINES.items()}
WAITING, WITHDRAWN, EXPIRED = _STATES[State.WAITING], _STATES[State.WITHDRAWN], _STATES[State.EXPIRED]
FAILED, DENIED, UNCONFIRMED = _STATES[State.FAILED], _STATES[State.DENIED], _STATES[State.UNCONFIRMED]
PREVIEW = on_screen(forms_words.PREVIEW)
ACTION = changes_words.ACTION
REASON = "They lost a day to our outage"

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


async def give(maple: Running, amount: str = "500", *, action: str = "") -> None:
    """Ana requests more messages for Acme, or another change of their balance."""
    if action:
        await fill_in_balance(maple.ana, amount, action=action)
    else:
        await ask_for_messages(maple.ana, amount)


async def ask_for_messages(person: LocalPerson, amount: str, *, customer: str = "cus_acme") -> None:
    """In one line, which opens the form filled in."""
    await person.command(f"/autumn give {customer} {amount} messages because {REASON}")
    await person.sees(PREVIEW)
    await person.submit()


async def fill_in_balance(
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
    await person.fill("Reason", REASON)
    await person.submit()


async def ask_for_a_name(person: LocalPerson, name: str, *, customer: str = "cus_acme") -> None:
    await person.command(f"/autumn update {customer}")
    await person.sees("Fingerprint")
    await person.fill("Name", name)
    await person.sees(f"→ {name}")
    await person.fill("Reason", "They call themselves so now")
    await person.submit()


async def request_undo(person: LocalPerson) -> None:
    """Requests the undo of the change on the screen."""
    await person.click(approvals_words.UNDO)
    await person.sees(approvals_words.UNDO_HINT)
    await person.fill(approvals_words.REASON, "It was the wrong customer")
    await person.submit()


async def lea_sees(maple: Running, *words: str) -> str:
    """Lea reads these words on the card in the approvals channel."""
    maple.lea.go("#billing")
    for expected in words:
        message = await maple.lea.sees(expected)
    return message


async def close_and_look(person: LocalPerson, *words: str | re.Pattern[str]) -> str:
    """The requester reads these words on her own card, in her direct messages with Maple."""
    await person.close()
    person.go("@maple")
    for expected in words:
        message = await person.sees(expected)
    return message


async def elsewhere(maple: Running, route: str, **body: object) -> None:
    """Somebody does this in Autumn directly, without Maple."""
    async with httpx.AsyncClient(base_url=maple.autumn.url, trust_env=False) as client:
        answer = await client.post(
            f"/v1/{route}",
            json=body,
            headers={"authorization": f"Bearer {maple.autumn.key}", "x-api-version": "2.3.0"},
        )
        answer.raise_for_status()
