"""Runs the tests against small mistakes: `python -m tests.mutation [module …] [--write]`."""

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
from tests.mutation.report import Trial

_ROOT = Path(__file__).parent.parent.parent
_ACCESS = ("limits", "permission", "policy", "policy_file", "policy_tables", "rules")
_APPROVALS = ("daily_limits", "engine", "lifecycle", "outcome", "steps", "submitting")
_CHANGES = ("amounts", "canonical", "common", "entity_view", "estimate", "facts", "price", "registry")
_DISPLAY = {"__init__.py", "form.py", "product_fields.py", "summary.py", "words.py"}
MODULES = (
    *(f"bot/access/{name}.py" for name in _ACCESS),
    *(f"bot/approvals/{name}.py" for name in _APPROVALS),
    *(f"bot/changes/{name}.py" for name in _CHANGES),
    *(
        str(path.relative_to(_ROOT))
        for path in sorted((_ROOT / "bot/changes").glob("*/*.py"))
        if path.name not in _DISPLAY and path.parent.name != "forms"
    ),
)
"""The policy, the life of a change, and the guards and plans of each kind; no display code."""
TESTS = (
    *("tests/access", "tests/approvals", "tests/batches", "tests/changes"),
    *("tests/doctor/test_command.py", "tests/home/test_powers.py"),
)
"""Also the tests of what relies on the modules: lists made of changes, the probes with which the doctor tries
what a change needs, and what Home lets a person do."""


Place = tuple[str, int]
"""Identifies a mistake: its module, and its index there."""


def main(arguments: Sequence[str]) -> int:
    """0 if enough mistakes were noticed and every survivor has a reason."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.write and options.modules:
        parser.error("--write is for a run of every module: the page sums it up")
    mutations = {path: Source(path).mutations for path in options.modules or MODULES}
    all_places = [(path, index) for path in mutations for index in range(len(mutations[path]))]
    places = all_places
    if options.sample:
        size = min(options.sample, len(all_places))
        places = sorted(random.Random(options.seed).sample(all_places, size))  # noqa: S311
    begun = time.monotonic()
    results = _results(places, options.tests or TESTS, options.processes)
    trials = [
        Trial(path, mutations[path][index], *results[path, index])
        for path, index in all_places
        if (path, index) in results
    ]
    reasons = report.reasons(report.REASONS.read_text())
    figures = report.figures(trials)
    unexplained = [survivor for survivor, reason in report.survivors(trials, reasons) if not reason]
    _print(figure.line for figure in figures)
    _print(f"No reason is known: {trial.path}: {report.label(trial.mutation)}" for trial in unexplained)
    if not options.sample:
        _print(f"The reason is outdated: {reason}" for reason in report.outdated(trials, reasons))
    _print(
        [f"{len(trials):,} mistakes, {report.share(figures):.1%} noticed, {time.monotonic() - begun:.0f} s."]
    )
    if not options.tests:
        report.REPORT.parent.mkdir(exist_ok=True)
        report.REPORT.write_text(report.details(trials, reasons))
        _print([f"Survivors and their reasons: {report.REPORT.relative_to(_ROOT)}"])
    if options.write:
        report.PAGE.write_text(report.summary(report.PAGE.read_text(), figures, total=len(all_places)))
    return 0 if report.share(figures) >= report.ENOUGH and not unexplained else 1


def _results(places: Sequence[Place], tests: Sequence[str], processes: int) -> dict[Place, report.Result]:
    """Tries every mistake, using up to `processes` processes."""
    shares = split(places, processes)
    # A forked process would inherit imported modules, and mistakes have to be made before an import.
    with ProcessPoolExecutor(len(shares), multiprocessing.get_context("spawn")) as pool:
        return dict(result for part in pool.map(_try, shares, repeat(tests)) for result in part)


def split(places: Sequence[Place], processes: int) -> list[Sequence[Place]]:
    """One share for each process; fewer when there are not enough places for all."""
    return [share for number in range(processes) if (share := places[number::processes])]


def _try(places: Sequence[Place], tests: Sequence[str]) -> list[tuple[Place, report.Result]]:
    # Imported here, because the parent process does not need it.
    from tests.mutation.running import run

    end_with_parent()
    sources = {path: Source(path) for path, _ in places}
    targets = [(sources[path], sources[path].mutations[index]) for path, index in places]
    trials = run(targets, tests, _Progress(len(targets)))
    return [(place, (trial.killed_by, trial.seconds)) for place, trial in zip(places, trials, strict=True)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("scripts/mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", choices=[*MODULES, []], metavar="module")
    parser.add_argument("--tests", nargs="+", metavar="path", help=f"instead of {' '.join(TESTS)}; no report")
    parser.add_argument("--sample", type=int, default=0, help="how many to pick at random (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="for the sample")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="to run at a time")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/mutation.md")
    return parser


class _Progress:
    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0

    def __call__(self, trial: Trial) -> None:
        self._done += 1
        if not trial.killed_by:
            _print(
                [f"Not noticed: {trial.path}:{trial.mutation.lines.start}: {report.label(trial.mutation)}"]
            )
        if self._done % 200 == 0:
            _print([f"{self._done:,} of {self._total:,}"])


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
