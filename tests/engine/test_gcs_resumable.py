"""The protocol of a resumable upload over TLS."""

from datetime import UTC, datetime, timedelta
import io
import ipaddress
import ssl
from threading import Event

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from engine_rig import FakeClock
from fault_proxy import serve
import pytest

from custom_components.homesec.engine.cloud.errors import StorageUnreachable, TransferStopped
from custom_components.homesec.engine.cloud.gcs_resumable import UploadSession
from custom_components.homesec.engine.cloud.transfer import Throttle


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a file with a certificate for the loopback and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def tls_server(certificate):
    """A server that accepts and keeps all uploads."""
    got = []

    def handle(http):
        got.append(http.rfile.read(int(http.headers["Content-Length"])))
        http.send_response(200)
        http.send_header("Content-Length", "2")
        http.end_headers()
        http.wfile.write(b"{}")

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = serve(handle, context)
    yield f"https://127.0.0.1:{server.server_port}/upload?upload_id=1", got
    server.stop()


def session(url, stop=None, total=100_000):
    throttle = Throttle(None, FakeClock())
    return UploadSession(url, total, stop=stop or Event(), throttle=throttle)


def test_send_works_over_tls(tls_server, certificate, monkeypatch):
    url, got = tls_server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    made = session(url)
    assert made.send(io.BytesIO(b"x" * 100_000), 0, 100_000) == {}
    assert made.query() == {}
    made.close()
    assert got == [b"x" * 100_000, b""]


def test_send_to_untrusted_certificate_sends_nothing(tls_server):
    url, got = tls_server
    with pytest.raises(StorageUnreachable):
        session(url).send(io.BytesIO(b"x" * 100_000), 0, 100_000)
    assert got == []


def test_query_after_stop_raises():
    stop = Event()
    stop.set()
    with pytest.raises(TransferStopped):
        session("https://127.0.0.1/x", stop).query()
