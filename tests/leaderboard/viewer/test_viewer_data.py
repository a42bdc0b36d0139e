"""What the viewer carries: every example, aligned, in full where it may and by number alone where it may not."""

import json
import re
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from report_runs import Rich, copied

import cxrbench
from cxrbench.core.errors import DataError, RunFolderError, UsageError
from cxrbench.core.rescoring import reopen
from cxrbench.leaderboard.run_pages import PageOptions, write_pages
from cxrbench.leaderboard.run_report.contents import read_contents
from cxrbench.leaderboard.viewer.data import viewer_data
from cxrbench.leaderboard.viewer.render import PICTURES_CHUNK, WORDS_CHUNK
from cxrbench.leaderboard.viewer.write import ViewerOptions

SCRIPT = re.compile(r'<script type="application/json"(?: id="(data)"| class="(\w+)")>(.*?)</script>', re.DOTALL)


def carried(path):
    """The index, the words and the pictures of a written page."""
    found = {"data": [], "words": [], "pictures": []}
    for name, kind, text in SCRIPT.findall(path.read_text(encoding="utf-8")):
        found[name or kind].append(json.loads(text))
    return found["data"][0], list(chain(*found["words"])), list(chain(*found["pictures"]))


def written(run, tmp_path, **options):
    viewer = ViewerOptions(
        **{name: options.pop(name) for name in list(options) if name in ViewerOptions.__annotations__}
    )
    return write_pages(run, PageOptions(out=tmp_path / "report.html", examples=True, viewer=viewer, **options))


@pytest.fixture(scope="module")
def data(rich, other, tmp_path_factory):
    _, prepared = reopen(rich)
    folder = tmp_path_factory.mktemp("page")
    return prepared, viewer_data([read_contents(rich), read_contents(other)], prepared, folder=folder)


def test_every_example_is_there_in_the_order_of_the_data_set(data):
    prepared, found = data
    ids = [example.id for example in prepared.data.examples]
    assert found.index["ids"] == ids == [record["id"] for record in found.words]
    assert len(found.pictures) == len(ids)


def test_texts_are_complete_on_both_sides_of_the_difference(data, rich):
    prepared, found = data
    predictions = read_contents(rich).predictions
    seen = 0
    for example, record in zip(prepared.data.examples, found.words):
        answer, prediction = record["models"][0], predictions[example.id]
        assert answer["status"] == prediction.status
        if "difference" in answer:
            seen += 1
            reference, text = map("".join, answer["difference"])
            assert text == prediction.text
            assert example.reference.findings in reference
            assert example.reference.impression in reference
    assert seen > 20


def test_scores_of_single_examples_are_those_of_a_run_of_one_example(data, rich, report_config, tmp_path):
    _, found = data
    names = [score["name"] for score in found.index["scores"]]
    folder, prepared = reopen(rich)
    predictions = folder.read_predictions()
    place = next(i for i, record in enumerate(found.words) if record["models"][0]["status"] == "ok")
    name = found.index["ids"][place]
    example = next(item for item in prepared.data.examples if item.id == name)
    from cxrbench.core.scoring import score_predictions

    metrics = prepared.task.build_metrics("cxrbench", prepared.data, prepared.config.metrics, {})
    alone = score_predictions([example], predictions, metrics, header={}, resamples=0, seed=0).results["scores"]
    assert "rules_micro_f1_14" in names
    for number, score in enumerate(names):
        assert found.index["values"][0][number][place] == pytest.approx(alone[score]["value"], abs=1e-4)


def test_failed_examples_have_no_score_and_are_found_by_their_status(data):
    _, found = data
    status = next(group for group in found.index["filters"] if group["title"] == "Status")
    choices = dict(status["items"])
    assert set(choices) == {"error", "refused", "empty"}
    for place in choices["error"]:
        assert all(values[place] is None for values in found.index["values"][0])
        assert found.words[place]["models"][0]["error"] == "RuntimeError: flaky device in slot 3"


def test_filters_of_conditions_hold_the_examples_whose_chips_say_so(data):
    _, found = data
    groups = {group["title"]: dict(map(tuple, group["items"])) for group in found.index["filters"]}
    for title, column in (("Found", 1), ("Invented", 2), ("Missed", 3)):
        for condition, places in groups[title].items():
            expected = [
                place
                for place, record in enumerate(found.words)
                if any(condition in labels[column] for labels in record["models"][0].get("labels", ()))
            ]
            assert places == expected


def test_wrong_labels_are_counted_from_the_chips(data):
    _, found = data
    for place, count in enumerate(found.index["wrong"][0]):
        labels = found.words[place]["models"][0].get("labels")
        assert count == (None if labels is None else len(labels[0][2]) + len(labels[0][3]))


def test_the_surest_error_of_an_example_is_a_probability_on_the_wrong_side(data):
    _, found = data
    sure = [value for value in found.index["sure"][0] if value is not None]
    assert len(sure) > 20
    assert all(0.5 <= value <= 1 for value in sure)


