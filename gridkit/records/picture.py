"""A photo as it may be kept: made anew from its pixels, with nothing else of the file.

What a camera writes beside the pixels (where, when, with which telephone, a preview of what
was cut away) is left behind, because only the pixels are copied. The type is read from the
content, never from a name.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridkit.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 20_000_000
"""A file above it is refused before it is looked at."""
MOST_PIXELS = 60_000_000
"""A picture above it is refused before it is unpacked: a small file can hold a huge one."""
EDGE = 2048
"""Pixels of the longer edge at most; larger photos are made smaller."""
KEPT_BYTES = 4_000_000
"""No kept photo is larger; it is what a ledger takes from a bundle, too."""
_TYPES = ("JPEG", "PNG", "WEBP")
_START = b"\xff\xd8\xff"
_QUALITY = 85


def redraw(data: bytes) -> bytes:
    """Make a photo anew as JPEG: upright, at most `EDGE` pixels, without any metadata.

    Parameters
    ----------
    data : bytes
        The file as a camera wrote it: JPEG, PNG or WebP; of several frames the first.

    Returns
    -------
    bytes
        A JPEG with neither EXIF nor GPS, XMP, comment, preview or color profile.

    Raises
    ------
    DataError
        If it is too large, of another type, or cannot be read to its end.

    Examples
    --------
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (40, 20), "teal").save(file, "PNG")
    >>> is_kept_photo(redraw(file.getvalue()))
    True
    """
    if len(data) > MOST_BYTES:
        raise DataError(
            zh=f"照片文件太大 (超过 {MOST_BYTES // 1_000_000} MB); 请在相机里调小尺寸再拍, 或先压缩。",
            en=f"The photo file is too large (over {MOST_BYTES // 1_000_000} MB); take it at a "
            "smaller size.",
        )
    from PIL import Image, ImageOps

    with _in_words(), Image.open(io.BytesIO(data), formats=_TYPES) as opened:
        _need_few_pixels(opened.width * opened.height)
        opened.draft("RGB", (EDGE, EDGE))
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((EDGE, EDGE))
        return _encoded(upright)


def _encoded(picture: Image.Image) -> bytes:
    """Copy the pixels alone onto white, and write them."""
    from PIL import Image

    clear = picture.convert("RGBA")
    fresh = Image.new("RGB", picture.size, "white")
    fresh.paste(clear, mask=clear)
    file = io.BytesIO()
    fresh.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()


@contextmanager
def _in_words() -> Iterator[None]:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the limit below is ours, and lower
            yield
    except UnidentifiedImageError:
        raise DataError(
            zh="这个文件不是 JPEG、PNG 或 WebP 照片, 没有收; 请换一张 (苹果手机: 相机设置选“兼容性最佳”)。",
            en="This file is no JPEG, PNG or WebP photo and was not taken; choose another one (on "
            "an iPhone set the camera to 'Most Compatible').",
        ) from None
    except Image.DecompressionBombError:
        _need_few_pixels(MOST_PIXELS + 1)
    except (OSError, ValueError, SyntaxError):  # what Pillow says of files that break off
        raise DataError(
            zh="照片读不完整 (文件可能没有传完), 没有收; 请再选一次, 或重拍。",
            en="The photo cannot be read to its end (perhaps it was cut off) and was not taken; "
            "choose it again, or take another.",
        ) from None


def _need_few_pixels(pixels: int) -> None:
    if pixels > MOST_PIXELS:
        raise DataError(
            zh=f"照片的像素太多 (超过 {MOST_PIXELS // 10_000} 万), 没有收; 请在相机里调小尺寸再拍。",
            en=f"The photo has too many pixels (over {MOST_PIXELS // 1_000_000} million) and was "
            "not taken; take it at a smaller size.",
        ) from None


def is_kept_photo(data: bytes) -> bool:
    """Tell whether this can be a photo as `redraw` writes it; its pixels are not looked at."""
    return data.startswith(_START) and len(data) <= KEPT_BYTES
