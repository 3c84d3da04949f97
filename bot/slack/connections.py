"""Limits what one peer can cost: each HTTP connection has a deadline, a size and one of so many slots.

uvicorn alone waits forever for a request that never ends, and counts connections only once a request is
complete. Here a request that is not answered in time, or is too large, loses its connection; and when every
slot is taken, a new connection gets the slot of the one that has kept Maple waiting the longest.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS = 16 * 1024
"""Bytes; Slack's are well below 2 KB."""
_EXTRA = 64 * 1024
"""Bytes beyond the largest body: headers and the framing of chunks."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    exchange: float = 10.0
    """Seconds from the first byte of a request to the last of its answer. Slack itself gives up after 3."""
    keep_alive: float = 75.0
    """Seconds an idle connection is kept. Longer than the 60 of common load balancers: the peer has to close
    first, or requests that it has just sent are lost."""
    connections: int = 512
    """At once. Below the usual limit of 1,024 open files, of which Maple needs some for itself."""
    body: int = 1024 * 1024
    """Bytes; a view submission with everything filled in stays below 300 KB."""


class CutReason(StrEnum):
    """Why a connection is ended."""

    LATE = "late"
    SIZE = "size"
    FULL = "full"
    """Another one needed its slot, or there was none left for it."""


class Slots:
    """The connections Maple waits for, in the order in which the waiting began."""

    def __init__(self, limits: HttpLimits, cut: Callable[[CutReason], None]) -> None:
        """`cut`: called with the reason for each connection that is ended."""
        self.limits = limits
        self.cut = cut
        self._open: set[Connection] = set()
        self._waiting: OrderedDict[Connection, None] = OrderedDict()

    def admit(self, connection: "Connection") -> bool:
        """False: every slot is taken by a request that is being answered."""
        if len(self._open) >= self.limits.connections:
            if not self._waiting:
                return False
            longest, _ = self._waiting.popitem(last=False)
            self._open.discard(longest)
            longest.abort(CutReason.FULL)
        self._open.add(connection)
        self._waiting[connection] = None
        return True

    def release(self, connection: "Connection") -> None:
        self._open.discard(connection)
        self._waiting.pop(connection, None)

    def waiting(self, connection: "Connection", *, anew: bool) -> None:
        """Maple waits for it. `anew`: what it waited for before has just arrived."""
        self._waiting[connection] = None
        if anew:
            self._waiting.move_to_end(connection)

    def answering(self, connection: "Connection") -> None:
        """Its request is complete, and Maple is answering it."""
        self._waiting.pop(connection, None)


class Connection(H11Protocol):
    """uvicorn's HTTP/1.1 with these limits. `protocol` makes the class for a listener."""

    slots: Slots

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not self.slots.admit(self):
            self.abort(CutReason.FULL)
            return
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self.slots.release(self)
        super().connection_lost(exc)
        # uvicorn releases it only when there was no error.
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > self.slots.limits.body + _EXTRA:
            self.abort(CutReason.SIZE)
            return
        super().data_received(data)
        self._update(anew=False)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.our_state is not h11.DONE:  # else it was answered before it was complete
            self._disarm()
        self._update(anew=True)

    def timeout_keep_alive_handler(self) -> None:
        # Not close(), which waits forever for a peer that does not read its answer.
        self.transport.abort()

    def abort(self, reason: CutReason) -> None:
        """Closes the connection at once, whatever is still being sent."""
        self.slots.cut(reason)
        self.transport.abort()

    def _update(self, *, anew: bool) -> None:
        """Sets the deadlines for the state the connection is in."""
        if self.transport.is_closing():
            return  # the deadline still applies to what remains to be sent
        if self.conn.our_state is h11.IDLE and not self.conn.trailing_data[0]:
            self._disarm()
            self._received = 0
            if self.timeout_keep_alive_task is None:
                # uvicorn stops its timer at any byte, and does not always start it again.
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )
        else:
            # uvicorn starts it after an answer, even if part of the next request is already here.
            self._unset_keepalive_if_required()
            if self._deadline is None:
                self._arm()
        if self.conn.our_state is h11.SEND_RESPONSE and self.conn.their_state is not h11.SEND_BODY:
            self.slots.answering(self)
        else:
            self.slots.waiting(self, anew=anew)

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(self.slots.limits.exchange, self.abort, CutReason.LATE)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def protocol(limits: HttpLimits, cut: Callable[[CutReason], None]) -> type[Connection]:
    """The class of the connections of one listener, which share its slots."""

    class Limited(Connection):
        slots = Slots(limits, cut)

    return Limited
