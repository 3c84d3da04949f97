"""Locks the requirements from the ranges in pyproject.toml, and checks that the locks match the ranges."""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS: dict[str, tuple[str, ...]] = {
    "requirements-dev.txt": ("sandbox", "dev"),
    "requirements-demo.txt": ("sandbox",),
    "requirements.txt": (),
}
"""The largest first: the others are held to its versions, so that one environment serves all three."""
BUILD = "requirements-build.txt"
COMPILE = [
    *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
]


def main(check: bool, upgrade: bool) -> int:
    """Versions that are locked stay unless the ranges say otherwise; `--upgrade` takes the newest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    if check:
        stale = [name for name in (*EXTRAS, BUILD) if head(project) not in (ROOT / name).read_text()]
        for name in stale:
            print(f"{name} does not match pyproject.toml: run scripts/lock", file=sys.stderr)
        return len(stale)
    options = ["--upgrade"] if upgrade else []
    for name, extras in EXTRAS.items():
        lock(name, project, [*options, *(f"--extra={extra}" for extra in extras), "pyproject.toml"])
        options = ["--constraint=requirements-dev.txt"]
    lock(BUILD, project, ["-"], given="\n".join(project["build-system"]["requires"]))
    return 0


def head(project: dict[str, dict[str, object]]) -> str:
    """The first lines of each lock. The hash is of the ranges alone, so other settings can change freely."""
    named = project["project"]
    ranges = [named["dependencies"], named["optional-dependencies"], project["build-system"]["requires"]]
    digest = hashlib.sha256(json.dumps(ranges, sort_keys=True).encode()).hexdigest()
    return f"# Made by scripts/lock from the ranges in pyproject.toml.\n# ranges: {digest}\n"


def lock(name: str, project: dict[str, dict[str, object]], arguments: list[str], given: str = "") -> None:
    path = ROOT / name
    # uv prefers the versions that its output file already has.
    subprocess.run(
        [*COMPILE, *arguments, f"--output-file={name}"],
        input=given,
        stdout=subprocess.DEVNULL,
        text=True,
        check=True,
        cwd=ROOT,
    )
    requirements = path.read_text()
    path.write_text(head(project) + requirements)
    print(f"{name}: {requirements.count('==')} packages")


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:], upgrade="--upgrade" in sys.argv[1:]))
