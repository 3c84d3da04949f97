"""The demo on a fresh machine: Python missing, too old or incomplete; first, second and failed starts."""

import base64
import hashlib
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.installs

ROOT = Path(__file__).parent.parent.parent
LOCK = "requirements-demo.txt"
TOOLS = ("sh", "dirname", "cmp", "cat", "grep", "env")


def wheel(where: Path, name: str) -> str:
    """Makes a minimal wheel. Returns its line for a lock file."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(text.encode())},{len(text)}\n" for path, text in files.items())
    path = where / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for inside, text in (files | {f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}).items():
            packed.writestr(inside, text)
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


@dataclass
class Machine:
    """A checkout with its own lock file, and a PATH with nothing but a few tools."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def programs(self) -> Path:
        return self.root / "programs"

    def has(self, name: str, script: str) -> None:
        (self.programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.programs / name).chmod(0o755)

    def has_python(self, name: str = "python3") -> None:
        self.has(name, f'exec "{sys.executable}" "$@"')

    def demo(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(self.root / "a checkout/scripts/demo"), "--port", "1"],
            cwd="/",
            env={"PATH": str(self.programs), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.root / "wheels")}
            | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def lock(self) -> Path:
        return self.root / "a checkout" / LOCK


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    checkout = tmp_path / "a checkout"
    shutil.copytree(ROOT / "scripts", checkout / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (checkout / "sandbox.py").write_text("import sys, maple_tiny\nprint('started with', *sys.argv[1:])\n")
    (tmp_path / "wheels").mkdir()
    (checkout / LOCK).write_text("# a lock\n" + wheel(tmp_path / "wheels", "maple_tiny"))
    machine = Machine(tmp_path)
    machine.programs.mkdir()
    for tool in TOOLS:
        (machine.programs / tool).symlink_to(shutil.which(tool) or "/missing")
    return machine


def test_missing_python_is_reported_with_how_to_get_it(machine: Machine) -> None:
    done = machine.demo()
    assert done.returncode == 1
    assert "Maple needs Python 3.11 or newer" in done.stderr
    assert "apt-get install" in done.stderr


def test_old_python_is_not_used(machine: Machine) -> None:
    machine.has("python3", "exit 1")
    assert "Maple needs Python 3.11 or newer" in machine.demo().stderr


def test_python_without_venv_is_reported_with_the_package_to_install(
    machine: Machine, tmp_path: Path
) -> None:
    # As on Debian, where ensurepip is a separate package.
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ensurepip.py").write_text("raise ImportError")
    machine.has("python3", f'PYTHONPATH="{tmp_path}/broken" exec "{sys.executable}" "$@"')
    done = machine.demo()
    assert done.returncode == 1
    assert f"apt-get install python{sys.version_info.major}.{sys.version_info.minor}-venv" in done.stderr
    assert "Traceback" not in done.stderr


def test_first_start_sets_up_and_the_second_does_not(machine: Machine) -> None:
    machine.has_python("python3.12")
    machine.has("python3", "exit 1")
    # Settings in the shell for another Python do no harm.
    machine.environment |= {"PYTHONHOME": "/nowhere", "PIP_USER": "1"}
    first = machine.demo()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Making a virtual environment" in first.stdout
    assert "Fetching packages: 1 of 1 (maple" in first.stdout
    assert first.stdout.endswith("started with --port 1\n")
    # Now it does not even look for a Python.
    (machine.programs / "python3.12").unlink()
    assert machine.demo().stdout == "started with --port 1\n"


def test_failed_start_is_reported_and_the_next_one_continues(machine: Machine) -> None:
    machine.has_python()
    good = machine.lock.read_text()
    machine.lock.write_text(good.replace("1.0", "2.0"))
    failed = machine.demo()
    assert failed.returncode == 1
    assert "The packages could not be installed" in failed.stderr
    assert "No matching distribution" in failed.stderr
    machine.lock.write_text(good.split("sha256:")[0] + "sha256:" + "0" * 64)
    tampered = machine.demo()
    assert tampered.returncode == 1
    assert "DO NOT MATCH THE HASHES" in tampered.stderr
    machine.lock.write_text(good)
    again = machine.demo()
    assert again.returncode == 0, again.stderr
    assert "Making a virtual environment" not in again.stdout
