"""The commands `maple migrate` and `maple audit export` and `verify`, which need only the database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import SettingsError, load_storage
from bot.store import audit
from bot.store.audit import Head
from bot.store.database import Database
from bot.store.migrate import migrate

audit_commands = typer.Typer(add_completion=False, help="The audit trail: every step of every change.")

Work = Callable[[Database], Coroutine[Any, Any, None]]


def bring_up_to_date() -> None:
    """Bring the database up to date; the bot does it too when it starts."""

    async def work(database: Database) -> None:
        await migrate(database)
        typer.echo("The database is up to date.")

    _run(work)


@audit_commands.command("export")
def export(
    change: Annotated[str, typer.Option(help="Only this change, by its id.")] = "",
) -> None:
    """Print the trail, one line of JSON for each step."""

    async def work(database: Database) -> None:
        async with database.reading() as connection:
            async for entry in audit.entries(connection, change_id=change):
                typer.echo(entry.exported())

    _run(work)


@audit_commands.command("verify")
def verify(
    since: Annotated[str, typer.Option(help="What an earlier `audit verify` printed, kept elsewhere.")] = "",
) -> None:
    """Check that nothing in the trail was altered, and print where it ends."""
    try:
        head = Head.parse(since) if since else None
    except ValueError:
        _fail("--since should be what `audit verify` printed, such as 12:9f86d081884c7d65…")

    async def work(database: Database) -> None:
        async with database.reading() as connection:
            verified = await audit.verify(connection, since=head)
        for fault in verified.faults:
            typer.echo(fault, err=True)
        if verified.faults:
            raise typer.Exit(1)
        typer.echo(str(verified.head))

    _run(work)


def _run(work: Work) -> None:
    try:
        storage = load_storage()
    except SettingsError as error:
        _fail(str(error))

    async def run() -> None:
        async with _opened(storage.database_url.get_secret_value()) as database:
            await work(database)

    try:
        asyncio.run(run())
    except BrokenPipeError:
        # The reader of the output, such as `head`, has enough. The command then ends quietly.
        raise
    except (SQLAlchemyError, OSError) as error:
        # The text of these may quote the address, and with it a password.
        _fail(f"The database of DATABASE_URL cannot be used ({type(error).__name__}).")


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    except (SQLAlchemyError, OSError):
        # If a file cannot be opened, a thread gives up and notifies the loop, which must still be running.
        await asyncio.sleep(0.2)
        raise
    finally:
        await database.aclose()


def _fail(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(1)
