"""`python -m sandbox`: a local Slack, a local Autumn, and the bot between them."""

import argparse
import asyncio
import signal
import sys

# Until the demo listens for it, Ctrl-C just ends this process: nothing is there to be stopped yet.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from sandbox import demo  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Maple on this machine alone: a local Slack in the browser, a local Autumn, the bot.",
    )
    parser.add_argument(
        "--port", type=int, metavar="N", help=f"where the page is served on 127.0.0.1 (default: {demo.PORT})"
    )
    parser.add_argument("--verbose", action="store_true", help="show the bot's log here, too")
    options = parser.parse_args()
    try:
        return asyncio.run(demo.run(options.port, verbose=options.verbose))
    except demo.CannotRunDemo as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
