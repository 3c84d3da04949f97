"""Which mistakes are made, how they are put into a module, how they are reported, and a sample of a run.

`scripts/mutate` tries all of them.
"""

import ast
import re
import subprocess
import sys
from types import CodeType

import pytest

from tests.mutation import report
from tests.mutation.command import main, split
from tests.mutation.operators import Mutation, Spot, mutations
from tests.mutation.placing import ROOT, Source, functions, swap
from tests.mutation.report import Trial

CASES = {
    "x = a < b": {"x = a <= b", "x = a > b"},
    "x = a is None": {"x = a is not None"},
    "x = a not in b": {"x = a in b"},
    "x = a and b": {"x = a or b", "x = a", "x = b"},
    "x = a or b or c": {"x = a and b and c", "x = b or c", "x = a or c", "x = a or b"},
    "x = not a": {"x = a"},
    "x = -a": {"x = a"},
    "x = a - b * c": {"x = a + b * c", "x = a - b / c"},
    "x = True": {"x = False"},
    "x = 4": {"x = 5"},
    "x = 'a'": {"x = 'XXa'"},
    "x = None": set(),
    "x = f'a{b}'": {"x = f'XXa{b}'"},
    "x = f(a)": {"x = f(None)"},
    "x = f(*a, b=c)": {"x = f(b=c)", "x = f(*a)"},
    "x = max(a)": {"x = min(a)", "x = max(None)"},
    "x = q.where(a, b)": {"x = q.where(b)", "x = q.where(a)"},
    "x = a if b else c": {"x = a if not b else c"},
    "x = (a, b)": {"x = (b,)", "x = (a,)"},
    "x = {a}": {"x = set()"},
    "x = {a: b, **c}": {"x = {**c}", "x = {a: b}"},
    "x = [a for a in b if c]": {"x = [a for a in b]", "x = [a for a in b if not c]"},
    "if a: x()": {"not a", "pass"},
    "if a == b: x()": {"a != b", "pass"},
    "x.y = a": {"pass"},
    "x += a": {"pass", "x -= a"},
    "for a in b: continue": {"pass"},
    "raise A": {"pass"},
    "try: x()\nexcept A: y()": {"pass"},
    "def f(a=1): return b": {"2", "return None"},
    "def f():\n 'Words.'\n return": {"pass"},
    "def f(): return False": {"return True"},
    "@a(1)\ndef f(): pass": set(),
    "class A:\n b: Annotated[int, Field(ge=1)] = 0\n 'Words.'": {
        "b: Annotated[int, Field()] = 0",
        "b: Annotated[int, Field(ge=2)] = 0",
        "b: Annotated[int, Field(ge=1)] = 1",
    },
    "match a:\n case 1 | 2 if b: x()": {"1", "2", "pass"},
    "A: TypeAlias = B[1]": set(),
    "T = TypeVar('T', bound=1)": set(),
    "assert_never(a)": set(),
    "__all__ = ['a']": set(),
    "import a": set(),
}


@pytest.mark.parametrize("source", CASES)
def test_each_operator_makes_its_mistakes(source: str) -> None:
    tree = ast.parse(source)
    before = ast.dump(tree)
    made = mutations(tree)
    assert {mutation.becomes for mutation in made} == CASES[source]
    for mutation in made:
        mutation.compiled(tree, "a.py")
    assert ast.dump(tree) == before


def test_mistake_knows_its_function_and_lines() -> None:
    text = """class A:
    @b
    def c(self):
        def d():
            return e
        return (
            d
        )
"""
    inner, outer = mutations(ast.parse(text))
    assert (inner.where, inner.function, inner.lines) == ("A.c.d", ("A.c", 2), range(5, 6))
    assert (outer.where, outer.function, outer.lines) == ("A.c", ("A.c", 2), range(6, 9))
    assert report.label(outer) == "A.c: return d → return None"


def test_long_statement_is_shortened() -> None:
    text = f"x = f({'a' * 60}, {'b' * 60}, {'c' * 10} == 1)"
    labels = {report.label(mutation) for mutation in mutations(ast.parse(text))}
    assert "cccccccccc == 1 → cccccccccc != 1" in labels
    before = "b" * 28 + ", "
    assert f"… {before}cccccccccc == 1) → … {before}None)" in labels
    assert f"f({'a' * 60}, {'b' * 28} … → f(None, {'b' * 28} …" in labels


def code(source: str) -> CodeType:
    return compile(source, "/odd.py", "exec")


def test_mutation_replaces_the_code_of_a_function() -> None:
    source = "def a():\n    def b(): return 1\n    return b\nc = a()"
    module: dict[str, object] = {}
    exec(code(source), module)  # noqa: S102 - a module of the test's own
    mistake = next(mutation for mutation in mutations(ast.parse(source)) if mutation.becomes == "return 2")
    assert mistake.function is not None
    swap(mistake.compiled(ast.parse(source), "/odd.py"), mistake.function, functions())
    a, c = module["a"], module["c"]
    assert callable(a)
    assert callable(c)
    assert (a()(), c()) == (1, 1)  # compiled from another tree, which does not have the mistake
    tree = ast.parse(source)
    mistake = next(mutation for mutation in mutations(tree) if mutation.becomes == "return 2")
    swap(mistake.compiled(tree, "/odd.py"), ("a", 1), functions())
    assert (a()(), c()) == (2, 2)


