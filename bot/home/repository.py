"""Who has a Home tab open, and which customers each person looked up last: all the SQL."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from bot.access.people import Actor
from bot.store.database import Database, insert, unbroken
from bot.store.tables import home_tabs, recent_customers

OPEN_FOR = timedelta(hours=8)
"""A tab that was not opened for this long is no longer redrawn automatically."""
MOST_OPEN = 50
"""Tabs that are redrawn by themselves: those opened last."""
MOST_RECENT = 10


@unbroken
async def note_open(database: Database, actor: Actor, now: datetime) -> None:
    async with database.writing() as connection:
        await connection.execute(delete(home_tabs).where(home_tabs.c.opened_at < now - OPEN_FOR))
        values = {"person": actor.user, "team": actor.team, "opened_at": now}
        await connection.execute(
            insert(connection, home_tabs, values).on_conflict_do_update(
                index_elements=[home_tabs.c.person], set_=values
            )
        )


@unbroken
async def opened(database: Database, now: datetime) -> list[Actor]:
    """Whose tabs are taken to be open, the last one opened first."""
    query = (
        select(home_tabs)
        .where(home_tabs.c.opened_at >= now - OPEN_FOR)
        .order_by(home_tabs.c.opened_at.desc(), home_tabs.c.person)
        .limit(MOST_OPEN)
    )
    async with database.reading() as connection:
        return [Actor(row.person, row.team) for row in await connection.execute(query)]


@unbroken
async def note_customers(database: Database, env: str, looked_up: Mapping[tuple[str, str], datetime]) -> None:
    """When people looked at customers, by person and customer; all but the last few of each are forgotten."""
    noted = [
        {"person": person, "env": env, "customer_id": customer_id, "at": moment}
        for (person, customer_id), moment in sorted(looked_up.items())
    ]
    people = [{"viewer": person, "viewer_env": env} for person in sorted({viewer for viewer, _ in looked_up})]
    theirs = (
        recent_customers.c.person == bindparam("viewer"),
        recent_customers.c.env == bindparam("viewer_env"),
    )
    latest = (
        select(recent_customers.c.customer_id)
        .where(*theirs)
        .order_by(recent_customers.c.at.desc(), recent_customers.c.customer_id)
        .limit(MOST_RECENT)
    )
    async with database.writing() as connection:
        upsert = insert(connection, recent_customers, noted[0])
        await connection.execute(
            upsert.on_conflict_do_update(
                index_elements=list(recent_customers.primary_key), set_={"at": upsert.excluded.at}
            ),
            noted,
        )
        await connection.execute(
            delete(recent_customers).where(*theirs, recent_customers.c.customer_id.not_in(latest)), people
        )


@unbroken
async def recent(database: Database, person: str, env: str) -> list[str]:
    """Ids of the customers a person looked at, the last one first."""
    query = (
        select(recent_customers.c.customer_id)
        .where(recent_customers.c.person == person, recent_customers.c.env == env)
        .order_by(recent_customers.c.at.desc(), recent_customers.c.customer_id)
    )
    async with database.reading() as connection:
        return list((await connection.execute(query)).scalars())
