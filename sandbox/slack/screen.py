"""What a person sees: reads it as text and finds controls by their labels."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.slack import elements, mrkdwn
from sandbox.slack.model import Block, Json, LocalChannel, LocalMessage, User
from sandbox.slack.render import BlockReader
from sandbox.slack.simulation import Simulation
from sandbox.slack.user_actions import Source, UserActions
from sandbox.slack.views import View


class NotOnScreen(AssertionError):
    """A test looked for something that is not on the screen. The message contains the screen."""


@dataclass(frozen=True, slots=True)
class Control:
    """An interactive element on the screen, with the labels a person knows it by."""

    source: Source
    block: Block
    element: Json
    labels: tuple[str, ...]
    option: str | None = None
    """The value of an overflow menu's entry."""


class Screen:
    def __init__(self, sim: Simulation, acts: UserActions, user: User) -> None:
        self._sim = sim
        self._actions = acts
        self._user = user
        self.channel: LocalChannel = sim.workspace.visible_to(user.id)[0]
        self.at_home = False
        self.reader = BlockReader(sim.workspace, user)

    def read(self) -> str:
        """Everything on the screen, the modal last."""
        place = "Home" if self.at_home else f"#{self.channel.name}"
        return f"--- {self._user.name} in {place}\n" + "\n\n".join(self.pieces())

    def pieces(self) -> list[str]:
        workspace = self._sim.workspace
        pieces: list[str] = []
        home = self._sim.views.home(self._user.id)
        if self.at_home:
            pieces.extend([self.reader.view(home)] if home else [])
        else:
            messages = [
                (message.ts, self.reader.message(message, self._actions.chosen(self._user, message)))
                for message in workspace.history(self.channel.id, self._user.id)
            ]
            notices = [
                (notice.ts, f"Slack: {notice.text}")
                for notice in workspace.notices
                if notice.user == self._user.id and notice.channel in (None, self.channel.id)
            ]
            pieces.extend(text for _, text in sorted([*messages, *notices]))
        if stack := self._sim.views.stack(self._user.id):
            pieces.append(self.reader.view(stack[-1]))
        return pieces

    def piece(self, text: str | re.Pattern[str]) -> str | None:
        for piece in reversed(self.pieces()):
            if isinstance(text, re.Pattern):
                if text.search(piece):
                    return piece
            elif single_spaced(text) in single_spaced(piece):
                return piece
        return None

    def _sources(self) -> list[Source]:
        """What can be clicked, newest first. An open modal covers everything else."""
        if stack := self._sim.views.stack(self._user.id):
            return [stack[-1]]
        if self.at_home:
            home = self._sim.views.home(self._user.id)
            return [home] if home else []
        return list(reversed(self._sim.workspace.history(self.channel.id, self._user.id)))

    def _controls(self, kinds: frozenset[str], sources: list[Source]) -> Iterator[Control]:
        for source in sources:
            for block, element in elements.each(_blocks_of(source)):
                if element["type"] not in kinds:
                    continue
                if element["type"] == "overflow":
                    for option in element["options"]:
                        words = (self.reader.text(option["text"]),)
                        yield Control(source, block, element, words, option.get("value"))
                else:
                    yield Control(source, block, element, tuple(self._labels(block, element)))

    def _labels(self, block: Block, element: Json) -> Iterator[str]:
        for key in ("text", "placeholder"):
            if element.get(key):
                yield self.reader.text(element[key])
        if element.get("accessibility_label"):
            yield element["accessibility_label"]
        if block["type"] == "input":
            yield self.reader.text(block["label"])
        if block["type"] == "section" and block.get("text"):
            yield self.reader.text(block["text"])

    def find(
        self, label: str, kinds: frozenset[str], within: str | None, on: LocalMessage | None = None
    ) -> Control:
        candidates = self._controls(kinds, self._sources() if on is None else [on])
        controls = [
            candidate for candidate in candidates if within is None or self._is_within(candidate, within)
        ]
        if within is not None:
            same_block = [
                candidate
                for candidate in controls
                if single_spaced(within) in single_spaced(self._block_text(candidate))
            ]
            controls = same_block or controls
        for control in controls:
            if any(same_words(words, label) for words in control.labels):
                return control
        for control in controls:
            if any(single_spaced(label).lower() in single_spaced(words).lower() for words in control.labels):
                return control
        where = f" within {within!r}" if within else ""
        raise self.missing(f"{label!r}{where} to click, choose or fill")

    def _is_within(self, control: Control, within: str) -> bool:
        return single_spaced(within) in single_spaced(self._read(control.source))

    def _read(self, source: Source) -> str:
        if isinstance(source, View):
            return self.reader.view(source)
        return self.reader.message(source, self._actions.chosen(self._user, source))

    def _block_text(self, control: Control) -> str:
        return self.reader.blocks([control.block], self._actions.chosen(self._user, control.source))

    def message(self, text: str) -> LocalMessage:
        for message in reversed(self._sim.workspace.history(self.channel.id, self._user.id)):
            if single_spaced(text) in single_spaced(self.reader.message(message, {})):
                return message
        raise self.missing(f"a message with {text!r}")

    def thread(self, root: str) -> list[str]:
        ts = self.message(root).ts
        replies = [
            message
            for message in self._sim.workspace.history(self.channel.id, self._user.id)
            if message.thread_ts == ts
        ]
        return [self._read(message) for message in replies]

    def modal(self) -> View:
        stack = self._sim.views.stack(self._user.id)
        if not stack:
            raise self.missing("an open modal")
        return stack[-1]

    def missing(self, description: str) -> NotOnScreen:
        return NotOnScreen(f"{self._user.name} finds no {description}. The screen:\n{self.read()}")

    def link(self, label: str) -> str:
        """The address of a link or link button."""
        for source in self._sources():
            for _, element in elements.each(_blocks_of(source)):
                if element.get("url") and same_words(self.reader.text(element.get("text")), label):
                    return str(element["url"])
            for text in _texts(_blocks_of(source)):
                for words, address in mrkdwn.links(text):
                    if same_words(words, label):
                        return address
        raise self.missing(f"a link {label!r}")


def _blocks_of(source: Source) -> list[Block]:
    return source.blocks if isinstance(source, View) else source.all_blocks


def single_spaced(text: str) -> str:
    return " ".join(text.split())


def same_words(first: str, second: str) -> bool:
    return single_spaced(first).lower() == single_spaced(second).lower()


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield str(node["text"])
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
