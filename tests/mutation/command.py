"""The tests tried on small mistakes: `python -m tests.mutation [module …] [--write]`."""

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from tests.mutation import report
from tests.mutation.orphans import end_with_parent
from tests.mutation.placing import Source
from tests.mutation.report import Tried

_ROOT = Path(__file__).parent.parent.parent
_ACCESS = ("limits", "permission", "policy", "policy_file", "policy_tables", "rules")
_APPROVALS = ("daily_limits", "engine", "lifecycle", "outcome", "steps", "submitting")
_CHANGES = ("amounts", "canonical", "common", "entity_view", "estimate", "facts", "price", "registry")
_DRAWS = {"__init__.py", "form.py", "product_fields.py", "summary.py", "words.py"}
MODULES = (
    *(f"bot/access/{name}.py" for name in _ACCESS),
    *(f"bot/approvals/{name}.py" for name in _APPROVALS),
    *(f"bot/changes/{name}.py" for name in _CHANGES),
    *(
        str(path.relative_to(_ROOT))
        for path in sorted((_ROOT / "bot/changes").glob("*/*.py"))
        if path.name not in _DRAWS and path.parent.name != "forms"
    ),
)
"""The policy, the life of a change, and the guards and plans of each kind; not what only draws."""
TESTS = ("tests/access", "tests/approvals", "tests/changes", "tests/home/test_powers.py")
"""The policy is tried with the approvals that ask it, and with what the Home tab says a person may do."""


Place = tuple[str, int]
"""A mistake, by its module and its number there."""


def main(arguments: Sequence[str]) -> int:
    """0: enough was noticed, and there is a reason for the rest."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.write and asked.modules:
        parser.error("--write is for a run of every module: the page sums it up")
    mutations = {path: Source(path).mutations for path in asked.modules or MODULES}
    every = [(path, number) for path in mutations for number in range(len(mutations[path]))]
    places = every
    if asked.sample:
        places = sorted(random.Random(asked.seed).sample(every, min(asked.sample, len(every))))  # noqa: S311
    begun = time.monotonic()
    ended = _ended(places, asked.tests or TESTS, asked.processes)
    tried = [
        Tried(path, mutations[path][number], *ended[path, number])
        for path, number in every
        if (path, number) in ended
    ]
    known = report.reasons(report.REASONS.read_text())
    figures = report.figures(tried)
    unexplained = [each for each, why in report.survivors(tried, known) if not why]
    _say(figure.line for figure in figures)
    _say(f"No reason is known: {each.path}: {report.label(each.mutation)}" for each in unexplained)
    if not asked.sample:
        _say(f"The reason is outdated: {reason}" for reason in report.outdated(tried, known))
    _say([f"{len(tried):,} mistakes, {report.share(figures):.1%} noticed, {time.monotonic() - begun:.0f} s."])
    if not asked.tests:
        report.REPORT.parent.mkdir(exist_ok=True)
        report.REPORT.write_text(report.details(tried, known))
        _say([f"Survivors and their reasons: {report.REPORT.relative_to(_ROOT)}"])
    if asked.write:
        report.PAGE.write_text(report.summary(report.PAGE.read_text(), figures, of=len(every)))
    return 0 if report.share(figures) >= report.ENOUGH and not unexplained else 1


def _ended(places: Sequence[Place], tests: Sequence[str], processes: int) -> dict[Place, tuple[str, float]]:
    """What made an end of each, and the seconds it took; in so many processes at a time."""
    shares = shared_out(places, processes)
    # What a forked process would share with this one is in the way of trying anything.
    with ProcessPoolExecutor(len(shares), multiprocessing.get_context("spawn")) as pool:
        return dict(each for part in pool.map(_try, shares, repeat(tests)) for each in part)


def shared_out(places: Sequence[Place], processes: int) -> list[Sequence[Place]]:
    """To so many processes, or fewer when there are not enough for all."""
    return [share for number in range(processes) if (share := places[number::processes])]


def _try(places: Sequence[Place], tests: Sequence[str]) -> list[tuple[Place, tuple[str, float]]]:
    # Here, for the process that only hands mistakes out needs nothing of it.
    from tests.mutation.running import run

    end_with_parent()
    sources = {path: Source(path) for path in {path for path, _ in places}}
    wanted = [(sources[path], sources[path].mutations[number]) for path, number in places]
    tried = run(wanted, tests, _Progress(len(wanted)))
    return [(place, (each.killed_by, each.seconds)) for place, each in zip(places, tried, strict=True)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("scripts/mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", choices=[*MODULES, []], metavar="module")
    parser.add_argument("--tests", nargs="+", metavar="path", help=f"instead of {' '.join(TESTS)}; no report")
    parser.add_argument("--sample", type=int, default=0, help="only so many, picked at random")
    parser.add_argument("--seed", type=int, default=1, help="for the sample")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at a time")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/mutation.md")
    return parser


class _Progress:
    def __init__(self, of: int) -> None:
        self._of, self._done = of, 0

    def __call__(self, tried: Tried) -> None:
        self._done += 1
        if not tried.killed_by:
            _say([f"Not noticed: {tried.path}:{tried.mutation.lines.start}: {report.label(tried.mutation)}"])
        if self._done % 200 == 0:
            _say([f"{self._done:,} of {self._of:,}"])


def _say(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
