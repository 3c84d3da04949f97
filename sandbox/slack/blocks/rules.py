"""Rules beyond the schema: totals per message, unique ids, tables, charts, where blocks may appear."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

from sandbox.slack import elements
from sandbox.slack.blocks.schema import Problem
from sandbox.slack.model import Block, Json

Surface: TypeAlias = Literal["message", "modal", "home"]

MOST_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MOST_TEXT = 13_200
"""Characters of block text in a message. Above it, Slack has answered msg_blocks_too_long."""
MOST_TABLES = 1
MOST_TABLE_TEXT = 10_000
"""Characters in all table cells of a message."""
MOST_MARKDOWN = 12_000
MOST_CHARTS = 2

ONLY_ONE_TABLE = "only_one_table_allowed"

ONLY_ON: dict[str, frozenset[Surface]] = {
    "table": frozenset({"message", "home"}),
    "data_table": frozenset({"message"}),
    "data_visualization": frozenset({"message"}),
    "markdown": frozenset({"message"}),
    "context_actions": frozenset({"message"}),
    "card": frozenset({"message"}),
    "carousel": frozenset({"message"}),
    "plan": frozenset({"message"}),
    "task_card": frozenset({"message"}),
    "file": frozenset({"message"}),
    "alert": frozenset({"modal"}),
    "number_input": frozenset({"modal"}),
    "email_text_input": frozenset({"modal"}),
    "url_text_input": frozenset({"modal"}),
    "file_input": frozenset({"modal"}),
}


def problems(blocks: list[Block], surface: Surface, *, tables: int = MOST_TABLES) -> Iterator[Problem]:
    """All problems of blocks that conform to the schema. `tables`: how many are allowed."""
    yield from _surfaces(blocks, surface)
    yield from _unique(
        "block_id", ((f"/{position}/block_id", item.get("block_id")) for position, item in enumerate(blocks))
    )
    yield from _unique("action_id", _action_ids(blocks))
    yield from _counts(blocks, tables)
    for at, block in enumerate(blocks):
        yield from (problem.under(f"/{at}") for problem in _block(block))


def text_length(node: Any) -> int:
    """The number of characters of text in the blocks."""
    if isinstance(node, dict):
        own = node.get("text")
        rest = sum(text_length(value) for value in node.values() if isinstance(value, dict | list))
        return rest + (len(own) if isinstance(own, str) else 0)
    return sum(text_length(item) for item in node) if isinstance(node, list) else 0


def _surfaces(blocks: list[Block], surface: Surface) -> Iterator[Problem]:
    for at, block in enumerate(blocks):
        if surface not in ONLY_ON.get(block["type"], {surface}):
            yield Problem(
                f"/{at}/type", "unsupported_surface", f"{block['type']} is not supported in a {surface}"
            )
        for element in elements.within(block):
            if surface not in ONLY_ON.get(element["type"], {surface}):
                yield Problem(
                    f"/{at}", "unsupported_surface", f"{element['type']} is not supported in a {surface}"
                )


def _action_ids(blocks: list[Block]) -> Iterator[tuple[str, str | None]]:
    for at, block in enumerate(blocks):
        for element in elements.within(block):
            yield f"/{at}", element.get("action_id")


def _unique(name: str, ids: Iterable[tuple[str, str | None]]) -> Iterator[Problem]:
    seen_ids: set[str] = set()
    for pointer, value in ids:
        if value and value in seen_ids:
            yield Problem(pointer, "duplicate_id", f"{name} {value!r} already exists")
        if value:
            seen_ids.add(value)


def _counts(blocks: list[Block], most_tables: int) -> Iterator[Problem]:
    kinds = [block["type"] for block in blocks]
    tables = [block for block in blocks if block["type"] in ("table", "data_table")]
    if len(tables) > most_tables:
        yield Problem("", ONLY_ONE_TABLE, "only one table is allowed in a message")
    if kinds.count("data_visualization") > MOST_CHARTS:
        yield Problem("", "too_many_charts", f"no more than {MOST_CHARTS} data_visualization blocks allowed")
    if sum(text_length(block["rows"]) for block in tables) > MOST_TABLE_TEXT:
        yield Problem("", "failed_constraint", f"tables hold more than {MOST_TABLE_TEXT} characters")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MOST_MARKDOWN:
        yield Problem("", "failed_constraint", f"markdown blocks hold more than {MOST_MARKDOWN} characters")
    if sum(bool(element.get("focus_on_load")) for _, element in elements.each(blocks)) > 1:
        yield Problem("", "failed_constraint", "only one element can have focus_on_load")


def _block(block: Block) -> Iterator[Problem]:
    kind = block["type"]
    if kind == "section" and not block.get("text") and not block.get("fields"):
        yield Problem("", "missing_field", "must define either `text` or `fields`")
    if kind == "table":
        yield from _even_rows(block)
    if kind == "data_table":
        yield from _even_rows(block)
        yield from _data_table(block)
    if kind == "data_visualization" and block["chart"]["type"] != "pie":
        yield from _chart(block["chart"])
    for element in elements.within(block):
        yield from _element(element)


def _even_rows(block: Block) -> Iterator[Problem]:
    width = len(block["rows"][0])
    for at, row in enumerate(block["rows"]):
        if len(row) != width:
            yield Problem(f"/rows/{at}", "failed_constraint", "all rows must have the same number of cells")


def _data_table(block: Block) -> Iterator[Problem]:
    header = block["rows"][0]
    for at, cell in enumerate(header):
        if cell["type"] == "rich_text":
            yield Problem(f"/rows/0/{at}", "failed_constraint", "rich_text is not allowed in the header row")
    if block.get("row_header_column_index", 0) >= len(header):
        yield Problem("/row_header_column_index", "failed_constraint", "there is no such column")


def _chart(chart: Json) -> Iterator[Problem]:
    categories = chart["axis_config"]["categories"]
    if len(set(categories)) != len(categories):
        yield Problem("/chart/axis_config/categories", "failed_constraint", "categories must be unique")
    names = [plotted["name"] for plotted in chart["series"]]
    if len(set(names)) != len(names):
        yield Problem("/chart/series", "failed_constraint", "series names must be unique")
    for at, series in enumerate(chart["series"]):
        if sorted(point["label"] for point in series["data"]) != sorted(categories):
            yield Problem(
                f"/chart/series/{at}/data",
                "failed_constraint",
                "every series must have exactly one value for every category",
            )


def _element(element: Json) -> Iterator[Problem]:
    kind = element["type"]
    options = elements.options_of(element)
    if kind.endswith("static_select") and bool(element.get("options")) == bool(element.get("option_groups")):
        yield Problem("", "missing_field", "must define exactly one of `options` and `option_groups`")
    values = [option.get("value") for option in options if option.get("value") is not None]
    if len(set(values)) != len(values):
        yield Problem("", "duplicate_value", f"the options of {kind} must have different values")
    if "external" in kind or not options:
        return
    first = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    for initial in first:
        if initial not in options:
            yield Problem("", "failed_constraint", "initial_option must exactly match one of the options")
