"""What a digest is, in a line."""

from bot.digests import words
from bot.digests.model import EVERY_DAY, MONEY, WORKDAYS, Schedule, Section, Wanted
from bot.kit import layout, numbers, phrases

_ZONE = 60


def when(schedule: Schedule, safe: layout.Safe) -> str:
    """`Weekdays at 09:00 Europe/Berlin`."""
    return words.at(
        _days(schedule.weekdays), f"{schedule.at:%H:%M}", safe(schedule.zone, _ZONE) or phrases.NONE
    )


def what(wanted: Wanted) -> str:
    """`next 7 days · invoices, unpaid · 2 products`."""
    facts = [
        words.next_days(wanted.days),
        _sections(wanted.sections),
        words.products(len(wanted.plans)) if wanted.plans else "",
        words.from_amount(numbers.number(wanted.minimum))
        if wanted.minimum and wanted.sections & MONEY
        else "",
        "" if wanted.skip_empty else words.ALSO_EMPTY,
    ]
    return " · ".join(fact for fact in facts if fact)


def _days(weekdays: frozenset[int]) -> str:
    if weekdays == WORKDAYS:
        return words.WORKDAYS_NAME
    if weekdays == EVERY_DAY:
        return words.EVERY_DAY_NAME
    if weekdays == EVERY_DAY - WORKDAYS:
        return words.WEEKEND_NAME
    return words.weekdays(sorted(weekdays))


def _sections(sections: frozenset[Section]) -> str:
    if sections == frozenset(Section):
        return words.EVERYTHING
    return ", ".join(words.SHORT[one] for one in Section if one in sections)
