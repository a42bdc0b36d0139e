"""Questions of the SLAKE phantom, in English and in Chinese: fixed patterns, answers with capitals, comma lists."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from cxrbench.datasets.phantom.plan import Finding
from cxrbench.datasets.phantom.slake.terms import DISEASES, FUNCTIONS, ORGANS, SYMPTOMS, YES_NO, disease_of, place_of
from cxrbench.datasets.phantom.transfer.asking import LUNG_CONDITIONS, drawn, is_abnormal
from cxrbench.datasets.phantom.transfer.pictures import Picture

_VQA: Final = ("vhead", "_", "_")
_ABSENT_ASKED: Final = 2
_ARTICLES: Final = dict.fromkeys(("Mass", "Nodule", "Pleural Effusion", "Pneumothorax"), "a ")


class Item(NamedTuple):
    """A question in both languages.

    Attributes:
        question, answer: English and Chinese.
        content: `content_type`.
        about: What is asked, for the truth file.
        triple: Of the knowledge graph, for questions that no picture answers.
    """

    question: tuple[str, str]
    answer: tuple[str, str]
    closed: bool
    content: str
    about: dict[str, str]
    triple: tuple[str, str, str] = _VQA


def _yes(value: bool) -> tuple[str, str]:
    return YES_NO["en"][value], YES_NO["zh"][value]


def ask(rng: np.random.Generator, picture: Picture) -> list[Item]:
    """The questions to one picture."""
    if picture.kind == "chest":
        return [*_study(picture), *_chest(rng, picture)]
    return [*_study(picture), *_section(picture)]


_PARTS: Final = {"chest": ("Chest", "胸部"), "abdomen": ("Abdomen", "腹部"), "head": ("Head", "头部")}


def _study(picture: Picture) -> list[Item]:
    chest = picture.kind == "chest"
    plane = ("Coronal Plane", "冠状面") if chest else ("Transverse Plane", "横断面")
    largest = {"chest": "lung", "abdomen": "liver", "head": "brain"}[picture.kind]
    return [
        Item(
            ("Which imaging technique was used here?", "这幅图是用哪种成像技术得到的?"),
            (picture.modality, picture.modality),
            False,
            "Modality",
            {"asks": "modality"},
        ),
        Item(
            ("Was this taken by MRI?", "这幅图是核磁共振吗?"),
            _yes(picture.modality == "MRI"),
            True,
            "Modality",
            {"asks": "is MRI"},
        ),
        Item(
            ("What region of the body is imaged?", "图中是身体的哪个区域?"),
            _PARTS[picture.kind],
            False,
            "Position",
            {"asks": "part"},
        ),
        Item(
            ("Is it a coronal or a transverse plane?", "图像是冠状面还是横断面?"),
            plane,
            True,
            "Plane",
            {"asks": "plane"},
        ),
        Item(
            ("Which organ fills most of the image?", "图中占据最大面积的是哪个器官?"),
            ORGANS[largest],
            False,
            "Size",
            {"asks": "largest"},
        ),
        Item(
            (f"What does the {largest} do for the body?", f"{ORGANS[largest][1]}对身体有什么作用?"),
            FUNCTIONS[largest],
            False,
            "KG",
            {"asks": "function"},
            ("vhead", "function", "ktail"),
        ),
        Item(
            ("Is there anything abnormal in the image?", "图中有异常之处吗?"),
            _yes(is_abnormal(picture)),
            True,
            "Abnormality",
            {"asks": "abnormal"},
        ),
    ]


def _chest(rng: np.random.Generator, picture: Picture) -> list[Item]:
    named = [(disease_of(f), f) for f in picture.findings if disease_of(f)]
    diseases = [name for name, _ in named]
    absent = [name for name in DISEASES if name not in diseases]
    asked = [*diseases, *rng.choice(absent, _ABSENT_ASKED, replace=False).tolist()]
    found = [
        Item(
            (
                f"Can {_ARTICLES.get(name, '')}{DISEASES[name][0].lower()} be seen?",
                f"图中能看到{DISEASES[name][1]}吗?",
            ),
            _yes(name in diseases),
            True,
            "Abnormality",
            {"asks": "presence", "disease": name},
        )
        for name in asked
    ]
    healthy = not drawn(picture) & LUNG_CONDITIONS
    found.append(
        Item(
            ("Are the lungs in good health?", "肺部健康吗?"),
            _yes(healthy),
            True,
            "Abnormality",
            {"asks": "lungs healthy"},
        )
    )
    if len(diseases) > 0:
        listed = tuple(
            ("," if language else ", ").join(DISEASES[name][language] for name in diseases) for language in (0, 1)
        )
        found.append(
            Item(
                ("List the diseases in the image.", "请列出图中的疾病。"),
                (listed[0], listed[1]),
                False,
                "Abnormality",
                {"asks": "diseases"},
            )
        )
    if diseases == ["Cardiomegaly"] or (healthy is False and "Cardiomegaly" not in diseases and diseases):
        ill = "heart" if diseases == ["Cardiomegaly"] else "lung"
        found.append(
            Item(
                ("Which is diseased, the lung or the heart?", "肺和心脏中哪个有病变?"),
                ORGANS[ill],
                True,
                "Abnormality",
                {"asks": "ill organ"},
            )
        )
    for name, finding in named:
        found += _about(name, finding)
    found += [
        Item(
            ("How many lungs does the image show?", "图中有几个肺?"), ("2", "2"), False, "Quantity", {"asks": "lungs"}
        ),
        Item(
            ("What color does the lung have here?", "图中肺是什么颜色?"),
            ("Black", "黑色"),
            False,
            "Color",
            {"asks": "color"},
        ),
        Item(
            ("Is the liver labeled as the main organ here?", "图中的主要器官是肝脏吗?"),
            _yes(False),
            True,
            "Organ",
            {"asks": "main organ"},
        ),
        Item(
            ("Name the organ on both sides of the heart.", "心脏两侧是什么器官?"),
            ORGANS["lung"],
            False,
            "Organ",
            {"asks": "beside heart"},
        ),
    ]
    return found


def _about(name: str, f: Finding) -> list[Item]:
    english, chinese = DISEASES[name]
    about = {"asks": "place", "disease": name}
    found = [
        Item(
            (f"Where does the {english.lower()} lie?", f"{chinese}位于哪里?"),
            (place_of(f, 0), place_of(f, 1)),
            False,
            "Position",
            about,
        )
    ]
    if f.side in ("left", "right"):
        side = ("Left", "左侧") if f.side == "left" else ("Right", "右侧")
        text = (f"Is the {english.lower()} left or right?", f"{chinese}在左侧还是右侧?")
        found.append(Item(text, side, True, "Position", {"asks": "side", "disease": name}))
    if name in SYMPTOMS:
        found.append(
            Item(
                (f"Which complaints go with {english.lower()}?", f"{chinese}有什么症状?"),
                SYMPTOMS[name],
                False,
                "KG",
                {"asks": "symptom"},
                ("vhead", "symptom", "ktail"),
            )
        )
    return found


def _section(picture: Picture) -> list[Item]:
    found = []
    if picture.kind == "abdomen":
        found.append(
            Item(
                ("On which side is the spleen?", "脾脏在哪一侧?"),
                ("Left", "左侧"),
                False,
                "Position",
                {"asks": "spleen"},
            )
        )
        found.append(
            Item(
                ("Does the image contain the liver?", "图中有肝脏吗?"),
                _yes(True),
                True,
                "Organ",
                {"asks": "has liver"},
            )
        )
    if picture.lesion is not None:
        side = ("Left", "左侧") if picture.lesion.side == "left" else ("Right", "右侧")
        found.append(
            Item(("On which side is the lesion?", "病变在哪一侧?"), side, False, "Position", {"asks": "lesion side"})
        )
    return found
