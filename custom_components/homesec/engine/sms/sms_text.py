"""How many SMS a text takes, and the same text in fewer of them.

Phones encode a text in one of two ways (3GPP TS 23.038): in the GSM alphabet, of which one SMS
holds 160 characters, or in UCS-2, of which it holds 70. A single character outside the alphabet,
such as a typographic apostrophe, makes the whole text UCS-2. Of a text that takes several SMS, each
holds a bit less: its *segment* also says where it belongs.
"""

from enum import Enum
import re
from typing import TYPE_CHECKING
import unicodedata

from .gsm_alphabet import BASIC, EXTENSION, to_latin, to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CUT = "..."
"""In place of what is cut off; the typographic ellipsis isn't in the GSM alphabet."""
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_JOINER = "\u200d"


class Encoding(Enum):
    """How a text is encoded: the length of a single SMS, and of each segment of several."""

    GSM = (160, 153)
    UCS2 = (70, 67)

    def length(self, text: str) -> int:
        """Return how much of an SMS a text takes."""
        return sum(map(self._units, text))

    def segments(self, text: str) -> int:
        """Return how many SMS a text takes. No character is divided between two of them."""
        single, each = self.value
        if self.length(text) <= single:
            return 1
        count, used = 1, 0
        for units in map(self._units, text):
            if used + units > each:
                count, used = count + 1, 0
            used += units
        return count

    def _units(self, character: str) -> int:
        if self is Encoding.GSM:
            return 2 if character in EXTENSION else 1
        return 2 if ord(character) > 0xFFFF else 1  # a surrogate pair


def encoding_of(text: str) -> Encoding:
    """Return how phones encode a text."""
    return Encoding.GSM if set(text) <= BASIC | EXTENSION else Encoding.UCS2


def count_segments(text: str) -> int:
    """Return how many SMS a text takes as it is."""
    return encoding_of(text).segments(text)


def to_sms(text: str, limit: int | None = None) -> str:
    """Return a text as it is sent: in the form that takes the fewest segments, and cut off.

    Of two that take as many, it's the one with less changed: plain punctuation changes the least,
    letters without accents and left out emoji the most. ``limit`` is the greatest length in the
    units of its encoding. Links are kept whole, and as they are.
    """
    # Halves of surrogate pairs are joined, or replaced if the other one is missing.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    composed = unicodedata.normalize("NFC", text)
    changed = [_outside_links(change, composed) for change in (to_plain, to_latin)]
    # Either is of use only if it's GSM as a whole.
    plain, latin = ([x] if encoding_of(x) is Encoding.GSM else [] for x in changed)
    text = min([*plain, composed, text, *latin], key=count_segments)
    # Without the emoji that is cut off, the rest may be GSM, and measured in other units.
    while limit is not None and (encoding := encoding_of(text)).length(text) > limit:
        text = _cut(text, encoding, limit)
    return text


def shorten(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of a text; what people see as one is kept whole."""
    if len(text) <= limit:
        return text
    return text[: _boundary(text, limit - len(CUT))].rstrip() + CUT


def _cut(text: str, encoding: Encoding, limit: int) -> str:
    """Shorten what is between the links, the last first, until a text is short enough."""
    parts = list(_parts(text))
    for index in reversed(range(0, len(parts), 2)):
        others = encoding.length("".join(parts[:index] + parts[index + 1 :]))
        parts[index] = _fit(parts[index], encoding, limit - others)
        if encoding.length("".join(parts)) <= limit:
            return "".join(parts).rstrip()
    # There's no room for all of the links: those that fit stay.
    kept = ""
    for link in parts[1::2]:
        longer = f"{kept} {link}".strip()
        kept = longer if encoding.length(longer) <= limit else kept
    return kept


def _outside_links(change: Callable[[str], str], text: str) -> str:
    """Return a text of which all but the links was changed."""
    return "".join(
        change(part) if index % 2 == 0 else part for index, part in enumerate(_parts(text))
    )


def _parts(text: str) -> Iterator[str]:
    """Yield the text before each link, and the link, in turns; the last one is text."""
    end = 0
    for link in _LINK.finditer(text):
        yield text[end : link.start()]
        yield link.group()
        end = link.end()
    yield text[end:]


def _fit(text: str, encoding: Encoding, room: int) -> str:
    """Return as much of a text as there is room for, and a sign that it was cut off.

    A space at its end stays, as it may separate the link that follows.
    """
    if encoding.length(text) <= room:
        return text
    space = " " if text[-1:].isspace() else ""
    sign = CUT + space
    if room < len(sign):
        return space if room >= len(space) else ""
    end, left = 0, room - len(sign)
    while (left := left - encoding.length(text[end])) >= 0:
        end += 1
    return text[: _boundary(text, end)].rstrip() + sign


def _boundary(text: str, end: int) -> int:
    """Return the last position up to ``end`` that divides nothing people see as one character."""
    while 0 < end < len(text) and _continues(text, end):
        end -= 1
    return end


def _continues(text: str, index: int) -> bool:
    """Return whether a character belongs to the one before: an accent, or a part of an emoji."""
    character, before = text[index], text[index - 1]
    if _JOINER in (character, before):
        return True
    if unicodedata.category(character) in ("Mn", "Me", "Mc") or _is_modifier(character):
        return True
    if not (_is_regional(character) and _is_regional(before)):
        return False
    start = index
    while start and _is_regional(text[start - 1]):
        start -= 1
    return (index - start) % 2 == 1  # the second half of a flag


def _is_modifier(character: str) -> bool:
    """Return whether a character changes the emoji before: its skin color, or its style."""
    code = ord(character)
    return 0x1F3FB <= code <= 0x1F3FF or 0xFE00 <= code <= 0xFE0F or 0xE0020 <= code <= 0xE007F


def _is_regional(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF
