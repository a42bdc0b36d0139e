"""Reports of MIMIC-CXR as clinical context for requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cxrbench.core.errors import DataError
from cxrbench.datasets.mimic_cxr.collection import MimicStudy
from cxrbench.datasets.mimic_cxr.reports import MimicReports, open_reports
from cxrbench.tasks.mimic_films import SECTIONS, ReportOf


def context_reader(reports: MimicReports | None, inputs: Sequence[str], where: Path) -> ReportOf:
    """Study -> its sections (indication, technique, comparison) and its whole `text`.

    A report that is missing or damaged gives nothing; the check of the data lists it. An absent indication is taken
    from the history, which is where many reports have it.

    Raises:
        DataError: The inputs ask for text, and there are no reports.
    """
    wanted = [name for name in inputs if name in (*SECTIONS, "prior_report")]
    if wanted and reports is None:
        raise DataError(
            f"{', '.join(wanted)} cannot be shown without the reports of MIMIC-CXR",
            where=str(where),
            valid="mimic-cxr-reports.zip in the data root",
            hint="the reports are a data set of their own: physionet.org/content/mimic-cxr",
        )

    def read(study: MimicStudy) -> Mapping[str, str]:
        if reports is None:
            return {}
        try:
            found = reports.report(study.patient_id, study.study_id)
        except DataError:
            return {}
        if found is None:
            return {}
        parts = (("Findings", found.findings), ("Impression", found.impression))
        sections = {
            "indication": found.indication or found.history,
            "technique": found.technique,
            "comparison": found.comparison,
            "text": "\n".join(f"{name}: {text}" for name, text in parts if text),
        }
        return {name: text for name, text in sections.items() if text}

    return read


def find_reports(parts: Mapping[str, Path]) -> MimicReports | None:
    """The reports of a resolved data root; None where it has none."""
    return open_reports(parts["reports"]) if "reports" in parts else None
