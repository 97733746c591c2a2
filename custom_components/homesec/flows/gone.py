"""What is being changed in one tab may be removed in another."""

from functools import wraps
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import UnknownSubEntry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult


def ends_if_gone[F: ConfigSubentryFlow](
    step: Callable[[F, dict[str, Any] | None], Awaitable[SubentryFlowResult]],
) -> Callable[[F, dict[str, Any] | None], Awaitable[SubentryFlowResult]]:
    """Make a step of a subentry's flow that ends with words when the subentry is gone."""

    @wraps(step)
    async def guarded(flow: F, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        try:
            return await step(flow, user_input)
        except UnknownSubEntry:
            return flow.async_abort(reason="gone")

    return guarded
