"""A small sample of each proof; `scripts/prove` does them in full."""

from collections.abc import Awaitable, Iterator
from datetime import date
from enum import Enum
from typing import get_args

import pytest

from bot.changes import registry
from bot.changes.model import ChangeInput
from handlers.routes import ROUTES
from tests.databases import ENGINES, Engine
from tests.proofs.batch_lines import HOUSEHOLDS
from tests.proofs.batches import killed_midway
from tests.proofs.bot_process import forked
from tests.proofs.clicks import click_one_card, click_one_of_many
from tests.proofs.command import PAGE, PROOFS, main, summary
from tests.proofs.deployment import deployment
from tests.proofs.digests import mornings
from tests.proofs.figures import Figures
from tests.proofs.hammer import one_change, one_of_many
from tests.proofs.hostile import hostile
from tests.proofs.kill import killed
from tests.proofs.lists import hostile_lists
from tests.proofs.outcomes import TROUBLES, sample_cases, try_cases
from tests.proofs.replay import replayed
from tests.proofs.slack_deployment import slack_deployment
from tests.proofs.tampering import alterations
from tests.proofs.webhooks import odd_signatures, posted_once


async def as_claimed(proof: Awaitable[Figures]) -> Figures:
    figures = await proof
    assert figures.failures == []
    return figures


async def test_fifty_people_decide_once_on_postgresql() -> None:
    figures = await as_claimed(one_change("postgresql", processes=2, rounds=1))
    assert (figures.counts["decisions"], figures.counts["told who was first"]) == (1, 49)


async def test_fifty_people_decide_once_on_sqlite() -> None:
    figures = await as_claimed(one_change("sqlite", processes=1, rounds=1))
    assert (figures.counts["decisions"], figures.counts["told who was first"]) == (1, 49)


async def test_click_decides_only_its_own_change() -> None:
    assert (await as_claimed(one_of_many("sqlite", clicks=5))).counts["clicks"] == 5


async def test_killed_processes_apply_each_line_of_a_list_once() -> None:
    figures = await as_claimed(killed_midway(lines=13, kills=1))
    assert (figures.counts["lines"], figures.counts["processes killed"]) == (13, 1)
    assert all(figures.counts[f"lines of the kind {kind.id}"] for kind in registry.listable())
    assert figures.counts["lines for an entity"] >= 3


def test_every_kind_of_line_is_in_the_proof_also_for_entities() -> None:
    examples = [example for household in HOUSEHOLDS for example in household.examples]
    assert {example.kind for example in examples} == {kind.id for kind in registry.listable()}
    of_entities = {kind.id for kind in registry.listable() if kind.of_entities}
    assert {example.kind for example in examples if example.entity} == of_entities


async def test_clicks_to_two_processes_decide_once_though_repeated() -> None:
    one, many = Figures("One card"), Figures("One of many cards")
    async with slack_deployment("postgresql", processes=2, people=3, start=forked) as deployed:
        await click_one_card(one, deployed, rounds=1, copied=1)
        await click_one_of_many(many, deployed, clicks=1, cards=2)
    assert one.failures + many.failures == []
    assert (one.counts["decisions"], one.counts["told who was first"]) == (1, 2)
    assert one.counts["copies sent"] >= 4 * 3
    assert many.counts["other cards checked after a click"] == 1


@pytest.mark.parametrize(("engine", "points"), [("sqlite", ("marked",)), ("postgresql", ("sent", "taken"))])
async def test_killed_process_leaves_nothing_stuck(engine: Engine, points: tuple[str, ...]) -> None:
    figures = await as_claimed(killed(engine, 1, points))
    assert figures.counts["killed"] >= len(points)


@pytest.mark.parametrize(
    "edit", ["give to an entity", "cancellation for an entity", "grant given again, used in part"]
)
async def test_killed_process_leaves_no_entity_change_or_double_write_stuck(edit: str) -> None:
    figures = await as_claimed(killed("sqlite", 1, ("marked", "sent"), (edit,)))
    assert figures.counts["killed"] == 2


async def test_every_variant_of_every_kind_of_change_is_in_the_proofs() -> None:
    async with deployment("sqlite") as deployed:
        edits = list(deployed.edits().values())
    for kind in registry.KINDS:
        of_kind = [edit for edit in edits if edit.kind == kind.id]
        assert {bool(edit.entity) for edit in of_kind} == {False, *([True] if kind.of_entities else [])}
        for field, choices in _choices(kind.input):
            assert {getattr(edit, field) for edit in of_kind} - {None} == set(choices), (kind.id, field)


