"""Putting a mistake where the module is: into functions that are there already, or before it is imported."""

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from tests.mutation.operators import Mutation, mutations

ROOT = Path(__file__).parent.parent.parent

Functions = dict[tuple[str, str, int], list[FunctionType]]
"""By file, qualified name and first line: a function defined within another may be there many times."""


class Source:
    """A module's text, and what can be done to it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.file = str(ROOT / path)
        self.module = path.removesuffix(".py").replace("/", ".")
        self.tree = ast.parse((ROOT / path).read_text(), self.file)
        self.mutations = mutations(self.tree)

    def code(self, mutation: Mutation) -> CodeType:
        """Raises SyntaxError, rarely: some mistakes are not even Python."""
        return mutation.compiled(self.tree, self.file)


def functions() -> Functions:
    """Every function there is by now."""
    found: Functions = defaultdict(list)
    for candidate in gc.get_objects():
        if isinstance(candidate, FunctionType):
            code = candidate.__code__
            found[code.co_filename, code.co_qualname, code.co_firstlineno].append(candidate)
    return found


def swap(code: CodeType, function: tuple[str, int], there: Functions) -> None:
    """Gives the function, and those within it that are there, the code they have in `code`."""
    name, line = function
    for one in _codes(code):
        if (one.co_qualname, one.co_firstlineno) == (name, line):
            for inner in (one, *_codes(one)):
                for live in there.get((code.co_filename, inner.co_qualname, inner.co_firstlineno), ()):
                    if live.__code__.co_freevars == inner.co_freevars:
                        live.__code__ = inner


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


class Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module with the mistake in it."""

    def __init__(self, module: str, file: str, code: CodeType) -> None:
        self._module, self._file, self._code = module, file, code

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Of that module only."""
        if fullname != self._module:
            return None
        return importlib.util.spec_from_file_location(fullname, self._file, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Runs it."""
        exec(self._code, module.__dict__)  # noqa: S102 - that is what this is for

    def install(self) -> None:
        """Before the module was imported."""
        if self._module in sys.modules:
            raise RuntimeError(f"{self._module} was imported before")
        sys.meta_path.insert(0, self)
