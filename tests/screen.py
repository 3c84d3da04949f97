"""Words as people read them in the local Slack."""

import re

_EMOJI = re.compile(r":[a-z_0-9]+: ?")


def on_screen(words: str) -> str:
    """Without the marks of mrkdwn and without emoji."""
    return _EMOJI.sub("", words).translate(str.maketrans("", "", "*`"))
