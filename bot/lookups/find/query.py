"""What a person typed or pasted, and the customers it may mean. Pure.

The command, the typeaheads and the look-up form all read text through `readings`, so they find the same
customers.
"""

import difflib
import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

from bot.autumn.models import Customer

LONGEST = 200
"""Longer than any id or email address; Autumn is not asked for more."""
_MOST_EMAILS = 3
_SHORTEST_INTERNAL_ID = 12
_FOLDED = 4_000
"""Texts whose folded form is kept: as someone types, the same customers are compared again and again."""

_STEM = 3
"""The first letters of a mistyped name, which are assumed to be right."""
_LONGEST_NAME = 60
_CLOSE = 0.75
_MOST_NEAR = 5

_AN_ID = re.compile(r"[a-zA-Z0-9_:-]+")
_STRIPE_ID = re.compile(r"cus_[a-zA-Z0-9]{14,24}")
CUSTOMER_LINK = re.compile(r"""https?://[^\s<>|]*/customers/([^\s<>|/?#()"',;]+)""", re.IGNORECASE)
"""A customer's page in Autumn's dashboard (live, sandbox or named sandbox) or in Stripe's."""

_SLACK_LINK = re.compile(r"<((?:mailto:|tel:|https?://)[^<>|]*)(?:\|([^<>]*))?>", re.IGNORECASE)
"""Slack sends addresses as <mailto:a@b|a@b> and links as <https://x|x>; after the bar is what was typed. What
people type between < and > arrives escaped, or plain and without a scheme."""
_SCHEME = re.compile(r"(?:mailto:|tel:|https?://)", re.IGNORECASE)
EMAIL = re.compile(r"[^\s<>()\[\]{},;:\"'`|\\&@]+@[^\W_](?:[\w.-]*[^\W_])?")

INVISIBLE = dict.fromkeys(
    map(ord, "\xad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
)
"""Characters that come along when text is copied. U+200C and U+200D do not belong here: names in Persian and
Sinhala need them, and so do emoji."""
_JOINERS = "\u200c\u200d"
_SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc\uff07"
_DOUBLE_QUOTES = '"\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02'
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
QUOTES = _SINGLE_QUOTES + _DOUBLE_QUOTES
_AROUND = f"{QUOTES}`()[]{{}}<>.,;:!?{_JOINERS} "
_ALIKE = {
    **dict.fromkeys(map(ord, _SINGLE_QUOTES), "'"),
    **dict.fromkeys(map(ord, _DOUBLE_QUOTES), '"'),
    **dict.fromkeys(map(ord, _DASHES), "-"),
}
_WILDCARDS = "%_\\"


def readings(text: str) -> tuple[str, ...]:
    """The texts to search for, the most literal first; none for a blank text.

    A stored id, name or address typed as it is stored comes first, whatever it looks like. Behind it come
    what pasted text may be wrapped around: an address, a name in quotes. Only the customer that a link leads
    to goes before the link itself.
    """
    typed = cut(text)
    unwrapped = unmarked(typed)
    plain = " ".join(unwrapped.translate(INVISIBLE).split())
    candidates = [
        *(unquote(match.rstrip(".!:")) for match in CUSTOMER_LINK.findall(unwrapped)),
        typed,
        *list(dict.fromkeys(EMAIL.findall(plain)))[:_MOST_EMAILS],
        unwrapped,
        plain,
        plain.strip(f"{QUOTES}` "),
        bare(plain),
    ]
    return tuple(dict.fromkeys(reading for candidate in candidates if (reading := cut(candidate))))


def unmarked(text: str) -> str:
    """As it was typed: without the marks and escapes that Slack puts into texts.

    A link with another text shows where it leads when that is a customer's page.
    """
    return html.unescape(_SLACK_LINK.sub(_link_text, text))


def bare(text: str) -> str:
    """Without a scheme, and without the quotes, brackets and punctuation around it."""
    stripped = text.translate(INVISIBLE).strip(_AROUND)
    return _SCHEME.sub("", stripped, count=1).strip(f"{_AROUND}/") if _SCHEME.match(stripped) else stripped


def is_id(text: str) -> bool:
    """Whether Autumn would take it for a customer's id; a name of one word looks like one too."""
    return _AN_ID.fullmatch(text) is not None


def is_stripe_id(text: str) -> bool:
    """Whether it looks like the id of a customer in Stripe."""
    return _STRIPE_ID.fullmatch(text) is not None


def is_internal_id(text: str) -> bool:
    """Whether it may be Autumn's own id of a customer, which its search does not look at."""
    return len(text) >= _SHORTEST_INTERNAL_ID and is_id(text)


def is_pasted(text: str) -> bool:
    """Whether it leads to one customer as it stands: a link to their page, a Stripe id. A person who pasted
    it types no further letter."""
    return CUSTOMER_LINK.search(unmarked(text)) is not None or any(map(is_stripe_id, readings(text)))


def patterns(text: str) -> tuple[str, ...]:
    """What to send to Autumn to find `text`: at least everything that `matches` it.

    Autumn searches for a part of a field, where % and _ are wildcards and a backslash may escape. Those
    become _, one character of any kind, and so do characters that have look-alikes. Letters with accents can
    be stored in one piece or in two, so both are searched for.
    """
    forms = (text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))
    return tuple(dict.fromkeys("".join(map(_any, form)) for form in forms))


