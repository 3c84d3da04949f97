import io
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from bot import log

CANARIES = ("xoxb-canary1", "xapp-1-canary2", "am_sk_live_canary3", "am_sk_test_canary4", "xoxp-canary5")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    log.configure("INFO", "json", stream)
    yield stream
    log.configure("INFO", "json")


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_only_known_fields_are_written(stream: io.StringIO) -> None:
    log.log.info(
        "handled", team="T1", user="U1", name="Ana", email="ana@acme.test", body={"a": 1}, reference=None
    )
    (record,) = records(stream)
    assert record.pop("timestamp")
    assert record == {"event": "handled", "level": "info", "team": "T1", "user": "U1"}


@pytest.mark.parametrize("field", ["team", "user", "channel"])
@pytest.mark.parametrize("value", ["ann@canary.test", "U1 canary", "U1\n", "u1", "U" * 33, '{"U1"}'])
def test_invalid_id_is_not_logged(stream: io.StringIO, field: str, value: str) -> None:
    log.log.info("handled", **{field: value})
    assert records(stream)[0][field] == "(not an id)"
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize("canary", CANARIES)
def test_secrets_are_redacted(stream: io.StringIO, canary: str) -> None:
    log.log.error(f"refused {canary}", error=f"token {canary} is bad", ms=1)
    assert "canary" not in stream.getvalue()
    assert records(stream)[0]["ms"] == 1


@pytest.mark.parametrize(
    "name", ["slack_bolt.AsyncApp", "httpx", "aiohttp.client", "maple:listen", "asyncio"]
)
def test_library_records_are_reduced_to_location_and_type(stream: io.StringIO, name: str) -> None:
    try:
        os.environ.pop("canary")
    except KeyError:
        logging.getLogger(name).exception("body was %s", "canary")
    logging.getLogger(name).warning("canary")
    first, second = records(stream)
    assert first["error"] == "KeyError"
    assert first["library"] == name.split(":", maxsplit=1)[0]
    assert first["at"].startswith("test_log:")
    assert "error" not in second
    assert "canary" not in stream.getvalue()


def test_repeated_library_warnings_are_counted_instead_of_logged(stream: io.StringIO) -> None:
    now = 0.0
    libraries = log.Libraries(lambda: now)

    def complain(line: int) -> None:
        libraries.emit(
            logging.LogRecord("asyncio", logging.ERROR, "base_events.py", line, "canary", None, None)
        )

    for line in (1, 1, 2, 1):
        complain(line)
    now = 10.0
    complain(1)
    assert [(record["at"], record.get("count")) for record in records(stream)] == [
        ("base_events:1", None),
        ("base_events:2", None),
        ("base_events:1", 2),
    ]


def test_debug_records_of_libraries_are_dropped(stream: io.StringIO) -> None:
    log.configure("DEBUG", "json", stream)
    for name in ("slack_bolt.AsyncApp", "slack_sdk.web", "httpx", "httpcore", "aiohttp", "uvicorn.error"):
        logging.getLogger(name).info("canary")
    assert stream.getvalue() == ""
    assert log.library_logger().level == logging.WARNING


def test_levels_are_kept(stream: io.StringIO) -> None:
    log.configure("ERROR", "json", stream)
    log.log.info("handled")
    logging.getLogger("uvicorn").warning("canary")
    log.log.error("handled")
    assert [record["level"] for record in records(stream)] == ["error"]


def test_text_for_reading(stream: io.StringIO) -> None:
    log.configure("INFO", "text", stream)
    log.log.info("handled", user="U1", name="canary")
    assert "handled" in stream.getvalue()
    assert "user=U1" in stream.getvalue()
    assert "canary" not in stream.getvalue()
    assert not stream.getvalue().startswith("{")
