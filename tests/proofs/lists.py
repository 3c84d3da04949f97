"""Lists of changes that people paste or upload: any bytes are read, or refused with a message; and each line
that is read becomes a change for a customer, or is refused with a message."""

import random
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr

from bot.approvals.preview import assess
from bot.autumn.client import Autumn
from bot.batches import csv_file, parsing
from bot.batches.model import MOST_LINES, BatchLine
from bot.batches.parsing import ForAll, ReadList
from bot.changes import descriptions, notes, registry
from bot.changes.facts import gather_for
from bot.changes.line_form import LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.kit.csv_table import CsvFormat
from sandbox.autumn import LocalAutumn, LocalLimits
from sandbox.autumn.state import AutumnState
from tests.autumn.scripted import UNLIMITED
from tests.proofs.batch_lines import ENTITY, HOUSEHOLDS, household_lines
from tests.proofs.figures import Figures
from tests.proofs.list_cells import ListMaker, cells_by_kind

_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "shift_jis", "utf-7")
_FOR_ALL = (
    ForAll(),
    ForAll("set", "messages", "5"),
    ForAll("reset", "messages", "2027-01-01"),
    ForAll("give", "\ud800", "many"),
)
_COMMON = ("messages", "Messages", "seats", "api_calls")
"""Features that customers have; lines name these more often."""
_NOW = datetime.now(UTC)


@dataclass(frozen=True)
class _Catalogue:
    """Customers, and what a line can be about."""

    facts: Mapping[tuple[str, bool], Mapping[str, Facts]]
    """By the kind of change and whether it is for an entity, then by the customer's id."""
    names: Mapping[str, Sequence[str]]
    """By what a line can be about, as its form calls it."""

    def of(self, line: BatchLine, dice: random.Random) -> Facts:
        """The facts that the line is judged by; anyone's if it names a customer who does not exist."""
        facts = self.facts[line.kind, bool(line.entity)]
        return facts.get(line.customer) or dice.choice(list(facts.values()))


async def hostile_lists(count: int, seed: int) -> Figures:
    figures = Figures("Lists of any bytes")
    catalogue = await _read_catalogue()
    dice = random.Random(seed)  # noqa: S311 - reproducible
    customers = list(catalogue.facts[registry.usual_line().id, False])
    maker = ListMaker(dice, cells_by_kind(catalogue.names), [*customers, "a@b.com"], (ENTITY, "nobody"))
    for number in range(count):
        content = _content(dice, maker)
        for_all = dice.choice(_FOR_ALL)
        figures.count("hostile lists")
        try:
            answer = parsing.read(content, for_all)
            _check_answer(figures, number, answer)
            for line in answer.lines if isinstance(answer, ReadList) else ():
                _check_line(figures, number, line, catalogue.of(line, dice))
        except Exception as error:  # noqa: BLE001 - no exception at all may get out
            figures.check(False, f"{number}: {type(error).__name__} on {content[:200]!r}")
    return figures


async def _read_catalogue() -> _Catalogue:
    async with LocalAutumn.running(seed=0, limits=LocalLimits.off()) as local:
        lines = sum(len(household.examples) for household in HOUSEHOLDS)
        customers = sorted({line.customer for _, line in household_lines(local.state, lines)})
        autumn = Autumn(key=SecretStr(local.key), url=local.url, limits=UNLIMITED)
        async with aclosing(autumn):
            facts = {
                (kind.id, of_entity): {
                    customer: await gather_for(
                        autumn, kind.id, customer, now=lambda: _NOW, entity=ENTITY if of_entity else ""
                    )
                    for customer in customers
                }
                for kind in registry.listable()
                for of_entity in ((False, True) if kind.of_entities else (False,))
            }
        return _Catalogue(facts, _names(local.state))


def _names(state: AutumnState) -> Mapping[str, Sequence[str]]:
    rewards = state.rewards.values()
    codes = [str(code["code"]) for reward in rewards for code in reward.promo_codes]
    return {
        "feature": [
            *(name for feature in state.features.values() for name in (feature.id, feature.name)),
            *_COMMON * 40,
        ],
        "product": [name for plan in state.plans.values() for name in (plan.id, plan.name)],
        "coupon": ["", *(name for reward in rewards for name in (reward.id, reward.name))],
        "promo code": codes,
        "invoice": [invoice.stripe_id for invoice in state.invoices()],
    }


def _check_answer(figures: Figures, number: int, answer: ReadList | Note) -> None:
    if isinstance(answer, Note):
        figures.count("refused as a whole")
        figures.check(_has_text(answer), f"{number}: no message")
        return
    lines, problems = answer.lines, answer.problems
    figures.count("lines read", len(lines))
    figures.count("lines refused", len(problems))
    numbers = [line.number for line in lines] + [problem.number for problem in problems]
    figures.check(len(set(numbers)) == len(numbers) <= MOST_LINES, f"{number}: {len(numbers)} lines")
    for problem in problems:
        explained = bool(problem.notes) and all(map(_has_text, problem.notes))
        figures.check(explained, f"{number}: no message for line {problem.number}")
    rows = csv_file.wrong_lines(problems, CsvFormat()).splitlines()
    figures.check(len(rows) > len(problems), f"{number}: {len(rows)} rows of wrong lines")


def _check_line(figures: Figures, number: int, line: BatchLine, facts: Facts) -> None:
    """Turns the line into a change for this customer."""
    form, reader = registry.line_form(line.kind), LineReader(line.cells)
    listed = form.read(reader)
    figures.check(bool(line.customer) and not reader.wrong, f"{number}: {line!r}")
    figures.count(f"lines of the kind {line.kind}")
    request = form.fill(listed, facts, f"{number:020x}")
    if isinstance(request, Note):
        figures.count("lines that do not fit the customer")
        figures.check(_has_text(request), f"{number}: no message for {line!r}")
        return
    figures.check(request.kind == line.kind, f"{number}: {line!r} became {request!r}")
    figures.check(bool(descriptions.summary(request, {})), f"{number}: no message for {request!r}")
    assessed = assess(request, facts, _NOW)
    if assessed.preview is None:
        figures.count("lines that the guards refuse")
        refusals = assessed.judgement.refusals
        figures.check(all(map(_has_text, refusals)), f"{number}: no message that refuses {request!r}")
    else:
        figures.count(f"lines that can be requested: {line.kind}")


def _has_text(note: Note) -> bool:
    return bool(notes.plain(note)) and bool(notes.mrkdwn(note))


def _content(dice: random.Random, maker: ListMaker) -> bytes | str:
    match dice.randrange(5):
        case 0:
            return dice.randbytes(dice.randrange(2000))
        case 1:
            return _text(dice, maker)
        case 2:
            content = bytearray(_encoded(dice, maker))
            for _ in range(dice.randrange(1, 6)):
                content.insert(dice.randrange(len(content) + 1), dice.randrange(256))
            return bytes(content)
        case 3 if not dice.randrange(40):
            return _encoded(dice, maker) * dice.randrange(1, 4000)
    return _encoded(dice, maker)


def _text(dice: random.Random, maker: ListMaker) -> str:
    return maker.text() if dice.randrange(3) else maker.pieces()


def _encoded(dice: random.Random, maker: ListMaker) -> bytes:
    return _text(dice, maker).encode(dice.choice(_ENCODINGS), "replace")
