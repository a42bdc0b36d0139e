"""The report as data, against recomputation from the run folder by other means."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_runs import copied
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, roc_auc_score

import cxrbench
from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError, RunFolderError, UnknownNameError
from cxrbench.core.rescoring import reopen
from cxrbench.core.run_folder import RunFolder
from cxrbench.leaderboard.run_report.curves import thinned, wilson
from cxrbench.leaderboard.run_report.strata import behind
from cxrbench.leaderboard.run_report.summary import summarise
from cxrbench.leaderboard.run_report.targets import above, judged
from cxrbench.leaderboard.run_report.values import Value
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.protocols.sections import split_sections
from cxrbench.metrics.vqa.normalise import parse_yes_no


@pytest.fixture(scope="module")
def summary(rich):
    return summarise(rich, few=3)


@pytest.fixture(scope="module")
def labels(rich):
    """Condition -> truth, said and probability of each scored example, by the labeler itself."""
    folder, prepared = reopen(rich)
    predictions = folder.read_predictions()
    examples = [item for item in prepared.data.examples if predictions[item.id].status != "error"]
    labeler = get_labeler("rules")

    def hypothesis(item):
        if item.status != "ok":
            return ""
        cut = split_sections(item.text)
        return " ".join(filter(None, (cut.findings, cut.impression)))

    said = labeler.label([hypothesis(predictions[item.id]) for item in examples])
    truth = labeler.label([f"{item.reference.findings} {item.reference.impression}" for item in examples])
    found = {}
    for name in CONDITIONS:
        stated = [
            (predictions[item.id].label_probabilities or {}).get(name, 0.0)
            if predictions[item.id].status == "ok"
            else 0.0
            for item in examples
        ]
        found[name] = tuple(
            np.array(column)
            for column in ([row[name] in (1, -1) for row in truth], [row[name] in (1, -1) for row in said], stated)
        )
    return found


def test_headline_scores_are_those_of_the_results_file_with_interval_n_and_signature(summary, rich):
    scores = json.loads((rich / "results.json").read_text())["scores"]
    assert [row.column.score for row in summary.headline][:2] == ["rules_micro_f1_14", "rules_macro_f1_14"]
    for row in summary.headline:
        stored = scores[row.column.score]
        found = row.values[0]
        assert (found.value, list(found.ci95), found.n) == (stored["value"], stored["ci95"], stored["n"])
        assert row.signature == stored["signature"]


def test_scores_stand_side_by_side_under_every_protocol_of_the_run(summary, rich):
    other = json.loads((rich / "results-coco.json").read_text())["scores"]
    assert summary.protocols == ("cxrbench", "coco")
    rows = {row.column.score: row for _, block in summary.blocks for row in block}
    assert rows["bleu_2"].values[1].value == other["bleu_2"]["value"]
    assert rows["bleu_2"].values[1].value != rows["bleu_2"].values[0].value


def test_scores_of_a_labeler_have_a_block_of_their_own(summary):
    blocks = dict(summary.blocks)
    assert set(blocks) == {"Scores", "Label scores (rules)"}
    assert all(row.column.score.startswith("rules_") for row in blocks["Label scores (rules)"])
    assert not any(row.column.score.startswith("rules_") for row in blocks["Scores"])


def test_scores_of_single_conditions_stand_in_tables_of_one_labeler_each(summary, rich):
    scores = json.loads((rich / "results.json").read_text())["scores"]
    seen = {}
    for table in summary.parts:
        assert len({column.score.partition("_")[0] for column in table.columns}) == 1
        for part, values in table.rows:
            seen |= {f"{column.score}/{part}": value.value for column, value in zip(table.columns, values)}
    assert seen == {name: item["value"] for name, item in scores.items() if "/" in name}
    assert len(seen) >= 14


def test_conditions_are_counted_as_the_labeler_reads_both_texts(summary, labels):
    rows = {row.condition: row for row in summary.labels[0].table.rows}
    assert summary.labels[0].table.source == "rules"
    some = 0
    for name, (truth, said, _) in labels.items():
        row = rows[name]
        assert (row.positives, row.n) == (truth.sum(), len(truth))
        assert (row.missed, row.invented) == ((truth & ~said).sum(), (said & ~truth).sum())
        for measure, of, hit in (
            ("sensitivity", truth, said),
            ("specificity", ~truth, ~said),
            ("ppv", said, truth),
        ):
            value = row.measures[measure].value
            assert value == (pytest.approx(hit[of].mean()) if of.any() else None)
            some += value is not None
    assert some > 20


def test_auroc_and_average_precision_are_those_of_scikit_learn(summary, labels):
    rows = {row.condition: row for row in summary.labels[0].table.rows}
    some = 0
    for name, (truth, _, stated) in labels.items():
        if 0 < truth.sum() < len(truth):
            some += 1
            assert rows[name].measures["auroc"].value == pytest.approx(roc_auc_score(truth, stated))
            precision = average_precision_score(truth, stated)
            assert rows[name].measures["average_precision"].value == pytest.approx(precision)
    assert some >= 3


def test_the_drawn_roc_curve_has_nearly_the_area_of_the_auroc(summary, labels):
    assert len(summary.labels[0].curves) >= 3
    for curve in summary.labels[0].curves:
        truth, said, stated = labels[curve.condition]
        xs, ys = zip(*curve.roc)
        assert np.trapezoid(ys, xs) == pytest.approx(roc_auc_score(truth, stated), abs=0.006)
        assert curve.said == pytest.approx((said[~truth].mean(), said[truth].mean()), abs=1e-4)


def test_conditions_that_few_examples_have_or_lack_get_no_curve(rich, labels):
    (found,) = summarise(rich, few=9).labels
    drawn = {curve.condition for curve in found.curves}
    enough = {name for name, (truth, _, _) in labels.items() if min(truth.sum(), (~truth).sum()) >= 9}
    assert drawn == enough
    assert set(found.too_few) == set(labels) - enough
    assert drawn


def test_reliability_bins_hold_every_stated_probability_and_give_the_calibration_error(summary, rich):
    predictions = RunFolder(rich).read_predictions()
    stated = [item for item in predictions.values() if item.status == "ok"]
    for curve in summary.labels[0].curves:
        bins = curve.reliability
        assert sum(bins.counts) == bins.n == len(stated)
        gaps = [n / bins.n * abs(x - y) for (x, y), n in zip(bins.points, bins.counts)]
        assert bins.ece == pytest.approx(sum(gaps), abs=2e-4)
        assert all(low <= y <= high for (_, y), low, high in zip(bins.points, bins.low, bins.high))


@given(st.integers(1, 500), st.data())
def test_intervals_of_bins_are_wilson_intervals(n, data):
    hits = data.draw(st.integers(0, n))
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits / n, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=200))
def test_a_thinned_line_passes_within_a_pixel_of_every_point_that_was_left_out(values):
    xs, ys = np.linspace(0, 1, len(values)), np.array(values)
    kept = thinned(xs, ys)
    assert kept[0] == pytest.approx((0, ys[0]), abs=1e-4)
    assert kept[-1] == pytest.approx((1, ys[-1]), abs=1e-4)
    for x, y in zip(xs, ys):
        assert min(_distance((x, y), one, two) for one, two in pairwise(kept)) < 0.0032


def _distance(point, start, end):
    (px, py), (ax, ay), (bx, by) = point, start, end
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = 0.0 if not length else min(1.0, max(0.0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length))
    return float(np.hypot(px - ax - along * (bx - ax), py - ay - along * (by - ay)))


def test_strata_are_those_of_the_results_in_the_order_of_the_field(summary, rich):
    stored = json.loads((rich / "results.json").read_text())["strata"]
    assert {stratum.name for stratum in summary.heat.strata} == set(stored)
    for stratum in summary.heat.strata:
        assert {row.value for row in stratum.rows} == set(stored[stratum.name])
        for row in stratum.rows:
            content = stored[stratum.name][row.value]
            assert (row.n, row.few) == (content["n"], content["n"] < 3)
            for column, value in zip(summary.heat.columns, row.scores):
                assert value.value == content["scores"][column.score]["value"]
    lengths = next(item for item in summary.heat.strata if item.name == "length")
    assert [row.value for row in lengths.rows] == [
        name for name in ("short", "medium", "long") if name in stored["length"]
    ]


def test_macro_averages_of_labels_are_no_column_of_the_strata(summary):
    names = [column.score for column in summary.heat.columns]
    assert "rules_micro_f1_14" in names
    assert not any("macro" in name for name in names)


def test_the_strata_furthest_behind_come_first_and_lower_is_better_where_it_is(summary):
    rows = behind(summary.heat, 0, few=3)
    overall = summary.heat.overall.scores[0].value
    assert [row.gap for row in rows] == sorted((row.gap for row in rows), reverse=True)
    for row in rows:
        assert row.gap == pytest.approx(overall - row.score.value)
        assert row.gap > 0
        assert row.clear == (row.score.ci95[1] < overall)
    place = next(i for i, column in enumerate(summary.heat.columns) if column.score == "empty_rate")
    for row in behind(summary.heat, place, few=3):
        assert row.score.value > summary.heat.overall.scores[place].value


def test_every_failed_refused_and_empty_example_is_listed_with_its_reason(summary, rich):
    predictions = RunFolder(rich).read_predictions()
    for status, reason in (("error", "flaky device"), ("refused", "I cannot help"), ("empty", "")):
        expected = {name for name, item in predictions.items() if item.status == status}
        groups = [group for group in summary.failures.groups if group.status == status]
        assert expected
        assert {name for group in groups for name in group.ids} == expected
        assert sum(group.count for group in groups) == len(expected) == summary.failures.counts[status]
        assert all(reason in group.reason for group in groups)


def test_effort_sums_what_the_answers_report(summary, rich):
    predictions = RunFolder(rich).read_predictions().values()
    tokens = [item.usage["tokens"] for item in predictions if item.usage]
    found = {item.name: item for item in summary.effort.usage}
    assert found["tokens"].total == sum(tokens)
    assert found["tokens"].n == len(tokens)
    seconds = [item.latency_s for item in predictions if item.latency_s is not None]
    assert summary.effort.latency.median == pytest.approx(np.median(seconds))
    assert summary.effort.latency.most == max(seconds)


def test_the_examples_with_the_most_labels_wrong_come_first(summary):
    worst = summary.labels[0].worst
    sizes = [len(item.missed) + len(item.invented) for item in worst]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0


def test_the_surest_errors_are_probabilities_on_the_wrong_side(summary, labels, rich):
    predictions = RunFolder(rich).read_predictions()
    distances = [item.distance for item in summary.sure_errors]
    assert distances == sorted(distances, reverse=True)
    for item in summary.sure_errors:
        assert predictions[item.id].label_probabilities[item.what] == item.stated
        assert (item.stated >= 0.5) != item.truth


def test_yes_and_no_are_crossed_with_what_was_answered_by_question_type(rad):
    folder, prepared = reopen(rad)
    predictions = folder.read_predictions()
    expected = {}
    for example in prepared.data.examples:
        gold = example.reference.answer.lower()
        if gold in ("yes", "no"):
            said = parse_yes_no(predictions[example.id].text) or "neither"
            for name in ("All", *example.strata["question_type"]):
                expected[name, gold, said] = expected.get((name, gold, said), 0) + 1
    rows = summarise(rad).yes_no
    assert {row.question_type for row in rows} == {"All", "PRES", "ABN"}
    for row in rows:
        for gold, counts in (("yes", row.yes), ("no", row.no)):
            for said, count in zip(("yes", "no", "neither"), counts):
                assert count == expected.get((row.question_type, gold, said), 0)


def test_the_reliability_of_answers_comes_from_their_confidence(rad):
    summary = summarise(rad)
    stored = json.loads((rad / "results.json").read_text())["scores"]
    (points,) = summary.confidence
    assert points.ece == pytest.approx(stored["ece"]["value"])
    assert points.brier == pytest.approx(stored["brier"]["value"])
    assert all(item.what == "answer" and not item.truth for item in summary.sure_errors)
    assert summary.sure_errors


def test_targets_are_judged_with_their_relation_and_whether_the_interval_agrees():
    value = Value(0.80, (0.70, 0.90))
    assert above(0.75, value).met
    assert not above(0.75, value).sure
    assert above(0.65, value).sure
    assert not above(0.80, value).met
    assert judged((">=", 0.80, ""), value).met
    assert judged(("<", 0.15, ""), Value(0.10, (0.05, 0.12))) == judged(("<", 0.15, ""), Value(0.10, (0.01, 0.14)))
    assert judged(("<", 0.15, ""), Value(0.15)).met is False
    assert judged((">", 0.5, ""), Value(None)).met is None


def test_documented_targets_stand_beside_scores_and_conditions(summary):
    targets = {row.column.score: row.target for row in summary.headline}
    assert targets["bleu_4"].text == "about .22"
    assert targets["cider"] is None if "cider" in targets else True
    rows = {row.condition: row for row in summary.labels[0].table.rows}
    assert rows["Pneumothorax"].priority == "critical"
    assert rows["Pneumothorax"].targets["sensitivity"].text == "above 0.90"
    assert rows["Fracture"].targets == {}
    assert len(summary.targets_from) == 2


def test_another_score_can_draw_the_strata_and_an_unknown_one_is_refused(rich):
    found = summarise(rich, scores=("rouge_2",))
    assert [found.heat.columns[place].score for place in found.main] == ["rouge_2"]
    with pytest.raises(UnknownNameError, match="rouge_9"):
        summarise(rich, scores=("rouge_9",))


def test_methods_say_n_unit_resamples_protocols_and_labeler(summary):
    text = " ".join(summary.methods)
    for part in ("44 examples", "100 resamples of studies", "Protocol coco", "embedded rule labeler", "Wilson"):
        assert part in text


class TestDamage:
    def test_a_run_without_statistics_keeps_its_scores_and_says_what_is_missing(self, rich, tmp_path):
        run = copied(rich, tmp_path)
        (run / "statistics.parquet").unlink()
        found = summarise(run)
        assert found.labels == ()
        assert found.headline[0].values[0].value is not None
        assert any("statistics.parquet is missing" in sentence for sentence in found.left_out)

    @pytest.mark.parametrize("content", [b"", b"PAR1 no parquet"])
    def test_statistics_that_cannot_be_read_are_named(self, rich, tmp_path, content):
        run = copied(rich, tmp_path)
        (run / "statistics.parquet").write_bytes(content)
        assert any("cannot be read" in sentence for sentence in summarise(run).left_out)

    def test_statistics_of_other_examples_are_not_used(self, rich, rad, tmp_path):
        run = copied(rich, tmp_path)
        (run / "statistics.parquet").write_bytes((rad / "statistics.parquet").read_bytes())
        found = summarise(run)
        assert found.labels == ()
        assert any("were scored" in sentence for sentence in found.left_out)

    def test_a_run_without_predictions_keeps_what_statistics_give(self, rich, tmp_path):
        run = copied(rich, tmp_path)
        (run / "predictions.jsonl").unlink()
        found = summarise(run)
        assert found.labels[0].table.rows
        assert found.labels[0].curves == ()
        assert any("predictions.jsonl" in sentence for sentence in found.left_out)
        assert any("no readable prediction" in group.reason for group in found.failures.groups)

    def test_damaged_lines_of_predictions_are_counted_by_number(self, rich, tmp_path):
        run = copied(rich, tmp_path)
        with (run / "predictions.jsonl").open("ab") as file:
            file.write(b'{"id": "torn\n\xff\xfe\n')
        assert any("cannot be read: 45, 46" in sentence for sentence in summarise(run).left_out)

    def test_scores_of_a_missing_protocol_are_named(self, rich, tmp_path):
        run = copied(rich, tmp_path)
        (run / "results-coco.json").unlink()
        found = summarise(run)
        assert found.protocols == ("cxrbench",)
        assert any("protocol coco" in sentence for sentence in found.left_out)

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": "cxrbench.results/0"}'])
    def test_results_that_are_none_are_an_error(self, rich, tmp_path, content):
        run = copied(rich, tmp_path)
        (run / "results.json").write_text(content)
        with pytest.raises((DataError, RunFolderError)):
            summarise(run)

    def test_a_run_of_an_older_schema_is_refused_with_the_valid_one(self, rich, tmp_path):
        run = copied(rich, tmp_path)
        record = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps({**record, "schema": "cxrbench.run/0"}))
        with pytest.raises(RunFolderError, match="run/0") as caught:
            summarise(run)
        assert "cxrbench.run/1" in str(caught.value)

    def test_an_unfinished_run_is_refused_with_the_command_to_finish_it(self, rich, tmp_path):
        run = copied(rich, tmp_path)
        record = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps({**record, "status": "interrupted"}))
        with pytest.raises(RunFolderError, match="interrupted"):
            summarise(run)

    def test_scores_that_are_all_null_leave_no_stratum_behind(self, rich, tmp_path):
        run = copied(rich, tmp_path)
        results = json.loads((run / "results.json").read_text())

        def clear(scores):
            for item in scores.values():
                item.update(value=None, ci95=None, reason="no weights")

        clear(results["scores"])
        for values in results["strata"].values():
            for content in values.values():
                clear(content["scores"])
        (run / "results.json").write_text(json.dumps(results))
        found = summarise(run)
        assert all(row.values[0].reason == "no weights" for row in found.headline)
        assert found.behind[0][1] == ()


class TestRestricted:
    def test_strata_of_few_examples_are_suppressed_with_their_n(self, sealed):
        (ward,) = summarise(sealed).heat.strata
        rows = {row.value: row for row in ward.rows}
        assert rows["big"].n == 26
        assert rows["small"].n is None
        assert all(value.value is None and "suppressed" in value.reason for value in rows["small"].scores)

    def test_conditions_of_few_examples_are_suppressed_in_tables_and_rankings(self, sealed):
        (labels,) = summarise(sealed).labels
        for row in labels.table.rows:
            if row.few:
                assert (row.positives, row.n, row.missed, row.invented) == (None, None, None, None)
                assert all(value.value is None for value in row.measures.values())
        assert any(row.few for row in labels.table.rows)

    def test_scores_of_single_conditions_of_few_examples_are_suppressed(self, sealed, tmp_path):
        found = summarise(sealed)
        few = {row.condition for row in found.labels[0].table.rows if row.few}
        rows = {part: values for table in found.parts for part, values in table.rows}
        assert all(value.value is None for name in few for value in rows[name])
        run = copied(sealed, tmp_path)
        (run / "statistics.parquet").unlink()
        assert all(
            value.value is None for table in summarise(run).parts for _, values in table.rows for value in values
        )

    def test_errors_keep_their_name_and_lose_their_text(self, sealed):
        (group,) = [item for item in summarise(sealed).failures.groups if item.status == "error"]
        assert group.reason == "RuntimeError"
        assert group.ids == ("s030",)

    def test_no_text_of_theirs_is_anywhere_in_the_summary(self, sealed):
        assert "SECRETWORD" not in repr(summarise(sealed))


def test_a_run_is_summarised_without_its_data(rich, tmp_path):
    run = copied(rich, tmp_path)
    record = json.loads((run / "run.json").read_text())
    record["config"]["data_root"] = str(tmp_path / "gone")
    (run / "run.json").write_text(json.dumps(record))
    assert summarise(run, few=3).labels[0].curves


def test_the_public_api_loads_the_same_scores(rich, summary):
    results = cxrbench.load_results(rich)
    assert results["bleu_4"].value == next(
        row.values[0].value for row in summary.headline if row.column.score == "bleu_4"
    )
