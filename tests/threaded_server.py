"""An HTTP server with a thread for each connection, which ends with all of them.

Home Assistant's test plugin fails a test after which a thread is left, be it for a millisecond.
"""

from contextlib import suppress
from http.server import ThreadingHTTPServer
import socket
import sys
import threading


class ThreadedServer(ThreadingHTTPServer):
    """Serves between ``start`` and ``stop``."""

    daemon_threads = False  # those that are, are not waited for
    request_queue_size = 64

    def __init__(self, address, handler):
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, handler)

    def start(self):
        """Serve, in a thread of its own."""
        serve = {"poll_interval": 0.02}
        self._thread = threading.Thread(target=self.serve_forever, kwargs=serve, daemon=True)
        self._thread.start()

    def stop(self):
        """Refuse new connections, cut the others, and wait until nothing runs any more.

        What a handler waits for, other than its client, has to be over.
        """
        self.shutdown()
        self._thread.join()
        self.socket.close()
        with self._guard:
            for sock in self._open:
                self.cut(sock)
        self.server_close()

    def cut(self, sock):
        """End a connection under its handler's hands."""
        with suppress(OSError):  # the client was faster
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # past TLS, which belongs to the handler

    def get_request(self):
        sock, address = super().get_request()
        with self._guard:
            self._open.add(sock)
        return sock, address

    def shutdown_request(self, request):
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), OSError):  # a client that went away
            super().handle_error(request, client_address)
