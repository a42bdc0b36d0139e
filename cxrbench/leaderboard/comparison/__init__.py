"""The page of `cxrbench compare --html`: differences with intervals and tests, per score and stratum, and flips."""
