"""Sends the page's commands over a real websocket connection."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket


class PageClient:
    """One open page."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        self.client = client
        self._events: deque[dict[str, Any]] = deque()
        """Received while waiting for a result."""

    async def call(self, command: str, **fields: Any) -> Any:
        """Send a command that must succeed, and return its result."""
        answer = await self._reply(command, fields)
        assert answer["success"], answer
        return answer["result"]

    async def call_refused(self, command: str, **fields: Any) -> dict[str, Any]:
        """Send a command that must fail, and return its error."""
        answer = await self._reply(command, fields)
        assert not answer["success"], answer
        error: dict[str, Any] = answer["error"]
        assert error["message"], "an error without text"
        return error

    async def subscribe(self, command: str, **fields: Any) -> int:
        """Subscribe, and return the id to unsubscribe with."""
        subscription: int = (await self._reply(command, fields))["id"]
        return subscription

    async def unsubscribe(self, subscription: int) -> None:
        """End a subscription."""
        await self._send({"type": "unsubscribe_events", "subscription": subscription})

    async def _reply(self, command: str, fields: dict[str, Any]) -> dict[str, Any]:
        return await self._send({"type": f"homesec/{command}", **fields})

    async def _send(self, message: dict[str, Any]) -> dict[str, Any]:
        await self.client.send_json_auto_id(message)
        while True:
            answer: dict[str, Any] = await self.client.receive_json()
            if answer["type"] == "result":
                return answer
            self._events.append(answer["event"])

    async def next_event(
        self, matches: Callable[[dict[str, Any]], object], timeout_s: float = 60
    ) -> dict[str, Any]:
        """Return the next event that matches."""
        async with asyncio.timeout(timeout_s):
            while True:
                if self._events:
                    event = self._events.popleft()
                else:
                    event = (await self.client.receive_json())["event"]
                if matches(event):
                    return event
