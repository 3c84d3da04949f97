"""Turns what a person types into a stored message: escapes it and encodes mentions and links."""

import re

from sandbox.slack.workspace import Workspace

_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_ADDRESS = re.compile(
    r"(?P<url>https?://(?:(?!&[lg]t;)[^\s<>|`])*(?:(?!&[lg]t;)[^\s<>|`.,;:!?)'\"]))"
    r"|(?P<mail>(?<![\w.+@:/-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
)


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_sent(text: str, workspace: Workspace) -> str:
    """`@Ana Silva` becomes `<@U01ANA>`, and so on. In code, only links are encoded."""
    pieces = _CODE.split(escape(text))
    mentioned = [piece if at % 2 else _with_mentions(piece, workspace) for at, piece in enumerate(pieces)]
    return _outside_angles("".join(mentioned))


def _with_mentions(text: str, workspace: Workspace) -> str:
    mentions = _mentions(workspace)
    # Longer names first, so that "@Ana Silva" is not read as "@Ana".
    names = "|".join(re.escape(name) for name in sorted(mentions, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w<.@])({names})(?![\w-])", re.IGNORECASE)
    return pattern.sub(lambda match: mentions[match[1].lower()], text)


def _mentions(workspace: Workspace) -> dict[str, str]:
    mentions = {f"@{name}": f"<!{name}>" for name in ("here", "channel", "everyone")}
    mentions |= {
        f"@{group.handle}": f"<!subteam^{group.id}|@{group.handle}>" for group in workspace.groups.values()
    }
    mentions |= {
        f"#{channel.name}": f"<#{channel.id}|{channel.name}>"
        for channel in workspace.channels.values()
        if channel.kind != "im"
    }
    for user in workspace.users.values():
        mentions |= {f"@{user.name}": f"<@{user.id}>", f"@{user.real_name}": f"<@{user.id}>"}
    return {escape(name).lower(): mention for name, mention in mentions.items()}


def _outside_angles(text: str) -> str:
    """Encodes links, except within mentions that are encoded already."""
    pieces = re.split(r"(<[^<>]+>)", text)
    return "".join(piece if at % 2 else _ADDRESS.sub(_link, piece) for at, piece in enumerate(pieces))


def _link(match: re.Match[str]) -> str:
    return f"<{match['url']}>" if match["url"] else f"<mailto:{match['mail']}|{match['mail']}>"