def _choices(model: type[ChangeInput]) -> Iterator[tuple[str, type[Enum]]]:
    """The fields of a change with a fixed set of choices."""
    for name, field in model.model_fields.items():
        for annotation in (field.annotation, *get_args(field.annotation)):
            if isinstance(annotation, type) and issubclass(annotation, Enum):
                yield name, annotation


async def test_card_is_right_whatever_autumn_answers() -> None:
    figures = Figures("Autumn's answer goes wrong")
    async with deployment("sqlite") as deployed:
        edits = deployed.edits()
        sample = sample_cases(edits)
        await try_cases(figures, deployed, sample)
    assert figures.failures == []
    assert figures.counts["faulty answers"] == len(sample)
    assert {edits[edit].kind for edit, _ in sample} == {kind.id for kind in registry.KINDS}
    assert {name for _, name in sample} == set(TROUBLES)


@pytest.mark.parametrize("engine", ENGINES)
async def test_altered_row_is_found(engine: Engine) -> None:
    assert (await as_claimed(alterations(engine, 60, 10))).counts[
        "rows, each with each of its 8 fields altered"
    ] == 60


async def test_request_that_arrives_five_times_has_one_effect() -> None:
    assert (await as_claimed(replayed("socket", 1))).counts["changes"] == 2


async def test_digests_are_posted_once_though_processes_die() -> None:
    figures = await as_claimed(mornings(3, days=1, digests=4))
    assert figures.counts["days with one"] == figures.counts["due days"] >= 4
    assert figures.counts["processes killed"] + figures.counts["processes stopped"] > 0


async def test_message_that_autumn_did_not_sign_is_refused() -> None:
    figures = await as_claimed(odd_signatures("http", 300, 5))
    assert figures.counts["answered with 401"] == 300


@pytest.mark.parametrize("engine", ENGINES)
async def test_events_are_posted_once_though_replicas_die(engine: Engine) -> None:
    figures = await as_claimed(posted_once(engine, 12, 6))
    assert figures.counts["alerts posted"] == 24
    assert figures.counts["processes cut off"] > 0


async def test_hostile_payloads_are_answered_and_do_nothing() -> None:
    figures = await as_claimed(hostile("postgresql", 4, 48))
    assert figures.counts["listeners reached"] == len(ROUTES)
    assert figures.counts["changes requested"] >= 6


async def test_lists_of_any_bytes_are_read_or_refused_with_a_message() -> None:
    figures = await as_claimed(hostile_lists(300, 3))
    assert min(figures.counts["lines read"], figures.counts["lines refused"]) > 50
    assert figures.counts["refused as a whole"] > 20
    assert min(figures.counts[f"lines of the kind {kind.id}"] for kind in registry.listable()) > 10


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["lists", "no such proof"], 2), (["--wirte"], 2)]
)
def test_command_runs_nothing_for_help_or_unknown_arguments(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == code
    output = capsys.readouterr()
    assert "--write" in output.out + output.err


def test_failed_claim_is_reported() -> None:
    figures = Figures("A proof")
    figures.count("looked at", 1000)
    figures.check(True, "fine")
    figures.check(False, "one was written twice")
    assert figures.lines()[0] == "### A proof"
    assert "| looked at | 1,000 |" in figures.lines()
    assert figures.lines()[-1] == "- **Not as claimed:** one was written twice"


def test_summary_replaces_the_row_of_one_proof() -> None:
    before = PAGE.read_text()
    parts = [Figures("sqlite"), Figures("postgresql")]
    for part in parts:
        part.count("killed", 1_000)
        part.count("intact trails", 7)
    parts[1].check(False, "one was stuck")
    after = summary(before, "kill", parts, date(2026, 12, 3))
    changed = [new for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
    assert changed == ["| `kill` | 2,000 processes killed | 1 | 3 December 2026 |"]


@pytest.mark.parametrize("name", PROOFS)
def test_every_proof_has_a_row_in_the_summary(name: str) -> None:
    assert summary(PAGE.read_text(), name, [], date(2026, 12, 3)).count(f"| `{name}` | 0 ") == 1
