"""An HTTP camera on 127.0.0.1 that sends exactly the bytes that a test gives it."""

from __future__ import annotations

from contextlib import suppress
import socket
import threading


class HttpCamera:
    """Answers each request with the pieces of ``answer(request)``, and then closes.

    ``answer`` gets the request as a dict of its headers in lower case, with its target as ``""``;
    it may yield None to wait for ``every_s``.
    """

    def __init__(self, answer, *, every_s=0.1):
        self.answer, self.every_s = answer, every_s
        self.requests = []
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def url(self, path="/", login=""):
        return f"http://{login}127.0.0.1:{self.port}{path}"

    def close(self):
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                thread = threading.Thread(target=self._handle, args=(sock,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _handle(self, sock):
        with suppress(OSError), sock:
            sock.settimeout(5)
            data = b""
            while b"\r\n\r\n" not in data:
                if not (more := sock.recv(65536)):
                    return
                data += more
            first, *lines = data.decode("latin-1").partition("\r\n\r\n")[0].split("\r\n")
            request = {k.lower(): v.strip() for k, _, v in (x.partition(":") for x in lines)}
            request[""] = first.split(" ")[1]
            self.requests.append(request)
            for piece in self.answer(request):
                if piece is None:
                    if self.closing.wait(self.every_s):
                        return
                else:
                    sock.sendall(piece)


def head(content_type, *lines, status="200 OK", eol="\r\n"):
    """Return the header of an answer."""
    return eol.join(
        (f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *lines, "", "")
    ).encode()
