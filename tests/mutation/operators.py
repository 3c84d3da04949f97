"""Makes small mistakes, one at a time, in a module's syntax tree.

Docstrings, types, imports, decorators and `assert_never` are left alone.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

_SWAPPED: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitAnd: (ast.BitOr,),
}
_RENAMED = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
_CONDITIONS = ("where", "and_", "or_", "step", "move", "_ids")
"""Calls that take any number of conditions: one is left out, rather than replaced by None."""
_TYPE_CALLS = ("TypeVar", "ParamSpec", "cast")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a node is in the tree: in a field of another node, or at an index of a list."""

    holder: Any
    place: str | int

    def get(self) -> Any:
        return getattr(self.holder, self.place) if isinstance(self.place, str) else self.holder[self.place]

    def set(self, new: Any) -> None:
        if isinstance(self.place, str):
            setattr(self.holder, self.place, new)
        else:
            self.holder[self.place] = new


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mistake that can be made at one spot."""

    function: tuple[str, int] | None
    """The outermost function around it: its qualified name, and first line with decorators. None if none."""
    where: str
    """The qualified name of the innermost function or class; empty for a module's own statements."""
    lines: range
    """Those of the statement, or of the head of a statement that has a body."""
    was: str
    becomes: str
    spot: Spot
    new: Any

    def compiled(self, tree: ast.Module, path: str) -> CodeType:
        """The module's code with the mistake in it. The tree stays unchanged."""
        old = self.spot.get()
        self.spot.set(self.new)
        try:
            code: CodeType = compile(ast.fix_missing_locations(tree), path, "exec")
        finally:
            self.spot.set(old)
        return code


def mutations(tree: ast.Module) -> list[Mutation]:
    """Every mistake, in the order of the source."""
    return list(_Finder().block(tree.body))


