"""Which blocks and views are refused, and which part the error points to."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from sandbox.slack.blocks import rules
from sandbox.slack.blocks.check import blocks_problems, checked_view, message_blocks, view_problems
from sandbox.slack.blocks.schema import PATH, schema
from sandbox.slack.errors import SlackError
from tests.examples import examples
from tests.sandbox.slack.app import Json, actions, button, modal, plain, section, text_input

DOCUMENT = json.loads(PATH.read_text("utf-8"))


def option(text: str, value: str | None = None) -> Json:
    return {"text": plain(text), "value": text if value is None else value}


def select(*options: Json, **fields: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": list(options), **fields}


def row(*cells: str) -> list[Json]:
    return [{"type": "raw_text", "text": cell} for cell in cells]


def table(*rows: list[Json], **fields: Any) -> Json:
    return {"type": "table", "rows": list(rows), **fields}


def data_table(*rows: list[Json], **fields: Any) -> Json:
    return {"type": "data_table", "caption": "Balances", "rows": list(rows), **fields}


def series(name: str, *points: tuple[str, float]) -> Json:
    return {"name": name, "data": [{"label": label, "value": value} for label, value in points]}


def chart(*lines: Json, categories: list[str], kind: str = "line", **fields: Any) -> Json:
    drawn = {"type": kind, "series": list(lines), "axis_config": {"categories": categories}}
    return {"type": "data_visualization", "title": "Usage", "chart": drawn, **fields}


def pie(*segments: tuple[str, float]) -> Json:
    parts = [{"label": label, "value": value} for label, value in segments]
    return {
        "type": "data_visualization",
        "title": "Share",
        "chart": {"type": "pie", "segments": parts},
    }


RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
}
WEEK = chart(series("calls", ("Mon", 1), ("Tue", 2.5)), categories=["Mon", "Tue"])

FINE: list[list[Json]] = [
    [section("hello")],
    [{"type": "section", "fields": [plain("a"), {"type": "mrkdwn", "text": "b"}]}],
    [{"type": "header", "text": plain("x" * 150)}, {"type": "divider"}],
    [actions(*[button("b", f"b{number}") for number in range(25)])],
    [actions(select(*[option(f"o{number}") for number in range(100)]))],
    [section("x", accessory={"type": "external_select", "action_id": "e", "placeholder": plain("p")})],
    [table(*[row("a", "b")] * 100, column_settings=[None, {"align": "right"}])],
    [data_table(row("Feature", "Left"), row("a", "1"), [*row("b"), RICH], page_size=100)],
    [WEEK, pie(("a", 1), ("b", 2))],
    [
        chart(
            series("s", *[(f"d{day}", day) for day in range(20)]), categories=[f"d{day}" for day in range(20)]
        )
    ],
    [section("x") for _ in range(50)],
    [RICH],
    [{"type": "context", "elements": [plain("a"), {"type": "image", "image_url": "u", "alt_text": "a"}]}],
]

REFUSED: list[tuple[str, list[Any], str, str]] = [
    ("no such block", [{"type": "sparkline"}], "/0/type", "unsupported type"),
    ("no type", [{"text": plain("a")}], "/0/type", "unsupported type"),
    ("not an object", ["hello"], "/0/type", "unsupported type"),
    ("51 blocks", [section("x")] * 51, "", "no more than 50"),
    ("empty text", [section("")], "/0/text/text", "at least 1"),
    ("long text", [section("x" * 3001)], "/0/text/text", "at most 3000"),
    ("empty section", [{"type": "section"}], "/0", "text` or `fields"),
    ("11 fields", [{"type": "section", "fields": [plain("a")] * 11}], "/0/fields", "no more than 10"),
    ("long field", [{"type": "section", "fields": [plain("x" * 2001)]}], "/0/fields/0/text", "2000"),
    ("mrkdwn header", [{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}], "/0/text", "must be"),
    ("long header", [{"type": "header", "text": plain("x" * 151)}], "/0/text/text", "150"),
    ("no text in button", [actions({"type": "button"})], "/0/elements/0", "missing required field: text"),
    ("long button", [actions(button("x" * 76, "a"))], "/0/elements/0/text/text", "75"),
    ("long value", [actions(button("x", "a", value="x" * 2001))], "/0/elements/0/value", "2000"),
    ("long action_id", [actions(button("x", "a" * 256))], "/0/elements/0/action_id", "255"),
    ("strange style", [actions(button("x", "a", style="blue"))], "/0/elements/0/style", "one of"),
    ("strange key", [section("x", colour="red")], "/0", "additional property: colour"),
    ("26 elements", [actions(*[button("b", f"{n}") for n in range(26)])], "/0/elements", "25"),
    ("no elements", [actions()], "/0/elements", "at least 1"),
    ("text in actions", [actions(plain("a"))], "/0/elements/0/type", "unsupported type"),
    (
        "button in context",
        [{"type": "context", "elements": [button("a", "a")]}],
        "/0/elements/0/type",
        "unsupp",
    ),
    ("11 in context", [{"type": "context", "elements": [plain("a")] * 11}], "/0/elements", "10"),
    ("101 options", [actions(select(*[option(str(n)) for n in range(101)]))], "/0/elements/0/options", "100"),
    ("no options", [actions(select())], "/0/elements/0/options", "at least 1"),
    ("neither options", [actions({"type": "static_select"})], "/0", "exactly one of `options`"),
    ("long option", [actions(select(option("x" * 76, "v")))], "/0/elements/0/options/0/text/text", "75"),
    ("long option value", [actions(select(option("x", "v" * 76)))], "/0/elements/0/options/0/value", "75"),
    (
        "mrkdwn option",
        [actions(select({"text": {"type": "mrkdwn", "text": "a"}, "value": "a"}))],
        "/0/elements/0/options/0/text",
        "must be",
    ),
    ("same option twice", [actions(select(option("a", "v"), option("b", "v")))], "/0", "different values"),
    ("strange first", [actions(select(option("a"), initial_option=option("b")))], "/0", "initial_option"),
    (
        "long placeholder",
        [actions(select(option("a"), placeholder=plain("x" * 151)))],
        "/0/elements/0/p",
        "150",
    ),
    ("6 in overflow", [actions({"type": "overflow", "options": [option(c) for c in "abcdef"]})], "/0/e", "5"),
    (
        "long confirm",
        [actions(button("a", "a", confirm={"title": plain("x" * 101), "text": plain("t")}))],
        "/0/elements/0/confirm/title/text",
        "100",
    ),
    (
        "same block_id",
        [section("a", block_id="b"), section("c", block_id="b")],
        "/1/block_id",
        "already exists",
    ),
    ("same action_id", [actions(button("a", "x")), actions(button("b", "x"))], "/1", "already exists"),
    ("two tables", [table(row("a")), table(row("b"))], "", "only one table"),
    ("101 rows", [table(*[row("a")] * 101)], "/0/rows", "no more than 100"),
    ("21 columns", [table(row(*"abcdefghijklmnopqrstu"))], "/0/rows/0", "no more than 20"),
    ("uneven rows", [table(row("a", "b"), row("a"))], "/0/rows/1", "same number"),
    ("empty cell", [table(row(""))], "/0/rows/0/0/text", "at least 1"),
    ("long table", [table(*[row("x" * 101)] * 100)], "", "10000"),
    ("no caption", [{"type": "data_table", "rows": [row("a"), row("b")]}], "/0", "caption"),
    ("header only", [data_table(row("a"))], "/0/rows", "at least 2"),
    ("rich header", [data_table([RICH], row("b"))], "/0/rows/0/0", "header"),
    ("page of 101", [data_table(row("a"), row("b"), page_size=101)], "/0/page_size", "100"),
    (
        "no such column",
        [data_table(row("a"), row("b"), row_header_column_index=1)],
        "/0/row_h",
        "no such column",
    ),
    ("three charts", [WEEK, WEEK, WEEK], "", "no more than 2"),
    ("long title", [{**WEEK, "title": "x" * 51}], "/0/title", "50"),
    ("7 segments", [pie(*[(f"s{n}", 1) for n in range(7)])], "/0/chart/segments", "6"),
    ("nothing of a pie", [pie(("a", 0))], "/0/chart/segments/0/value", "more than 0"),
    ("strange chart", [chart(kind="radar", categories=["a"])], "/0/chart/type", "unsupported type: radar"),
    (
        "7 series",
        [chart(*[series(f"s{n}", ("a", 1)) for n in range(7)], categories=["a"])],
        "/0/chart/s",
        "6",
    ),
    (
        "long series name",
        [chart(series("x" * 21, ("a", 1)), categories=["a"])],
        "/0/chart/series/0/name",
        "20",
    ),
    ("long label", [chart(series("s", ("x" * 21, 1)), categories=["x" * 21])], "/0/chart/", "20"),
    (
        "21 points",
        [chart(series("s", *[(f"{n}", n) for n in range(21)]), categories=[f"{n}" for n in range(21)])],
        "/0/chart/",
        "no more than 20",
    ),
    (
        "a value missing",
        [chart(series("s", ("a", 1)), categories=["a", "b"])],
        "/0/chart/series/0/d",
        "exactly",
    ),
    ("a text value", [chart(series("s", ("a", "1")), categories=["a"])], "/0/chart/", "number"),  # type: ignore[arg-type]
    ("same series", [chart(*[series("s", ("a", 1))] * 2, categories=["a"])], "/0/chart/series", "unique"),
    ("same category", [chart(series("s", ("a", 1)), categories=["a", "a"])], "/0/chart/axis", "unique"),
    ("file input", [{**text_input("f", "f"), "element": {"type": "file_input"}}], "/0", "not supported"),
    ("alert", [{"type": "alert", "text": plain("a")}], "/0/type", "not supported in a message"),
    ("typing in actions", [actions({"type": "plain_text_input"})], "/0/elements/0/type", "unsupported type"),
]


@pytest.mark.parametrize("blocks", FINE)
def test_valid_blocks_are_accepted(blocks: list[Json]) -> None:
    assert blocks_problems(blocks, "message") == []


@pytest.mark.parametrize(("why", "blocks", "pointer", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_invalid_blocks_are_refused_with_a_pointer(
    why: str, blocks: list[Any], pointer: str, words: str
) -> None:
    differing = blocks_problems(copy.deepcopy(blocks), "message")
    assert any(match.pointer.startswith(pointer) and words in match.message for match in differing), differing


NUMBER = {"type": "number_input", "is_decimal_allowed": False, "action_id": "n"}
NUMBER_INPUT = {**text_input("a", "a"), "element": NUMBER}


def focused_input(name: str) -> Json:
    element = {"type": "plain_text_input", "action_id": name, "focus_on_load": True}
    return {**text_input(name, name), "element": element}


VIEWS_REFUSED: list[tuple[str, Json, str, str]] = [
    ("not a view", {"type": "drawer"}, "/type", "unsupported type"),
    ("no title", {"type": "modal", "blocks": []}, "", "title"),
    ("no blocks", {"type": "home"}, "", "blocks"),
    ("long title", modal(title=plain("x" * 25)), "/title/text", "24"),
    ("long submit", modal(submit=plain("x" * 25)), "/submit/text", "24"),
    ("long close", modal(close=plain("x" * 25)), "/close/text", "24"),
    ("long metadata", modal(private_metadata="x" * 3001), "/private_metadata", "3000"),
    ("long callback", modal(callback_id="x" * 256), "/callback_id", "255"),
    ("101 blocks", modal(*[section("a")] * 101), "/blocks", "100"),
    ("no submit", {"type": "modal", "title": plain("t"), "blocks": [text_input("a", "a")]}, "", "`submit`"),
    ("title at home", {"type": "home", "blocks": [], "title": plain("a")}, "", "additional property"),
    ("number at home", {"type": "home", "blocks": [NUMBER_INPUT]}, "/blocks/0", "not supported in a home"),
    ("table in a modal", modal(table(row("a"))), "/blocks/0/type", "not supported in a modal"),
    ("chart in a modal", modal(WEEK), "/blocks/0/type", "not supported in a modal"),
    ("two in focus", modal(focused_input("a"), focused_input("b")), "/blocks", "focus_on_load"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("why", "view", "pointer", "words"), VIEWS_REFUSED, ids=[v[0] for v in VIEWS_REFUSED]
)
def test_invalid_view_is_refused_with_a_pointer(why: str, view: Json, pointer: str, words: str) -> None:
    differing = view_problems(view)
    assert any(match.pointer.startswith(pointer) and words in match.message for match in differing), differing
    with pytest.raises(SlackError, match="invalid_arguments"):
        checked_view(json.dumps(view))


def test_valid_view_is_accepted() -> None:
    inputs = [NUMBER_INPUT, text_input("b", "b")]
    assert view_problems(modal(*inputs, private_metadata="x" * 3000)) == []
    assert view_problems({"type": "home", "blocks": [section("x")] * 100}) == []
    with pytest.raises(SlackError, match="view_too_large"):
        checked_view(modal(*[section("x" * 3000) for _ in range(90)]))


def test_block_before_its_rollout_is_refused() -> None:
    blocks = [WEEK, data_table(row("a"), row("b"))]
    differing = blocks_problems(blocks, "message", missing=["data_table", "data_visualization"])
    assert [(match.pointer, match.code) for match in differing] == [
        ("/0/type", "unsupported_type"),
        ("/1/type", "unsupported_type"),
    ]


@pytest.mark.parametrize(
    ("blocks", "error"),
    [
        ("[{", "invalid_blocks_format"),
        ({"type": "section"}, "invalid_blocks_format"),
        (["x"], "invalid_blocks_format"),
        ([{"type": "section"}], "invalid_blocks"),
        ([section("x" * 3000) for _ in range(5)], "msg_blocks_too_long"),
    ],
)
def test_message_blocks_raise_slacks_error_names(blocks: Any, error: str) -> None:
    with pytest.raises(SlackError) as refused:
        message_blocks(blocks)
    assert refused.value.name == error


def test_error_messages_contain_the_pointer() -> None:
    with pytest.raises(SlackError) as refused:
        message_blocks([section("")])
    body = refused.value.body()
    line = "must be at least 1 characters [json-pointer:/blocks/0/text/text]"
    assert body["errors"] == [line]
    assert body["response_metadata"] == {"messages": [f"[ERROR] {line}"]}


@given(st.integers(1, 15), st.integers(1, 3000))
@examples(40)
def test_total_text_of_a_message_is_limited(blocks: int, length: int) -> None:
    sections = [section("x" * length) for _ in range(blocks)]
    if blocks * length <= rules.MOST_TEXT:
        assert message_blocks(sections) == sections
    else:
        with pytest.raises(SlackError, match="msg_blocks_too_long"):
            message_blocks(sections)


@given(st.integers(0, 60), st.integers(0, 110))
@examples(40)
def test_blocks_and_options_are_counted(blocks: int, options: int) -> None:
    assert bool(blocks_problems([{"type": "divider"}] * blocks, "message")) == (blocks > 50)
    picks = [actions(select(*[option(str(number)) for number in range(options)]))]
    assert bool(blocks_problems(picks, "message")) == (options not in range(1, 101))


DEFINITIONS = {
    definition["properties"]["type"]["const"]: name
    for name, definition in DOCUMENT["definitions"].items()
    if name.endswith("Block") and "const" in definition.get("properties", {}).get("type", {})
}
JSONSCHEMA = {
    kind: Draft7Validator({**DOCUMENT, "$ref": f"#/definitions/{name}"}) for kind, name in DEFINITIONS.items()
}


CHANGES: list[Any] = ["", "x" * 3001, "x" * 80, 0, -1, 101, True, None, [], {}, plain("a"), "gone"]


def paths_in(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, child in children for place in paths_in(child, (*path, key)))]


@given(st.data())
@examples(150)
def test_compiled_schema_agrees_with_jsonschema(data: st.DataObject) -> None:
    """Both give the same result for valid blocks with one change."""
    block = copy.deepcopy(
        data.draw(st.sampled_from([block for blocks in FINE for block in blocks if len(block) > 1]))
    )
    path = data.draw(st.sampled_from([place for place in paths_in(block) if place not in ((), ("type",))]))
    parent = block
    for key in path[:-1]:
        parent = parent[key]
    value = data.draw(st.sampled_from(CHANGES))
    if value == "gone":
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    differing: list[Any] = []
    schema().check("KnownBlock")(block, "", differing)
    assert bool(differing) == (not JSONSCHEMA[block["type"]].is_valid(block)), (block, differing)