def matches(field: str, text: str) -> bool:
    """Whether the text is a part of the field, whatever the case, the accents' form, or the kind of quotes,
    dashes and spaces."""
    return text.lower() in field.lower() or fold(text) in fold(field)


@lru_cache(maxsize=_FOLDED)
def fold(text: str) -> str:
    """Two texts that a person takes for the same fold to the same."""
    alike = "".join(" " if char.isspace() else char for char in text.translate(_ALIKE))
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", alike).casefold())


def _link_text(link: re.Match[str]) -> str:
    return link[1] if CUSTOMER_LINK.match(link[1]) else link[2] or link[1]


def _any(char: str) -> str:
    return "_" if char in _WILDCARDS or ord(char) in _ALIKE or char.isspace() else char


def cut(text: str) -> str:
    """Without space around it, and no longer than Autumn is asked for."""
    return text.strip()[:LONGEST].strip()


# Typing mistakes


def mistyped_stem(text: str) -> str:
    """What to search for: the first letters of the text. Empty if it is too short or too long to be a
    mistyped name."""
    typed = _typed(text)
    return typed[:_STEM] if _STEM < len(typed) <= _LONGEST_NAME else ""


def nearest(text: str, customers: Iterable[Customer]) -> tuple[Customer, ...]:
    """Those of the customers whose name, id or email is nearly the text, the nearest first."""
    likeness = difflib.SequenceMatcher(None, b=fold(_typed(text)))
    rated = [(_likeness(likeness, customer), customer) for customer in customers if customer.id]
    likely = sorted((pair for pair in rated if pair[0] >= _CLOSE), key=lambda pair: -pair[0])
    return tuple(customer for _, customer in likely[:_MOST_NEAR])


def _typed(text: str) -> str:
    """The text without the quotes around it."""
    return bare(cut(text))


def _likeness(likeness: difflib.SequenceMatcher[str], customer: Customer) -> float:
    """From 0 to 1; 0 if it is not close."""
    name = fold(customer.name)
    best = 0.0
    for spelling in {name, *name.split(), fold(customer.id or ""), *fold(customer.email).partition("@")[::2]}:
        likeness.set_seq1(spelling)
        # The first two are upper bounds, and soon computed.
        if likeness.real_quick_ratio() >= _CLOSE and likeness.quick_ratio() >= _CLOSE:
            best = max(best, likeness.ratio())
    return best
