"""Procedurally drawn frontal chest X-rays with known findings, boxes and reports, in the layout of IU X-ray."""

from cxrbench.datasets.phantom.info import GENERATOR_VERSION, PhantomInfo, read_phantom_info
from cxrbench.datasets.phantom.writer import DEFAULT_STUDIES, read_truth, write_phantom

__all__ = ["DEFAULT_STUDIES", "GENERATOR_VERSION", "PhantomInfo", "read_phantom_info", "read_truth", "write_phantom"]
