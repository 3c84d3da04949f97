"""Slack's half of a measurement, as cheap as possible: sends signed commands and receives the answers.

`python -m benchmarks.load` reads a Job as JSON from stdin and writes a Result as JSON to stdout, in a
separate process, so that it shares no interpreter with what is measured. All requests are signed and all
connections opened before the clock starts.
"""

import asyncio
import gc
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Job:
    url: str
    """Where commands are sent."""
    secret: str
    """The signing secret."""
    command: str
    texts: tuple[str, ...]
    """What is typed after the command. Each connection always uses one of these."""
    concurrency: int
    requests: int
    """The number in each burst, over all connections."""
    bursts: int = 1
    """A burst begins when all answers to the last one have arrived."""
    answered: bool = False
    """Whether an answer comes to each command's response_url, after the acknowledgement."""
    in_turn: bool = False
    """Whether a connection waits for the answer, not only for the acknowledgement, before it continues."""
    pause: float = 0.0
    """Seconds before each connection's next command, as people pause."""
    preliminary: str = ""
    """The text of a message that comes before the answer, when that takes long."""
    payloads: tuple[str, ...] = ()
    """What is sent instead of commands, as Slack's JSON: one per request, in order. A connection sends every
    n-th."""
    patience: float = 60.0
    """Seconds for a whole burst; what has not arrived by then counts as missing."""


@dataclass(slots=True)
class Sample:
    """One command. Times are in seconds of the machine's monotonic clock, the same in all processes."""

    text: str
    sent: float = 0.0
    acked: float | None = None
    status: int = 0
    ack_body: str = ""
    """The acknowledgement's body; empty for a command."""
    answered: float | None = None
    answer: str = ""
    """The answer's text, which represents its blocks in notifications."""


@dataclass(slots=True)
class Result:
    samples: list[Sample] = field(default_factory=list)
    seconds: float = 0.0
    """From the first command to the last acknowledgement, all bursts together."""
    drained: float = 0.0
    """From the last acknowledgement to the last answer, all bursts together."""
    cpu: float = 0.0
    """Seconds of the server's CPU time meanwhile, where known."""

    @classmethod
    def read(cls, text: str) -> "Result":
        body = json.loads(text)
        return cls([Sample(**sample) for sample in body.pop("samples")], **body)


class Messages(asyncio.Protocol):
    """Splits a stream into HTTP messages. Supports only Content-Length, which is all that is sent here."""

    def __init__(self) -> None:
        self._data = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end]
            length = end + 4 + _length(head)
            if len(self._data) < length:
                return
            body, self._data = self._data[end + 4 : length], self._data[length:]
            self.message(head, body)

    def message(self, head: bytes, body: bytes) -> None:
        raise NotImplementedError


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


class _Sender(Messages):
    """One connection to the bot."""

    def __init__(self, acked: Callable[[int, bytes], None]) -> None:
        super().__init__()
        self._acked = acked

    def send(self, request: bytes) -> None:
        assert self.transport is not None
        self.transport.write(request)

    def message(self, head: bytes, body: bytes) -> None:
        self._acked(int(head[9:12]), body)


class _Receiver(Messages):
    """One connection from the bot to a response_url."""

    def __init__(self, answered: Callable[[int, bytes], None]) -> None:
        super().__init__()
        self._answered = answered

    def message(self, head: bytes, body: bytes) -> None:
        assert self.transport is not None
        number = int(head.split(b" ", 2)[1].rpartition(b"/")[2])
        self._answered(number, body)
        self.transport.write(
            b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}'
        )


