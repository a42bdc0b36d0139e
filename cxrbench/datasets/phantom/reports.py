"""A report from a plan, in the manner of the Indiana collection: findings, impression, indication, comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxrbench.core.conditions import SUPPORT_DEVICES
from cxrbench.datasets.phantom.plan import Finding, Plan
from cxrbench.datasets.phantom.wording import phrase, pick, sentence, state

LUNG_CONDITIONS = frozenset({"Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia", "Atelectasis"})

_INDICATIONS = {
    "Pneumonia": ("Fever and cough.", "Productive cough.", "Fever."),
    "Edema": ("Shortness of breath.", "Dyspnea on exertion.", "Orthopnea."),
    "Pleural Effusion": ("Shortness of breath.", "Dyspnea."),
    "Pneumothorax": ("Sudden chest pain.", "Acute dyspnea."),
    "Fracture": ("Fall.", "Chest trauma.", "Rib pain after fall."),
    "Lung Lesion": ("Weight loss.", "Hemoptysis.", "History of smoking."),
}
_ANY_INDICATION = (
    "Chest pain.",
    "Cough.",
    "Shortness of breath.",
    "Preoperative evaluation.",
    "Positive TB test.",
    "Dyspnea.",
    "XXXX-year-old male with chest pain.",
    "XXXX-year-old female with XXXX.",
    "Hypertension.",
    "",
)
_COMPARISONS = ("None.", "None available.", "XXXX.", "Chest radiograph XXXX.", "", "No comparison.")
_NORMAL_IMPRESSIONS = (
    "No acute cardiopulmonary abnormality.",
    "No acute cardiopulmonary process.",
    "No acute disease.",
    "No active disease.",
    "Normal chest.",
    "No acute cardiopulmonary disease.",
    "No acute pulmonary disease.",
)
_DEIDENTIFIED = (
    "Comparison is made to XXXX.",
    "XXXX are unremarkable.",
    "Exam was compared to prior XXXX.",
    "The XXXX are normal.",
)


@dataclass(frozen=True, slots=True)
class Report:
    """The text columns of one study; empty strings are empty cells."""

    findings: str
    impression: str
    indication: str
    comparison: str


def _heart(rng: np.random.Generator, drawn: frozenset[str]) -> list[str]:
    big, wide = "Cardiomegaly" in drawn, "Enlarged Cardiomediastinum" in drawn
    if not big and not wide and rng.random() < 0.45:
        return [
            pick(
                rng,
                (
                    "The cardiomediastinal silhouette is normal.",
                    "Cardiomediastinal silhouette is within normal limits.",
                    "Heart size and mediastinal contours are normal.",
                    "The heart and mediastinum are normal.",
                ),
            )
        ]
    said = []
    if not big and rng.random() < 0.85:
        said.append(
            pick(
                rng,
                (
                    "The heart size is normal.",
                    "Heart size is within normal limits.",
                    "The heart is normal in size.",
                    "Heart size normal.",
                ),
            )
        )
    if not wide and rng.random() < 0.55:
        said.append(
            pick(
                rng,
                (
                    "The mediastinum is normal.",
                    "Mediastinal contours are normal.",
                    "The mediastinal contour is within normal limits.",
                ),
            )
        )
    return said


def _lungs(rng: np.random.Generator, drawn: frozenset[str]) -> list[str]:
    said = []
    if not drawn & LUNG_CONDITIONS:
        said.append(
            pick(
                rng,
                (
                    "The lungs are clear.",
                    "Lungs are clear.",
                    "Both lungs are clear.",
                    "The lungs are well aerated and clear.",
                ),
            )
        )
    elif rng.random() < 0.25:
        said.append("The lungs are otherwise clear.")
    if "Edema" not in drawn and rng.random() < 0.2:
        said.append(
            pick(rng, ("No pulmonary edema.", "Pulmonary vascularity is normal.", "There is no pulmonary edema."))
        )
    if not drawn & {"Lung Lesion"} and rng.random() < 0.1:
        said.append(pick(rng, ("No suspicious nodules or masses.", "No pulmonary nodules.")))
    if not drawn & {"Pneumonia", "Consolidation"} and rng.random() < 0.1:
        said.append("No evidence of pneumonia.")
    return said


def _pleura(rng: np.random.Generator, drawn: frozenset[str]) -> list[str]:
    effusion, air, dense = "Pleural Effusion" in drawn, "Pneumothorax" in drawn, "Consolidation" in drawn
    if not effusion and not air and not dense and rng.random() < 0.35:
        return [
            pick(
                rng,
                (
                    "No focal consolidation, pleural effusion, or pneumothorax.",
                    "There is no pneumothorax, pleural effusion, or focal consolidation.",
                ),
            )
        ]
    if not effusion and not air:
        if rng.random() < 0.8:
            return [
                pick(
                    rng,
                    (
                        "No pneumothorax or pleural effusion.",
                        "There is no pleural effusion or pneumothorax.",
                        "No pleural effusion or pneumothorax.",
                        "There is no evidence of pneumothorax or pleural effusion.",
                        "No effusion or pneumothorax.",
                    ),
                )
            ]
        return []
    if effusion and not air and rng.random() < 0.6:
        return [pick(rng, ("No pneumothorax.", "There is no pneumothorax.", "No evidence of pneumothorax."))]
    if air and not effusion and rng.random() < 0.6:
        return [pick(rng, ("No pleural effusion.", "There is no pleural effusion."))]
    return []


def _bones(rng: np.random.Generator, drawn: frozenset[str]) -> list[str]:
    if "Fracture" in drawn or rng.random() < 0.5:
        return []
    return [
        pick(
            rng,
            (
                "No acute bony abnormality.",
                "The osseous structures are intact.",
                "Osseous structures are unremarkable.",
                "No acute rib fracture.",
                "The bony thorax is intact.",
            ),
        )
    ]


_SECTIONS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"Cardiomegaly", "Enlarged Cardiomediastinum"}), "heart"),
    (LUNG_CONDITIONS, "lungs"),
    (frozenset({"Pneumothorax", "Pleural Effusion", "Pleural Other"}), "pleura"),
    (frozenset({"Fracture"}), "bones"),
    (frozenset({SUPPORT_DEVICES}), "devices"),
)


def _findings(rng: np.random.Generator, plan: Plan, followed: bool) -> str:
    drawn = plan.conditions
    normal = {"heart": _heart, "lungs": _lungs, "pleura": _pleura, "bones": _bones}
    blocks: dict[str, list[str]] = {}
    for conditions, name in _SECTIONS:
        stated = [state(rng, finding) for finding in plan.findings if finding.condition in conditions]
        if followed and stated and rng.random() < 0.3:
            stated[0] = f"{stated[0][:-1]}, {pick(rng, ('unchanged', 'stable', 'not significantly changed'))}."
        blocks[name] = stated + (normal[name](rng, drawn) if name in normal else [])
    order = ["heart", "lungs", "pleura", "bones"] if rng.random() < 0.65 else ["lungs", "pleura", "heart", "bones"]
    order.insert(0 if rng.random() < 0.4 else len(order), "devices")
    sentences = [text for name in order for text in blocks[name]]
    if rng.random() < 0.12:
        sentences.insert(int(rng.integers(len(sentences) + 1)), pick(rng, _DEIDENTIFIED))
    return " ".join(sentences)


def _impression(rng: np.random.Generator, plan: Plan, complete: bool) -> str:
    told: list[Finding] = [f for f in plan.findings if f.condition != SUPPORT_DEVICES or complete]
    if not complete:
        told = [f for f in told if rng.random() < 0.85] or told[:1]
    if not told:
        return pick(rng, _NORMAL_IMPRESSIONS)
    items = []
    for finding in told:
        words = phrase(rng, finding).text
        items.append(
            sentence(f"{pick(rng, ('possible', 'possible', 'probable')) + ' ' if finding.hedged else ''}{words}.")
        )
    if len(items) > 1 and rng.random() < 0.4:
        items = [f"{number}. {item}" for number, item in enumerate(items, 1)]
    elif len(items) == 1 and rng.random() < 0.15:
        items.append("No other acute abnormality.")
    return " ".join(items)


def write_report(rng: np.random.Generator, plan: Plan) -> Report:
    """Put a plan into words; the same generator state gives the same report.

    Every drawn finding is stated; nothing is claimed that is not drawn. About 2 % of the reports have no findings
    section and 5 % no impression, as in the real collection.
    """
    causes = [text for finding in plan.findings for text in _INDICATIONS.get(finding.condition, ())]
    indication = pick(rng, tuple(causes)) if causes and rng.random() < 0.5 else pick(rng, _ANY_INDICATION)
    comparison = pick(rng, _COMPARISONS)
    bare = bool(rng.random() < 0.02)
    findings = _findings(rng, plan, comparison in {"XXXX.", "Chest radiograph XXXX."})
    impression = _impression(rng, plan, bare)
    if bare:
        return Report("", impression, indication, comparison)
    return Report(findings, "" if rng.random() < 0.05 else impression, indication, comparison)