class _Finder:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.function: tuple[str, int] | None = None
        self.lines = range(0)
        self.around: list[Spot] = []
        """The statement, and the nodes in it that enclose the current one."""

    def block(self, body: list[ast.stmt]) -> Iterator[Mutation]:
        for position, statement in enumerate(body):
            if _is_left_alone(statement):
                continue
            yield from self.statement(Spot(body, position), statement)

    def statement(self, spot: Spot, node: ast.stmt) -> Iterator[Mutation]:
        inner = getattr(node, "body", None) or getattr(node, "cases", None)
        first = inner[0] if inner else None
        head = getattr(first, "pattern", first)
        last = max(node.lineno, head.lineno - 1) if head is not None else (node.end_lineno or node.lineno)
        self.lines = range(node.lineno, last + 1)
        self.around = [] if inner else [spot]
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self.defaults(node.args)
                yield from self.scope(node)
            case ast.ClassDef():
                yield from self.scope(node)
            case _:
                if isinstance(node, ast.If | ast.While):
                    yield from self.negated(Spot(node, "test"))
                if isinstance(node, ast.AugAssign):
                    yield from self.swapped(node)
                yield from self.removal(spot, node)
                yield from self.fields(node)

    def scope(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Mutation]:
        outside, name = self.function, ".".join([*self.names, node.name])
        is_function = not isinstance(node, ast.ClassDef)
        if is_function and outside is None:
            self.function = (
                name,
                min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]),
            )
        added = [node.name, "<locals>"] if is_function else [node.name]
        self.names += added
        yield from self.block(node.body)
        del self.names[-len(added) :]
        self.function = outside

    def defaults(self, parameters: ast.arguments) -> Iterator[Mutation]:
        for values in (parameters.defaults, parameters.kw_defaults):
            for position, value in enumerate(values):
                if value is not None:
                    yield from self.expression(Spot(values, position), value)

    def removal(self, spot: Spot, node: ast.stmt) -> Iterator[Mutation]:
        """Leaves out the statement, or the value it returns."""
        match node:
            case ast.Return(value=None) | ast.Raise() | ast.Continue() | ast.Break() | ast.AugAssign():
                yield self.mutation(spot, ast.Pass())
            case ast.Expr(value=ast.Call() | ast.Await() | ast.Yield() | ast.YieldFrom()) | ast.Delete():
                yield self.mutation(spot, ast.Pass())
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield self.mutation(spot, ast.Pass())
            case ast.Return(value=ast.Constant(value=None | bool())):
                return  # the constant itself is changed instead
            case ast.Return(value=ast.expr()):
                yield self.mutation(Spot(node, "value"), ast.Constant(None))

    def fields(self, node: ast.AST) -> Iterator[Mutation]:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "ctx", "pattern", "format_spec"):
                if name == "annotation" and isinstance(value, ast.expr):
                    yield from self.limits(value)
                continue
            if (
                isinstance(node, ast.AnnAssign)
                and name == "value"
                and _mentions(node.annotation, "TypeAlias")
            ):
                continue
            if isinstance(value, ast.expr):
                yield from self.expression(Spot(node, name), value)
            elif isinstance(value, list) and not (isinstance(node, ast.Dict) and name == "keys"):
                yield from self.listed(value)
            elif isinstance(value, ast.AST):
                yield from self.fields(value)

    def limits(self, annotation: ast.expr) -> Iterator[Mutation]:
        """Changes the limits in a type, such as `Field(ge=1)`."""
        for node in ast.walk(annotation):
            if isinstance(node, ast.Tuple):
                for position, element in enumerate(node.elts):
                    if isinstance(element, ast.Call):
                        yield from self.expression(Spot(node.elts, position), element)

    def listed(self, values: list[Any]) -> Iterator[Mutation]:
        if values and isinstance(values[0], ast.stmt):
            outer = self.lines, self.around
            yield from self.block(values)
            self.lines, self.around = outer
            return
        for position, value in enumerate(values):
            if isinstance(value, ast.expr):
                yield from self.expression(Spot(values, position), value)
            elif isinstance(value, ast.match_case):
                yield from self.case(value)
            elif isinstance(value, ast.ExceptHandler):
                yield from self.block(value.body)
            elif isinstance(value, ast.AST):
                yield from self.fields(value)

    def case(self, case: ast.match_case) -> Iterator[Mutation]:
        self.lines = range(case.pattern.lineno, max(case.pattern.lineno, case.body[0].lineno - 1) + 1)
        self.around = []
        if isinstance(case.pattern, ast.MatchOr):
            for position in range(len(case.pattern.patterns)):
                rest = [*case.pattern.patterns[:position], *case.pattern.patterns[position + 1 :]]
                yield self.mutation(Spot(case, "pattern"), rest[0] if len(rest) == 1 else ast.MatchOr(rest))
        if case.guard is not None:
            yield from self.expression(Spot(case, "guard"), case.guard)
        yield from self.block(case.body)

    def expression(self, spot: Spot, node: ast.expr) -> Iterator[Mutation]:
        if isinstance(node, ast.Call) and _called(node) in _TYPE_CALLS:
            return
        self.around.append(spot)
        yield from self.changed(spot, node)
        yield from self.fields(node)
        self.around.pop()

    def changed(self, spot: Spot, node: ast.expr) -> Iterator[Mutation]:
        match node:
            case ast.Constant():
                yield from (self.mutation(spot, ast.Constant(other)) for other in _others(node.value))
            case ast.Compare():
                for position, operator in enumerate(node.ops):
                    for other in _SWAPPED[type(operator)]:
                        yield self.mutation(Spot(node.ops, position), other())
            case ast.BoolOp():
                yield from self.swapped(node)
                for position in range(len(node.values)):
                    rest = [*node.values[:position], *node.values[position + 1 :]]
                    yield self.mutation(spot, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))
            case ast.BinOp():
                yield from self.swapped(node)
            case ast.UnaryOp(op=ast.Not() | ast.USub()):
                yield self.mutation(spot, node.operand)
            case ast.IfExp():
                yield from self.negated(Spot(node, "test"))
            case _:
                yield from self.thinned(spot, node)

    def thinned(self, spot: Spot, node: ast.expr) -> Iterator[Mutation]:
        match node:
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                yield from self.unfiltered(node.generators)
            case ast.Set(elts=[_]):
                yield self.mutation(spot, ast.Call(ast.Name("set", ast.Load()), [], []))
            case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set():
                if not isinstance(spot.holder, ast.Subscript):
                    yield from (self.without(Spot(node, "elts"), n) for n in range(len(node.elts)))
            case ast.Dict():
                for position in range(len(node.keys)):
                    keys, values = list(node.keys), list(node.values)
                    del keys[position], values[position]
                    yield self.mutation(spot, ast.Dict(keys, values))
            case ast.Call():
                yield from self.call(node)

    def unfiltered(self, parts: list[ast.comprehension]) -> Iterator[Mutation]:
        for part in parts:
            for position in range(len(part.ifs)):
                yield self.without(Spot(part, "ifs"), position)
                yield from self.negated(Spot(part.ifs, position))

    def swapped(self, node: ast.BoolOp | ast.BinOp | ast.AugAssign) -> Iterator[Mutation]:
        for other in _SWAPPED.get(type(node.op), ()):
            yield self.mutation(Spot(node, "op"), other())

    def negated(self, spot: Spot) -> Iterator[Mutation]:
        test = spot.get()
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return  # its operator is swapped instead
        if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
            yield self.mutation(spot, ast.UnaryOp(ast.Not(), test))

    def call(self, node: ast.Call) -> Iterator[Mutation]:
        called = _called(node)
        if isinstance(node.func, ast.Name) and called in _RENAMED:
            yield self.mutation(Spot(node.func, "id"), _RENAMED[called])
        for position, argument in enumerate(node.args):
            if isinstance(argument, ast.Starred) or called in _CONDITIONS:
                yield self.without(Spot(node, "args"), position)
            elif not _is_none(argument):
                yield self.mutation(Spot(node.args, position), ast.Constant(None))
        for position in range(len(node.keywords)):
            yield self.without(Spot(node, "keywords"), position)

    def without(self, spot: Spot, position: int) -> Mutation:
        rest = list(spot.get())
        del rest[position]
        return self.mutation(spot, rest)

    def mutation(self, spot: Spot, new: Any) -> Mutation:
        excerpt = self.excerpt(spot)
        old, was = spot.get(), _text(excerpt.get())
        spot.set(new)
        becomes = _text(excerpt.get())
        spot.set(old)
        where = ".".join(name for name in self.names if name != "<locals>")
        return Mutation(self.function, where, self.lines, was, becomes, spot, new)

    def excerpt(self, spot: Spot) -> Spot:
        """The outermost node around the spot that is short enough to read at a glance."""
        around = [outer for outer in self.around if outer != spot and _is_node(outer.get())]
        readable = [outer for outer in around if len(_text(outer.get())) <= 100]
        return (readable or around[-1:] or [spot])[0]


def _is_left_alone(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return True  # never runs: the type checker holds it
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
    return False


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _others(value: Any) -> list[Any]:
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + 1]
        case str():
            return ["XX" + value]
        case bytes():
            return [b"XX" + value]
    return []


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_node(value: Any) -> bool:
    return isinstance(value, ast.expr | ast.stmt | ast.pattern)


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def _text(node: Any) -> str:
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split()) if isinstance(node, ast.AST) else ""
