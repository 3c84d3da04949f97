"""Fifty people click on one card in Slack at once; and one of twenty open cards is clicked.

The bots are processes of their own, as they are run; what people do and read goes through the local Slack.
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
_SHOWN = {
    State.APPLIED: (approvals_words.ENDINGS[Cause.DONE], "Approved by @{}"),
    State.DENIED: (approvals_words.HEADLINES[State.DENIED].split("*")[1], "By @{},"),
}
"""What is to be read of a decision: what came of it, and whose it was."""


async def one_card(
    engine: Engine, processes: int, rounds: int, *, people: int = PEOPLE, copied: int = 5
) -> Figures:
    """Whoever is first decides; all others are told who that was, once.

    `copied`: in each round of so many, every request comes five times.
    """
    figures = Figures(f"{people} people click on one card: {engine}, {processes} process(es)")
    async with slack_deployment(engine, processes, people) as made:
        await click_one_card(figures, made, rounds, copied)
    return figures


async def click_one_card(figures: Figures, made: SlackDeployment, rounds: int, copied: int) -> None:
    for number in range(rounds):
        card = await _ask(made, made.slack.person("ana"), number)
        since = made.slack.workspace.next_ts()
        async with made.copying() if number % copied == copied - 1 else nullcontext():
            await _click(made, card, number)
            await made.idle()
        await _judge(figures, made, card, since)
        for person in (*made.people, made.slack.person("ana")):
            person.reload()
        figures.count("clicks", len(made.people))
    figures.count("requests of Slack's", len(made.slack.sent))
    figures.count("copies sent besides", sum(copier.copies for copier in made.copiers))
    _look_into(figures, made)
    await reconcile(made.database, made.autumn.ledger, figures)


async def _ask(made: SlackDeployment, person: LocalPerson, number: int) -> LocalMessage:
    """By the form; the card that came of it, in the channel for approvals."""
    before = made.cards()
    match number % 3:
        case 0:
            await request_balance_change(person, str(1 + number), customer="cus_bold")
        case 1:
            amount = str(10_000 + number)
            await request_balance_change(person, amount, customer="cus_acme", action="Set the balance")
        case _:
            await request_new_name(person, f"Bold {number}", customer="cus_bold")
    known = {one.ts for one in before}

    def fresh() -> list[LocalMessage]:
        # One that was open before may still lose its buttons, so that counting would not do.
        return [one for one in made.cards() if one.ts not in known]

    await made.until(lambda: bool(fresh()))
    await made.idle()
    (card,) = fresh()
    return card


async def _click(made: SlackDeployment, card: LocalMessage, number: int) -> None:
    """An approval reads Autumn before it decides, and a denial wants words first, so that whoever clicks at
    the same time is seldom equally far: in some rounds nobody denies, in one all do, in others the forms for
    it are open before anybody approves and are sent at any moment then."""
    dice = random.Random(number)  # noqa: S311 - the same every time
    share, open_before, late = ((0.5, False, 0), (0, False, 0), (0.5, True, 0.3), (1, False, 0))[number % 4]
    people = dice.sample(made.people, len(made.people))
    denying = people[: round(share * len(people))]
    ready: list[LocalPerson] = []
    if open_before:
        opened = await asyncio.gather(*(made.deny(one, card) for one in denying))
        ready = [one for one, form in zip(denying, opened, strict=True) if form]

    async def approve(person: LocalPerson) -> None:
        await person.click("Approve", on=card)

    async def deny(person: LocalPerson) -> None:
        if await made.deny(person, card):
            await made.say_why(person)

    async def send(person: LocalPerson) -> None:
        await asyncio.sleep(dice.random() * late)
        await made.say_why(person)

    clicks = [send(one) if one in ready else deny(one) for one in denying]
    clicks += [approve(one) for one in people if one not in denying]
    dice.shuffle(clicks)
    await asyncio.gather(*clicks)


async def _judge(figures: Figures, made: SlackDeployment, card: LocalMessage, since: str) -> None:
    ana = made.slack.person("ana")
    shown = made.read(ana, card)
    where = shown.splitlines()[-1]
    figures.count("rounds")
    state = next((one for one, words in _SHOWN.items() if words[0] in shown), None)
    if state is None:
        figures.hold(False, f"{where}: the card says {shown}")
        return
    figures.count(f"of them {state}")
    came, whose = _SHOWN[state]
    first = [one for one in made.people if whose.format(one.user.name) in shown]
    figures.hold(len(first) == 1, f"{where}: the card names {len(first)} people")
    for person in made.people:
        heard = [made.read(person, one) for one in made.heard(person, since)]
        told = [words for words in heard if BUSY not in words]
        figures.count("told that there was no time for the click", len(heard) - len(told))
        if person in first:
            figures.hold(not told, f"{where}: {person.user.name} was first and is told {told}")
            continue
        figures.hold(bool(heard) and len(told) < 2, f"{where}: {person.user.name} is told {heard}")
        for words in told:
            right = _TOO_LATE in words and any(whose.format(one.user.name) in words for one in first)
            figures.count("told who was first", right)
            figures.hold(right, f"{where}: {person.user.name} is told {words}")
    outcomes = [words for one in made.heard(ana, since) if came in (words := made.read(ana, one))]
    figures.hold(len(outcomes) == 1, f"{where}: the requester is told {outcomes}")
    await _count(figures, made, where)


async def _count(figures: Figures, made: SlackDeployment, where: str) -> None:
    async with made.database.reading() as connection:
        taken = (await connection.execute(select(func.count()).select_from(decisions))).scalar_one()
    fresh = taken - figures.counts["decisions"]
    figures.hold(fresh == 1, f"{where}: {fresh} decisions")
    figures.count("decisions", fresh)


async def one_of_many(engine: Engine, processes: int, clicks: int, *, cards: int = OPEN) -> Figures:
    """A click on one of twenty cards decides that one, and leaves the others as they are and as they look."""
    figures = Figures(f"One of {cards} open cards is clicked: {engine}, {processes} process(es)")
    async with slack_deployment(engine, processes, PEOPLE) as made:
        await click_one_of_many(figures, made, clicks, cards)
    return figures


async def click_one_of_many(figures: Figures, made: SlackDeployment, clicks: int, cards: int) -> None:
    dice = random.Random(20)  # noqa: S311 - the same every time
    for number in range(cards):
        await _ask_more(made, number)
    for number in range(clicks):
        before, looked = await made.waiting(), {one.ts: one.blocks for one in made.cards()}
        figures.hold(len(before) == len(looked) == cards, f"{len(before)} wait, {len(looked)} cards")
        card, person, approves = dice.choice(made.cards()), dice.choice(made.people), dice.random() < 0.5
        clicked = change_of(card)
        if approves:
            await person.click("Approve", on=card)
        elif await made.deny(person, card):
            await made.say_why(person)
        await made.idle()
        decided, wanted = await made.record(clicked), State.APPLIED if approves else State.DENIED
        figures.hold(decided.state is wanted, f"{clicked} is {decided.state}, not {wanted}")
        figures.hold(decided.decided_by == person.id, f"{clicked} was decided by {decided.decided_by}")
        figures.hold(_SHOWN[wanted][0] in made.read(person, card), f"{clicked}: its card does not say so")
        before.pop(clicked)
        looked.pop(card.ts)
        figures.hold(before == await made.waiting(), f"a click on {clicked} touched another")
        now = {one.ts: one.blocks for one in made.cards()}
        figures.hold(looked == now, f"a click on {clicked} redrew another")
        figures.count("clicks")
        figures.count(f"of them {wanted}")
        figures.count("others looked at after a click", len(before))
        await _ask_more(made, number)
    _look_into(figures, made)
    await reconcile(made.database, made.autumn.ledger, figures)


def _look_into(figures: Figures, made: SlackDeployment) -> None:
    """The bots' logs tell of no fault, and name no customer."""
    for log in made.logs:
        for line in log.grow().lines:
            figures.count("records in the logs, none of a fault or with a customer's name")
            figures.hold(not _WRONG_IN_LOGS.search(line), f"in a log: {line}")


async def _ask_more(made: SlackDeployment, number: int) -> None:
    """By relative changes, several of each customer: none of them makes another wait anew."""
    asker = made.slack.person("ana")
    before = len(made.cards())
    await request_balance_change(asker, str(1 + number), customer=_CUSTOMERS[number % len(_CUSTOMERS)])
    await made.until(lambda: len(made.cards()) > before)
    await made.idle()
    asker.reload()
