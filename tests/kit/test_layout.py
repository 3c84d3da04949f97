"""Cards within Slack's limits."""

from bot.kit import blocks, layout
from tests.kit import checks


def test_overflow_is_counted_and_buttons_stay() -> None:
    content: list[layout.Drawn] = [blocks.section(f"s{index}", "x" * 200) for index in range(100)]
    content.append(blocks.actions("a", [blocks.button("Next", "go:next", "v")]))
    card = layout.card([blocks.header("h", "H")], content, [blocks.context("f", "foot")], stamp=None)
    assert len(card.blocks) == 50
    assert "54 more parts left out" in checks.fitting_text(card)
    assert "Next" in checks.buttons(card)
    long: list[layout.Drawn] = [blocks.section(f"s{index}", "x" * 2900) for index in range(6)]
    assert "3 more parts left out" in checks.fitting_text(layout.card([], long, [], stamp=None))
    assert layout.card([], long, [], stamp=None).text.endswith("… and 3 more lines")


def test_lines_are_packed_into_sections() -> None:
    packed = layout.packed("p", ["x" * 1000] * 5)
    assert [block["block_id"] for block in packed] == ["p.0", "p.1", "p.2"]
    assert layout.packed("p", []) == []
