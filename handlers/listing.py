"""A search that did not end at one customer."""

from bot import views
from bot.lookups.answers import Nobody, Several
from bot.lookups.place import Part
from bot.views.card import Card


def listed(found: Several | Nobody, page: int = 0, part: Part = Part.OVERVIEW) -> Card:
    """The customers that match, to open at the part asked for; or that there are none."""
    if isinstance(found, Several):
        return views.matches(found, page=page, part=part)
    return views.nobody(found.query)
