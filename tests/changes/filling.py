"""Fills in a form as Slack would: entered values stay where block_id and action_id stay."""

from datetime import datetime
from typing import Any

from bot.approvals.preview import assess
from bot.changes import request_form
from bot.changes.forms.model import FormPreview, FormState, Meta, Parsed
from bot.changes.model import Facts
from sandbox.slack import elements
from sandbox.slack.blocks.check import view_problems
from tests.kit import checks
from tests.lookups.samples import NOW


def modal(view: dict[str, Any]) -> dict[str, Any]:
    """The modal, checked as Slack would, and harmless."""
    assert view_problems(view) == []
    assert len(view.get("private_metadata", "")) <= 3000
    for block in view["blocks"]:
        assert block["block_id"]
    for string in checks.strings(view["blocks"], "mrkdwn"):
        assert len(string) <= 3000
        checks.harmless(string)
    return view


class Filling:
    """An open form. Redraws itself, checked by the real guards, when a field with a listener is filled in."""

    def __init__(
        self, meta: Meta, facts: Facts, *, now: datetime = NOW, needed: int | None = None, barred: str = ""
    ) -> None:
        self.facts = facts
        self.needed = needed
        self.barred = barred
        self._now = now
        self._opened = meta
        self._chosen: dict[str, dict[str, Any]] = {}
        self.view: dict[str, Any] = modal(request_form.loading(meta))
        self.view["blocks"] = []
        self.redraw()

    @property
    def meta(self) -> Meta:
        return Meta.decode(self.view["private_metadata"])

    @property
    def values(self) -> dict[str, Any]:
        form_values: dict[str, Any] = elements.values(self.view["blocks"], self._chosen)
        return form_values

    @property
    def text(self) -> str:
        return checks.read(self.view["blocks"])

    @property
    def sight(self) -> FormPreview | None:
        request = request_form.draft(self.meta, self.values, self.facts)
        if request is None:
            return None
        assessment = assess(request, self.facts, self._now)
        lines, before = (
            (assessment.preview.lines, assessment.preview.before) if assessment.preview else ((), None)
        )
        return FormPreview.of(assessment.judgement, lines, before, needed=self.needed, barred=self.barred)

    def redraw(self, *, trouble: str = "") -> None:
        state = FormState(self.meta, self.facts, self.values, self.sight, trouble)
        self.view = modal(request_form.build(state))

    def fill(self, block_id: str, *, redraw: bool = True, **entry: Any) -> None:
        """`text`, `option` (a value), `datetime` (seconds) or `options`, into the only input of a block."""
        block, element = self._field(block_id)
        value = elements.value_from(element, entry)
        kind = element["type"]
        entered = {"type": kind, elements.STATEFUL[kind][0]: value}
        self._chosen.setdefault(block["block_id"], {})[element["action_id"]] = entered
        if redraw and block.get("dispatch_action"):
            self.redraw()

    def submit(self) -> Parsed:
        return request_form.parse(self.meta, self.values)

    def has(self, block_id: str) -> bool:
        return any(block["block_id"].startswith(block_id) for block in self.view["blocks"])

    def options(self, block_id: str) -> list[tuple[str, str, str]]:
        """Label, value and description of each option."""
        _, element = self._field(block_id)
        return [
            (option["text"]["text"], option["value"], option.get("description", {}).get("text", ""))
            for option in element.get("options", ())
        ]

    def element(self, block_id: str) -> dict[str, Any]:
        return self._field(block_id)[1]

    def _field(self, block_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """By its id or the beginning of its id."""
        for block, element in elements.each(self.view["blocks"]):
            if block["block_id"] == block_id or block["block_id"].startswith(f"{block_id}:"):
                return block, element
        raise AssertionError(
            f"no field {block_id}: {[drawn_block['block_id'] for drawn_block in self.view['blocks']]}"
        )
