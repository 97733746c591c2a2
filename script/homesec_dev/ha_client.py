"""A client for a running Home Assistant: REST, WebSocket, and flows, as the frontend uses them."""

from dataclasses import dataclass
from http import HTTPStatus
import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .blocking_http import Http, Parsed, Response, WebSocket

POLL_S = 0.1
type Json = dict[str, Any]


class HaError(Exception):
    """Home Assistant refused a request."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A step of a config, options, or subentry flow: what it shows, and how to answer it."""

    client: HaClient
    path: str
    shown: Json

    @property
    def type(self) -> str:
        """The result type: form, menu, abort, create_entry, ..."""
        return str(self.shown["type"])

    @property
    def step(self) -> str | None:
        """The step's id."""
        return self.shown.get("step_id")

    @property
    def errors(self) -> Json:
        """The errors of the last answer, by field."""
        return self.shown.get("errors") or {}

    @property
    def fields(self) -> list[str]:
        """The names of the form's fields."""
        return [item["name"] for item in self.shown.get("data_schema") or ()]

    def answer(self, user_input: Mapping[str, object] | None = None, **fields: object) -> Flow:
        """Submit the form (or choose with `next_step_id`) and return the step that follows."""
        values = dict(user_input or {}) | fields
        shown = self.client.post(f"{self.path}/{self.shown['flow_id']}", values)
        return self.client.settled(self.path, shown)


class Subscription:
    """Events of a WebSocket subscription, in order."""

    def __init__(self, client: HaClient, number: int) -> None:
        """Use the id of the subscribing command, which `unsubscribe_events` takes, too."""
        self._client = client
        self.number = number

    def next(self, *, timeout_s: float = 30) -> Json:
        """Return the next event; raises TimeoutError."""
        return self._client.next_event(self.number, timeout_s=timeout_s)