class Load:
    """The commands of one burst."""

    def __init__(self, job: Job, answers_url: str, first: int) -> None:
        """`first`: the number of its first command, since a late answer may arrive in a later burst."""
        self._job = job
        self._first = first
        self.samples = [Sample(_text(job, n)) for n in range(job.requests)]
        self._requests = [_request(job, n, f"{answers_url}/{first + n}") for n in range(job.requests)]
        self._senders: list[_Sender] = []
        self._current = list(range(job.concurrency))
        """The current command of each connection, which sends every n-th, so that its text stays the same."""
        self._unacked = self._unanswered = job.requests
        self.all_acked = asyncio.Event()
        self.all_answered = asyncio.Event()
        if not job.answered:
            self.all_answered.set()

    async def connect(self) -> None:
        url = urlsplit(self._job.url)
        loop = asyncio.get_running_loop()
        for slot in range(self._job.concurrency):

            def sender(slot: int = slot) -> _Sender:
                return _Sender(lambda status, body: self._on_ack(slot, status, body))

            _, connected = await loop.create_connection(sender, url.hostname or "", url.port or 80)
            self._senders.append(connected)

    def start(self) -> None:
        for slot in range(min(self._job.concurrency, self._job.requests)):
            self._send(slot)

    def close(self) -> None:
        for sender in self._senders:
            if sender.transport is not None:
                sender.transport.close()

    def answered(self, number: int, body: bytes) -> None:
        """Handles an answer at a response_url."""
        now = time.monotonic()
        number -= self._first
        if not 0 <= number < len(self.samples):
            return
        sample = self.samples[number]
        text = json.loads(body)["text"]
        if sample.answered is not None or text == self._job.preliminary:
            return
        sample.answered, sample.answer = now, text
        self._unanswered -= 1
        if not self._unanswered:
            self.all_answered.set()
        if self._job.in_turn and sample.acked is not None:
            self._next(number % self._job.concurrency)

    def _send(self, slot: int) -> None:
        number = self._current[slot]
        self.samples[number].sent = time.monotonic()
        self._senders[slot].send(self._requests[number])

    def _on_ack(self, slot: int, status: int, body: bytes) -> None:
        now = time.monotonic()
        sample = self.samples[self._current[slot]]
        sample.acked, sample.status = now, status
        if self._job.payloads:
            sample.ack_body = body.decode()
        self._unacked -= 1
        if not self._unacked:
            self.all_acked.set()
        if not self._job.in_turn or sample.answered is not None:
            self._next(slot)

    def _next(self, slot: int) -> None:
        self._current[slot] += self._job.concurrency
        if self._current[slot] >= self._job.requests:
            return
        if self._job.pause:
            asyncio.get_running_loop().call_later(self._job.pause, self._send, slot)
        else:
            self._send(slot)


def _text(job: Job, number: int) -> str:
    if job.payloads:
        return job.texts[number]
    return job.texts[number % job.concurrency % len(job.texts)]


def _request(job: Job, number: int, response_url: str) -> bytes:
    body = urlencode(
        {
            "token": "local",
            "team_id": "T01NORTHW",
            "team_domain": "northwind",
            "channel_id": "C01SUPPORT",
            "channel_name": "support",
            "user_id": "U01ANA",
            "user_name": "ana",
            "command": job.command,
            "text": _text(job, number),
            "api_app_id": "A01LOCALAPP",
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": f"{number}.{os.getpid()}.{time.monotonic_ns()}",
        }
    ).encode()
    if job.payloads:
        body = urlencode({"payload": job.payloads[number]}).encode()
    timestamp = str(int(time.time()))
    signature = hmac.new(job.secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    url = urlsplit(job.url)
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nUser-Agent: Slackbot 1.0\r\nAccept: */*\r\n"
        "Accept-Encoding: gzip,deflate\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Slack-Request-Timestamp: {timestamp}\r\nX-Slack-Signature: v0={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run(job: Job) -> Result:
    """Runs all bursts of a job."""
    result = Result()
    current: list[Load] = []
    loop = asyncio.get_running_loop()

    def answered(number: int, body: bytes) -> None:
        current[-1].answered(number, body)  # the bot keeps its connections between bursts

    receivers: list[_Receiver] = []

    def receiver() -> _Receiver:
        receivers.append(_Receiver(answered))
        return receivers[-1]

    server = await loop.create_server(receiver, "127.0.0.1")
    answers_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/answer"
    try:
        for burst in range(job.bursts):
            load = Load(job, answers_url, burst * job.requests)
            current.append(load)
            await _burst(job, load, result)
    finally:
        server.close()
        for connected in receivers:
            if connected.transport is not None:
                connected.transport.close()
        await asyncio.sleep(0)  # lets the connections close
    return result


async def _burst(job: Job, load: Load, result: Result) -> None:
    await load.connect()
    gc.collect()
    gc.disable()  # a pause here would look like a pause of the bot
    started = acked = time.monotonic()
    try:
        async with asyncio.timeout(job.patience):
            load.start()
            await load.all_acked.wait()
            acked = time.monotonic()
            await load.all_answered.wait()
    except TimeoutError:
        acked = max(acked, *(sample.acked or started for sample in load.samples))
    finally:
        gc.enable()
        load.close()
    result.seconds += acked - started
    result.drained += time.monotonic() - acked
    result.samples += load.samples


def parse_job(body: dict[str, Any]) -> Job:
    return Job(**{**body, "texts": tuple(body["texts"]), "payloads": tuple(body["payloads"])})


def main() -> None:
    job = parse_job(json.load(sys.stdin))
    json.dump(asdict(asyncio.run(run(job))), sys.stdout)


if __name__ == "__main__":
    main()
