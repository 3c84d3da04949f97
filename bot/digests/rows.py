"""Digests and runs: from rows of the database to records, and back."""

from dataclasses import asdict
from datetime import date, time
from typing import Any

from sqlalchemy import Row

from bot.access.post_targets import Pause
from bot.digests.model import Digest, DigestContent, Figures, Run, RunSkip, RunState, Schedule


def dump_schedule(schedule: Schedule) -> dict[str, Any]:
    """Columns of `digests`."""
    return {
        "weekdays": sum(1 << weekday for weekday in schedule.weekdays),
        "at": schedule.at.strftime("%H:%M"),
        "zone": schedule.zone,
    }


def dump_content(content: DigestContent) -> dict[str, Any]:
    """Columns of `digests`."""
    return {
        "sections": sorted(content.sections),
        "days": content.days,
        "plans": sorted(content.plans),
        "minimum": content.minimum,
        "skip_empty": content.skip_empty,
        "only_new": content.only_new,
        "name": content.name,
        "mentions": list(content.mentions),
    }


def dump_figures(figures: Figures) -> dict[str, Any]:
    return asdict(figures)


def digest(row: Row[Any]) -> Digest:
    return Digest(
        id=row.id,
        channel=row.channel,
        team=row.team,
        owner=row.owner,
        schedule=Schedule(
            weekdays=frozenset(weekday for weekday in range(7) if row.weekdays >> weekday & 1),
            at=time.fromisoformat(row.at),
            zone=row.zone,
        ),
        content=DigestContent(
            sections=frozenset(row.sections),
            days=row.days,
            plans=frozenset(row.plans),
            minimum=row.minimum,
            skip_empty=row.skip_empty,
            only_new=row.only_new,
            name=row.name,
            mentions=tuple(row.mentions),
        ),
        private=row.private,
        pause=None if row.pause is None else Pause(row.pause),
        stopped_by=row.stopped_by,
        next_due=row.next_due,
        version=row.version,
    )


def run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        digest=row.digest_id,
        day=None if row.day is None else date.fromisoformat(row.day),
        due=row.due,
        state=RunState(row.state),
        skip=None if row.skip is None else RunSkip(row.skip),
        asked_by=row.asked_by,
        lease_by=row.lease_by or "",
        tries=row.tries,
        posting_at=row.posting_at,
        scan=row.scan_id or "",
        channel=row.channel,
        ts=row.ts or "",
        figures=Figures(**row.figures),
        covers_until=row.covers_until,
        head_ts=row.head_ts or "",
        reply_posting_at=row.reply_posting_at,
        query=row.query or "",
    )
