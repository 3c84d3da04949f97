"""Every kind's form as it opens: where the cursor is, and whether the preview is below the amount."""

from itertools import takewhile
from typing import Any

from bot.changes import registry as kinds
from bot.changes.control import words as control_words
from bot.changes.control.words import ControlType
from bot.changes.forms import words as forms_words
from bot.changes.grant import words as grant_words
from bot.changes.refund import words as refund_words
from bot.changes.spec import ChangeKind
from tests.running import Running

CUSTOMERS = {
    "expiry": "cus_vandelay",
    "refund": "cus_books",
    "trial": "cus_umbrella",
    "ungrant": "cus_vandelay",
}
"""For kinds whose target Acme does not have: a customer who has it."""
LATER_AMOUNTS = [
    ("grant", forms_words.FEATURE, "Messages", grant_words.AMOUNT),
    ("refund", refund_words.MODE, refund_words.PARTIAL[0], refund_words.AMOUNT),
    ("control", control_words.CONTROL, control_words.CONTROLS[ControlType.USAGE][0], control_words.INTERVAL),
    ("control", control_words.CONTROL, control_words.CONTROLS[ControlType.ALERT][0], control_words.THRESHOLD),
    ("control", control_words.CONTROL, control_words.CONTROLS[ControlType.TOP_UP][0], control_words.QUANTITY),
]
"""Kind, field, what is picked in it, and the field that then appears with the amount."""


async def open_form(maple: Running, kind: ChangeKind[Any]) -> list[dict[str, Any]]:
    await maple.ana.command(f"/autumn {kind.command} {CUSTOMERS.get(kind.id, 'cus_acme')}")
    await maple.ana.sees(forms_words.REASON)
    return form_blocks(maple)


def form_blocks(maple: Running) -> list[dict[str, Any]]:
    return maple.slack.views.stack(maple.ana.id)[-1].blocks


def is_empty(field: dict[str, Any]) -> bool:
    return not any(key.startswith("initial_") for key in field["element"])


def is_typed(block: dict[str, Any]) -> bool:
    """Whether the preview updates with each typed character, as for amounts."""
    return "dispatch_action_config" in block.get("element", {})


def above_preview(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(takewhile(lambda block: not block["block_id"].startswith("preview"), blocks))


async def test_form_opens_in_its_first_empty_field_with_the_preview_below_a_typed_amount(
    maple: Running,
) -> None:
    for kind in kinds.KINDS:
        blocks = await open_form(maple, kind)
        fields = [block for block in blocks if block["type"] == "input"]
        focused = [field for field in fields if field["element"].get("focus_on_load")]
        assert focused == [next(field for field in fields if is_empty(field))], kind.id
        assert not any(map(is_typed, blocks)) or is_typed(above_preview(blocks)[-1]), kind.id
        await maple.ana.close()


async def test_preview_is_directly_below_an_amount_that_appears_later(maple: Running) -> None:
    for kind_id, field, picked, then in LATER_AMOUNTS:
        await open_form(maple, kinds.kind(kind_id))
        await maple.ana.choose(field, picked)
        await maple.ana.sees(then)
        assert is_typed(above_preview(form_blocks(maple))[-1]), (kind_id, picked)
        await maple.ana.close()