class HaClient:
    """A user's session with Home Assistant. Blocking; not for several threads."""

    def __init__(self, base_url: str, token: str, http: Http) -> None:
        """Use a long-lived access token."""
        self.base_url = base_url
        self.token = token
        self._http = http
        self._socket: WebSocket | None = None
        self._numbers = itertools.count(1)
        self._events: list[Json] = []

    # REST

    def fetch(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        data: Parsed = None,
    ) -> Response:
        """Request a path and return the answer. A signed path goes without the token."""
        sent = dict(headers or {})
        if "authSig=" not in path:
            sent["Authorization"] = f"Bearer {self.token}"
        return self._http.request(method, self.base_url + path, headers=sent, data=data)

    def get(self, path: str) -> Parsed:
        """Return the parsed JSON of an API path."""
        return _checked(self.fetch(path), path)

    def post(self, path: str, values: Parsed = None) -> Parsed:
        """Post JSON to an API path and return its answer."""
        body = json.dumps({} if values is None else values)
        headers = {"Content-Type": "application/json"}
        return _checked(self.fetch(path, method="POST", headers=headers, data=body), path)

    def delete(self, path: str) -> Parsed:
        """Send DELETE to an API path."""
        return _checked(self.fetch(path, method="DELETE"), path)

    def upload(self, file: Path, content_type: str) -> str:
        """Upload a file for a form's file selector; return the id that the form expects."""
        form = aiohttp.FormData()
        form.add_field("file", file.read_bytes(), filename=file.name, content_type=content_type)
        path = "/api/file_upload"
        return str(_checked(self.fetch(path, method="POST", data=form), path)["file_id"])

    # States and actions

    def states(self) -> dict[str, Json]:
        """Return all states by entity id."""
        return {state["entity_id"]: state for state in self.get("/api/states")}

    def state(self, entity_id: str) -> Json:
        """Return one state; HaError if there is no such entity."""
        state: Json = self.get(f"/api/states/{entity_id}")
        return state

    def wait_for_state(
        self, entity_id: str, wanted: str | Callable[[Json], bool], *, timeout_s: float = 60
    ) -> Json:
        """Wait until the entity has this state, or one that the predicate accepts."""
        accepts = wanted if callable(wanted) else lambda state: state["state"] == wanted
        last: Json | HaError | None = None
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                last = self.state(entity_id)
            except HaError as err:
                last = err  # it may not have been added yet
            else:
                if accepts(last):
                    return last
            time.sleep(POLL_S)
        raise TimeoutError(f"{entity_id} did not become {wanted} in {timeout_s} s: {last}")

    def act(self, action: str, *, respond: bool = False, **data: object) -> Parsed:
        """Call an action, `domain.name`; with `respond` return its response data."""
        domain, _, name = action.partition(".")
        query = "?return_response" if respond else ""
        result = self.post(f"/api/services/{domain}/{name}{query}", data)
        return result["service_response"] if respond else result

    # Flows

    def add_entry(self, domain: str) -> Flow:
        """Start adding an integration."""
        return self._start("flow", {"handler": domain})

    def reconfigure_entry(self, domain: str, entry_id: str) -> Flow:
        """Start reconfiguring a config entry."""
        return self._start("flow", {"handler": domain, "entry_id": entry_id})

    def options(self, entry_id: str) -> Flow:
        """Open a config entry's options."""
        return self._start("options/flow", {"handler": entry_id})

    def subentry(self, entry_id: str, kind: str, *, subentry_id: str | None = None) -> Flow:
        """Start adding a subentry, or reconfiguring the one given."""
        values: Json = {"handler": [entry_id, kind]}
        if subentry_id:
            values["subentry_id"] = subentry_id
        return self._start("subentries/flow", values)

    def entries(self, domain: str | None = None) -> list[Json]:
        """Return the config entries, of one integration or of all."""
        query = f"?domain={domain}" if domain else ""
        found: list[Json] = self.get(f"/api/config/config_entries/entry{query}")
        return found

    def _start(self, kind: str, values: Json) -> Flow:
        path = f"/api/config/config_entries/{kind}"
        return self.settled(path, self.post(path, values))

    def settled(self, path: str, shown: Json, *, timeout_s: float = 120) -> Flow:
        """Return the step once it shows more than progress."""
        deadline = time.monotonic() + timeout_s
        while shown["type"] in ("progress", "progress_done"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still {shown.get('progress_action')} after {timeout_s} s")
            time.sleep(POLL_S)
            shown = self.get(f"{path}/{shown['flow_id']}")
        return Flow(client=self, path=path, shown=shown)

    # Media

    def browse(self, media_content_id: str = "") -> Json:
        """List a folder of the media sources."""
        listing: Json = self.command("media_source/browse_media", media_content_id=media_content_id)
        return listing

    def resolve(self, media_content_id: str) -> Json:
        """Return the signed `url` and the `mime_type` of something playable."""
        found: Json = self.command("media_source/resolve_media", media_content_id=media_content_id)
        return found

    # Websocket

    def command(self, kind: str, **values: object) -> Parsed:
        """Send a websocket command and return its result."""
        return self._result(self._send(kind, values))

    def subscribe(self, kind: str, **values: object) -> Subscription:
        """Send a subscribing command, such as `subscribe_events`."""
        self._result(number := self._send(kind, values))
        return Subscription(self, number)

    def next_event(self, number: int, *, timeout_s: float) -> Json:
        """Return the next event of a subscription; others' are kept for them."""
        deadline = time.monotonic() + timeout_s
        while True:
            for index, message in enumerate(self._events):
                if message["id"] == number:
                    event: Json = self._events.pop(index)["event"]
                    return event
            self._receive(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        """Close the websocket. Subscriptions end."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._events.clear()

    def _send(self, kind: str, values: Json) -> int:
        if self._socket is None or self._socket.closed:
            self._socket = self._connect()
        number = next(self._numbers)
        message = {"id": number, "type": kind, **values}
        try:
            self._socket.send(message)
        except ConnectionError:
            # Home Assistant closes connections that don't answer its pings, and nothing reads in
            # between.
            self._socket = self._connect()
            self._socket.send(message)
        return number

    def _connect(self) -> WebSocket:
        socket = self._http.websocket(self.base_url.replace("http", "ws", 1) + "/api/websocket")
        socket.receive(timeout_s=30)  # auth_required
        socket.send({"type": "auth", "access_token": self.token})
        if (answer := socket.receive(timeout_s=30))["type"] != "auth_ok":
            raise HaError(answer)
        return socket

    def _result(self, number: int) -> Parsed:
        while True:
            for message in self._receive(timeout_s=60):
                if message["id"] == number and message["type"] == "result":
                    if not message["success"]:
                        raise HaError(message["error"])
                    return message["result"]

    def _receive(self, timeout_s: float) -> list[Json]:
        """Return the next results; store events for their subscriptions."""
        assert self._socket is not None
        arrived = self._socket.receive(timeout_s=timeout_s)
        messages = (
            arrived if isinstance(arrived, list) else [arrived]
        )  # HA may send several messages as one
        self._events += [message for message in messages if message["type"] == "event"]
        return [message for message in messages if message["type"] != "event"]


def _checked(response: Response, path: str) -> Parsed:
    if response.status >= HTTPStatus.BAD_REQUEST:
        raise HaError(f"{path}: HTTP {response.status}: {response.text}")
    return response.json() if response.body else None