def test_mistake_may_drop_what_a_function_takes_from_around_it() -> None:
    source = "def a(value):\n    def b(): return value\n    return b\nc = a(1)"
    module: dict[str, object] = {}
    exec(code(source), module)  # noqa: S102 - a module of the test's own
    tree = ast.parse(source)
    mistake = next(made for made in mutations(tree) if (made.where, made.becomes) == ("a.b", "return None"))
    assert mistake.function is not None
    swap(mistake.compiled(tree, "/odd.py"), mistake.function, functions())
    c = module["c"]
    assert callable(c)
    assert c() is None


def trial(name: str, killed_by: str, path: str = "bot/changes/canonical.py") -> Trial:
    mutation = Mutation(None, "", range(1, 2), name, f"not {name}", Spot([], 0), None)
    return Trial(path, mutation, killed_by, 0.1)


PAGE = """# What
<!-- figures -->
| `bot/old/` | 1,000 | 900 | 90.0% |
<!-- end of figures -->
The end.
"""
REASONS = {"bot/changes/canonical.py": {"b → not b": "It is the same.", "z → not z": "It was."}}


def test_summary_adds_up_the_modules_of_a_folder() -> None:
    modules = [
        report.Figures("bot/changes/canonical.py", 1_000, 900),
        report.Figures("bot/changes/common.py", 1_000, 1_000),
        report.Figures("bot/access/policy.py", 10, 10),
    ]
    page = report.summary(PAGE, modules, total=2_010)
    assert "All 2,010 mistakes:" in page
    assert "2,010 of 4,000 mistakes, picked at random:" in report.summary(PAGE, modules, total=4_000)
    assert "| `bot/changes/` | 2,000 | 1,900 | 95.0% |\n| `bot/access/` | 10 | 10 | 100.0% |" in page
    assert "| All | 2,010 | 1,910 | 95.0% |" in page
    assert "old" not in page
    assert page.startswith("# What")
    assert page.endswith("<!-- end of figures -->\nThe end.\n")
    assert report.summary(page, modules, total=2_010) == page


def test_report_lists_survivors_by_reason() -> None:
    trials = [trial("a", "a test"), trial("b", ""), trial("c", "")]
    text = report.details(trials, REASONS)
    assert "| `bot/changes/canonical.py` | 3 | 1 | 33.3% |" in text
    assert "It is the same.\n\n- `b → not b`\n" in text
    assert "**No reason is known.**\n\n- `c → not c`\n" in text


def test_partial_run_cannot_update_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--write", "bot/changes/canonical.py"])
    assert "run of every module" in capsys.readouterr().err


def test_reasons_belong_to_survivors() -> None:
    trials = [trial("a", "a test"), trial("b", "")]
    assert [reason for _, reason in report.survivors(trials, REASONS)] == ["It is the same."]
    assert report.outdated(trials, REASONS) == ["bot/changes/canonical.py: z → not z"]


def test_reasons_are_parsed() -> None:
    assert report.reasons('[[same]]\nmodule = "m"\nwhy = "w"\nmistakes = ["a", "b"]') == {
        "m": {"a": "w", "b": "w"}
    }


def test_reasons_belong_to_existing_mistakes() -> None:
    for path, names in report.reasons(report.REASONS.read_text()).items():
        places = {name.partition(": ")[0] for name in names}
        mistakes = [
            mutation for mutation in Source(path).mutations if not mutation.where or mutation.where in places
        ]
        assert set(names) <= set(map(report.label, mistakes)), path


def test_most_of_a_few_mistakes_are_noticed() -> None:
    module, tests = "bot/changes/amounts.py", "tests/changes/test_amounts.py"
    command = [sys.executable, "-m", "tests.mutation", module, "--tests", tests, "--sample", "4"]
    # One of these four is outside any function and gets a separate pytest.
    command += ["--seed", "7", "--processes", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    noticed = re.search(r"^4 mistakes, (\S+)% noticed", done.stdout, re.MULTILINE)
    assert noticed is not None, done.stdout + done.stderr
    assert float(noticed[1]) > 60, done.stdout


@pytest.mark.parametrize(("processes", "sizes"), [(1, [3]), (2, [2, 1]), (4, [1, 1, 1])])
def test_mistakes_are_split_between_processes(processes: int, sizes: list[int]) -> None:
    places = [("a.py", 0), ("a.py", 1), ("b.py", 0)]
    shares = split(places, processes)
    assert [len(share) for share in shares] == sizes
    assert sorted(place for share in shares for place in share) == places


PARENT = """
import os, sys, time
from tests.mutation.orphans import end_with_parent
if os.fork() == 0:
    end_with_parent()
    print(os.getpid(), flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a process when its parent ends")
def test_no_process_outlives_a_killed_run() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert int(parent.stdout.readline())
        parent.kill()
        # The pipe reaches its end once no process holds it open.
        assert parent.stdout.read() == b""
