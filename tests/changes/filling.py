"""Filling in a form as Slack would: what is entered stays where block_id and action_id stay."""

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
    """Checked as Slack would, and harmless."""
    assert view_problems(view) == []
    assert len(view.get("private_metadata", "")) <= 3000
    for block in view["blocks"]:
        assert block["block_id"]
    for shown in checks.strings(view["blocks"], "mrkdwn"):
        assert len(shown) <= 3000
        checks.harmless(shown)
    return view


class Filling:
    """One open form. Redraws itself, judged by the real guards, when a field that listens is filled in."""

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
        found: dict[str, Any] = elements.values(self.view["blocks"], self._chosen)
        return found

    @property
    def text(self) -> str:
        return checks.read(self.view["blocks"])

    @property
    def sight(self) -> FormPreview | None:
        wanted = request_form.draft(self.meta, self.values, self.facts)
        if wanted is None:
            return None
        seen = assess(wanted, self.facts, self._now)
        lines, before = (seen.preview.lines, seen.preview.before) if seen.preview else ((), None)
        return FormPreview.of(seen.judgement, lines, before, needed=self.needed, barred=self.barred)

    def redraw(self, *, trouble: str = "") -> None:
        state = FormState(self.meta, self.facts, self.values, self.sight, trouble)
        self.view = modal(request_form.build(state))

    def fill(self, block_id: str, *, redraw: bool = True, **given: Any) -> None:
        """`text`, `option` (a value), `datetime` (seconds) or `options`, into the one input of a block."""
        block, element = self._field(block_id)
        value = elements.value_from(element, given)
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
        """Label, value and description of each."""
        _, element = self._field(block_id)
        return [
            (one["text"]["text"], one["value"], one.get("description", {}).get("text", ""))
            for one in element.get("options", ())
        ]

    def element(self, block_id: str) -> dict[str, Any]:
        return self._field(block_id)[1]

    def _field(self, block_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """By its id or how that begins."""
        for block, element in elements.each(self.view["blocks"]):
            if block["block_id"] == block_id or block["block_id"].startswith(f"{block_id}:"):
                return block, element
        raise AssertionError(f"no field {block_id}: {[one['block_id'] for one in self.view['blocks']]}")
