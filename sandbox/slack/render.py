"""Renders messages and views as plain text."""

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.slack import elements
from sandbox.slack.model import Block, Json, LocalMessage, User
from sandbox.slack.mrkdwn import plain, readable
from sandbox.slack.views import View
from sandbox.slack.workspace import Workspace


class BlockReader:
    """Renders for one person: in their time zone, with names for ids."""

    def __init__(self, workspace: Workspace, user: User) -> None:
        self._workspace = workspace
        self._user = user

    def message(self, message: LocalMessage, chosen: Json) -> str:
        author = self._workspace.users[message.user].real_name
        marks = " (only visible to you)" if message.ephemeral else ""
        marks += " (edited)" if message.edited else ""
        body = self.blocks(message.blocks, chosen) if message.blocks else self.mrkdwn(message.text)
        files = "".join(f"\n[file: {file.name}]" for file in message.files)
        previews = [self.blocks(preview.get("blocks", []), chosen) for preview in message.unfurls.values()]
        return "\n".join([f"{author}{marks}:", body + files, *previews])

    def view(self, view: View) -> str:
        lines = [f"== {self.text(view.body['title'])} ==" if view.body.get("title") else "== Home =="]
        lines.append(self.blocks(view.blocks, view.chosen))
        lines.extend(f"! {words}" for words in view.errors.values())
        buttons = [self.text(view.body[key]) for key in ("close", "submit") if view.body.get(key)]
        lines.append(" ".join(f"[{label}]" for label in buttons))
        return "\n".join(line for line in lines if line)

    def blocks(self, blocks: list[Block], chosen: Json) -> str:
        return "\n".join(line for block in blocks for line in self.block(block, chosen) if line)

    def mrkdwn(self, text: str) -> str:
        return readable(text, self._workspace, self._user)

    def text(self, text_object: Json | str | None) -> str:
        if text_object is None:
            return ""
        if isinstance(text_object, str):
            return plain(text_object)
        text = str(text_object.get("text", ""))
        # Plain text has no markup.
        return self.mrkdwn(text) if text_object.get("type") == "mrkdwn" else text

    def block(self, block: Block, chosen: Json) -> Iterator[str]:  # noqa: PLR0912 - one case a type
        values = chosen.get(block.get("block_id", ""), {})
        match block["type"]:
            case "header" | "alert":
                yield self.text(block["text"])
            case "section":
                yield self.text(block.get("text"))
                for field in block.get("fields", []):
                    yield self.text(field)
                if accessory := block.get("accessory"):
                    yield self.element(accessory, values)
            case "context":
                yield " · ".join(self.element(child, values) for child in block["elements"])
            case "actions" | "context_actions":
                yield " ".join(self.element(child, values) for child in block["elements"])
            case "input":
                yield f"{self.text(block['label'])}: {self.element(block['element'], values)}"
                yield self.text(block.get("hint"))
            case "divider":
                yield "---"
            case "table" | "data_table":
                yield block.get("caption", "")
                for row in block["rows"]:
                    yield " | ".join(self.cell(cell) for cell in row)
            case "data_visualization":
                yield from _chart(block)
            case "markdown":
                yield block["text"]
            case "image":
                yield f"[image: {block['alt_text']}]"
            case "rich_text":
                yield self.rich(block)
            case _:
                yield from self.other(block, values)

    def other(self, block: Block, values: Json) -> Iterator[str]:
        """Cards, containers and other blocks with titles and children."""
        for key in ("title", "subtitle", "body", "text", "description"):
            yield self.text(block.get(key))
        for key in ("child_blocks", "elements", "actions"):
            for child in block.get(key, []):
                if child.get("type") in elements.INTERACTIVE:
                    yield self.element(child, values)
                else:
                    yield from self.block(child, {})

    def cell(self, cell: Json) -> str:
        return self.rich(cell) if cell["type"] == "rich_text" else str(cell["text"])

    def rich(self, node: Json) -> str:
        match node.get("type"):
            case "text":
                return str(node["text"])
            case "link":
                return str(node.get("text") or node["url"])
            case "user":
                return self.mrkdwn(f"<@{node['user_id']}>")
            case "channel":
                return self.mrkdwn(f"<#{node['channel_id']}>")
            case "usergroup":
                return self.mrkdwn(f"<!subteam^{node['usergroup_id']}>")
            case "emoji":
                return f":{node['name']}:"
            case "date":
                mark = f"<!date^{node['timestamp']}^{node['format']}|{node.get('fallback', '')}>"
                return self.mrkdwn(mark)
            case "broadcast":
                return f"@{node['range']}"
        lines = node.get("type") in ("rich_text", "rich_text_list")
        return ("\n" if lines else "").join(self.rich(child) for child in node.get("elements", []))

    def element(self, element: Json, values: Json) -> str:
        kind = element["type"]
        if kind in ("plain_text", "mrkdwn"):
            return self.text(element)
        if kind == "image":
            return f"[image: {element['alt_text']}]"
        if kind in ("button", "workflow_button", "icon_button"):
            return f"[{self.text(element['text'])}]"
        if kind == "overflow":
            return "[… " + " / ".join(self.text(option["text"]) for option in element["options"]) + "]"
        if kind == "feedback_buttons":
            both = (element["positive_button"], element["negative_button"])
            return " ".join(f"[{self.text(button['text'])}]" for button in both)
        touched = values.get(element.get("action_id", ""))
        value = touched[elements.STATEFUL[kind][0]] if touched else elements.first_value(element)
        if kind == "file_input":
            return f"[{', '.join(file['name'] for file in value) or 'Choose a file'}]"
        text = self.value(value)
        if kind in ("radio_buttons", "checkboxes"):
            labels = " / ".join(self.text(option["text"]) for option in element["options"])
            return f"({labels}) {text}".rstrip()
        return f"[{text or self.text(element.get('placeholder')) or ' '} ▾]"

    def value(self, value: Any) -> str:
        if isinstance(value, dict):
            return self.text(value["text"]) if "text" in value else self.rich(value)
        if isinstance(value, list):
            return ", ".join(self.value(item) for item in value)
        named: dict[str, Callable[[], str]] = {
            "U": lambda: f"@{self._workspace.users[value].name}",
            "C": lambda: f"#{self._workspace.channels[value].name}",
        }
        if value in self._workspace.users or value in self._workspace.channels:
            return named.get(str(value)[0], lambda: str(value))()
        return "" if value is None else str(value)


def _chart(block: Block) -> Iterator[str]:
    chart = block["chart"]
    yield f"{block['title']} ({chart['type']} chart)"
    if chart["type"] == "pie":
        yield ", ".join(f"{segment['label']}: {segment['value']}" for segment in chart["segments"])
        return
    for series in chart["series"]:
        points = ", ".join(f"{point['label']}: {point['value']}" for point in series["data"])
        yield f"{series['name']}: {points}"
