"""Errors of the database, as opposed to errors in the program."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

LOST = (OperationalError, InterfaceError, PoolTimeout)


class StoreLost(Exception):
    """The database cannot be reached or used. Nothing that depends on it was done."""


class StoreSlow(StoreLost):
    """The database did not answer in time. Nothing was done."""


class StoreLostMidway(StoreLost):
    """The database went away while a change was being carried out, so it may have been done."""


def lost(error: Exception) -> Exception:
    """StoreLost for a database driver's connection error; any other error unchanged."""
    return StoreLost(type(error).__name__) if isinstance(error, LOST) else error
