"""Puts a mistake into a module: into its functions once it is loaded, or while it is imported."""

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
"""By file, qualified name and first line; a nested function may exist many times."""


class Source:
    """A module's syntax tree, and the mistakes that can be made in it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.file = str(ROOT / path)
        self.module = path.removesuffix(".py").replace("/", ".")
        self.tree = ast.parse((ROOT / path).read_text(), self.file)
        self.mutations = mutations(self.tree)

    def code(self, mutation: Mutation) -> CodeType:
        """Raises SyntaxError for the few mistakes that are not valid Python."""
        return mutation.compiled(self.tree, self.file)


def functions() -> Functions:
    """Every function that exists now."""
    loaded: Functions = defaultdict(list)
    for candidate in gc.get_objects():
        if isinstance(candidate, FunctionType):
            code = candidate.__code__
            loaded[code.co_filename, code.co_qualname, code.co_firstlineno].append(candidate)
    return loaded


def swap(code: CodeType, function: tuple[str, int], loaded: Functions) -> None:
    """Replaces the code of the function, and of those nested in it, by theirs in `code`."""
    name, line = function
    for outer in _codes(code):
        if (outer.co_qualname, outer.co_firstlineno) == (name, line):
            for inner in (outer, *_codes(outer)):
                for live in loaded.get((code.co_filename, inner.co_qualname, inner.co_firstlineno), ()):
                    free = live.__code__.co_freevars
                    if inner.co_freevars == free:
                        live.__code__ = inner
                    elif not inner.co_freevars:
                        # The mistake drops what the function takes from around it, such as `super()`.
                        live.__code__ = inner.replace(co_freevars=free)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


class MutatedImport(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """An import hook that loads one module with a mistake in it."""

    def __init__(self, module: str, file: str, code: CodeType) -> None:
        self._module, self._file, self._code = module, file, code

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Finds only that module."""
        if fullname != self._module:
            return None
        return importlib.util.spec_from_file_location(fullname, self._file, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Runs the mutated code."""
        exec(self._code, module.__dict__)  # noqa: S102 - the purpose of this loader

    def install(self) -> None:
        """Must be called before the module is imported."""
        if self._module in sys.modules:
            raise RuntimeError(f"{self._module} is already imported")
        sys.meta_path.insert(0, self)
