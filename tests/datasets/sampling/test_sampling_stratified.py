from collections import Counter
from itertools import islice

import numpy as np
import pytest
from sampling_columns import group_shares, shares, skewed_columns

from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.datasets.qba.index.schema import COMPLEXITIES
from cxrbench.datasets.qba.question_types import QUESTION_TYPES
from cxrbench.datasets.sampling.batch import SamplerState
from cxrbench.datasets.sampling.columns import TYPES
from cxrbench.datasets.sampling.curriculum import START, Curriculum
from cxrbench.datasets.sampling.stratified import StratifiedSampler
from cxrbench.datasets.sampling.targets import TYPE_SHARES, Targets

COLUMNS = skewed_columns(400)
PAIRS = 2000
LATE = 9
"""An epoch after the curriculum."""


def sampler(**options) -> StratifiedSampler:
    return StratifiedSampler(options.pop("columns", COLUMNS), options.pop("pairs", PAIRS), **options)


def epoch_rows(made: StratifiedSampler, epoch: int = LATE) -> np.ndarray:
    return made.draw(epoch, 0, made.pairs)


def test_the_data_are_skewed_to_begin_with():
    assert shares(COLUMNS.polarity, 2)[1] < 0.17
    assert group_shares(COLUMNS, slice(None)).max() > 0.58


@pytest.mark.parametrize("epoch", [0, 1, LATE])
def test_an_epoch_is_balanced_by_polarity_region_group_and_type(epoch):
    """Counts are quotas, not chance: every share is off by rounding alone, one question per run of strata."""
    made = sampler()
    rows = epoch_rows(made, epoch)
    assert shares(COLUMNS.polarity[rows], 2)[1] == pytest.approx(0.5, abs=0.002)
    assert group_shares(COLUMNS, rows) == pytest.approx([0.2] * 5, abs=0.01)
    wanted = np.array([TYPE_SHARES[name] for name in TYPES])
    if epoch == LATE:
        assert shares(COLUMNS.type[rows], len(TYPES)) == pytest.approx(wanted, abs=0.01)


def test_the_shares_of_types_are_those_that_release_1_0_0_publishes():
    ratio = TYPE_SHARES["D02_has_finding"] / TYPE_SHARES["B03_is_abnormal"]
    assert ratio == pytest.approx(2_551_216 / 208_433)
    assert sum(TYPE_SHARES.values()) == pytest.approx(1)
    assert sum(row.total for row in QUESTION_TYPES.values()) == 42_172_827


def test_each_yes_no_type_is_half_positive():
    rows = epoch_rows(sampler(pairs=4000))
    for code, name in enumerate(TYPES):
        known = COLUMNS.polarity[rows[COLUMNS.type[rows] == code]]
        if name in QUESTION_TYPES and QUESTION_TYPES[name].yes_no and len(known) >= 200:
            assert known.mean() == pytest.approx(0.5, abs=0.03), name


def test_every_batch_is_balanced_not_only_the_epoch():
    batches = [COLUMNS.polarity[batch.rows] for batch in sampler().batches(64, epochs=1)][:-1]
    positive = np.array([(polarity == 1).sum() / (polarity >= 0).sum() for polarity in batches])
    # Drawn by chance, the share of a batch of about 60 would have a deviation of .064 and leave this range often.
    assert (np.abs(positive - 0.5) < 0.1).all()
    assert positive.std() < 0.03


def test_no_question_comes_twice_in_an_epoch_and_another_epoch_has_others():
    made = sampler(pairs=5000)
    first, second = epoch_rows(made, 8), epoch_rows(made, 9)
    assert len(set(first)) == len(set(second)) == 5000
    assert len(set(first) & set(second)) < 4500


def test_within_a_stratum_every_question_is_drawn_equally_often():
    columns = skewed_columns(30)
    made = sampler(columns=columns, pairs=200)
    drawn = np.bincount(np.concatenate([epoch_rows(made, epoch) for epoch in range(3, 403)]), minlength=len(columns))
    cells = made._cells
    for cell in np.argsort(-cells.counts)[:5]:
        times = drawn[cells.of_row == cell]
        # Quotas below the size of a stratum: about binomial, so the variance is at most the mean.
        assert times.std() < 1.6 * np.sqrt(times.mean())
        assert abs(times - times.mean()).max() < 6 * np.sqrt(times.mean()) + 1


