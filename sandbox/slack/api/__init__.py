"""Slack's Web API: one module per family of methods."""

from sandbox.slack.api import chat, conversations, directory, files, views
from sandbox.slack.api.method import METHODS

__all__ = ["METHODS", "chat", "conversations", "directory", "files", "views"]
