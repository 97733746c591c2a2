"""Certificates of cameras: verified, pinned, or neither; over HTTPS and RTSPS."""

from __future__ import annotations

from threading import Event

from camera_servers import HttpServer, Reply, launch_line
import certifi
from engine_rig import FakeClock, stream_camera
from network_cameras import Authority, RtspFront
import pytest

from custom_components.homesec.engine.capture import tls
from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.errors import CertificateChanged, CertificateRefused

CANARY = "tweety-7f3a"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(authority, monkeypatch):
    """The authority is in certifi's file."""
    monkeypatch.setattr(certifi, "where", lambda: str(authority.file))
    tls.verifying_context.cache_clear()
    yield
    tls.verifying_context.cache_clear()


@pytest.fixture(params=["https", "rtsps"])
def camera(request, authority, rtsp_server, make_video):
    """Return an encrypted camera: its URL, fingerprint, and the requests that it got."""
    context, fingerprint = authority.issue("127.0.0.1")
    if request.param == "rtsps":
        behind = rtsp_server({"/cam": launch_line(make_video(seconds=30))})
        with RtspFront(behind.port, tls=context) as front:
            yield f"rtsps://{front.address}/cam", fingerprint, front.requests
        return
    requests = []

    def pieces():
        requests.append("/cam")
        return Reply.file(make_video(seconds=1)).pieces()

    server = HttpServer({"/cam": Reply(pieces, "video/mp4")}, tls=context)
    yield server.url("/cam"), fingerprint, requests
    server.close()


def open_stream(url, **source):
    config = stream_camera(url, username="bob", password=CANARY, **source).source
    return ContainerConnection(config, Timeline(FakeClock(), Pace.LIVE), Event())


def test_certificate_of_unknown_authority_is_accepted_unless_verified(camera):
    url, _, requests = camera
    with pytest.raises(CertificateRefused):
        open_stream(url, verify_tls=True)
    assert requests == []
    open_stream(url).close()
    assert requests


def test_certificate_of_known_authority_is_verified(camera, trusted):
    url, _, _ = camera
    open_stream(url, verify_tls=True).close()


def test_certificate_for_another_host_is_refused(trusted, authority, make_video):
    context, _ = authority.issue("127.0.0.2")
    server = HttpServer({"/cam": Reply.file(make_video(seconds=1))}, tls=context)
    with pytest.raises(CertificateRefused):
        open_stream(server.url("/cam"), verify_tls=True)
    server.close()


def test_pinned_certificate_is_accepted(camera):
    url, fingerprint, _ = camera
    open_stream(url, tls_fingerprint=fingerprint).close()


def test_other_certificate_than_the_pinned_one_gets_no_request(camera, authority, trusted):
    url, _, requests = camera
    _, other = authority.issue("127.0.0.1")
    for verify in (False, True):
        with pytest.raises(CertificateChanged):
            open_stream(url, tls_fingerprint=other, verify_tls=verify)
    assert requests == []


def test_probe_returns_the_fingerprint(camera):
    url, fingerprint, _ = camera
    assert probe(stream_camera(url).source).tls_fingerprint == fingerprint


def test_verifying_context_trusts_certifi():
    tls.verifying_context.cache_clear()
    assert len(tls.verifying_context().get_ca_certs()) > 50
