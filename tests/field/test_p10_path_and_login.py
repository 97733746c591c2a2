"""A wrong path and a wrong password are told at once, and no password is tried twice."""

from base64 import b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
import threading

from camera_forms import start_adding, submit_subentry
from homesec_fixtures import set_up
from network_cameras import RtspFront, rtsp_answer
import pytest

PATH = "/live/main"
LOGIN = "guard:s3same"
RIGHT = "Basic " + b64encode(LOGIN.encode()).decode()
CHALLENGE = 'WWW-Authenticate: Basic realm="camera"'


@dataclass
class Camera:
    """How a camera answers: with the login or with the path first."""

    path_first: bool = False
    front_page: bool = False  # whether it asks for the login at ``/``
    refusal: int = 401  # its answer to a wrong login; to none it's always 401
    busy: bool = False  # whether it answers 503 to every login
    logins: list[str] = field(default_factory=list)

    def status(self, path, authorization):
        """Return the status of the answer to a request for a path."""
        if authorization is not None:
            self.logins.append(authorization)
        known = path == PATH or (path == "/" and self.front_page)
        if self.path_first and not known:
            return 404
        if authorization is None:
            return 401
        if self.busy:
            return 503
        if authorization != RIGHT:
            return self.refusal
        return 404 if path != PATH else 503


class RtspCamera(Camera):
    """Speaks RTSP."""

    scheme = "rtsp"

    def __enter__(self):
        self._front = RtspFront(0, self._answer)
        self.port = self._front.port
        return self

    def __exit__(self, *_):
        self._front.close()

    def _answer(self, method, uri, headers):
        if method == "OPTIONS":
            return rtsp_answer("200 OK", "Public: DESCRIBE, SETUP, PLAY")
        path = "/" + uri.partition("://")[2].partition("/")[2]
        status = self.status(path, headers.get("authorization"))
        return rtsp_answer(f"{status} No", *([CHALLENGE] if status == 401 else []))


class HttpCamera(Camera):
    """Speaks HTTP."""

    scheme = "http"

    def __enter__(self):
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                status = camera.status(self.path, self.headers.get("Authorization"))
                self.send_response(status)
                if status == 401:
                    name, _, text = CHALLENGE.partition(": ")
                    self.send_header(name, text)
                self.end_headers()

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


NOT_FOUND, REFUSED = {"url": "stream_not_found"}, {"password": "invalid_auth"}
UNCHECKED = {**NOT_FOUND, "password": "login_unchecked"}
PATH_FIRST = {"path_first": True, "front_page": True}
FORBIDS = {**PATH_FIRST, "refusal": 403}


@pytest.mark.parametrize("kind", [RtspCamera, HttpCamera])
@pytest.mark.parametrize(
    ("behavior", "path", "password", "errors", "logins"),
    [
        ({}, "/wrong", "wrong", {**REFUSED, "url": "path_unchecked"}, 1),
        ({}, PATH, "wrong", {**REFUSED, "url": "path_unchecked"}, 1),
        ({}, "/wrong", "s3same", NOT_FOUND, 1),
        (PATH_FIRST, "/wrong", "wrong", NOT_FOUND | REFUSED, 1),
        (PATH_FIRST, "/wrong", "s3same", NOT_FOUND, 1),
        (FORBIDS, "/wrong", "wrong", NOT_FOUND | REFUSED, 1),
        (FORBIDS, "/wrong", "s3same", NOT_FOUND, 1),
        (FORBIDS, PATH, "wrong", REFUSED, 1),
        ({**PATH_FIRST, "busy": True}, "/wrong", "wrong", UNCHECKED, 1),
        ({"refusal": 403}, "/wrong", "wrong", {**REFUSED, "url": "path_unchecked"}, 1),
        ({"path_first": True}, PATH, "wrong", REFUSED, 1),
        ({"path_first": True}, "/a", "wrong", UNCHECKED, 0),
        ({"path_first": True}, "/wrong", None, NOT_FOUND, 0),
    ],
)
@pytest.mark.usefixtures("socket_enabled")
async def test_wrong_path_and_wrong_password_are_told_at_once(
    hass, entry, kind, behavior, path, password, errors, logins
):
    await set_up(hass, entry)
    with kind(**behavior) as camera:
        given = {"kind": "stream", "url": f"{camera.scheme}://127.0.0.1:{camera.port}{path}"}
        if password is not None:
            given |= {"username": "guard", "password": password}
        again = await submit_subentry(hass, await start_adding(hass, entry), given)
    assert again["step_id"] == "source"
    assert again["errors"] == errors
    assert len(camera.logins) == logins, "a camera locks out who guesses"


@pytest.mark.usefixtures("socket_enabled")
async def test_password_is_kept_and_said_so(hass, entry):
    await set_up(hass, entry)
    with RtspCamera() as camera:
        url = f"rtsp://127.0.0.1:{camera.port}/wrong"
        given = {"kind": "stream", "url": url, "username": "guard", "password": "s3same"}
        flow = await start_adding(hass, entry)
        assert flow["description_placeholders"]["password_note"] == ""
        again = await submit_subentry(hass, flow, given)
    assert "saved" in again["description_placeholders"]["password_note"]
    assert "s3same" not in str(again["description_placeholders"])
