"""Measures of a two by two table, undefined where a denominator is 0."""

from __future__ import annotations

import numpy as np

from cxrbench.metrics.base import FloatArray

MEASURES = ("sensitivity", "specificity", "ppv", "npv", "mcc", "kappa")


def confusion_measures(tp: FloatArray, fp: FloatArray, tn: FloatArray, fn: FloatArray) -> dict[str, FloatArray]:
    """The measures of `MEASURES` from counts, which may be weighted; any shape, the same for all.

    mcc = (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)) (Matthews 1975); kappa = (po - pe) / (1 - pe)
    (Cohen 1960), with po the observed agreement and pe that of independent raters with the same margins.
    """
    n = tp + fp + tn + fn
    positive, negative, present, absent = tp + fn, tn + fp, tp + fp, tn + fn
    spread = np.sqrt(positive * negative) * np.sqrt(present * absent)
    by_chance = present * positive + absent * negative
    return {
        "sensitivity": _ratio(tp, positive),
        "specificity": _ratio(tn, negative),
        "ppv": _ratio(tp, present),
        "npv": _ratio(tn, absent),
        "mcc": _ratio(tp * tn - fp * fn, spread),
        "kappa": _ratio((tp + tn) * n - by_chance, n * n - by_chance),
    }


def mean_of_defined(values: FloatArray) -> FloatArray:
    """Mean over the last axis without NaN; NaN where all are: [..., k] -> [...]."""
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0.0).sum(axis=-1), defined.sum(axis=-1).astype(np.float64))


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    quotient: FloatArray = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
