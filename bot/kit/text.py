"""Text that came from outside, made safe to show.

Slack draws a text in one of two ways. In `plain_text` elements and table cells everything shows as it is;
`literal` is for those. In mrkdwn, `<!channel>` pings, `<url|text>` links, `*x*` is bold and `:x:` an emoji;
`mrkdwn` and `code` are for that. Formatting characters are exchanged for their look-alikes, since Slack has
no escape for them. Whatever the text, the result is never longer than asked for, in UTF-16 units (the larger
of the two ways Slack may count), and no entity or visible character is cut in half.
"""

import re
import unicodedata

from bot.kit.visible import visible

ELLIPSIS = "…"
_JOINER = "\u200d"
_BREAK = "\u2060"
"""A word joiner: invisible, and enough to make `:smile:` or `acme.com` mean nothing to Slack."""
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LOOK_ALIKES = {"*": "∗", "~": "∼", "`": "ˋ"}
_UNDERSCORE_LOOK_ALIKE = "ˍ"
_LOOSE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_EMOJI_COLON = re.compile(r":(?=[^\s:]+:)")
_MARKUP = re.compile(r"[&<>*~`]")
#: Where an address is broken up: before `//`, and after an @, or a dot before a letter, inside of a word.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=\w@)(?=\w)|(?<=\w\.)(?=[^\W\d_])")
_TOKEN = re.compile(r"(<[^<>]*>)")


clean = visible
"""One line without tricks."""


def length(text: str) -> int:
    """In UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def literal(text: str, limit: int = 150) -> str:
    """For `plain_text` elements and table cells."""
    cleaned = clean(text)
    if not _right_to_left(cleaned):
        return _shorten(cleaned, limit)
    return _ISOLATE + _shorten(cleaned, limit - 2) + _END_ISOLATE


def mrkdwn(text: str, limit: int = 80) -> str:
    """For mrkdwn: shows as it is, pings and links nobody."""
    cleaned = clean(text)
    if not _right_to_left(cleaned):
        return _inert(_shorten(cleaned, limit, markup=True))
    return _ISOLATE + _inert(_shorten(cleaned, limit - 2, markup=True)) + _END_ISOLATE


def code(text: str, limit: int = 80) -> str:
    """A code span, in which Slack formats nothing. Empty for an empty text."""
    cleaned = clean(text)
    if not cleaned:
        return ""
    return f"`{escape(_shorten(cleaned, limit - 2, markup=True)).replace('`', 'ˋ')}`"


def escape(text: str) -> str:
    """Slack's own escaping and no more."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """What a person sees of a text made by `mrkdwn`."""
    for look_alike, char in (
        *((replacement, original) for original, replacement in _LOOK_ALIKES.items()),
        (_UNDERSCORE_LOOK_ALIKE, "_"),
    ):
        text = text.replace(look_alike, char)
    for char in (_BREAK, _ISOLATE, _END_ISOLATE):
        text = text.replace(char, "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def unlinked(text: str) -> str:
    """A mrkdwn text in which bare addresses are broken up, since Slack would turn them into links.

    Needed for a message's own text only: in blocks, `verbatim` says the same.
    """
    parts = _TOKEN.split(text)
    return "".join(part if index % 2 else _ADDRESS.sub(_BREAK, part) for index, part in enumerate(parts))


def _inert(text: str) -> str:
    if _MARKUP.search(text):
        for char, replacement in _ENTITIES.items():
            text = text.replace(char, replacement)
        for char, replacement in _LOOK_ALIKES.items():
            text = text.replace(char, replacement)
    if "_" in text:
        text = _LOOSE_UNDERSCORE.sub(_UNDERSCORE_LOOK_ALIKE, text)
    return _EMOJI_COLON.sub(":" + _BREAK, text) if ":" in text else text


def _right_to_left(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def _cost(char: str, *, markup: bool) -> int:
    if markup and char in _ENTITIES:
        return len(_ENTITIES[char])
    if markup and char == ":":
        return 2
    return 2 if char > "\uffff" else 1


def _shorten(text: str, limit: int, *, markup: bool = False) -> str:
    if len(text) * 5 <= limit:
        return text
    used = room = 0
    for index, char in enumerate(text):
        used += _cost(char, markup=markup)
        if used <= limit - 1:
            room = index + 1
        if used > limit:
            return text[: _boundary(text, room)].rstrip() + ELLIPSIS
    return text


def _boundary(text: str, end: int) -> int:
    """The nearest place at or before `end` that is not inside a visible character."""
    place = end
    while place > 0 and _continues(text, place):
        place -= 1
    return place or end  # a text of nothing but marks is cut anywhere


def _continues(text: str, place: int) -> bool:
    after, before = text[place], text[place - 1]
    if _flag(after) and _flag(before):
        run = place
        while run > 0 and _flag(text[run - 1]):
            run -= 1
        return (place - run) % 2 == 1  # flags are pairs of letters
    return (
        bool(unicodedata.combining(after))
        or unicodedata.category(after) in ("Mn", "Me", "Mc")
        or _JOINER in (after, before)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )


def _flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
