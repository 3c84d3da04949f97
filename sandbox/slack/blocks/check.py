"""Checks blocks and views as Slack does, and raises its errors."""

import json
from collections.abc import Iterable
from typing import Any

from sandbox.slack.blocks import rules
from sandbox.slack.blocks.schema import Problem, schema
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Block, Json

MOST_VIEW_BYTES = 250_000


def blocks_problems(
    blocks: Any, surface: rules.Surface, *, missing: Iterable[str] = (), tables: int = rules.MOST_TABLES
) -> list[Problem]:
    """All problems of a list of blocks. Pointers are relative to the list.

    missing: types of blocks that have not reached this workspace yet. tables: how many it allows in a
    message.
    """
    if not isinstance(blocks, list):
        return [Problem("", "wrong_type", "must be an array of blocks")]
    if len(blocks) > rules.MOST_BLOCKS[surface]:
        most = rules.MOST_BLOCKS[surface]
        return [Problem("", "failed_constraint", f"no more than {most} items allowed")]
    problems: list[Problem] = []
    check_block = schema().check("KnownBlock")
    absent = frozenset(missing)
    for at, block in enumerate(blocks):
        if isinstance(block, dict) and block.get("type") in absent:
            problems.append(Problem(f"/{at}/type", "unsupported_type", f"unsupported type: {block['type']}"))
        else:
            check_block(block, f"/{at}", problems)
    return problems or list(rules.problems(blocks, surface, tables=tables))


def view_problems(view: Any, *, missing: Iterable[str] = ()) -> list[Problem]:
    """All problems of a view. Pointers are relative to the view."""
    kind = view.get("type") if isinstance(view, dict) else None
    if kind not in ("modal", "home"):
        return [Problem("/type", "unsupported_type", f"unsupported type: {kind}; one of home, modal")]
    problems: list[Problem] = []
    outline = {**view, "blocks": []}
    schema().check("ModalView" if kind == "modal" else "HomeView")(outline, "", problems)
    if "blocks" not in view:
        problems.append(Problem("", "missing_field", "missing required field: blocks"))
        return problems
    surface: rules.Surface = "modal" if kind == "modal" else "home"
    inside = blocks_problems(view["blocks"], surface, missing=missing)
    problems.extend(problem.under("/blocks") for problem in inside)
    has_input = isinstance(view["blocks"], list) and any(
        isinstance(block, dict) and block.get("type") == "input" for block in view["blocks"]
    )
    if kind == "modal" and has_input and "submit" not in view:
        problems.append(
            Problem("", "missing_field", "must define `submit` to use an `input` block in modals")
        )
    return problems


def message_blocks(raw: Any, *, missing: Iterable[str] = (), tables: int = rules.MOST_TABLES) -> list[Block]:
    """The blocks of a message. Raises invalid_blocks_format, invalid_blocks, invalid_attachments (for too
    many tables), msg_blocks_too_long."""
    if raw in (None, "", []):
        return []
    blocks = _decoded(raw, "invalid_blocks_format")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    problems = blocks_problems(blocks, "message", missing=missing, tables=tables)
    if problems:
        lines = [problem.under("/blocks").line() for problem in problems]
        only_tables = all(problem.code == rules.ONLY_ONE_TABLE for problem in problems)
        name = "invalid_attachments" if only_tables else "invalid_blocks"
        raise SlackError(name, messages=lines, extra={"errors": lines})
    if rules.text_length(blocks) > rules.MOST_TEXT:
        raise SlackError("msg_blocks_too_long")
    return blocks


def checked_view(raw: Any, *, missing: Iterable[str] = ()) -> Json:
    """A view. Raises invalid_arguments, view_too_large."""
    view = _decoded(raw, "invalid_arguments")
    problems = view_problems(view, missing=missing)
    if problems:
        raise SlackError("invalid_arguments", messages=[match.under("/view").line() for match in problems])
    if len(json.dumps(view)) > MOST_VIEW_BYTES:
        raise SlackError("view_too_large")
    answer: Json = view
    return answer


def _decoded(raw: Any, error: str) -> Any:
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except ValueError as unreadable:
        raise SlackError(error) from unreadable
