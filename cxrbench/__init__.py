"""cxrbench: benchmarks and evaluates chest X-ray AI."""

__version__ = "0.1.0"
