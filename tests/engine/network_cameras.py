"""Cameras that mislead, on 127.0.0.1, and services that they shouldn't reach."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
import ipaddress
import re
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class _Listener:
    """Accepts connections, and handles each in a thread."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _accept(self):
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._sockets.append(sock)
                thread = threading.Thread(target=self._guarded, args=(sock,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _guarded(self, sock):
        with suppress(OSError), sock:
            self.handle(sock)

    def handle(self, sock):
        raise NotImplementedError

    def close(self):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class InternalService(_Listener):
    """Notes every request that reaches it; sends ``answer``."""

    def __init__(self, answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"):
        self.requests = []
        self._answer = answer
        super().__init__()

    def handle(self, sock):
        self.requests.append(b"connected")
        sock.settimeout(5)
        self.requests[-1] = sock.recv(65536)
        sock.sendall(self._answer)


class RtspFront(_Listener):
    """Stands before an RTSP server, and answers some requests in its place.

    ``answer(method, uri, headers)`` returns a response, or None to pass the request on.
    """

    def __init__(self, port, answer=lambda *_: None, *, tls=None):
        self._behind, self._answer, self._tls = port, answer, tls
        self.requests = []  # (method, uri, headers)
        self.failed_handshakes = 0
        super().__init__()

    def handle(self, sock):
        if self._tls:
            try:
                sock = self._tls.wrap_socket(sock, server_side=True)
            except OSError:
                self.failed_handshakes += 1
                return
        if not self._behind:
            self._serve(sock, None)
            return
        with socket.create_connection(("127.0.0.1", self._behind)) as behind:
            self._sockets.append(behind)
            back = threading.Thread(target=self._copy, args=(behind, sock), daemon=True)
            self._threads.append(back)
            back.start()
            try:
                self._serve(sock, behind)
            finally:
                with suppress(OSError):
                    behind.shutdown(socket.SHUT_RDWR)  # closing alone doesn't wake the other thread

    def _copy(self, behind, sock):
        with suppress(OSError):
            while data := behind.recv(65536):
                sock.sendall(data)
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _serve(self, sock, behind):
        buffer = b""
        while data := sock.recv(65536):
            buffer += data
            while buffer:
                if buffer[:1] == b"$":
                    end = 4 + int.from_bytes(buffer[2:4])
                    if len(buffer) < end:
                        break
                    if behind:
                        behind.sendall(buffer[:end])
                    buffer = buffer[end:]
                    continue
                head, found, _ = buffer.partition(b"\r\n\r\n")
                if not found:
                    break
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                end = len(head) + 4 + (int(length[1]) if length else 0)
                if len(buffer) < end:
                    break
                self._handle_request(sock, behind, buffer[:end])
                buffer = buffer[end:]

    def _handle_request(self, sock, behind, request):
        first, *lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        method, uri, _ = first.split(" ")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        self.requests.append((method, uri, headers))
        answer = self._answer(method, uri, headers)
        if answer is not None:
            sock.sendall(answer.replace("CSEQ", f"CSeq: {headers['cseq']}").encode("latin-1"))
        elif behind:
            plain = re.sub(rb"(?im)^authorization:.*\r\n", b"", request)
            behind.sendall(
                plain.replace(self.address.encode(), f"127.0.0.1:{self._behind}".encode())
            )


def rtsp_answer(status, *headers, body=""):
    """Return an RTSP response."""
    lines = [f"RTSP/1.0 {status}", "CSEQ", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body


class Authority:
    """A certificate authority of the test, and certificates that it signs."""

    def __init__(self, folder):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("HomeSec test authority")
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self._certificate = (
            _builder(self._name, self._name, self._key)
            .add_extension(constraints, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / "authority.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, address):
        """Return a server's TLS context and its certificate's SHA-256."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        certificate = (
            _builder(_name(address), self._name, key)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        bundle = self._folder / f"{x509.random_serial_number()}.pem"
        bundle.write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(bundle)
        return context, certificate.fingerprint(hashes.SHA256()).hex()


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject, issuer, key):
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


@contextmanager
def internal_service(**options):
    """Run a service that no camera may make HomeSec call."""
    with InternalService(**options) as service:
        yield service
