"""Text as people read it in the local Slack."""

import re

_EMOJI = re.compile(r":[a-z_0-9]+: ?")


def on_screen(words: str) -> str:
    """Removes the marks of mrkdwn and emoji."""
    return _EMOJI.sub("", words).translate(str.maketrans("", "", "*`"))
