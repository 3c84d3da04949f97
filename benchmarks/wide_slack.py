"""The local Slack, with many channels that Maple is in: python -m benchmarks.wide_slack 500."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from sandbox.slack import LocalSlack
from sandbox.slack.model import LocalChannel
from sandbox.slack.people import BOT_USER
from sandbox.slack.simulation import Credentials


def name(number: int) -> str:
    """The id of a channel."""
    return f"C9DIGEST{number:04}"


async def main() -> None:
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    credentials = Credentials(
        bot_token=os.environ["SLACK_BOT_TOKEN"], signing_secret=os.environ["SLACK_SIGNING_SECRET"]
    )
    async with LocalSlack.running(Path("app_manifest.yml"), credentials=credentials) as slack:
        for number in range(int(sys.argv[1])):
            channel = LocalChannel(name(number), f"digests-{number}", "public", members=["U01ANA", BOT_USER])
            slack.workspace.channels[channel.id] = channel
        print(f"SLACK_API_URL={slack.api_url}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
