"""Reads a Dockerfile as far as its tests need it."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stage:
    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    """Instruction and arguments, in order."""

    def all(self, instruction: str) -> list[str]:
        return [arguments for name, arguments in self.steps if name == instruction]

    def one(self, instruction: str) -> str:
        (arguments,) = self.all(instruction)
        return arguments

    def copied(self) -> list[tuple[list[str], str]]:
        """What is copied from the build's context: sources and target."""
        plain = [line.split() for line in self.all("COPY") if not line.startswith("--")]
        return [(sources, target) for *sources, target in plain]


def stages(path: Path) -> list[Stage]:
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", path.read_text(), flags=re.MULTILINE))
    parsed: list[Stage] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        instruction, arguments = line.split(maxsplit=1)
        if instruction == "FROM":
            base, _, name = arguments.partition(" AS ")
            parsed.append(Stage(base, name))
        else:
            parsed[-1].steps.append((instruction, arguments.strip()))
    return parsed


def command(arguments: str) -> list[str]:
    """The command in an exec form, with or without options before it."""
    words: list[str] = json.loads(arguments[arguments.index("[") :])
    return words
