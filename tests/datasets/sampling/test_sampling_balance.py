import numpy as np
import pytest
from sampling_columns import skewed_columns

from cxrbench.datasets.sampling.balance import balance, markdown
from cxrbench.datasets.sampling.columns import QuestionColumns
from cxrbench.datasets.sampling.stratified import StratifiedSampler


def test_shares_are_counted_by_property_and_missing_ones_left_out():
    code = np.array([0, 0, 0, 1], np.int8)
    columns = QuestionColumns(
        "train", np.arange(4), np.zeros(4, np.int32), np.array([3, 3, 21, -1], np.int8),
        np.array([1, 0, 1, -1], np.int8), np.array([0, 4, -1, 4], np.int8), code,
    )  # fmt: skip
    assert balance(columns) == {
        "polarity": {"neg": pytest.approx(1 / 3), "pos": pytest.approx(2 / 3)},
        "region group": {"cardiac": pytest.approx(1 / 3), "osseous": pytest.approx(2 / 3)},
        "complexity": {"single_entity": 0.75, "multi_entity": 0.25},
        "question type": {"B03_is_abnormal": pytest.approx(2 / 3), "D02_has_finding": pytest.approx(1 / 3)},
        "positive answers by yes/no type": {"B03_is_abnormal": 0.5, "D02_has_finding": 1.0},
    }
    assert balance(columns, np.array([0, 0, 1]))["polarity"] == {
        "neg": pytest.approx(1 / 3),
        "pos": pytest.approx(2 / 3),
    }


def test_before_and_after_stand_side_by_side():
    columns = skewed_columns(100)
    sampler = StratifiedSampler(columns, 800, curriculum=None)
    table = markdown({"data": balance(columns), "drawn": balance(columns, sampler.draw(0, 0, 800))}).splitlines()
    (polarity,) = [line for line in table if line.startswith("| polarity | pos")]
    before, after = (float(cell) for cell in polarity.strip("| ").split("|")[2:])
    assert before < 17
    assert after == pytest.approx(50, abs=0.5)
    assert len({line.count("|") for line in table}) == 1
