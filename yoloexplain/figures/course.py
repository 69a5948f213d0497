"""The course on one page: each chapter by the picture that holds its idea.

It leads into the lessons; the large pictures stand in the chapters and in ``images/``.
"""

from .contact_sheet import contact_sheet
from .gallery import GALLERY
from .picture import Picture

# chapter → its picture in the gallery
CHAPTERS = {
    "0 · YOLOv1": "yolov1-grid",
    "1 · DenseNet": "dense-block",
    "2 · CSP": "csp-split",
    "3 · Necks": "pan",
    "4 · YOLOv5": "yolov5-map",
    "5 · Training": "iou-family",
    "6 · SOLO": "solo-grid",
}


def course_map() -> Picture:
    """Lay out the seven chapters, each with its picture."""
    pictures = {chapter: GALLERY[name]() for chapter, name in CHAPTERS.items()}
    return contact_sheet(
        pictures,
        "From image to picture, in seven chapters",
        "1, 2 and 3 build what 4 puts together; 0 and 6 can be read at any time",
    )
