"""Read numbers from the units of H.264 and H.265."""

MAX_UNIT_BYTES = 4096  # FFmpeg reads no longer SPS; those of cameras have less than a hundred
_MAX_ZEROS = 31  # before a number in Exp-Golomb code


class ParameterError(ValueError):
    """What precedes a picture can't be read."""


class BitReader:
    """Reads the bits of a unit, if ``escaped`` without its emulation prevention bytes.

    All methods raise ``ParameterError`` where the unit has no such number.
    """

    def __init__(self, unit: bytes, *, escaped: bool = True) -> None:
        data = unit[:MAX_UNIT_BYTES]
        if escaped:
            data = data.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(data)
        self._left = len(data) * 8
        self._size = self._left

    @property
    def position(self) -> int:
        """How many bits have been read."""
        return self._size - self._left

    def read(self, count: int) -> int:
        """Read an unsigned number of ``count`` bits."""
        self._left -= count
        if self._left < 0:
            raise ParameterError("a parameter set is too short")
        return self._value >> self._left & ((1 << count) - 1)

    def skip_numbers(self, count: int) -> None:
        """Skip numbers in Exp-Golomb code."""
        for _ in range(count):
            self.number()

    def number(self) -> int:
        """Read an unsigned number in Exp-Golomb code (ITU-T H.264, 9.1)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > _MAX_ZEROS:
                raise ParameterError("a parameter set holds an invalid number")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """Read a signed number in Exp-Golomb code (9.1.1)."""
        value = self.number()
        return (value + 1) // 2 if value % 2 else -(value // 2)
