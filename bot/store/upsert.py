"""INSERT … ON CONFLICT, for which SQLAlchemy has a construct per database."""

from typing import Any, TypeAlias

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Insert: TypeAlias = postgresql.Insert | sqlite.Insert


def insert(connection: AsyncConnection, table: Table, values: dict[str, Any]) -> Insert:
    statement = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    return statement.values(values)