def test_boxes_and_maps_of_each_model_are_carried(data):
    _, found = data
    place = next(i for i, record in enumerate(found.words) if record["models"][0]["status"] == "ok")
    model = found.pictures[place]["models"][0]
    assert model["boxes"] == [[2, 3, 9, 12, "Cardiomegaly", 0.8]]
    assert {item[0] for item in model["maps"]} == {"Cardiomegaly", "Left Lung"}


def test_questions_carry_gold_answer_and_whether_it_is_right(rad, tmp_path):
    pages = written(rad, tmp_path)
    index, words, pictures = carried(pages.viewer)
    _, prepared = reopen(rad)
    by_id = {example.id: example for example in prepared.data.examples}
    predictions = read_contents(rad).predictions
    for record in words:
        example, model = by_id[record["id"]], record["models"][0]
        assert record["question"] == example.reference.question
        assert record["gold"] == example.reference.answer
        assert model["confidence"] == predictions[record["id"]].confidence
        if example.reference.answer in ("Yes", "No"):
            assert model["right"] == (
                predictions[record["id"]].text.lower().strip(".") == example.reference.answer.lower()
            )
    answers = next(group for group in index["filters"] if group["title"] == "Answer")
    assert {name for name, _ in answers["items"]} == {"right", "wrong"}
    assert all(
        (pages.viewer.parent / film["source"].replace("%20", " ").replace("%23", "#").replace("%C3%A9", "é")).exists()
        for record in pictures
        for film in record["films"]
    )


def test_chunks_hold_all_records_in_order(rich, tmp_path):
    index, words, pictures = carried(written(rich, tmp_path).viewer)
    assert [record["id"] for record in words] == index["ids"]
    assert len(pictures) == len(words)
    assert (index["wordsChunk"], index["picturesChunk"]) == (WORDS_CHUNK, PICTURES_CHUNK)


def test_the_report_and_the_viewer_name_each_other(rich, tmp_path):
    pages = write_pages(rich, PageOptions(out=tmp_path / "mine.html", examples=True))
    assert pages.viewer == tmp_path / "mine-viewer.html"
    assert 'href="mine-viewer.html#id=' in pages.report.read_text()
    assert 'href="mine.html"' in pages.viewer.read_text()


def test_embedded_films_need_no_file_and_the_policy_allows_no_other_source(rad, tmp_path):
    linked = written(rad, tmp_path).viewer.read_text()
    embedded = written(rad, tmp_path, films="embed", side=32).viewer.read_text()
    absent = written(rad, tmp_path, films="none").viewer.read_text()
    assert "img-src file:;" in linked
    assert "img-src data:;" in embedded
    assert "data:image/jpeg;base64" in embedded
    assert "data:image" not in linked
    assert "img-src &#39;none&#39;" in absent
    assert all("films" not in record for record in carried(tmp_path / "viewer.html")[2])


def test_runs_of_other_data_are_refused_beside_each_other(rich, rad, tmp_path):
    with pytest.raises(RunFolderError, match="cannot be compared"):
        written(rich, tmp_path, others=[rad])
    assert (tmp_path / "report.html").exists()
    assert not (tmp_path / "viewer.html").exists()


def test_a_run_limited_to_a_sample_shows_that_sample_beside_a_whole_run(report_config, rich, tmp_path):
    config = replace(report_config, limit=9, out=tmp_path)
    partial = cxrbench.run(config, adapter=Rich("partial", fails=False)).folder.path
    index, _, _ = carried(written(partial, tmp_path, others=[rich]).viewer)
    assert len(index["ids"]) == 9
    back, answers, _ = carried(written(rich, tmp_path, others=[partial]).viewer)
    assert len(back["ids"]) == 44
    assert sum(record["models"][1]["status"] == "absent" for record in answers) == 35


def test_of_too_many_examples_the_failed_and_the_worst_are_kept_and_the_rest_is_counted(rich, tmp_path):
    whole, _, _ = carried(written(rich, tmp_path).viewer)
    pages = written(rich, tmp_path, most=20)
    index, words, _ = carried(pages.viewer)
    assert len(words) == 20
    assert any("24 of 44 examples" in sentence for sentence in pages.left_out)
    value = dict(zip(whole["ids"], whole["values"][0][0]))
    failed = {
        name
        for group in whole["filters"][:1]
        for _, places in group["items"]
        for name in (whole["ids"][p] for p in places)
    }
    kept = set(index["ids"])
    assert failed <= kept
    worst = max(value[name] for name in kept - failed)
    assert all(value[name] >= worst for name in set(value) - kept)
    assert index["ids"] == [name for name in whole["ids"] if name in kept]


