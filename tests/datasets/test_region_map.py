from __future__ import annotations

from importlib import resources
from itertools import product

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.regions import REGIONS
from cxrbench.datasets.region_map import RegionMap, classify_region, map_region

TABLE = yaml.safe_load(
    resources.files("cxrbench.datasets").joinpath("data/region_map.yaml").read_text(encoding="utf-8")
)
WORDS = sorted(
    {word for row in TABLE["rules"] for position in row["name"].split() for word in position.split("|")}
    | {other for others in TABLE["words"].values() for other in others}
    | set(TABLE["filler"])
    | {"and", "or", "anterior", "5th", "segment", "middle"}
)
LEFT, RIGHT, BOTH = "left", "right", "both"
SIDE_WORDS = set(TABLE["words"]["left"]) | set(TABLE["words"]["right"]) | set(TABLE["words"]["bilateral"])
ONE_SIDED = {"mid", "middle", "midlung", "midzone", "lingula", "lingular", "intermedius", "retrocardiac", "retro"}

# Chest ImaGenome's names, the anatomy that chest segmentation models name, and how reports say the same.
EXPECTED = {
    "lungs": ("left lung", "right lung"),
    "both lungs": ("left lung", "right lung"),
    "left and right lung": ("left lung", "right lung"),
    "lungs, left and right": ("left lung", "right lung"),
    "LEFT-LUNG": ("left lung",),
    "lung_left": ("left lung",),
    "left hemithorax": ("left lung",),
    "left apical zone": ("left upper lobe",),
    "right upper zone lung": ("right upper lobe",),
    "right mid lung zone": ("right middle lobe",),
    "left mid lung zone": ("left lung",),
    "left lower lung zone": ("left lower lobe",),
    "lower part of the left upper lobe": ("left upper lobe",),
    "superior segment of the left lower lobe": ("left lower lobe",),
    "lung lower lobe right": ("right lower lobe",),
    "middle lobe": ("right middle lobe",),
    "lingula": ("left upper lobe",),
    "bibasilar lungs": ("left lower lobe", "right lower lobe"),
    "right mid and lower lung": ("right middle lobe", "right lower lobe"),
    "left upper and lower lobe": ("left upper lobe", "left lower lobe"),
    "retrocardiac region": ("left lower lobe",),
    "right retrocardiac region": ("right lower lobe",),
    "left hilar structures": ("left hilum",),
    "left pulmonary artery": ("left hilum",),
    "right main bronchus": ("right hilum",),
    "left pleural space": ("pleura",),
    "right apical pleura": ("pleura",),
    "minor fissure": ("pleura",),
    "right costophrenic angle": ("right costophrenic angle",),
    "CP angles": ("left costophrenic angle", "right costophrenic angle"),
    "left hemidiaphragm": ("left diaphragm",),
    "left cardiophrenic angle": ("left lung",),
    "cardiac silhouette": ("cardiac silhouette",),
    "left heart border": ("cardiac silhouette",),
    "right atrium": ("heart",),
    "heart ventricle left": ("heart",),
    "cardiomediastinal silhouette": ("cardiac silhouette", "mediastinum"),
    "upper mediastinum": ("mediastinum",),
    "svc": ("mediastinum",),
    "cavoatrial junction": ("mediastinum",),
    "hemiazygos vein": ("mediastinum",),
    "esophagus": ("mediastinum",),
    "aortic knob": ("aortic arch",),
    "descending aorta": ("aorta",),
    "abdominal aorta": ("aorta",),
    "tracheal bifurcation": ("carina",),
    "vertebrae T5": ("spine",),
    "cervical spine": ("spine",),
    "cervical soft tissues": ("neck",),
    "right clavicle": ("right clavicle",),
    "left upper quadrant": ("abdomen",),
    "stomach": ("abdomen",),
    "below the diaphragm": ("abdomen",),
    "heart and left lung": ("heart", "left lung"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_name_means_the_smallest_region_that_contains_it(name: str) -> None:
    assert map_region(name) == EXPECTED[name]
    assert classify_region(name) == "mapped"


@pytest.mark.parametrize("name", REGIONS)
def test_each_of_the_26_means_itself_however_it_is_spelled(name: str) -> None:
    for spelling in (name, name.upper(), name.replace(" ", "_"), name.replace(" ", "-"), f" {name} region"):
        assert map_region(spelling) == (name,)


@pytest.mark.parametrize("name", ["posterior 5th rib left", "left chest wall", "right breast", "bones", "thorax"])
def test_anatomy_outside_the_26_is_known_and_maps_to_nothing(name: str) -> None:
    assert (map_region(name), classify_region(name)) == ((), "elsewhere")


@pytest.mark.parametrize(
    "name", ["", "???", "phantom", "contralateral lung", "right border of the left lung", "lung and phantom"]
)
def test_a_name_that_is_not_understood_maps_to_nothing(name: str) -> None:
    assert (map_region(name), classify_region(name)) == ((), "unknown")


@pytest.mark.parametrize("row", TABLE["rules"], ids=lambda row: row["name"])
def test_no_rule_hides_behind_an_earlier_one(row: dict[str, object]) -> None:
    to = row["to"]["none"] if isinstance(row["to"], dict) else row["to"]
    expected = {target.replace("{side}", side) for target in to for side in (LEFT, RIGHT)}
    for words in product(*(position.split("|") for position in row["name"].split())):
        assert set(map_region(" ".join(words))) == expected, words


def test_the_table_names_only_the_26_regions() -> None:
    for row in TABLE["rules"]:
        lists = row["to"].values() if isinstance(row["to"], dict) else [row["to"]]
        targets = {target.replace("{side}", side) for to in lists for target in to for side in (LEFT, RIGHT)}
        assert targets <= set(REGIONS), row["name"]


def test_the_rules_are_written_in_the_spelling_that_names_are_brought_into() -> None:
    other_spellings = {other for others in TABLE["words"].values() for other in others} | set(TABLE["filler"])
    for row in TABLE["rules"]:
        assert not other_spellings & set(row["name"].replace("|", " ").split()), row["name"]


names = st.lists(st.sampled_from([word for word in WORDS if word not in SIDE_WORDS and not word.startswith("bi")]))


@given(names, st.sampled_from([(LEFT, RIGHT), (RIGHT, LEFT)]), st.data())
def test_a_name_of_one_side_never_maps_to_the_other(
    words: list[str], sides: tuple[str, str], data: st.DataObject
) -> None:
    own, other = sides
    place = data.draw(st.integers(0, len(words)))
    name = " ".join([*words[:place], own, *words[place:]])
    # Before "and", a name may give no side yet, and both sides are meant.
    if place == 0 or not {"and", "or"} & set(words):
        assert not any(region.startswith(other) for region in map_region(name))


@given(st.lists(st.sampled_from([*(word for word in WORDS if word not in ONE_SIDED), LEFT, RIGHT, BOTH])))
def test_a_mirrored_name_has_the_mirrored_regions(words: list[str]) -> None:
    swap = {LEFT: RIGHT, RIGHT: LEFT, "l": "r", "r": "l", "lt": "rt", "rt": "lt"}
    swap |= {"leftsided": "rightsided", "rightsided": "leftsided"}
    mirrored = [swap.get(word, word) for word in words]
    swapped = [" ".join(swap.get(word, word) for word in region.split()) for region in map_region(" ".join(words))]
    found = map_region(" ".join(mirrored))
    if "right middle lobe" not in (*found, *map_region(" ".join(words))):
        assert sorted(swapped) == sorted(found)


@given(st.text(max_size=60))
def test_any_text_is_answered_with_regions_in_order(name: str) -> None:
    found = map_region(name)
    assert list(found) == [region for region in REGIONS if region in found]
    assert bool(found) == (classify_region(name) == "mapped")


def test_names_are_counted_by_what_became_of_them() -> None:
    one, two = RegionMap(), RegionMap()
    assert one.map(["left lower lobe", "right lung", "rib", "phantom"]) == ("right lung", "left lower lobe")
    assert two.map(["phantom", "lungs", "phantom"]) == ("left lung", "right lung")
    one.merge(two)
    assert one.unmapped == {"phantom": 3, "rib": 1}
    assert one.mapped == {"right lung": 1, "left lower lobe": 1, "lungs": 1}
    assert one.to_json() == {"mapped": 3, "elsewhere": {"rib": 1}, "unknown": {"phantom": 3}}
