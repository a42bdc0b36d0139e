"""`exec:COMMAND`: any program that reads requests and writes predictions as JSON lines."""

from cxrbench.adapters.program.adapter import ProgramAdapter, create

__all__ = ["ProgramAdapter", "create"]
