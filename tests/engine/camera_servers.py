"""Cameras on the network: servers on 127.0.0.1."""

from __future__ import annotations

from base64 import b64encode
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
import signal
import socket
import ssl
import subprocess
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest
from threaded_server import ThreadedServer

RTSP_SERVER = Path(__file__).parent.parent / "rtsp_server.py"
_TYPES = {".mp4": "video/mp4", ".ts": "video/mp2t", ".html": "text/html", ".jpg": "image/jpeg"}


class RtspServer:
    """GStreamer's RTSP server in its own process."""

    def __init__(self, mounts, *, login=None, udp=False, count=None):
        """``count``: the path of a file in which clients are counted."""
        self.mounts = mounts
        self._count = count
        self._udp = udp
        self._login = login
        self.port = 0
        self._process = None

    def start(self):
        """Start, or restart at the same port."""
        command = ["/usr/bin/python3", str(RTSP_SERVER), "--port", str(self.port)]
        command += ["--login", self._login] if self._login else []
        command += ["--udp"] if self._udp else []
        command += ["--count", str(self._count)] if self._count else []
        command += [f"{path}={launch}" for path, launch in self.mounts.items()]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())
        return self

    def url(self, path):
        return f"rtsp://127.0.0.1:{self.port}{path}"

    @property
    def clients(self):
        """How many clients have connected so far, and how many of them are connected now."""
        signs = self._count.read_text().split() if self._count.exists() else []
        return signs.count("+"), signs.count("+") - signs.count("-")

    def kill(self):
        """End at once, as in a power cut."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def freeze(self):
        """Stop sending, but keep the connection."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)


def launch_line(video, *, codec="h264", audio=None, in_band=True):
    """Return the GStreamer launch line that sends a video."""
    interval = -1 if in_band else 0
    launch = (
        f"filesrc location={video} ! qtdemux name=demux demux.video_0 ! queue ! {codec}parse"
        f" ! rtp{codec}pay name=pay0 pt=96 config-interval={interval}"
    )
    match audio:
        case "aac":
            launch += " demux.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97"
        case "alaw":
            launch += (
                " audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1"
                " ! alawenc ! rtppcmapay name=pay1 pt=8"
            )
    return f"( {launch} )"


@contextmanager
def rtsp(mounts, **options):
    """Serve videos over RTSP; skip the test if Debian's GStreamer is missing."""
    check = "import gi; gi.require_version('GstRtspServer', '1.0')"
    try:
        subprocess.run(["/usr/bin/python3", "-c", check], check=True, capture_output=True)
    except OSError, subprocess.CalledProcessError:
        pytest.skip("gir1.2-gst-rtsp-server-1.0 is not installed: script/setup --test")
    server = RtspServer(mounts, **options).start()
    try:
        yield server
    finally:
        server.kill()


class Reply:
    """An HTTP response, in pieces."""

    def __init__(self, pieces, content_type, *, status=200):
        self.pieces = pieces
        self.content_type = content_type
        self.status = status

    @classmethod
    def file(cls, path):
        return cls(lambda: [Path(path).read_bytes()], _TYPES[Path(path).suffix])


class HttpServer:
    """Serves ``Reply`` objects, and redirects to strings, by path."""

    def __init__(self, replies, *, login=None, tls=None):
        self.replies = replies
        self.closing = threading.Event()
        expected = login and "Basic " + b64encode(login.encode()).decode()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                reply = outer.replies.get(self.path)
                if expected and self.headers.get("Authorization") != expected:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.end_headers()
                elif reply is None:
                    self.send_error(404)
                elif isinstance(reply, str):
                    self.send_response(302)
                    self.send_header("Location", reply)
                    self.end_headers()
                else:
                    self.send_response(reply.status)
                    self.send_header("Content-Type", reply.content_type)
                    self.end_headers()
                    with suppress(OSError):
                        for piece in reply.pieces():
                            self.wfile.write(piece)

        self._server = ThreadedServer(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if tls else "http"
        self._server.start()

    def url(self, path):
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}{path}"

    def close(self):
        self.closing.set()
        self._server.stop()


def self_signed(folder):
    """Return a TLS context with a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    bundle = folder / "camera.pem"
    bundle.write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    return context


class SilentServer:
    """Accepts connections, and never answers."""

    def __init__(self, listener):
        self._listener = listener
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"

    def wait(self):
        """Wait for a connection."""
        self._listener.accept()[0].detach()


@contextmanager
def silent_server():
    """Run a server that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        yield SilentServer(listener)


def closed_address():
    """Return an address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def multipart(jpegs, *, every_s, closing):
    """Return the response of an HTTP MJPEG camera."""

    def pieces():
        for jpeg in jpegs:
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            yield head.encode() + jpeg + b"\r\n"
            if closing.wait(every_s):
                return

    return Reply(pieces, "multipart/x-mixed-replace; boundary=frame")


def paced(path, *, seconds, closing):
    """Return a response that sends a file's bytes evenly over some seconds."""
    data = Path(path).read_bytes()
    step = -(-len(data) // round(seconds * 20))

    def pieces():
        for at in range(0, len(data), step):
            yield data[at : at + step]
            if closing.wait(0.05):
                return

    return Reply(pieces, _TYPES[Path(path).suffix])
