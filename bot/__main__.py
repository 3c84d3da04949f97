"""The command line: `python -m bot` runs Maple, `python -m bot doctor` checks what it needs."""

import asyncio
import contextlib
import signal
from typing import NoReturn

import typer

from bot import database_commands, gc_tuning, log
from bot.app import Maple
from bot.doctor import command
from bot.identity import CannotStart
from bot.settings import Settings, SettingsError, load, withdraw

cli = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, help="Maple: Autumn's customers in Slack."
)


_FEW = 100
"""Jobs in hand, whose objects the garbage collector looks through in some 20 ms."""


@cli.callback(invoke_without_command=True)
def run(context: typer.Context) -> None:
    """Run the bot until it is told to stop (Ctrl-C, or SIGTERM)."""
    if context.invoked_subcommand is None:
        settings = _settings()
        withdraw()
        log.configure(settings.log_level, settings.log_format)
        try:
            asyncio.run(serve(settings))
        except CannotStart as error:
            _fail(str(error))
        except OSError as error:
            _fail(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set HOST and PORT.")


@cli.command("doctor")
def check() -> None:
    """Check tokens, scopes and Autumn's key, and say how to fix what is wrong."""
    settings = _settings()
    log.configure("CRITICAL", settings.log_format)
    raise typer.Exit(asyncio.run(_examine(settings)))


cli.command("migrate")(database_commands.bring_up_to_date)
cli.add_typer(database_commands.audit_commands, name="audit")


async def serve(settings: Settings) -> None:
    """Runs the bot until SIGTERM or SIGINT; then finishes what was acknowledged.

    A second signal cuts that off.
    """
    maple = Maple(settings)
    stop = asyncio.Event()
    serving = asyncio.create_task(_until(stop, maple))

    def on_signal() -> None:
        if not maple.taking:  # still starting, or stopping already: nothing is worth waiting for
            serving.cancel()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await serving
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _until(stop: asyncio.Event, maple: Maple) -> None:
    async with maple.running(), gc_tuning.tidied(lambda: len(maple.background) > _FEW):
        await stop.wait()


async def _examine(settings: Settings) -> int:
    """The exit code: 1 if anything is wrong."""
    findings: list[command.Finding] = []

    def report(finding: command.Finding) -> None:
        findings.append(finding)
        typer.echo(str(finding))

    await command.examine(settings, report)
    return 0 if all(finding.ok for finding in findings) else 1


def _settings() -> Settings:
    try:
        return load()
    except SettingsError as error:
        _fail(f"Maple cannot start:\n{error}")


def _fail(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(1)


def main() -> None:
    """The console script."""
    cli()


if __name__ == "__main__":  # pragma: no cover
    main()
