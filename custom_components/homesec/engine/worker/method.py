"""The declaration of something that one process asks of the other."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    type Handler = Callable[..., object]
    """Runs a method; gets its arguments by name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Method[T]:
    """Something that one process asks of the other."""

    name: str
    args: Mapping[str, object] = field(default_factory=dict)
    """Types by parameter name."""
    result: object = None
    """Type of the result; the type checker knows it as ``T``."""
    thread: str | None = None
    """Methods with the same thread run on it, one after the other, in the order of sending."""
    lane: Callable[[Mapping[str, Any]], str] | None = None
    """Gets the arguments; messages with the same result are handled in the order of sending."""
    droppable: bool = False
    """Whether it may be left out while the reader is slow; only the newest of a lane is kept."""
