"""The Home tab."""

from collections.abc import Sequence
from typing import Any

from bot.autumn.models import Organization
from bot.kit import blocks, ids, phrases, text
from bot.lookups import labels
from bot.lookups.help import command_list


def home(changes: Sequence[tuple[str, str]], org: Organization | None = None) -> dict[str, Any]:
    """What Maple does, and the way in.

    `changes`: what to type for each kind of change, and what it does. `org`: the organization that Maple's
    key belongs to, if known.
    """
    drawn = [
        blocks.header("home", phrases.HOME_TITLE),
        blocks.section("what", labels.HOME_WHAT),
        blocks.actions("look_up", [blocks.button(labels.LOOK_UP, ids.LOOK_UP_SHORTCUT, primary=True)]),
        blocks.divider("line"),
        blocks.section("commands", command_list(changes)),
        blocks.section("tips", "\n".join([labels.HOME_TIPS, *(f"• {tip}" for tip in labels.HOME_TIP_LINES)])),
    ]
    if org:
        where = labels.home_where(
            text.mrkdwn(org.name, 60), text.code(org.env.upper() or labels.ENV_UNKNOWN, 30)
        )
        drawn.append(blocks.context("where", where))
    return {"type": "home", "blocks": drawn}
