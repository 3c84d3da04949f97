"""What a digest is, in a line."""

from bot.digests import words as say
from bot.digests.model import EVERY_DAY, MONEY, WORKDAYS, Schedule, Section, Wanted
from bot.kit import numbers
from bot.lookups import frame as parts
from bot.lookups import words

_ZONE = 60


def when(schedule: Schedule, safe: parts.Safe) -> str:
    """`Weekdays at 09:00 Europe/Berlin`."""
    return say.at(_days(schedule.weekdays), f"{schedule.at:%H:%M}", safe(schedule.zone, _ZONE) or words.NONE)


def what(wanted: Wanted) -> str:
    """`next 7 days · invoices, unpaid · 2 products`."""
    facts = [
        say.next_days(wanted.days),
        _sections(wanted.sections),
        say.products(len(wanted.plans)) if wanted.plans else "",
        say.from_amount(numbers.number(wanted.minimum)) if wanted.minimum and wanted.sections & MONEY else "",
        "" if wanted.skip_empty else say.ALSO_EMPTY,
    ]
    return " · ".join(fact for fact in facts if fact)


def _days(weekdays: frozenset[int]) -> str:
    if weekdays == WORKDAYS:
        return say.WORKDAYS_NAME
    if weekdays == EVERY_DAY:
        return say.EVERY_DAY_NAME
    if weekdays == EVERY_DAY - WORKDAYS:
        return say.WEEKEND_NAME
    return say.weekdays(sorted(weekdays))


def _sections(sections: frozenset[Section]) -> str:
    if sections == frozenset(Section):
        return say.EVERYTHING
    return ", ".join(say.SHORT[one] for one in Section if one in sections)
