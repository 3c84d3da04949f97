"""Autumn's error codes never reach people."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes import autumn_refusals

ROOT = Path(__file__).parents[2]
_CODE = re.compile(r"[a-z]+_[a-z_]+")


def codes() -> set[str]:
    """The codes the local Autumn answers with, as recorded from the real one."""
    source = "".join(path.read_text() for path in (ROOT / "sandbox" / "autumn").rglob("*.py"))
    return set(re.findall(r'ApiError\(\d+, "([a-z_]+)"', source))


@pytest.mark.parametrize("code", sorted(codes() | set(autumn_refusals.CODES)))
def test_every_code_has_its_words(code: str) -> None:
    explanation = autumn_refusals.explanation({"status": "400", "code": code})
    assert explanation == autumn_refusals.CODES[code]
    assert not _CODE.search(explanation)
    assert explanation.endswith(".")


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "409", "423", "500", ""])
@given(code=st.from_regex(r"[a-z]{3,10}_[a-z]{3,10}", fullmatch=True))
def test_unknown_code_is_not_shown(status: str, code: str) -> None:
    explanation = autumn_refusals.explanation({"status": status, "code": code})
    assert code not in explanation
    assert explanation.endswith(".")


def test_missing_scopes_are_named() -> None:
    explanation = autumn_refusals.explanation(
        {"status": "403", "code": "insufficient_scopes", "scopes": "a:write, b:read"}
    )
    assert "lacks the scope `a:write` and `b:read`." in explanation
