"""python -m sandbox.slack: runs a workspace and prints its address and tokens."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from sandbox.slack.server import LocalSlack
from sandbox.slack.simulation import Credentials


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.slack", description=__doc__)
    parser.add_argument("--manifest", type=Path, default=Path("app_manifest.yml"), help="the app's manifest")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    parser.add_argument(
        "--request-url", help="where the app listens; without it, the app connects (Socket Mode)"
    )
    return parser.parse_args()


def _credentials() -> Credentials:
    """Taken from the app's settings if set, so that both can run in the same environment."""
    settings = {
        "bot_token": os.environ.get("SLACK_BOT_TOKEN"),
        "app_token": os.environ.get("SLACK_APP_TOKEN"),
        "signing_secret": os.environ.get("SLACK_SIGNING_SECRET"),
    }
    return Credentials(**{name: value for name, value in settings.items() if value})


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    running = LocalSlack.running(
        arguments.manifest,
        request_url=arguments.request_url,
        credentials=_credentials(),
        port=arguments.port,
    )
    async with running as slack:
        lines = [
            f"The workspace: {slack.url}",
            f"SLACK_API_URL={slack.api_url}",
            f"SLACK_BOT_TOKEN={slack.bot_token}",
            f"SLACK_APP_TOKEN={slack.app_token}",
            f"SLACK_SIGNING_SECRET={slack.signing_secret}",
        ]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    asyncio.run(_serve(_arguments()))


if __name__ == "__main__":
    main()
