"""What is written to the log: our own events with ids, never names, emails, message bodies or secrets.

Two lines of defence. Fields pass an allow-list, so that nothing is written by accident; and whatever still
looks like a token or a key is blacked out. Records of libraries are reduced to where they were raised and the
kind of error, because their texts quote bodies and headers.
"""

import logging
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog

FIELDS = frozenset(
    {
        "action",
        "at",
        "attempts",
        "channel",
        "count",
        "error",
        "kind",
        "library",
        "mode",
        "ms",
        "outcome",
        "part",
        "port",
        "reference",
        "route",
        "status",
        "team",
        "user",
    }
)
_IDS = frozenset({"channel", "team", "user"})
_ID = re.compile(r"[A-Z0-9]{1,32}")
_NO_ID = "(not an id)"
_OURS = frozenset({"event", "level", "timestamp"})
_REPEATED = 10.0
"""Seconds between two lines about the same complaint."""
_SECRET = re.compile(r"(xox[a-z]-|xapp-|am_sk_|whsec_|Bearer\s+)[^\s\"']*")
_LIBRARIES = ("slack_bolt", "slack_sdk", "aiohttp", "httpx", "httpcore", "uvicorn", "asyncio")

log: structlog.stdlib.BoundLogger = structlog.get_logger("maple")

Record = MutableMapping[str, Any]


def only_known(_logger: object, _method: str, record: Record) -> Mapping[str, Any]:
    """Drops every field that is not on the list, and those without a value. Slack's ids come from payloads:
    what does not look like one is not written."""
    return {
        key: value if key not in _IDS or _ID.fullmatch(str(value)) else _NO_ID
        for key, value in record.items()
        if key in _OURS or (key in FIELDS and value not in (None, ""))
    }


def redact(_logger: object, _method: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Blacks out what looks like a secret, wherever it stands."""
    return {
        key: _SECRET.sub(r"\1…", value) if isinstance(value, str) else value for key, value in record.items()
    }


def error_location(error: BaseException) -> str:
    """The last files and lines an exception passed through, and none of the values there."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)


class Libraries(logging.Handler):
    """Passes on that a library complained, and where; not what it said.

    The same complaint is written every few seconds at most, with the number of those left out: strangers can
    provoke some (with requests that are not HTTP, with connections by the thousand), and must not fill a
    disk.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._written: dict[tuple[str, str, str | None], float] = {}
        self._left_out: Counter[tuple[str, str, str | None]] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        library, at = record.name.split(":")[0], f"{record.module}:{record.lineno}"
        key, now = (library, at, error), self._clock()
        if now < self._written.get(key, float("-inf")) + _REPEATED:
            self._left_out[key] += 1
            return
        self._written[key] = now
        left_out = self._left_out.pop(key, None)
        log.log(record.levelno, "library", library=library, at=at, error=error, count=left_out)


def configure(level: str = "INFO", style: str = "json", stream: TextIO | None = None) -> None:
    """Sets up logging for the whole process. `style` is json or text; `stream` is stderr unless given."""
    number = logging.getLevelNamesMapping()[level]
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_known,
            redact,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [attached for attached in root.handlers if isinstance(attached, Libraries)]:
        root.removeHandler(handler)
    root.addHandler(Libraries())
    # Never lower, whatever LOG_LEVEL says: at DEBUG these build and write whole requests.
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def library_logger() -> logging.Logger:
    """For libraries that take a logger. Its own level is set because they compare with it directly."""
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(max(logger.level, logging.WARNING))
    return logger
