"""Makes .venv with the packages of one locked requirements file. Needs nothing but Python itself."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
NO_VENV = f"""\
Python {VERSION} is here ({sys.executable}), but it cannot make a virtual environment.
  Debian, Ubuntu:  sudo apt-get install python{VERSION}-venv
Then run this command again."""
PACKAGE = re.compile(
    r"(?:Collecting|Processing|Ignoring|Requirement already satisfied:) (?:\S*/)?([\w.-]+?)(?=[:= ]|-\d)"
)
NO_PACKAGES = """\
The packages could not be installed; above are pip's last words.
Is the package registry reachable from here? Nothing is lost: run this command again and it goes on."""


def main(lock: Path) -> int:
    started = time.monotonic()
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian ships Python without it
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return fail(NO_VENV)
    if not usable():
        print("Making a virtual environment in .venv", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
        )
        if made.returncode:
            return fail(made.stdout + made.stderr + NO_VENV)
    # Whatever was complete is not until this has ended well.
    for stamp in VENV.glob("requirements*.txt"):
        stamp.unlink()
    if not install(lock):
        return fail(NO_PACKAGES)
    shutil.copyfile(lock, VENV / lock.name)
    print(f"Ready in {time.monotonic() - started:.0f} s", flush=True)
    return 0


def usable() -> bool:
    """Whether .venv is whole and of a Python that will do: not half made, nor of one since removed."""
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install(lock: Path) -> bool:
    """Has pip install the locked packages, saying how far it is. False when it could not."""
    total = len(re.findall(r"^[a-z0-9]", lock.read_text(), re.MULTILINE | re.IGNORECASE))
    # The lock is complete, so pip has no dependencies to look for; --require-hashes refuses anything else.
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--require-hashes",
        "--requirement",
        str(lock),
    ]
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_USER": "0"}
    pip = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | quiet
    )
    last: deque[str] = deque(maxlen=15)
    try:
        for seen, name in enumerate(packages(pip.stdout or (), last), start=1):
            report(seen, total, name)
        code = pip.wait()
    finally:
        pip.kill()
        print(end="\r\033[K" if sys.stdout.isatty() else "", flush=True)
    if code:
        print("\n" + "".join(last), file=sys.stderr)
    return code == 0


def packages(lines: Iterable[str], last: deque[str]) -> Iterator[str]:
    """The name of each package that pip turns to, as it does; empty once it has them all and writes them."""
    for line in lines:
        last.append(line)
        if found := PACKAGE.match(line):
            yield found[1]
        elif line.startswith("Installing collected packages"):
            yield ""


def report(seen: int, total: int, name: str) -> None:
    """One line that changes on a terminal; a line now and then in a file."""
    words = f"Fetching packages: {seen} of {total} ({name})" if name else f"Writing {total} packages to .venv"
    if sys.stdout.isatty():
        print(f"\r\033[K{words}", end="", flush=True)
    elif not name or seen % 20 == 1:
        print(words, flush=True)


def fail(words: str) -> int:
    print(words, file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(ROOT / sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit("\nStopped; run the command again and it goes on.")
