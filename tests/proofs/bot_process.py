"""A complete bot, in a process that starts with everything imported."""

import io
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks import processes
from bot.__main__ import cli
from tests.proofs.killable import background


@contextmanager
def forked(**environment: str) -> Iterator[processes.Started]:
    """Runs a bot during the block."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        output.touch()
        with background(serve, output, processes.clean(environment)) as pid:
            yield processes.Started(pid, output)


def serve(output: Path, environment: Mapping[str, str]) -> None:
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)
    os.environ.clear()
    os.environ.update(environment)
    cli([])
