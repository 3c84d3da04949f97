"""Runs a local Autumn: python -m sandbox.autumn --port 8080 --seed demo."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from sandbox.autumn import LocalAutumn, LocalLimits


async def run(port: int, seed: str, key: str | None, *, limited: bool, webhooks: str | None = None) -> None:
    """Until interrupted."""
    limits = LocalLimits() if limited else LocalLimits.off()
    async with LocalAutumn.running(seed, port=port, limits=limits, keys=[key] if key else []) as autumn:
        sys.stdout.write(f"{autumn.url}\n{autumn.key}\n")
        if webhooks:
            sys.stdout.write(f"{autumn.send_webhooks_to(webhooks).secret}\n")
        sys.stdout.flush()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.autumn", description="A local Autumn, API 2.3.0."
    )
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; any free one by default")
    parser.add_argument("--seed", default="demo", help="demo, empty, or a number of customers")
    parser.add_argument("--key", help="a secret key to accept, am_sk_test_… or am_sk_live_…")
    parser.add_argument("--no-limits", action="store_true", help="answer however many requests come")
    parser.add_argument("--webhooks", metavar="URL", help="send webhooks there; their secret is printed")
    options = parser.parse_args(arguments)
    asyncio.run(
        run(options.port, options.seed, options.key, limited=not options.no_limits, webhooks=options.webhooks)
    )


if __name__ == "__main__":
    main()