def test_data_that_changed_since_the_run_are_an_error_and_the_report_is_written(rich, rad, tmp_path):
    run = copied(rich, tmp_path)
    record = json.loads((run / "run.json").read_text())
    record["data"]["fingerprint"] = "another"
    (run / "run.json").write_text(json.dumps(record))
    with pytest.raises(DataError, match="changed since the run"):
        written(run, tmp_path)
    assert "viewer.html" not in (tmp_path / "report.html").read_text()


class TestHostile:
    def test_no_text_of_a_run_becomes_markup(self, hostile, tmp_path):
        pages = written(hostile, tmp_path)
        html = pages.viewer.read_text(encoding="utf-8")
        assert html.count("</script>") == len(re.findall("<script", html))
        assert "<img" not in html
        for character in "\x00\x07\x1b\u202e\u2066\u200f":
            assert character not in html

    def test_texts_are_complete_but_for_control_characters(self, hostile, tmp_path):
        _, words, _ = carried(written(hostile, tmp_path).viewer)
        texts = {
            "".join(model["difference"][1]) for record in words for model in record["models"] if "difference" in model
        }
        assert any(text.startswith("<script>alert(1)</script><img") for text in texts)
        assert "x" * 10_000 in texts
        assert any(text.startswith("null\ufffdbell") for text in texts)
        assert any(text.startswith("safe\ufffdgnp.exe") for text in texts)

    def test_boxes_and_maps_that_are_none_are_left_out_and_counted(self, rich, tmp_path):
        run = copied(rich, tmp_path)
        lines = [json.loads(line) for line in (run / "predictions.jsonl").read_text().splitlines()]
        lines[0] |= {"status": "ok", "attention": {"x": [[1], [1, 2]]}, "boxes": [[0, 0, 1e400, 4], [9, 9, 1, 1]]}
        (run / "predictions.jsonl").write_text("\n".join(map(json.dumps, lines)).replace("Infinity", "1e400") + "\n")
        pages = written(run, tmp_path)
        index, _, pictures = carried(pages.viewer)
        model = pictures[index["ids"].index(lines[0]["id"])]["models"][0]
        assert model == {"boxes": [[9, 9, 1, 1, None, None]]}
        assert any("Attention of 1 answers" in sentence for sentence in pages.left_out)


class TestRestricted:
    def test_ids_numbers_and_labels_remain_and_nothing_else(self, sealed, tmp_path):
        pages = written(sealed, tmp_path)
        data = pages.viewer.read_bytes()
        for secret in (b"SECRETWORD", b"lungs", b".png", b"data:image", b"could not encode", b"patient-"):
            assert secret not in data
        index, words, pictures = carried(pages.viewer)
        assert sorted(index["ids"]) == [f"s{number:03}" for number in range(32)]
        assert any("labels" in record["models"][0] for record in words)
        assert all("films" not in record for record in pictures)
        assert b"Texts, films and attention are left out" in data

    def test_it_is_written_without_the_data(self, sealed, tmp_path):
        run = copied(sealed, tmp_path)
        record = json.loads((run / "run.json").read_text())
        record["config"]["data_root"] = str(tmp_path / "gone")
        (run / "run.json").write_text(json.dumps(record))
        assert written(run, tmp_path).viewer.exists()

    def test_two_options_put_texts_and_films_in_and_a_banner_names_the_agreement(self, sealed, tmp_path, monkeypatch):
        monkeypatch.setenv("CXRBENCH_TRUST", "report_runs:Sealed")
        pages = written(sealed, tmp_path, restricted_content=True, agreement="DUA 7, until 2030 <b>", films="embed")
        html = pages.viewer.read_text(encoding="utf-8")
        assert "SECRETWORD7 lungs" in html
        assert "data:image/jpeg" in html
        assert "DUA 7, until 2030 &lt;b&gt;" in html
        assert any("Do not pass it on" in sentence for _, sentence in pages.banners)
        assert b"SECRETWORD" not in pages.report.read_bytes()

    @pytest.mark.parametrize("agreement", [None, "", "  "])
    def test_one_option_alone_is_refused(self, sealed, tmp_path, agreement):
        with pytest.raises(UsageError, match="agreement"):
            written(sealed, tmp_path, restricted_content=True, agreement=agreement)
        written(sealed, tmp_path, agreement="DUA 7")
        assert b"SECRETWORD" not in (tmp_path / "viewer.html").read_bytes()

    def test_a_run_that_does_not_say_counts_as_restricted(self, sealed, rich, tmp_path):
        for source, expected in ((sealed, True), (rich, True)):
            run = copied(source, tmp_path)
            record = json.loads((run / "run.json").read_text())
            del record["data"]["restricted"]
            (run / "run.json").write_text(json.dumps(record))
            assert read_contents(run).restricted is expected


def test_the_values_of_all_models_are_aligned(data, other):
    _, found = data
    shape = np.array([[len(column) for column in model] for model in found.index["values"]])
    assert (shape == 44).all()
    assert [model["name"] for model in found.index["models"]] == ["rich", "other"]
