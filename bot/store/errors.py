"""What goes wrong with the database, told apart from what is wrong with the program."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

LOST = (OperationalError, InterfaceError, PoolTimeout)


class StoreLost(Exception):
    """The database cannot be reached, or is not fit for use. Nothing that depends on it was done."""


class StoreSlow(StoreLost):
    """The database did not answer while there was time for what was asked. Nothing was done."""


class StoreLostMidway(StoreLost):
    """The database went away while a change was being carried out, so it may have been done."""


def lost(error: Exception) -> Exception:
    """StoreLost for what the database drivers say of it; any other error as it is."""
    return StoreLost(type(error).__name__) if isinstance(error, LOST) else error
