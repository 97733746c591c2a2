"""Bech32 (BIP 173) without its limit on length, as age writes keys.

https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
"""

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LETTERS = 6
_BITS = 5  # of a letter


def encode(prefix: str, data: bytes) -> str:
    """Return ``data`` in lowercase letters after ``prefix``, which is lowercase too."""
    values = _to_letters(data)
    checksum = _checksum([*_expand(prefix), *values, *[0] * _CHECKSUM_LETTERS]) ^ 1
    shifts = range(_BITS * (_CHECKSUM_LETTERS - 1), -1, -_BITS)
    values += [checksum >> shift & 31 for shift in shifts]
    return f"{prefix}1{''.join(_ALPHABET[value] for value in values)}"


def decode(text: str) -> tuple[str, bytes]:
    """Return the prefix in lowercase and the data; raises ValueError for anything not canonical."""
    if text not in (text.lower(), text.upper()):
        raise ValueError("uppercase and lowercase are mixed")
    prefix, separator, letters = text.lower().rpartition("1")
    if not separator or not prefix or len(letters) < _CHECKSUM_LETTERS:
        raise ValueError("too short")
    if not all("!" <= letter <= "~" for letter in prefix):
        raise ValueError("invalid prefix")
    try:
        values = [_VALUES[letter] for letter in letters]
    except KeyError:
        raise ValueError("invalid letter") from None
    if _checksum([*_expand(prefix), *values]) != 1:
        raise ValueError("wrong checksum")
    return prefix, _from_letters(values[:-_CHECKSUM_LETTERS])


def _expand(prefix: str) -> list[int]:
    return [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix)]


def _checksum(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << _BITS ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                checksum ^= generator
    return checksum


def _to_letters(data: bytes) -> list[int]:
    padding = -len(data) * 8 % _BITS
    bits = int.from_bytes(data) << padding
    count = (len(data) * 8 + padding) // _BITS
    return [bits >> _BITS * (count - 1 - index) & 31 for index in range(count)]


def _from_letters(values: list[int]) -> bytes:
    bits = 0
    for value in values:
        bits = bits << _BITS | value
    size, padding = divmod(len(values) * _BITS, 8)
    if padding >= _BITS or bits & (1 << padding) - 1:
        raise ValueError("invalid padding")
    return (bits >> padding).to_bytes(size)
