from importlib.resources import files
from itertools import product

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.datasets.augment.laterality.words import (
    NoMirrorImage,
    mirror_text,
    sides_in,
    swap_sides,
    unmirrorable,
)
from cxrbench.datasets.region_map import map_region

SWAPPED = [
    ("Left lower lobe opacity.", "Right lower lobe opacity."),
    ("Small right-sided effusion, larger on the LEFT.", "Small left-sided effusion, larger on the RIGHT."),
    ("Left-Sided and RIGHT-SIDED", "Right-Sided and LEFT-SIDED"),
    ("RUL nodule; LLL atelectasis, RLLs", "LUL nodule; RLL atelectasis, LLLs"),
    ("left_lung left5", "right_lung right5"),
    ("The trachea deviates rightward, leftwards, and leftmost of all.",
     "The trachea deviates leftward, rightwards, and rightmost of all."),
    ("left-to-right, left/right, (left)", "right-to-left, right/left, (right)"),
    ("the left's rights", "the right's lefts"),
    ("Lt. base clear, rt base hazy", "Rt. base clear, lt base hazy"),
    ("mild dextroscoliosis with levo-convex curve; dextroposition",
     "mild levoscoliosis with dextro-convex curve; levoposition"),
    ("PICC on the right in place", "PICC on the left in place"),
    ("Compare the left the same way", "Compare the right the same way"),
    ("Is the effusion left or right?", "Is the effusion right or left?"),
    ("all right-sided tubes", "all left-sided tubes"),
]  # fmt: skip
UNTOUCHED = [
    "leftover", "Upright film.", "alright", "Cleft palate, brightness, copyright", "bilateral both sides",
    "ipsilateral and contralateral", "levofloxacin, dextrose, levothyroxine, dextran", "L1 compression, T12-L2",
    "lateral", "lefty Wright", "",
]  # fmt: skip
WITHOUT_MIRROR_IMAGE = [
    ("Opacity in the right middle lobe.", "middle lobe"),
    ("RML consolidation", "RML"),
    ("lingular atelectasis", "lingular"),
    ("situs inversus", "situs"),
    ("retrocardiac opacity", "retrocardiac"),
    ("an opacity behind the heart", "behind the heart"),
    ("tip in the bronchus intermedius", "bronchus intermedius"),
    ("laevoscoliosis", "laevoscoliosis"),
    ("2 L of fluid", "L"),
    ("R effusion", "R"),
    ("RIJ catheter", "RIJ"),
    ("LV lead", "LV"),
    ("after RT", "RT"),
    ("at 3 o'clock", "o'clock"),
    ("the tube was left in place", "left in place"),
    ("removed right away", "right away"),
    ("it is all right.", "all right"),
    ("a right angle", "right angle"),
    ("LeFt lung", "LeFt"),
    ("LeftLung", "Left"),
    ("lungRight", "Right"),
]


@pytest.mark.parametrize(("text", "swapped"), SWAPPED)
def test_sides_are_exchanged_in_all_their_forms_and_keep_their_case(text, swapped):
    assert mirror_text(text) == swapped
    assert mirror_text(swapped) == text


@pytest.mark.parametrize("text", UNTOUCHED)
def test_words_that_only_look_like_sides_are_left_alone(text):
    assert unmirrorable(text) is None
    assert mirror_text(text) == text
    assert sides_in(text) == ()


@pytest.mark.parametrize(("text", "reason"), WITHOUT_MIRROR_IMAGE)
def test_a_text_without_a_mirror_image_is_refused_with_the_words_at_fault(text, reason):
    assert unmirrorable(text) == reason
    with pytest.raises(NoMirrorImage, match="no mirror image") as caught:
        mirror_text(text)
    assert repr(reason) in caught.value.message


def test_a_phrase_that_is_no_place_is_not_exchanged_even_where_nothing_is_refused():
    assert swap_sides("The left tube was left in place.") == "The right tube was left in place."


PHRASES = [
    " ".join(words)
    for rule in yaml.safe_load((files("cxrbench.datasets") / "data/region_map.yaml").read_text(encoding="utf-8"))[
        "rules"
    ]
    for words in product(*(position.split("|") for position in rule["name"].split()))
]


@pytest.mark.parametrize("side", ["", "left ", "right ", "bilateral "])
def test_no_name_of_anatomy_is_taken_to_the_wrong_side(side):
    """The region map knows which names imply a side that they do not say."""
    other = {"left": "right", "right": "left"}
    mirrored = 0
    for phrase in PHRASES:
        name = side + phrase
        if unmirrorable(name) is None:
            mirrored += 1
            before, after = (sides_of(map_region(text)) for text in (name, mirror_text(name)))
            assert after == {other[one] for one in before}, name
    assert mirrored > 0.9 * len(PHRASES)


def sides_of(regions) -> set[str]:
    return {region.split()[0] for region in regions} & {"left", "right"}


WORDS = st.sampled_from(
    [
        "left",
        "right",
        "Left",
        "RIGHT",
        "left-sided",
        "rightward",
        "LUL",
        "RLL",
        "lt",
        "Rt",
        "levoscoliosis",
        "lung",
        "the",
        "in",
        "place",
        "now",
        "away",
        "all",
        "of",
        "and",
        "bilateral",
        "upright",
        "L",
        "RML",
        "middle",
        "lobe",
        ".",
        ",",
        "?",
        "effusion",
        "no",
        "both",
        "LeFt",
        "situs",
        "is",
        "that",
        "angle",
    ]
)
JOINTS = st.sampled_from([" ", " ", " ", "-", "_", "/", "", "\n"])


@st.composite
def texts(draw):
    return "".join(word + draw(JOINTS) for word in draw(st.lists(WORDS, max_size=12)))


@given(st.one_of(texts(), st.text(max_size=40)))
def test_exchanging_twice_gives_any_text_back(text):
    assert swap_sides(swap_sides(text)) == text


@given(st.one_of(texts(), st.text(max_size=40)))
def test_mirroring_exchanges_every_side_word_and_nothing_else(text):
    if unmirrorable(text) is not None:
        return
    once = mirror_text(text)
    other = {"left": "right", "right": "left"}
    assert sides_in(once) == tuple(other[side] for side in sides_in(text))
    assert len(text.split()) == len(once.split())
    if not sides_in(text):
        assert once == text


@given(texts())
def test_refusal_is_the_same_for_a_text_and_its_mirror_image(text):
    assert (unmirrorable(text) is None) == (unmirrorable(swap_sides(text)) is None)
