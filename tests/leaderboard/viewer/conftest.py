from report_runs import (  # noqa: F401
    hostile,
    other,
    rad,
    report_config,
    report_root,
    rich,
    sealed,
)
