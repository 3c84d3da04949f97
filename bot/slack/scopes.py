"""Every Slack method that Maple calls, and the scopes each needs.

The doctor checks the token against it, and a test the manifest.
"""

METHODS: dict[str, tuple[str, ...]] = {
    "auth.test": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.unfurl": ("links:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.open": ("im:write",),
    "conversations.replies": ("channels:history", "groups:history"),
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "files.info": ("files:read",),
    "usergroups.list": ("usergroups:read",),
    "users.conversations": ("channels:read", "groups:read"),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.push": (),
    "views.update": (),
}
"""Methods of the bot token. The scopes for public and for private channels are needed, and the one for direct
messages where one may have to be looked for."""

APP_METHODS: dict[str, tuple[str, ...]] = {"apps.connections.open": ("connections:write",)}
"""Methods of the app-level token, for Socket Mode."""

FEATURES: tuple[str, ...] = ("commands", "app_mentions:read", "im:history", "links:read")
"""Scopes for what the manifest declares: slash commands and shortcuts, mentions, direct messages, links."""


def needed() -> frozenset[str]:
    """Every scope the bot token must have."""
    return frozenset(FEATURES).union(*METHODS.values())
