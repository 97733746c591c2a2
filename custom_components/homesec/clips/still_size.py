"""Stills as small as they are shown: a card needs a tenth of the bytes of the whole picture."""

from io import BytesIO
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

WIDTHS: Final = (320, 480, 640)
"""What may be asked for: few, so that browsers keep what they have."""
_QUALITY = 80
"""Of libjpeg. Pillow, since it decodes no more of a JPEG than the smaller size needs: a quarter of
the time that FFmpeg takes, so little that keeping the results would not be worth it."""
_MOST_PIXELS = 50_000_000
"""Whoever may write to the bucket may put anything there."""


def scaled(jpeg: bytes, width: int) -> bytes:
    """Return the picture at most so wide; as it is, if it is no wider or cannot be read. Blocks."""
    try:
        with Image.open(BytesIO(jpeg), formats=("JPEG",)) as picture:
            columns, rows = picture.size
            if columns <= width or columns * rows > _MOST_PIXELS:
                return jpeg
            size = (width, max(1, round(rows * width / columns)))
            picture.draft(None, size)
            smaller = BytesIO()
            picture.resize(size, reducing_gap=2.0).save(smaller, "JPEG", quality=_QUALITY)
    except OSError, ValueError, SyntaxError, Image.DecompressionBombError:
        return jpeg
    return smaller.getvalue()


def scaled_file(path: Path, width: int) -> bytes:
    """Do the same with a file. Raises ``OSError``."""
    return scaled(path.read_bytes(), width)
