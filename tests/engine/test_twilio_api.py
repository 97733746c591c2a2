"""Send and find texts with the ``twilio`` package, against a server of its API."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
import logging
import socket
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from engine_rig import LONG_S
import pytest
from sms_factories import ANNA, BERT, account, key_account
from twilio_messages import ACCOUNT_SID, AUTH_TOKEN, SENDER, SERVICE_SID
from twilio_server import Fault, Kind, TwilioServer

from custom_components.homesec.engine.core import http_connection
from custom_components.homesec.engine.sms import twilio_api, twilio_http
from custom_components.homesec.engine.sms.errors import (
    BadPhoneNumber,
    TextBusy,
    TextDenied,
    TextError,
    TextSenderRefused,
    TextUnreachable,
)
from custom_components.homesec.engine.sms.twilio_api import fetch_status, find_message, send_message


def error_of(error, *args, **values):
    with pytest.raises(error) as caught:
        send_message(*args, **values)
    assert type(caught.value) is error
    return caught.value


# --- sending ---


def test_text_arrives_unchanged(twilio):
    sid = send_message(account(), "Person at the front döör ✓")
    (sent,) = twilio.messages
    assert sid == sent["sid"]
    assert (sent["to"], sent["from"], sent["body"]) == (ANNA, SENDER, "Person at the front döör ✓")
    assert twilio.complaints == []


def test_api_key_works_like_auth_token(twilio):
    send_message(key_account(), "Hello")
    assert twilio.bodies() == ["Hello"]


def test_messaging_service_chooses_sender(twilio):
    send_message(account(sender=None, messaging_service_sid=SERVICE_SID), "Hello")
    (sent,) = twilio.messages
    assert (sent["messaging_service_sid"], sent["from"]) == (SERVICE_SID, None)


def test_media_url_is_sent(twilio):
    send_message(account(), "Hello", media_url="https://storage.example/a.jpg?X=1&Y=2")
    (sent,) = twilio.messages
    assert sent["_media"] == ["https://storage.example/a.jpg?X=1&Y=2"]
    assert sent["num_media"] == "1"


def test_long_text_is_truncated(twilio):
    send_message(account(), "x" * 2000)
    (body,) = twilio.bodies()
    assert body == "x" * 1597 + "..."


def test_refusal_maps_to_error(twilio):
    assert not error_of(TextDenied, account(secret="wrong"), "Hello").maybe_sent
    error_of(TextDenied, account(account_sid="AC" + "9" * 32), "Hello")
    error_of(BadPhoneNumber, account("+4"), "Hello")
    error_of(TextSenderRefused, account(sender=None), "Hello")
    error_of(TextSenderRefused, account(sender="+15005550001"), "Hello")
    twilio.refuse(20429, status=429, headers={"Retry-After": "9"})
    assert error_of(TextBusy, account(), "Hello").retry_after_s == 9
    twilio.refuse(29999)
    assert "29999" in str(error_of(TextError, account(), "Hello"))
    assert twilio.messages == []


def test_uncertain_failure_is_marked_maybe_sent(twilio):
    for number, fault in enumerate(
        (
            Fault(kind=Kind.ACCEPT_RESET),
            Fault(kind=Kind.ACCEPT_GARBAGE),
            Fault(kind=Kind.ACCEPT_REFUSE, status=500),
            Fault(kind=Kind.ACCEPT_REFUSE, status=503, code=20503),
        ),
        start=1,
    ):
        twilio.add(fault)
        assert error_of(TextUnreachable, account(), "Hello").maybe_sent
        assert len(twilio.messages) == number


def test_send_times_out_when_server_accepts_but_never_responds(twilio, monkeypatch):
    monkeypatch.setattr(twilio_http, "READ_S", 0.2)
    twilio.add(Fault(kind=Kind.ACCEPT_HANG))
    assert error_of(TextUnreachable, account(), "Hello").maybe_sent
    assert twilio.bodies() == ["Hello"]


def test_failed_connection_is_not_maybe_sent(twilio, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv(twilio_http.REDIRECT, f"http://127.0.0.1:{unused.getsockname()[1]}")
        assert not error_of(TextUnreachable, account(), "Hello").maybe_sent


def test_stop_ends_send_at_once(twilio):
    stop = threading.Event()
    stop.set()
    assert not error_of(TextUnreachable, account(), "Hello", stop=stop).maybe_sent
    assert twilio.requests == []
    stop.clear()
    twilio.add(Fault(kind=Kind.HANG))
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    assert error_of(TextUnreachable, account(), "Hello", stop=stop).maybe_sent
    assert time.monotonic() - began < LONG_S / 5


@pytest.mark.parametrize(
    "address", ["http://192.0.2.1", "https://api.twilio.com", "ftp://127.0.0.1", "127.0.0.1:80"]
)
def test_stand_in_on_other_machine_is_refused(twilio, monkeypatch, address):
    monkeypatch.setenv(twilio_http.REDIRECT, address)
    error_of(TextUnreachable, account(), "Hello")
    assert twilio.requests == []


def test_twilio_host_is_used_without_stand_in(monkeypatch):
    asked = []
    monkeypatch.delenv(twilio_http.REDIRECT, raising=False)

    def connect(host, port, timeout_s):
        asked.append((host, port))
        raise OSError

    monkeypatch.setattr(http_connection, "connect", connect)
    monkeypatch.setenv("TWILIO_REGION", "elsewhere")
    error_of(TextUnreachable, account(), "Hello")
    assert asked == [("api.twilio.com", 443)]


def certificate(folder):
    """Return a file with a certificate for this machine and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    host = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    plain = (PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, *plain))
    return file


