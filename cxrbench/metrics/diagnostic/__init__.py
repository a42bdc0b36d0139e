"""Diagnostic scores: decisions against gold labels, ranking, calibration, agreement of labels, curves."""

from cxrbench.metrics.diagnostic.calibration import Calibration
from cxrbench.metrics.diagnostic.decisions import DiagnosticScores
from cxrbench.metrics.diagnostic.gold import GoldPolicy
from cxrbench.metrics.diagnostic.label_agreement import LabelAgreement
from cxrbench.metrics.diagnostic.label_calibration import LabelCalibration
from cxrbench.metrics.diagnostic.ranking import RankScores

__all__ = ["Calibration", "DiagnosticScores", "GoldPolicy", "LabelAgreement", "LabelCalibration", "RankScores"]