def test_without_repeats_a_scarce_stratum_limits_the_balance_and_the_report_says_so():
    everything = len(COLUMNS)
    made = sampler(pairs=everything)
    rows = epoch_rows(made)
    assert sorted(rows) == list(range(everything))
    report = made.weights(LATE)
    assert report.worst("polarity") > 0.3
    assert report.report()["polarity"]["pos"] == (0.5, pytest.approx(shares(COLUMNS.polarity, 2)[1]))


def test_upsampling_repeats_no_question_more_often_than_allowed():
    columns = skewed_columns(30)
    made = sampler(columns=columns, pairs=len(columns), repeats=4)
    rows = epoch_rows(made)
    times = Counter(rows.tolist())
    assert 1 < max(times.values()) <= 4
    assert shares(columns.polarity[rows], 2)[1] == pytest.approx(0.5, abs=0.01)
    assert made.weights(LATE).worst("polarity") < 0.005


def test_draws_are_a_function_of_seed_epoch_and_position():
    np.testing.assert_array_equal(epoch_rows(sampler()), epoch_rows(sampler()))
    assert not np.array_equal(epoch_rows(sampler()), epoch_rows(sampler(seed=1)))
    whole = epoch_rows(sampler())
    np.testing.assert_array_equal(sampler().draw(LATE, 700, 731), whole[700:731])


def test_a_resumed_sampler_goes_on_as_if_nothing_had_happened():
    through = [batch.pairs.tolist() for batch in sampler().batches(64, epochs=3)]
    for stop in (1, 10, 31, 32, 40):
        before = list(islice(sampler().batches(64, epochs=3), stop))
        state = SamplerState.from_json(before[-1].after.to_json())
        after = [batch.pairs.tolist() for batch in sampler().batches(64, epochs=3, state=state)]
        assert [batch.pairs.tolist() for batch in before] + after == through


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_an_epoch_without_overlap_and_step_by_step(processes):
    alone = [batch.rows for batch in sampler().batches(64, epochs=1)]
    shared = [list(sampler().batches(64, epochs=1, process=p, processes=processes)) for p in range(processes)]
    assert len({len(batches) for batches in shared}) == 1
    for step, together in enumerate(zip(*shared, strict=True)):
        assert len({len(batch) for batch in together}) == 1
        assert len({batch.after for batch in together}) == 1
        rows = np.concatenate([batch.rows for batch in together])
        assert len(rows) == len(set(rows))
        assert set(rows) == set(alone[step])


def test_a_batch_names_its_questions_and_studies():
    batch = next(sampler().batches(32))
    np.testing.assert_array_equal(batch.pairs, COLUMNS.pair[batch.rows])
    np.testing.assert_array_equal(batch.studies, COLUMNS.study[batch.rows])
    assert len(batch) == 32
    assert batch.after == SamplerState(0, 32)


def test_the_curriculum_begins_with_simple_questions_and_ends_where_there_is_none():
    made = sampler(pairs=1000, curriculum=Curriculum(ramp=4))
    free = sampler(pairs=1000, curriculum=None)
    own = shares(COLUMNS.complexity[epoch_rows(free, 0)], 4)
    for epoch in range(4):
        reached = shares(COLUMNS.complexity[epoch_rows(made, epoch)], 4)
        start = np.array([START[name] for name in COMPLEXITIES])
        assert reached == pytest.approx((1 - epoch / 4) * start + epoch / 4 * own, abs=0.01)
    np.testing.assert_array_equal(epoch_rows(made, 4), epoch_rows(free, 4))


def test_types_without_a_share_are_never_drawn_and_are_counted():
    targets = Targets(types={"D02_has_finding": 3.0, "C03_is_abnormal_region": 1.0})
    made = sampler(pairs=400, targets=targets)
    types = COLUMNS.type[epoch_rows(made)]
    found = {TYPES[code]: count for code, count in Counter(types.tolist()).items()}
    assert found == {
        "D02_has_finding": pytest.approx(300, abs=3),
        "C03_is_abnormal_region": pytest.approx(100, abs=3),
    }
    assert made.excluded == len(COLUMNS) - sum((COLUMNS.type == TYPES.index(name)).sum() for name in found)