def test_untrusted_certificate_is_refused(tmp_path, monkeypatch):
    file = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file)
    with TwilioServer(tls=tls) as twilio:
        monkeypatch.setenv(twilio_http.REDIRECT, twilio.url)
        assert not error_of(TextUnreachable, account(), "Hello").maybe_sent
        assert twilio.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        send_message(account(), "Hello")
        assert twilio.bodies() == ["Hello"]


def test_slow_tls_handshake_is_not_maybe_sent(monkeypatch):
    monkeypatch.setattr(twilio_http, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv(twilio_http.REDIRECT, f"https://127.0.0.1:{silent.getsockname()[1]}")
        assert not error_of(TextUnreachable, account(), "Hello").maybe_sent


# --- finding again ---


def test_sent_text_is_found(twilio):
    since = time.time()
    sid = send_message(account(), "Person at the front door")
    assert find_message(account(), "Person at the front door", since=since) == sid
    assert find_message(account(), "Person at the back door", since=since) is None
    assert find_message(account(BERT), "Person at the front door", since=since) is None


def test_known_or_old_text_is_not_found(twilio):
    sid = send_message(account(), "Hello")
    assert find_message(account(), "Hello", since=time.time(), known={sid}) is None
    assert find_message(account(), "Hello", since=time.time() + 7200) is None


def test_text_is_found_among_many(twilio):
    since = time.time()
    sid = send_message(account(), "Person at the front door")
    for number in range(120):
        twilio.account.create({"To": ANNA, "From": SENDER, "Body": f"Other {number}"}, [])
    assert find_message(account(), "Person at the front door", since=since) == sid
    assert len(twilio.asked("GET")) == 3


@pytest.mark.parametrize("body", ["“Front” … 12:00", "Дверь", "✓"])
def test_text_is_found_despite_changed_characters(twilio, body):
    since = time.time()
    twilio.account.prefix = "Sent from your Twilio trial account - "
    if body == "✓":
        twilio.account.prefix = ""
    sid = send_message(account(), body)
    twilio.messages[0]["body"] = twilio.messages[0]["body"].replace("“", '"').replace("…", "...")
    assert find_message(account(), body, since=since) == sid
    assert find_message(account(), "✗", since=since) is None


def test_redacted_text_is_found_by_time(twilio):
    twilio.account.redacts = True
    since = time.time()
    sid = send_message(account(), "Person at the front door")
    assert find_message(account(), "Person at the front door", since=since) == sid
    assert find_message(account(), "Person at the front door", since=since + 1000) is None


def test_inbound_or_canceled_message_is_not_found(twilio):
    since = time.time()
    send_message(account(), "Hello")
    for change in ({"direction": "inbound"}, {"direction": "outbound-api", "status": "canceled"}):
        twilio.messages[0] |= change
        assert find_message(account(), "Hello", since=since) is None


def test_find_raises_for_unreadable_list(twilio):
    twilio.refuse(20003, status=403, method="GET")
    with pytest.raises(TextDenied):
        find_message(account(), "Hello", since=time.time())


def test_status_is_fetched(twilio):
    sid = send_message(account(), "Hello")
    assert fetch_status(account(), sid) == ("delivered", None)
    twilio.account.fates[ANNA] = ("undelivered", 30003)
    assert fetch_status(account(), sid) == ("undelivered", 30003)
    with pytest.raises(TextDenied):
        fetch_status(account(), "SM" + "f" * 32)


# --- secrets ---


def test_api_reveals_no_secret_or_number(twilio, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("http.client").setLevel(logging.DEBUG)
    link = "https://storage.example/a.jpg?X-Goog-Signature=tweety"
    errors = []
    send_message(account(), "Hello", media_url=link)
    find_message(account(), "Hello", since=time.time())
    fetch_status(account(), twilio.messages[0]["sid"])
    for fault in (
        Fault(status=400, code=21211),
        Fault(status=401, code=20003),
        Fault(status=500),
        Fault(kind=Kind.ACCEPT_GARBAGE),
        Fault(kind=Kind.RESET),
    ):
        twilio.add(fault)
        errors.append(refused_somehow(account(), "Hello", media_url=link))
    revealed = "".join(
        [repr(account()), *errors, *(logging.Formatter().format(r) for r in caplog.records)]
    )
    revealed += "".join(capfd.readouterr())
    assert ACCOUNT_SID in revealed  # it names the account, and is no secret
    for canary in (AUTH_TOKEN, ANNA, ANNA[1:], SENDER[1:], "tweety"):
        assert canary not in revealed


def refused_somehow(*args, **values):
    with pytest.raises(TextError) as caught:
        send_message(*args, **values)
    error = caught.value
    assert error.__cause__ is None
    return f"{error} {error!r} {error.args} {error.placeholders}"


def test_library_is_imported_beforehand(twilio):
    twilio_api.import_library()
    send_message(account(), "Hello")
    assert twilio.bodies() == ["Hello"]
