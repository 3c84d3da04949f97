"""Modals and Home tabs: stacks, hashes, and input that survives updates."""

import secrets
from dataclasses import dataclass, field
from itertools import count

from sandbox.slack import elements, people
from sandbox.slack.errors import SlackError
from sandbox.slack.feed import Change
from sandbox.slack.limits import Triggers
from sandbox.slack.model import Block, Json
from sandbox.slack.workspace import Workspace

DEEPEST = 3


@dataclass(slots=True, eq=False)
class View:
    id: str
    user: str
    body: Json
    """The view the app sent, with all ids filled in."""
    hash: str
    root_id: str
    previous_id: str | None = None
    chosen: Json = field(default_factory=dict)
    """Inputs: block_id → action_id → value."""
    errors: dict[str, str] = field(default_factory=dict)
    """Errors under inputs after a refused submission, by block_id."""

    @property
    def blocks(self) -> list[Block]:
        blocks: list[Block] = self.body["blocks"]
        return blocks

    @property
    def external_id(self) -> str:
        return str(self.body.get("external_id") or "")

    def api(self) -> Json:
        body: Json = elements.stored(self.body)
        return {
            "id": self.id,
            "team_id": people.TEAM,
            "type": body["type"],
            "blocks": body["blocks"],
            "private_metadata": body.get("private_metadata", ""),
            "callback_id": body.get("callback_id", ""),
            "state": {"values": elements.values(self.blocks, self.chosen)},
            "hash": self.hash,
            "title": body.get("title"),
            "clear_on_close": body.get("clear_on_close", False),
            "notify_on_close": body.get("notify_on_close", False),
            "close": body.get("close"),
            "submit": body.get("submit"),
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": people.APP,
            "external_id": self.external_id,
            "app_installed_team_id": people.TEAM,
            "bot_id": people.BOT,
        }

    def page(self) -> Json:
        return {**self.api(), "errors": self.errors}


class Views:
    def __init__(self, workspace: Workspace, triggers: Triggers) -> None:
        self._workspace = workspace
        self._triggers = triggers
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}
        self._ids = count(1)

    def stack(self, user: str) -> list[View]:
        """The person's open modals, the top one last."""
        return self._stacks.setdefault(user, [])

    def home(self, user: str) -> View | None:
        return self._homes.get(user)

    def get(self, view_id: str) -> View:
        """Raises not_found."""
        for view in self._all():
            if view.id == view_id:
                return view
        raise SlackError("not_found")

    def open(self, trigger_id: str, body: Json) -> View:
        trigger = self._triggers.check(trigger_id)
        self._check_external_id(body)
        trigger.used = True
        self.clear(trigger.user, tell=False)
        return self._add(trigger.user, body)

    def push(self, trigger_id: str, body: Json) -> View:
        trigger = self._triggers.check(trigger_id)
        if trigger.view is None or not self.stack(trigger.user):
            raise SlackError("invalid_trigger_id")
        self._check_external_id(body)
        if len(self.stack(trigger.user)) >= DEEPEST:
            raise SlackError("push_limit_reached")
        trigger.used = True
        return self._add(trigger.user, body)

    def push_for(self, user: str, body: Json) -> View:
        """Handles response_action push. Raises push_limit_reached."""
        if len(self.stack(user)) >= DEEPEST:
            raise SlackError("push_limit_reached")
        return self._add(user, body)

    def update(self, body: Json, *, view_id: str = "", external_id: str = "", expected: str = "") -> View:
        """Replaces an open view. Inputs stay where block_id and action_id stay the same.

        Raises not_found, hash_conflict.
        """
        view = self.get(view_id) if view_id else self._by_external_id(external_id)
        if expected and expected != view.hash:
            raise SlackError("hash_conflict")
        self._check_external_id(body, but=view)
        view.body = _filled(body)
        view.hash = self._hash()
        view.errors = {}
        self.tell(view.user)
        return view

    def publish(self, user: str, body: Json, *, expected: str = "") -> View:
        old = self._homes.get(user)
        if old and expected and expected != old.hash:
            raise SlackError("hash_conflict")
        self._check_external_id(body, but=old)
        view_id = old.id if old else self._id()
        view = View(view_id, user, _filled(body), self._hash(), view_id)
        self._homes[user] = view
        self._workspace.feed.publish(Change("home", {"view": view.page()}, only_for=user))
        return view

    def pop(self, user: str) -> None:
        self.stack(user).pop()
        self.tell(user)

    def clear(self, user: str, *, tell: bool = True) -> None:
        self.stack(user).clear()
        if tell:
            self.tell(user)

    def tell(self, user: str) -> None:
        views = [view.page() for view in self.stack(user)]
        self._workspace.feed.publish(Change("views", {"views": views}, only_for=user))

    def _add(self, user: str, body: Json) -> View:
        stack = self.stack(user)
        view_id = self._id()
        view = View(view_id, user, _filled(body), self._hash(), stack[0].id if stack else view_id)
        view.previous_id = stack[-1].id if stack else None
        stack.append(view)
        self.tell(user)
        return view

    def _all(self) -> list[View]:
        return [view for stack in self._stacks.values() for view in stack] + list(self._homes.values())

    def _by_external_id(self, external_id: str) -> View:
        for view in self._all():
            if external_id and view.external_id == external_id:
                return view
        raise SlackError("not_found")

    def _check_external_id(self, body: Json, but: View | None = None) -> None:
        external_id = body.get("external_id")
        if external_id and any(view.external_id == external_id and view is not but for view in self._all()):
            raise SlackError("duplicate_external_id")

    def _id(self) -> str:
        return f"V{next(self._ids):04d}{secrets.token_hex(3).upper()}"

    def _hash(self) -> str:
        return f"{int(self._workspace.clock.now())}.{secrets.token_hex(4)}"


def _filled(body: Json) -> Json:
    blocks = elements.fill_ids(body["blocks"])
    return {**elements.copy_json({**body, "blocks": []}), "blocks": blocks}
