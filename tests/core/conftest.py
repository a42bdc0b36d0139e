from small_runs import base, constant, iu_root, retrieval

__all__ = ["base", "constant", "iu_root", "retrieval"]