def test_questions_of_unknown_type_are_excluded_and_counted():
    types = COLUMNS.type.copy()
    types[:50] = -1
    columns = type(COLUMNS)(**{name: getattr(COLUMNS, name) for name in COLUMNS.__slots__} | {"type": types})
    made = sampler(columns=columns)
    assert made.excluded == 50
    assert min(epoch_rows(made)) >= 50


@pytest.mark.parametrize("mode", ["weight", "filter"])
def test_label_consistency_is_refused_where_a_model_is_evaluated(mode):
    for split in ("validate", "test"):
        columns = with_consistency(skewed_columns(20, split=split))
        with pytest.raises(UsageError, match=split):
            sampler(columns=columns, pairs=10, consistency=mode)
        assert len(epoch_rows(sampler(columns=columns, pairs=10))) == 10


def with_consistency(columns):
    codes = np.random.default_rng(1).integers(0, 3, len(columns)).astype(np.int8)
    return type(columns)(**{name: getattr(columns, name) for name in columns.__slots__} | {"consistency": codes})


def test_filtering_by_label_consistency_leaves_out_contradictions_and_weighting_makes_them_rare():
    columns = with_consistency(COLUMNS)
    off, weighted, filtered = (
        shares(columns.consistency[epoch_rows(sampler(columns=columns, consistency=mode))], 3)
        for mode in ("off", "weight", "filter")
    )
    assert off == pytest.approx([1 / 3] * 3, abs=0.03)
    assert weighted == pytest.approx([0.75 / 2, 1 / 2, 0.25 / 2], abs=0.03)
    assert filtered == pytest.approx([0.5, 0.5, 0], abs=0.03)
    assert filtered[2] == 0


def test_label_consistency_needs_its_column_and_a_known_mode():
    with pytest.raises(UsageError, match="nobody compared"):
        sampler(consistency="filter")
    with pytest.raises(UnknownNameError, match="sometimes"):
        sampler(consistency="sometimes")


@pytest.mark.parametrize(
    "options",
    [{"pairs": 0}, {"pairs": len(COLUMNS) + 1}, {"repeats": 0}, {"pairs": len(COLUMNS) * 2 + 1, "repeats": 2}],
)
def test_more_draws_than_there_are_questions_are_refused(options):
    with pytest.raises(UsageError, match="draws per epoch"):
        sampler(**options)


def test_a_split_without_questions_is_an_error():
    with pytest.raises(DataError, match="none of 0 questions"):
        sampler(columns=COLUMNS.take(np.zeros(0, np.int64)), pairs=1)


@pytest.mark.parametrize("share", [(-1, 2, 8), (2, 2, 8), (0, 3, 8), (0, 1, 0)])
def test_a_share_that_cannot_be_dealt_out_is_refused(share):
    process, processes, size = share
    with pytest.raises(UsageError):
        next(sampler().batches(size, process=process, processes=processes))


@pytest.mark.parametrize("values", [{"epoch": 0}, {"epoch": -1, "position": 0}, {"epoch": 0, "position": 0, "x": 1}])
def test_a_damaged_state_is_refused(values):
    with pytest.raises(UsageError, match="no state"):
        SamplerState.from_json(values)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Targets(positive=1.0), UsageError),
        (lambda: Targets(types={}), UsageError),
        (lambda: Targets(types={"D02_has_finding": -1.0}), UsageError),
        (lambda: Targets(types={"D2_has_finding": 1.0}), UnknownNameError),
        (lambda: Curriculum(ramp=-1), UsageError),
        (lambda: Curriculum(start={"single_entity": 0.0}), UsageError),
        (lambda: Curriculum(start={"easy": 1.0}), UnknownNameError),
    ],
)
def test_impossible_targets_are_refused(make, error):
    with pytest.raises(error):
        make()


def test_polarity_and_regions_can_be_left_alone():
    rows = epoch_rows(sampler(targets=Targets(positive=None, regions=False), curriculum=None))
    assert shares(COLUMNS.polarity[rows], 2)[1] < 0.2
    assert group_shares(COLUMNS, rows).max() > 0.5
