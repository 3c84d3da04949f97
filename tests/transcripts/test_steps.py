"""docs/steps.md states how many steps each job takes; each transcript must have as many."""

import re
from pathlib import Path

import pytest

from tests.transcripts.recorder import FOLDER

PAGE = Path(__file__).parents[2] / "docs" / "steps.md"
ROW = re.compile(
    r"\| [^|]+ \| (?P<before>\d+)[^|]* \| (?P<now>\d+) \| (?P<how>[^|]+) \| `(?P<file>\w+)\.txt` \|"
)
STEPS = re.compile(r"^Steps: (\d+)$", re.MULTILINE)


def jobs() -> list[str]:
    """The rows of the first table."""
    table = PAGE.read_text(encoding="utf-8").partition("\n|---")[2].partition("\n\n")[0]
    return table.splitlines()[1:]


@pytest.mark.parametrize("row", jobs(), ids=lambda row: row.split(" | ")[0].strip("| "))
def test_job_takes_the_steps_of_its_transcript(row: str) -> None:
    documented = ROW.fullmatch(row)
    assert documented, f"without numbers or a transcript: {row}"
    transcript = (FOLDER / f"{documented['file']}.txt").read_text(encoding="utf-8")
    assert STEPS.findall(transcript) == [documented["now"]]
    assert int(documented["now"]) <= int(documented["before"])


@pytest.mark.parametrize("row", jobs(), ids=lambda row: row.split(" | ")[0].strip("| "))
def test_what_is_pressed_is_pressed_in_the_transcript(row: str) -> None:
    documented = ROW.fullmatch(row)
    assert documented
    transcript = (FOLDER / f"{documented['file']}.txt").read_text(encoding="utf-8")
    for label in re.findall(r"\*([^*]+)\*", documented["how"]):
        assert f"clicks [{label}]" in transcript
    for command in re.findall(r"`(/autumn [^`…]+)", documented["how"]):
        assert f"types {command}" in transcript
