"""Fifty people click on one card in Slack at once; and people click on one of twenty open cards.

Every bot runs in its own process; what people do and read goes through the local Slack.
"""

import asyncio
import random
import re
from contextlib import nullcontext

from sqlalchemy import func, select

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from bot.approvals.results import Result
from bot.store.tables import decisions
from sandbox.slack import LocalPerson
from sandbox.slack.model import LocalMessage
from tests.databases import Engine
from tests.journeys.changing import request_balance_change, request_new_name
from tests.proofs.figures import Figures
from tests.proofs.ledger import reconcile
from tests.proofs.slack_deployment import BUSY, SlackDeployment, change_of, slack_deployment

PEOPLE = 50
OPEN = 20
_TOO_LATE = approvals_words.RESULTS[Result.TOO_LATE].what
_CUSTOMERS = ("cus_acme", "cus_northwind", "cus_bold", "cus_soylent")
_WRONG_IN_LOGS = re.compile(
    r'"outcome": "fault"|Traceback|Acme|Northwind|Bold|Soylent|@\w+\.example|am_sk_|xoxb-'
)
_DECISIONS = {
    State.APPLIED: (approvals_words.ENDINGS[Cause.DONE], "Approved by @{}"),
    State.DENIED: (approvals_words.HEADLINES[State.DENIED].split("*")[1], "By @{},"),
}
"""How a card shows a decision: its outcome, and who made it."""


async def one_card(
    engine: Engine, processes: int, rounds: int, *, people: int = PEOPLE, copied: int = 5
) -> Figures:
    """The first click decides; everyone else is told who was first, once.

    `copied`: in every round of this many, each request arrives five times.
    """
    figures = Figures(f"{people} people click on one card: {engine}, {processes} process(es)")
    async with slack_deployment(engine, processes, people) as deployed:
        await click_one_card(figures, deployed, rounds, copied)
    return figures


async def click_one_card(figures: Figures, deployed: SlackDeployment, rounds: int, copied: int) -> None:
    for number in range(rounds):
        card = await _request(deployed, deployed.slack.person("ana"), number)
        since = deployed.slack.workspace.next_ts()
        async with deployed.copying() if number % copied == copied - 1 else nullcontext():
            await _click(deployed, card, number)
            await deployed.idle()
        await _judge(figures, deployed, card, since)
        for person in (*deployed.people, deployed.slack.person("ana")):
            person.reload()
        figures.count("clicks", len(deployed.people))
    figures.count("requests from Slack", len(deployed.slack.sent))
    figures.count("copies sent", sum(copier.copies for copier in deployed.copiers))
    _check_logs(figures, deployed)
    await reconcile(deployed.database, deployed.autumn.ledger, figures)


async def _request(deployed: SlackDeployment, person: LocalPerson, number: int) -> LocalMessage:
    """Requests a change with the form. Returns its card in the approvals channel."""
    known = {card.ts for card in deployed.cards()}
    match number % 3:
        case 0:
            await request_balance_change(person, str(1 + number), customer="cus_bold")
        case 1:
            amount = str(10_000 + number)
            await request_balance_change(person, amount, customer="cus_acme", action="Set the balance")
        case _:
            await request_new_name(person, f"Bold {number}", customer="cus_bold")

    def new_cards() -> list[LocalMessage]:
        # Comparing counts would not do: an older card may still lose its buttons.
        return [card for card in deployed.cards() if card.ts not in known]

    await deployed.until(lambda: bool(new_cards()))
    await deployed.idle()
    (card,) = new_cards()
    return card


async def _click(deployed: SlackDeployment, card: LocalMessage, number: int) -> None:
    """An approval reads Autumn before it decides, and a denial needs a reason first, so simultaneous clicks
    seldom decide at the same moment. Hence in some rounds nobody denies, in some everyone does, and in others
    the forms are open before anyone approves, and are submitted at random moments."""
    dice = random.Random(number)  # noqa: S311 - reproducible
    share, open_before, delay = ((0.5, False, 0), (0, False, 0), (0.5, True, 0.3), (1, False, 0))[number % 4]
    people = dice.sample(deployed.people, len(deployed.people))
    denying = people[: round(share * len(people))]
    ready: list[LocalPerson] = []
    if open_before:
        opened = await asyncio.gather(*(deployed.deny(person, card) for person in denying))
        ready = [person for person, form in zip(denying, opened, strict=True) if form]

    async def approve(person: LocalPerson) -> None:
        await person.click("Approve", on=card)

    async def deny(person: LocalPerson) -> None:
        if await deployed.deny(person, card):
            await deployed.give_reason(person)

    async def submit(person: LocalPerson) -> None:
        await asyncio.sleep(dice.random() * delay)
        await deployed.give_reason(person)

    clicks = [submit(denier) if denier in ready else deny(denier) for denier in denying]
    clicks += [approve(approver) for approver in people if approver not in denying]
    dice.shuffle(clicks)
    await asyncio.gather(*clicks)


