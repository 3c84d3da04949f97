"""One feature: the sources of its balance, and its usage as a chart. Opened from the features."""

from decimal import Decimal

from bot.lookups import samples
from bot.lookups.feature import card, words
from bot.lookups.feature.answer import Bin, FeatureDetail, Usage
from bot.lookups.feature.read import feature
from bot.lookups.part import LookupPart


def _sample() -> FeatureDetail:
    days = (samples.NOW - number * samples.DAY for number in range(10, 0, -1))
    bins = tuple(Bin(day, day + samples.DAY, Decimal(30)) for day in days)
    usage = Usage(bins, Decimal(300), 300, bins[0].start, samples.NOW)
    return FeatureDetail(samples.customer(), usage, samples.NOW)


PART = LookupPart(
    id="feature",
    title=words.TITLE,
    parent="features",
    read=feature,
    draw=card.content,
    heading=False,
    sample=_sample,
)
