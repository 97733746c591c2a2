"""The GSM alphabet (3GPP TS 23.038), and how texts get along with its characters."""

# ruff: noqa: RUF001 - the characters that are replaced look like others

import re
from typing import TYPE_CHECKING, Final
import unicodedata

if TYPE_CHECKING:
    from re import Match

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
"""The characters of the alphabet that take the room of two."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′‵ʹʻʼʽˈ´`＇", "'"),
        **dict.fromkeys("“”„‟″‶«»〝〞＂", '"'),
        **dict.fromkeys("‹", "<"),
        **dict.fromkeys("›", ">"),
        **dict.fromkeys("‐‑‒–—―⁃−﹣－", "-"),
        **dict.fromkeys("•‣∙·・", "*"),
        **dict.fromkeys("\t\v\u00a0\u1680\u202f\u205f\u3000", " "),
        **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),
        **dict.fromkeys("\u2028\u2029\u0085", "\n"),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff\u200e\u200f", ""),  # invisible
        "\u2024": ".",
        "\u2025": "..",
        "…": "...",
        "⁄": "/",
        "×": "x",
        "№": "No",
        "™": "(TM)",
        "©": "(C)",
        "®": "(R)",
        "→": "->",
        "←": "<-",
    }
)
"""Typographic characters that say the same in plain ones."""
_LETTERS: Final = str.maketrans("ĐđÐðĦħŁłŦŧıĸƏə", "DdDdHhLlTtikEe") | str.maketrans(
    {"Œ": "OE", "œ": "oe", "Þ": "Th", "þ": "th", "Ŋ": "Ng", "ŋ": "ng", "ẞ": "SS", "°": ""}
)
"""Latin letters that Unicode doesn't take apart, and the degree sign."""
_EMOJI_FROM: Final = 0x2190  # signs before it, such as a currency's, mean something
_GONE: Final = "\0"  # in place of an emoji; it isn't in the alphabet either
_ENDS: Final = ("", *".,:;!?)]\n")


def to_plain(text: str) -> str:
    """Return a text with plain punctuation; letters and emoji stay."""
    return text.translate(_PLAIN)


def to_latin(text: str) -> str:
    """Return a text with plain punctuation, without accents, and without emoji beside words.

    Where that isn't enough, what is returned isn't in the GSM alphabet, and of no use. Other
    alphabets are left: nothing would be left of "гараж" without its letters. And an emoji that
    stands alone isn't left out, as it may be all of a name.
    """
    latin = "".join(map(_to_latin, text.translate(_PLAIN).translate(_LETTERS)))
    return re.sub(f" *{_GONE}[ {_GONE}]*", _leave_out, latin)


def _to_latin(character: str) -> str:
    if character in BASIC or character in EXTENSION:
        return character
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):  # accents and what joins emoji
        return ""
    if category in ("So", "Sk", "Co", "Cn") and ord(character) >= _EMOJI_FROM:
        return _GONE
    apart = [x for x in unicodedata.normalize("NFKD", character) if not unicodedata.combining(x)]
    return "".join(apart) if BASIC.issuperset(apart) else character


def _leave_out(gone: Match[str]) -> str:
    before, after = gone.string[: gone.start()][-1:], gone.string[gone.end() :][:1]
    if before.isalnum():
        return "" if after in _ENDS else " "
    if after.isalnum():
        return " " if gone.group().startswith(" ") else ""
    return gone.group()
