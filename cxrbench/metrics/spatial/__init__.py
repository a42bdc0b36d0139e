"""Scores of boxes: overlap with the gold, detection, and whether the confidence in a box is deserved."""

from cxrbench.metrics.spatial.detection import MeanAveragePrecision
from cxrbench.metrics.spatial.overlap import BoxOverlap, localisation_calibration
from cxrbench.metrics.spatial.source import RegionBoxes

__all__ = ["BoxOverlap", "MeanAveragePrecision", "RegionBoxes", "localisation_calibration"]
