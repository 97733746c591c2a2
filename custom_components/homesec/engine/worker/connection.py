"""Calls and notifications between two processes over a socket.

Both sides are the same: each may call methods of the other. What a method takes and returns is
declared in a ``Method`` that both sides import, so nothing in a message decides what runs.
"""

from concurrent.futures import Future
from functools import partial
from itertools import count
import logging
import socket
from threading import Lock, Thread, current_thread
import time
from typing import TYPE_CHECKING, Any

from ..core.errors import ProtocolError, WorkerDied, WorkerError
from .coders import Parts
from .framing import LENGTH, body_length, pack, unpack
from .lanes import Lanes
from .remote_errors import decode_error, encode_error
from .send_queue import SendQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .codec import Registry
    from .framing import Json
    from .method import Handler, Method


_LOGGER = logging.getLogger(__name__)

VERSION = 1
"""Both sides must have the same: an update may have replaced the files of a running system."""
POOL_THREADS = 8
DRAIN_S = 10.0  # what was received before the end is still handled, for this long
BROKEN_DRAIN_S = 0.5  # after a message that breaks the rules, the others aren't worth much
MAX_PENDING = 1000
ENDED = "the other process has ended"
_PING = pack("ping")
_PONG = pack("pong")


class Connection:
    """One end of the socket, with a thread that sends and one that receives.

    ``on_lost`` is called once, with a reason, when everything that was received is handled.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        registry: Registry,
        name: str,
        on_lost: Callable[[str], None],
    ) -> None:
        """Prepare; nothing is sent or received before ``start``."""
        self._socket = sock
        self._registry = registry
        self._handlers: dict[str, tuple[Method[Any], Handler]] = {}
        self._name = name
        self._on_lost = on_lost
        self._queue = SendQueue()
        self._pool = Lanes(name, POOL_THREADS)
        self._serial: dict[str, Lanes] = {}
        self._drain_s = DRAIN_S
        self._ids = count(1)
        self._lock = Lock()
        # The lock guards everything below.
        self._pending: dict[int, tuple[Method[Any], Future[Any]]] = {}
        self._reason: str | None = None
        self.pongs = 0  # answers to pings so far
        self._threads = [
            Thread(target=run, name=f"homesec-{name}-{what}", daemon=True)
            for what, run in (("send", self._send_all), ("receive", self._receive_all))
        ]

    def start(self, handlers: Mapping[Method[Any], Handler]) -> None:
        """Greet the other side, and start the threads; ``handlers`` is what it may call."""
        for method, run in handlers.items():
            for hint in (method.result, *method.args.values()):
                self._registry.coder(hint)
            self._handlers[method.name] = (method, run)
            if method.thread is not None and method.thread not in self._serial:
                self._serial[method.thread] = Lanes(f"{self._name}-{method.thread}", 1)
        self._queue.put(pack({"hello": VERSION}))
        for thread in self._threads:
            thread.start()

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._reason is None

    @property
    def reason(self) -> str | None:
        """Why it has ended; None while it's open."""
        return self._reason

    def call[T](self, method: Method[T], *, deadline_s: float, **args: object) -> T:
        """Run a method of the other side, and return its result.

        Raises what the method raised; ``WorkerDied`` if the other side ends before, or
        doesn't answer in ``deadline_s``.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._reason is not None:
                raise WorkerDied(f"{method.name}: {self._reason}")
            if len(self._pending) >= MAX_PENDING:
                raise WorkerDied(f"{method.name}: too many calls wait")
            call_id = next(self._ids)
            self._pending[call_id] = (method, future)
        try:
            self._put(self._message({"call": call_id, "method": method.name}, method, args))
            return future.result(deadline_s)
        except TimeoutError as err:
            if future.done() and future.exception() is err:
                raise  # the method's own
            raise WorkerDied(f"{method.name}: no answer in {deadline_s:.0f} s") from None
        finally:
            with self._lock:
                self._pending.pop(call_id, None)

    def notify(self, method: Method[None], **args: object) -> None:
        """Run a method of the other side without waiting; never blocks.

        Nothing happens once the connection is lost. Raises ``ProtocolError`` for arguments that
        can't be sent.
        """
        data = self._message({"notify": method.name}, method, args)
        if method.droppable:
            key = None if method.lane is None else (method.name, method.lane(args))
            self._queue.put_droppable(data, key)
        else:
            self._put(data)

    def ping(self) -> None:
        """Ask for a sign of life, which increases ``pongs``."""
        self._queue.put_droppable(_PING, "ping")

    def close(self, reason: str = "closed", *, flush_s: float = 0.0) -> None:
        """End the connection; with ``flush_s``, what waits to be sent gets so long."""
        self._queue.close()
        if flush_s:
            self._queue.wait_empty(flush_s)
        self._lose(reason)

    def join(self, timeout_s: float) -> bool:
        """Wait until ``on_lost`` has returned; return whether it has."""
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread is not current_thread() and thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _put(self, data: bytes) -> None:
        try:
            self._queue.put(data)
        except ProtocolError as err:
            self._lose(str(err))
            raise WorkerDied(str(err)) from err

    def _message(
        self, header: dict[str, Json], method: Method[Any], args: Mapping[str, object]
    ) -> bytes:
        if args.keys() != method.args.keys():
            raise ProtocolError(f"{method.name} takes {sorted(method.args)}")
        parts = Parts()
        header["args"] = {
            name: self._registry.encode(hint, args[name], parts)
            for name, hint in method.args.items()
        }
        return pack(header, parts.all)

    def _break(self, reason: str) -> None:
        """End the connection with a side that breaks the rules."""
        self._drain_s = BROKEN_DRAIN_S
        self._lose(reason)

    def _lose(self, reason: str) -> None:
        """End both directions; the receiving thread does the rest."""
        with self._lock:
            if self._reason is None:
                self._reason = reason
            pending, self._pending = list(self._pending.values()), {}
        self._queue.close()
        self._queue.clear()
        for method, future in pending:
            _fail(future, WorkerDied(f"{method.name}: {self._reason}"))
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster

    def _send_all(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._socket.sendall(data)
            except OSError:
                # The other side is gone. What it had sent before is read first.
                self._queue.close()
                self._queue.clear()

    def _receive_all(self) -> None:
        try:
            if self._read_message() != ({"hello": VERSION}, []):
                raise ProtocolError("the other process has another version")
            while True:
                self._handle(*self._read_message())
        except ProtocolError as err:
            self._break(str(err))
        except OSError:
            self._lose(ENDED)
        except Exception:
            _LOGGER.exception("The connection %s failed", self._name)
            self._lose("a defect")
        for lanes in (*self._serial.values(), self._pool):
            lanes.close(self._drain_s)
        self._threads[0].join(DRAIN_S)
        self._socket.close()
        self._on_lost(self._reason or "closed")

    def _read_message(self) -> tuple[Json, list[bytes]]:
        return unpack(self._read(body_length(bytes(self._read(LENGTH.size)))))

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        at = 0
        while at < size:
            if not (received := self._socket.recv_into(view[at:])):
                raise ConnectionResetError
            at += received
        return data

    def _handle(self, header: Json, parts: list[bytes]) -> None:
        size = sum(map(len, parts)) + 1000
        match header:
            case "ping" if not parts:
                self._queue.put_droppable(_PONG, "pong")
            case "pong" if not parts:
                self.pongs += 1
            case {"reply": int(call_id), "value": value, **rest} if not rest:
                self._handle_reply(call_id, value, Parts(parts))
            case {"reply": int(call_id), "error": error, **rest} if not rest and not parts:
                self._handle_error(call_id, error)
            case {"notify": str(name), "args": dict(args), **rest} if not rest:
                self._run(name, args, Parts(parts), size, None)
            case {"call": int(call_id), "method": str(name), "args": dict(args), **rest} if (
                not rest
            ):
                self._run(name, args, Parts(parts), size, call_id)
            case _:
                raise ProtocolError("a message of no known kind")

    def _handle_reply(self, call_id: int, value: Json, parts: Parts) -> None:
        with self._lock:
            method, future = self._pending.pop(call_id, (None, None))
        if method is None or future is None:
            return  # it came too late
        try:
            result = self._registry.decode(method.result, value, parts)
            parts.finish()
        except ProtocolError as err:
            _fail(future, err)
            raise
        if not future.done():
            future.set_result(result)

    def _handle_error(self, call_id: int, error: Json) -> None:
        decoded = decode_error(error)
        with self._lock:
            _, future = self._pending.pop(call_id, (None, None))
        if future is not None:
            _fail(future, decoded)

    def _run(
        self, name: str, raw: dict[str, Json], parts: Parts, size: int, call_id: int | None
    ) -> None:
        """Decode a call or notification, and let a thread handle it."""
        if name not in self._handlers:
            raise ProtocolError("there is no such method")
        method, handler = self._handlers[name]
        if raw.keys() != method.args.keys():
            raise ProtocolError(f"not the arguments of {name}")
        args = {
            key: self._registry.decode(hint, raw[key], parts) for key, hint in method.args.items()
        }
        parts.finish()
        run = partial(handler, **args)
        if call_id is None:
            task = partial(self._obey, method, run)
        else:
            task = partial(self._answer, call_id, method, run)
        lane = None if method.lane is None else method.lane(args)
        if method.thread is not None:
            self._serial[method.thread].submit("", task, size)
        else:
            self._pool.submit(lane, task, size)

    def _obey(self, method: Method[Any], run: Callable[[], object]) -> None:
        """Handle a notification; one that makes no sense ends the connection."""
        try:
            run()
        except WorkerError as err:
            self._break(f"{method.name}: {err}")

    def _answer(self, call_id: int, method: Method[Any], run: Callable[[], object]) -> None:
        parts = Parts()
        try:
            value = self._registry.encode(method.result, run(), parts)
            data = pack({"reply": call_id, "value": value}, parts.all)
        except Exception as err:
            _LOGGER.debug("%s failed", method.name, exc_info=err)
            data = pack({"reply": call_id, "error": encode_error(err)})
        try:
            self._queue.put(data)
        except ProtocolError as err:
            self._lose(str(err))


def _fail(future: Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
