"""What the page would ask: commands over a real websocket of Home Assistant's."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket


class Page:
    """One open page."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        self.client = client
        self._events: deque[dict[str, Any]] = deque()
        """Those that came while an answer was waited for."""

    async def ask(self, command: str, **fields: Any) -> Any:
        """Send a command and return what it answers; it must succeed."""
        answer = await self._reply(command, fields)
        assert answer["success"], answer
        return answer["result"]

    async def refused(self, command: str, **fields: Any) -> dict[str, Any]:
        """Send a command that must not succeed, and return its error."""
        answer = await self._reply(command, fields)
        assert not answer["success"], answer
        error: dict[str, Any] = answer["error"]
        assert error["message"], "there is no text for it"
        return error

    async def subscribe(self, command: str, **fields: Any) -> int:
        """Subscribe; return the number to unsubscribe with."""
        number: int = (await self._reply(command, fields))["id"]
        return number

    async def unsubscribe(self, number: int) -> None:
        """End a subscription."""
        await self._send({"type": "unsubscribe_events", "subscription": number})

    async def _reply(self, command: str, fields: dict[str, Any]) -> dict[str, Any]:
        return await self._send({"type": f"homesec/{command}", **fields})

    async def _send(self, message: dict[str, Any]) -> dict[str, Any]:
        await self.client.send_json_auto_id(message)
        while True:
            answer: dict[str, Any] = await self.client.receive_json()
            if answer["type"] == "result":
                return answer
            self._events.append(answer["event"])

    async def news(
        self, wanted: Callable[[dict[str, Any]], object], timeout_s: float = 10
    ) -> dict[str, Any]:
        """Return the next event that is as wanted."""
        async with asyncio.timeout(timeout_s):
            while True:
                if self._events:
                    event = self._events.popleft()
                else:
                    event = (await self.client.receive_json())["event"]
                if wanted(event):
                    return event
