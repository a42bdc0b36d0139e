"""Configuration: round trip, names, and what is refused."""

import dataclasses
import json

import pytest

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.reference_models.chexquery.biobert import DESCRIPTIONS
from cxrbench.reference_models.chexquery.config import QUERY_CONDITIONS, CheXQueryConfig
from cxrbench.reference_models.chexquery.presets import PRESETS, preset


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_configuration_survives_json(name):
    config = preset(name)
    assert CheXQueryConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_query_conditions_are_the_fourteen_in_the_documented_order():
    assert set(QUERY_CONDITIONS) == set(CONDITIONS) == set(DESCRIPTIONS)
    assert len(QUERY_CONDITIONS) == 14
    assert QUERY_CONDITIONS[0] == "No Finding"
    assert QUERY_CONDITIONS[-1] == "Support Devices"


def test_twenty_queries_are_named_conditions_first():
    config = preset("base")
    assert len(config.query_names) == 20
    assert config.query_names[13:15] == ("Support Devices", "Cardiac")


def test_documented_decoding_defaults_hold_for_base():
    assert dataclasses.asdict(preset("base").decoding) == {
        "num_beams": 4,
        "no_repeat_ngram_size": 3,
        "length_penalty": 1.0,
        "early_stopping": True,
        "min_new_tokens": 20,
        "max_new_tokens": 512,
    }


def test_an_unknown_setting_names_the_nearest_one():
    data = preset("tiny").to_dict()
    data["pool_querys"] = 5
    with pytest.raises(UnknownNameError, match="pool_querys") as error:
        CheXQueryConfig.from_dict(data, where="config.json")
    assert "pool_queries" in str(error.value)
    assert "config.json" in str(error.value)


def test_an_unknown_nested_setting_says_where():
    data = preset("tiny").to_dict()
    data["vision"]["stagse"] = [1]
    with pytest.raises(UnknownNameError) as error:
        CheXQueryConfig.from_dict(data)
    assert "vision" in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": "768"}, "width must be of type int"),
        ({"width": True}, "width must be of type int"),
        ({"heads": 7}, "not a multiple of 7 heads"),
        ({"vision": 3}, "expected a mapping"),
        ({"conditions": ["Cardiomegaly", "Flu"]}, "unknown condition 'Flu'"),
    ],
)
def test_impossible_values_are_refused(change, message):
    with pytest.raises(UsageError, match=message):
        CheXQueryConfig.from_dict({**preset("tiny").to_dict(), **change})


def test_a_missing_setting_is_named():
    data = preset("tiny").to_dict()
    del data["width"]
    with pytest.raises(UsageError, match="width"):
        CheXQueryConfig.from_dict(data)


def test_an_image_size_off_the_patch_grid_is_refused():
    vision = dataclasses.replace(preset("tiny").vision, image_size=130)
    with pytest.raises(UsageError, match="130"):
        dataclasses.replace(preset("tiny"), vision=vision)


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="'bas'") as error:
        preset("bas")
    assert "base" in str(error.value)
