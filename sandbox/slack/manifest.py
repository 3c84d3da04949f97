"""Reads the app manifest: scopes, commands, shortcuts, events."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import yaml

from sandbox.slack.model import Json


@cache
def _parsed(text: str) -> Json:
    manifest: Json = yaml.safe_load(text)
    return manifest


@dataclass(frozen=True, slots=True)
class Manifest:
    name: str
    description: str
    color: str
    bot_name: str
    scopes: frozenset[str]
    commands: tuple[Json, ...]
    shortcuts: tuple[Json, ...]
    events: frozenset[str]
    unfurl_domains: tuple[str, ...]
    interactive: bool
    home_tab: bool
    messages_read_only: bool

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls.of(_parsed(path.read_text("utf-8")))

    @classmethod
    def of(cls, source: Json) -> Self:
        about = source.get("display_information", {})
        features = source.get("features", {})
        settings = source.get("settings", {})
        home = features.get("app_home", {})
        return cls(
            name=about.get("name", "App"),
            description=about.get("description", ""),
            color=about.get("background_color", "#4a154b"),
            bot_name=features.get("bot_user", {}).get("display_name", about.get("name", "App")),
            scopes=frozenset(source.get("oauth_config", {}).get("scopes", {}).get("bot", [])),
            commands=tuple(features.get("slash_commands", [])),
            shortcuts=tuple(features.get("shortcuts", [])),
            events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
            unfurl_domains=tuple(features.get("unfurl_domains", [])),
            interactive=bool(settings.get("interactivity", {}).get("is_enabled", False)),
            home_tab=bool(home.get("home_tab_enabled", False)),
            messages_read_only=bool(home.get("messages_tab_read_only_enabled", False)),
        )

    def command(self, name: str) -> Json | None:
        return next((command for command in self.commands if command["command"] == name), None)

    def shortcut(self, callback_id: str) -> Json | None:
        return next((shortcut for shortcut in self.shortcuts if shortcut["callback_id"] == callback_id), None)
