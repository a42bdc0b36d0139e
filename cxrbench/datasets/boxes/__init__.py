"""Boxes around findings from public collections, in one form: NIH ChestX-ray14, VinDr-CXR, MS-CXR."""

from cxrbench.datasets.boxes.ms_cxr import read_ms_cxr
from cxrbench.datasets.boxes.nih import NihEntry, read_nih_boxes, read_nih_entries
from cxrbench.datasets.boxes.records import BoxTable, Frame, ImageBox
from cxrbench.datasets.boxes.vindr import read_vindr

__all__ = [
    "BoxTable",
    "Frame",
    "ImageBox",
    "NihEntry",
    "read_ms_cxr",
    "read_nih_boxes",
    "read_nih_entries",
    "read_vindr",
]
