"""Bulk changes: the steps by which people request them, and lists requested without a form."""

import csv
import io
from decimal import Decimal
from uuid import uuid4

from bot.batches import parsing, words
from bot.batches.model import BatchRecord, BatchState
from bot.batches.parsing import ForAll, ReadList
from bot.changes.forms import words as forms_words
from sandbox.slack import LocalPerson
from tests.running import Running, actor
from tests.screen import on_screen

CUSTOMERS = ("cus_bold", "cus_html")
LIST = "customer,feature,amount\n" + "".join(f"{customer},messages,100\n" for customer in CUSTOMERS)
TITLE = "Bulk change: 2 changes for 2 customers"
FINISHED = "2 of 2 applied"
REASON = "The outage of 3 December"
WAITING, DONE, DENIED, STOPPED = (
    on_screen(words.STATES[state])
    for state in (BatchState.WAITING, BatchState.DONE, BatchState.DENIED, BatchState.STOPPED)
)


async def open_form(person: LocalPerson) -> None:
    await person.command("/autumn bulk")
    await person.sees(words.LIST)


async def check_list(person: LocalPerson, text: str = LIST) -> None:
    """Pastes a list and has it checked."""
    await open_form(person)
    await person.fill(words.LIST, text)
    await person.fill(forms_words.REASON, REASON)
    await person.submit()


async def request_list(person: LocalPerson, text: str = LIST) -> None:
    await check_list(person, text)
    await person.sees(words.SEND)
    await person.click(words.SEND)
    await person.sees(words.REQUESTED)
    await person.close()


async def submit_list(maple: Running, text: str = LIST, *, person: str = "ana") -> BatchRecord:
    """Requests a list as this person, without a form."""
    lines = parsing.read(text, ForAll())
    assert isinstance(lines, ReadList)
    requester = actor(maple.slack.person(person))
    checked = await maple.bot.batches.check(lines.lines, requester)
    outcome = await maple.bot.batches.submit(uuid4().hex, checked, requester, reason=REASON)
    assert outcome.batch is not None, outcome
    return outcome.batch


async def approve_list(maple: Running, batch: BatchRecord) -> None:
    """Lea approves the list, without a click."""
    await maple.bot.batches.approve(batch.id, batch.revision, actor(maple.lea))


async def remaining(maple: Running, customer: str, feature: str = "messages") -> Decimal:
    return (await maple.bot.autumn.customer(customer)).balances[feature].remaining


def file_text(maple: Running, name: str) -> str:
    """The newest file from Maple whose name contains these words."""
    files = [file for file in maple.slack.workspace.files.values() if name in file.name]
    return files[-1].content.decode("utf-8-sig")


def file_rows(maple: Running, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file_text(maple, name))))
