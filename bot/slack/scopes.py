"""What Maple asks of Slack: every method it calls, and the scopes that takes.

The one authority for the doctor and for the test that holds the manifest to it.
"""

METHODS: dict[str, tuple[str, ...]] = {
    "auth.test": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.open": ("im:write",),
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "usergroups.list": ("usergroups:read",),
    "users.conversations": ("channels:read", "groups:read"),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.push": (),
    "views.update": (),
}
"""Bot-token methods. Scopes for public and private channels are both needed, as either may be asked about."""

APP_METHODS: dict[str, tuple[str, ...]] = {"apps.connections.open": ("connections:write",)}
"""Methods of the app-level token, for Socket Mode."""

FEATURES: tuple[str, ...] = ("commands",)
"""Scopes for what is declared in the manifest rather than called: slash commands and shortcuts."""


def needed() -> frozenset[str]:
    """Every scope the bot token must have."""
    return frozenset(FEATURES).union(*METHODS.values())
