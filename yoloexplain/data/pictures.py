"""Pictures: opening a user's image file safely.

It stands at the very beginning: a file that anyone may have made becomes an array.

Only formats of photographs are tried, an image with more pixels than Pillow's limit is refused, a
file that ends too early is refused, and a camera's note on how it was held is obeyed.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")  # Pillow opens MPO as a JPEG
SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".mpo", ".png", ".tif", ".tiff", ".webp"})
_ORIENTATION = 0x0112  # in EXIF; from 5 on, height and width are swapped
_WIDE = ("I;16", "I;16B", "I;16L", "I;16N")  # 16 bits of grey
_KNOWN = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", *_WIDE)


def read_image(file: Path) -> NDArray[np.uint8]:
    """Read an image as uint8 (H, W, 3), RGB, upright.

    Raises
    ------
    ValueError
        If the file is missing, no image, too large or cut short.
    """
    with _opened(file) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode in _WIDE:
            grey = (np.asarray(upright).astype(np.uint16) >> 8).astype(np.uint8)
            return np.repeat(grey[:, :, None], 3, axis=2)
        return np.array(upright.convert("RGB"))


def read_size(file: Path) -> tuple[int, int]:
    """Read the (height, width) that ``read_image`` would give, from the file's head alone.

    Raises
    ------
    ValueError
        If the file is missing, no image or too large.
    """
    with _opened(file) as image:
        width, height = image.size
        # Pillow's own reader of PNG would decode the whole image to look for a note at its end.
        turned = Image.Image.getexif(image).get(_ORIENTATION, 1) >= 5
        return (width, height) if turned else (height, width)


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    """Open a file and turn every way to fail into one kind of error."""
    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as image:
                if image.mode not in _KNOWN:
                    raise ValueError(f"its pixels are of the kind {image.mode!r}")
                yield image
    except FileNotFoundError as error:
        raise ValueError("there must be an image here, found no file") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        limit = Image.MAX_IMAGE_PIXELS or 0
        raise ValueError(f"an image may have at most {limit} pixels; this has more") from error
    except Exception as error:  # a damaged file may fail in any way inside a decoder
        raise ValueError(f"an image must be readable, got: {_first_line(error, file)}") from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _first_line(error: Exception, file: Path) -> str:
    words = (str(error).splitlines() or [""])[0].replace(f" {str(file)!r}", " file")
    return words or type(error).__name__
