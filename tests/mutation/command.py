"""The tests tried on small mistakes: `python -m tests.mutation [module …] [--write]`."""

import argparse
import random
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.mutation import report
from tests.mutation.placing import Source
from tests.mutation.running import Tried, run

_ROOT = Path(__file__).parent.parent.parent
_ACCESS = ("limits", "permission", "policy", "policy_file", "policy_tables", "rules")
_APPROVALS = ("daily_limits", "engine", "lifecycle", "outcome", "steps", "submitting")
_CHANGES = ("amounts", "canonical", "common", "entity_view", "estimate", "facts", "price", "registry")
_DRAWS = {"__init__.py", "form.py", "summary.py", "words.py"}
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
TESTS = ("tests/approvals", "tests/changes", "tests/app/test_permission.py", "tests/home/test_powers.py")
"""The policy is tried with the approvals that ask it, and with what the Home tab says a person may do."""


def main(given: Sequence[str]) -> int:
    """0: enough was noticed, and there is a reason for the rest."""
    parser = _parser()
    asked = parser.parse_args(given)
    if asked.write and (asked.modules or asked.sample):
        parser.error("--write is for a run of everything: the page sums it up")
    sources = [Source(path) for path in asked.modules or MODULES]
    wanted = [(source, mutation) for source in sources for mutation in source.mutations]
    if asked.sample:
        chosen = random.Random(asked.seed).sample(range(len(wanted)), min(asked.sample, len(wanted)))  # noqa: S311
        wanted = [wanted[number] for number in sorted(chosen)]
    begun = time.monotonic()
    tried = run(wanted, asked.tests or TESTS, _Progress(len(wanted)))
    known = report.reasons(report.REASONS.read_text())
    counted = report.figures(tried)
    unexplained = [one for one, why in report.survivors(tried, known) if not why]
    _say(one.line for one in counted)
    _say(f"No reason is known: {one.path}: {report.label(one.mutation)}" for one in unexplained)
    if not asked.sample:
        _say(f"The reason is outdated: {one}" for one in report.outdated(tried, known))
    _say([f"{len(tried):,} mistakes, {report.share(counted):.1%} noticed, {time.monotonic() - begun:.0f} s."])
    if not asked.sample:
        report.REPORT.parent.mkdir(exist_ok=True)
        report.REPORT.write_text(report.details(tried, known))
        _say([f"Survivors and their reasons: {report.REPORT.relative_to(_ROOT)}"])
    if asked.write:
        report.PAGE.write_text(report.summary(report.PAGE.read_text(), counted))
    return 0 if report.share(counted) >= report.ENOUGH and not unexplained else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("scripts/mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", choices=[*MODULES, []], metavar="module")
    parser.add_argument("--tests", nargs="+", metavar="path", help=f"instead of {' '.join(TESTS)}")
    parser.add_argument("--sample", type=int, default=0, help="only so many, picked at random")
    parser.add_argument("--seed", type=int, default=1, help="for the sample")
    parser.add_argument(
        "--write", action="store_true", help="put the figures of a whole run into docs/mutation.md"
    )
    return parser


class _Progress:
    def __init__(self, of: int) -> None:
        self._of, self._done = of, 0

    def __call__(self, one: Tried) -> None:
        self._done += 1
        if not one.killed_by:
            _say([f"Not noticed: {one.path}:{one.mutation.lines.start}: {report.label(one.mutation)}"])
        if self._done % 200 == 0:
            _say([f"{self._done:,} of {self._of:,}"])


def _say(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