async def _judge(figures: Figures, deployed: SlackDeployment, card: LocalMessage, since: str) -> None:
    ana = deployed.slack.person("ana")
    text = deployed.read(ana, card)
    where = text.splitlines()[-1]
    figures.count("rounds")
    state = next((state for state, words in _DECISIONS.items() if words[0] in text), None)
    if state is None:
        figures.check(False, f"{where}: the card says {text}")
        return
    figures.count(f"of them {state}")
    outcome, decider = _DECISIONS[state]
    first = [person for person in deployed.people if decider.format(person.user.name) in text]
    figures.check(len(first) == 1, f"{where}: the card names {len(first)} people")
    for person in deployed.people:
        received = [deployed.read(person, message) for message in deployed.messages_to(person, since)]
        answers = [answer for answer in received if BUSY not in answer]
        figures.count("told that there was no time for the click", len(received) - len(answers))
        if person in first:
            figures.check(not answers, f"{where}: {person.user.name} was first and is told {answers}")
            continue
        figures.check(bool(received) and len(answers) < 2, f"{where}: {person.user.name} is told {received}")
        for answer in answers:
            right = _TOO_LATE in answer and any(
                decider.format(winner.user.name) in answer for winner in first
            )
            figures.count("told who was first", right)
            figures.check(right, f"{where}: {person.user.name} is told {answer}")
    outcomes = [
        words
        for message in deployed.messages_to(ana, since)
        if outcome in (words := deployed.read(ana, message))
    ]
    figures.check(len(outcomes) == 1, f"{where}: the requester is told {outcomes}")
    await _count(figures, deployed, where)


async def _count(figures: Figures, deployed: SlackDeployment, where: str) -> None:
    async with deployed.database.reading() as connection:
        total = (await connection.execute(select(func.count()).select_from(decisions))).scalar_one()
    new = total - figures.counts["decisions"]
    figures.check(new == 1, f"{where}: {new} decisions")
    figures.count("decisions", new)


async def one_of_many(engine: Engine, processes: int, clicks: int, *, cards: int = OPEN) -> Figures:
    """A click on one of twenty cards decides that change, and changes neither the others nor their cards."""
    figures = Figures(f"One of {cards} open cards is clicked: {engine}, {processes} process(es)")
    async with slack_deployment(engine, processes, PEOPLE) as deployed:
        await click_one_of_many(figures, deployed, clicks, cards)
    return figures


async def click_one_of_many(figures: Figures, deployed: SlackDeployment, clicks: int, cards: int) -> None:
    dice = random.Random(20)  # noqa: S311 - reproducible
    for number in range(cards):
        await _request_more(deployed, number)
    for number in range(clicks):
        waiting = await deployed.waiting()
        blocks = {open_card.ts: open_card.blocks for open_card in deployed.cards()}
        figures.check(len(waiting) == len(blocks) == cards, f"{len(waiting)} wait, {len(blocks)} cards")
        card, person, approves = (
            dice.choice(deployed.cards()),
            dice.choice(deployed.people),
            dice.random() < 0.5,
        )
        clicked = change_of(card)
        if approves:
            await person.click("Approve", on=card)
        elif await deployed.deny(person, card):
            await deployed.give_reason(person)
        await deployed.idle()
        decided, expected = await deployed.record(clicked), State.APPLIED if approves else State.DENIED
        figures.check(decided.state is expected, f"{clicked} is {decided.state}, not {expected}")
        figures.check(decided.decided_by == person.id, f"{clicked} was decided by {decided.decided_by}")
        figures.check(
            _DECISIONS[expected][0] in deployed.read(person, card), f"{clicked}: its card does not say so"
        )
        waiting.pop(clicked)
        blocks.pop(card.ts)
        figures.check(waiting == await deployed.waiting(), f"a click on {clicked} touched another")
        now = {open_card.ts: open_card.blocks for open_card in deployed.cards()}
        figures.check(blocks == now, f"a click on {clicked} redrew another")
        figures.count("clicks")
        figures.count(f"of them {expected}")
        figures.count("other cards checked after a click", len(waiting))
        await _request_more(deployed, number)
    _check_logs(figures, deployed)
    await reconcile(deployed.database, deployed.autumn.ledger, figures)


def _check_logs(figures: Figures, deployed: SlackDeployment) -> None:
    """The bots' logs contain no fault and no customer's name."""
    for log in deployed.logs:
        for line in log.grow().lines:
            figures.count("records in the logs, none of a fault or with a customer's name")
            figures.check(not _WRONG_IN_LOGS.search(line), f"in a log: {line}")


async def _request_more(deployed: SlackDeployment, number: int) -> None:
    """Requests relative changes, which do not affect each other's previews."""
    requester = deployed.slack.person("ana")
    before = len(deployed.cards())
    await request_balance_change(requester, str(1 + number), customer=_CUSTOMERS[number % len(_CUSTOMERS)])
    await deployed.until(lambda: len(deployed.cards()) > before)
    await deployed.idle()
    requester.reload()
