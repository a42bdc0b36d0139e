"""A minimal IU X-ray folder, written independently of the phantom."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from cxrbench.datasets.splits import r2gen_split

COLUMNS = ("uid", "MeSH", "Problems", "image", "indication", "comparison", "findings", "impression")


def write_iu(root: Path, rows: list[dict[str, str]], *, images: bool = True, lateral: bool = False) -> Path:
    """Write the Kaggle layout; each row is a dict with uid, findings and what else it has."""
    folder = root / "images" / "images_normalized"
    folder.mkdir(parents=True)
    with (root / "indiana_reports.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, restval="")
        table.writeheader()
        table.writerows(rows)
    with (root / "indiana_projections.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["uid", "filename", "projection"])
        for number, row in enumerate(rows):
            for suffix, view in (("1001", "Frontal"), *((("2001", "Lateral"),) if lateral else ())):
                name = f"{row['uid']}_IM-0001-{suffix}.dcm.png"
                writer.writerow([row["uid"], name, view])
                if images:
                    pixels = np.random.default_rng(number).integers(0, 255, (16, 16), np.uint8)
                    Image.fromarray(pixels).save(folder / name)
    return root


def uids(split: str, count: int) -> list[str]:
    """The first uids of a part of the R2Gen split, in text order."""
    return [uid for uid, part in sorted(r2gen_split().items()) if part == split][:count]


REPORTS = (
    ("The heart size is normal. The lungs are clear.", "No acute disease."),
    ("Large left pleural effusion. Heart is mildly enlarged.", "Cardiomegaly and left effusion."),
    ("Right lower lobe consolidation. No pneumothorax.", "Pneumonia."),
    ("Lungs are clear. No pleural effusion or pneumothorax.", "No acute cardiopulmonary abnormality."),
)


def small_collection(root: Path, *, test: int = 12, train: int = 8) -> Path:
    """A folder with studies of the R2Gen test and train split, reports repeating in turn."""
    listed = [*uids("test", test), *uids("train", train)]
    rows = [
        {"uid": uid, "findings": REPORTS[n % 4][0], "impression": REPORTS[n % 4][1]} for n, uid in enumerate(listed)
    ]
    return write_iu(root, rows)
