"""BERTScore against bert-score itself on a tiny random BERT, and its behaviour without weights."""

import warnings

import numpy as np
import pytest

from cxrbench.core.errors import DataError, UsageError, WeightsError
from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.bertscore import BertScore
from cxrbench.metrics.bertscore.weights import LAYERS
from cxrbench.metrics.protocols import get_protocol

SENTENCE = "no the heart is normal lungs are clear effusion pleural pneumothorax small left right . , acute disease"
WORDS = SENTENCE.split()
TEXTS = [
    "the heart is normal .",
    "no pleural effusion , no pneumothorax .",
    "small left effusion .",
    "lungs are clear . no acute disease .",
    "the heart is normal .",
    "right pneumothorax , 🫁 unknown words ‏שלום .",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.set_num_threads(1)
    torch.manual_seed(0)
    where = tmp_path_factory.mktemp("bert") / "tiny"
    where.mkdir()
    vocabulary = where / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]) + "\n")
    BertTokenizer(str(vocabulary)).save_pretrained(where)
    config = BertConfig(
        vocab_size=5 + len(WORDS),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=48,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(where)
    return where


def pairs_of(hypotheses, references):
    return Pairs(
        [Reference(id=str(i), text=text) for i, text in enumerate(references)],
        [Prediction(id=str(i), text=text) for i, text in enumerate(hypotheses)],
    )


def metric_for(folder, **options):
    return BertScore(get_protocol("raw"), model=str(folder), **{"num_layers": 2, **options})


def statistics_of(metric, hypotheses, references=TEXTS):
    pairs = pairs_of(hypotheses, references)
    return metric.measure(pairs, metric.fit(pairs.references))


def official(folder, hypotheses, references, **options):
    """bert_score.score itself, with its two incompatibilities with transformers 5 mended in the caller's way."""
    import bert_score
    from bert_score import utils

    original = utils.sent_encode
    utils.sent_encode = lambda tokenizer, text: tokenizer.encode(text.strip(), max_length=512, truncation=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = bert_score.score(
                hypotheses, references, model_type=str(folder), num_layers=2, device="cpu", nthreads=0, **options
            )
    finally:
        utils.sent_encode = original
    return np.stack([part.double().numpy() for part in found], axis=1)


@pytest.mark.parametrize("idf", [False, True])
def test_every_pair_equals_bert_score(folder, idf):
    hypotheses = [*TEXTS[1:], "clear lungs clear"]
    found = statistics_of(metric_for(folder, idf=idf, batch_size=2), hypotheses)
    expected = official(folder, hypotheses, TEXTS, idf=idf)
    assert found.values[:, 1:] == pytest.approx(expected, abs=1e-6)
    assert found.values[:, 0].tolist() == [1.0] * len(TEXTS)
    assert expected[:, 2].std() > 0.01


def test_rescaling_equals_bert_score_with_the_same_table(folder, tmp_path):
    table = tmp_path / "baseline.tsv"
    table.write_text("LAYER,P,R,F\n0,0.1,0.1,0.1\n1,0.2,0.2,0.2\n2,0.3,0.31,0.32\n")
    hypotheses = TEXTS[::-1]
    found = statistics_of(metric_for(folder, rescale=True, baseline=table), hypotheses)
    expected = official(folder, hypotheses, TEXTS, lang="en", rescale_with_baseline=True, baseline_path=str(table))
    assert found.values[:, 1:] == pytest.approx(expected, abs=1e-6)


def test_many_pairs_in_several_blocks_equal_one_block(folder, monkeypatch):
    hypotheses = TEXTS[::-1]
    whole = statistics_of(metric_for(folder), hypotheses)
    monkeypatch.setattr("cxrbench.metrics.bertscore.scorer._PAIRS_AT_ONCE", 2)
    assert statistics_of(metric_for(folder), hypotheses).values == pytest.approx(whole.values, abs=1e-6)


def test_identical_texts_are_encoded_once_and_by_falling_length(folder, monkeypatch):
    from bert_score import utils

    batches = []
    original = utils.get_bert_embedding
    monkeypatch.setattr(
        utils, "get_bert_embedding", lambda texts, *a, **k: (batches.append(texts), original(texts, *a, **k))[1]
    )
    statistics_of(metric_for(folder, batch_size=2), [TEXTS[0]] * len(TEXTS))
    encoded = [text for batch in batches for text in batch]
    assert sorted(encoded) == sorted(set(TEXTS))
    lengths = [len(text.split(" ")) for text in encoded]
    assert lengths == sorted(lengths, reverse=True)


def test_an_identical_pair_scores_one_and_scores_are_means(folder):
    metric = metric_for(folder)
    statistics = statistics_of(metric, TEXTS)
    found = metric.aggregate(statistics, np.ones((1, len(TEXTS))))
    assert found["bertscore_f1"][0] == pytest.approx(1.0, abs=1e-6)
    mixed = statistics_of(metric, TEXTS[::-1])
    found = metric.aggregate(mixed, np.ones((1, len(TEXTS))))
    assert found["bertscore_recall"][0] == pytest.approx(mixed.values[:, 2].mean())
    assert list(found) == list(metric.scores)


@pytest.mark.parametrize("rescale", [False, True])
def test_an_empty_or_blank_or_refused_hypothesis_scores_zero_and_stays_in_n(folder, tmp_path, rescale):
    table = tmp_path / "baseline.tsv"
    table.write_text("LAYER,P,R,F\n0,0,0,0\n1,0,0,0\n2,0.5,0.5,0.5\n")
    metric = metric_for(folder, rescale=rescale, baseline=table)
    pairs = Pairs(
        [Reference(id=str(i), text=TEXTS[0]) for i in range(3)],
        [
            Prediction(id="0", text=""),
            Prediction(id="1", text=" \n"),
            Prediction(id="2", status="refused", text="no"),
        ],
    )
    assert metric.measure(pairs, {}).values.tolist() == [[1.0, 0.0, 0.0, 0.0]] * 3


def test_a_very_long_report_is_cut_instead_of_failing(folder):
    statistics = statistics_of(metric_for(folder), ["the heart is normal . " * 20_000], [TEXTS[0]])
    assert 0 < statistics.values[0, 3] <= 1


def test_the_idf_of_a_single_reference_leaves_the_score_undefined(folder):
    metric = metric_for(folder, idf=True)
    statistics = statistics_of(metric, [TEXTS[0]], [TEXTS[0]])
    assert statistics.values.tolist() == [[0.0, 0.0, 0.0, 0.0]]
    assert "weight" in metric.why_undefined("bertscore_f1")


def test_the_state_survives_json(folder):
    import json

    metric = metric_for(folder, idf=True)
    pairs = pairs_of(TEXTS[::-1], TEXTS)
    state = metric.fit(pairs.references)
    again = metric.measure(pairs, json.loads(json.dumps(state)))
    assert again.values == pytest.approx(metric.measure(pairs, state).values, abs=0)


@pytest.mark.parametrize(("family", "expected"), [("RobertaTokenizer", " lungs"), ("BertTokenizer", "lungs")])
def test_roberta_gets_the_leading_blank_that_it_was_trained_with(family, expected):
    from bert_score import utils

    from cxrbench.metrics.bertscore.scorer import tolerant_tokenisation

    def encode(self, text, **options):
        return [text, options["max_length"]]

    tokenizer = type(family, (), {"model_max_length": 10**30, "encode": encode})()
    with tolerant_tokenisation():
        assert utils.sent_encode(tokenizer, " lungs \n") == [expected, 512]


def test_bert_score_is_left_as_it_was(folder):
    from bert_score import utils

    before = utils.sent_encode
    statistics_of(metric_for(folder), TEXTS)
    assert utils.sent_encode is before


def test_without_weights_every_score_is_null_with_the_reason_and_nothing_is_fetched(monkeypatch, tmp_path):
    import socket

    def refuse(*args, **kwargs):
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    metric = BertScore(get_protocol("raw"), idf=True)
    pairs = pairs_of(TEXTS, TEXTS)
    statistics = metric.measure(pairs, metric.fit(pairs.references))
    found = metric.aggregate(statistics, np.ones((2, len(TEXTS))))
    assert all(np.isnan(value).all() for value in found.values())
    assert "microsoft/deberta-xlarge-mnli are not on this machine" in metric.why_undefined("bertscore_f1")


def test_a_folder_without_weights_is_named_in_the_reason(tmp_path):
    metric = BertScore(get_protocol("raw"), model=str(tmp_path), num_layers=2)
    assert metric.measure(pairs_of(TEXTS, TEXTS), {}).values[:, 0].sum() == 0
    assert "config.json" in metric.why_undefined("bertscore_f1")
    (tmp_path / "config.json").write_text("{}")
    metric.measure(pairs_of(TEXTS, TEXTS), {})
    assert "no weights" in metric.why_undefined("bertscore_f1")


def test_a_damaged_folder_and_a_missing_layer_are_errors(folder, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(WeightsError, match="cannot load"):
        statistics_of(BertScore(get_protocol("raw"), model=str(tmp_path), num_layers=2), TEXTS)
    with pytest.raises(UsageError, match="num_layers"):
        statistics_of(metric_for(folder, num_layers=9), TEXTS)
    with pytest.raises(UsageError, match="no layer is known"):
        BertScore(get_protocol("raw"), model=str(folder))


def test_a_missing_baseline_is_an_error_rather_than_a_silent_skip(folder, tmp_path):
    with pytest.raises(DataError, match="no rescaling baseline"):
        statistics_of(metric_for(folder, rescale=True), TEXTS)
    table = tmp_path / "baseline.tsv"
    table.write_text("LAYER,P,R,F\n0,0,0,0\n")
    with pytest.raises(DataError, match="no layer 2"):
        statistics_of(metric_for(folder, rescale=True, baseline=table), TEXTS)


def test_no_example_at_all_loads_nothing_and_is_undefined():
    metric = BertScore(get_protocol("raw"))
    found = metric.aggregate(metric.measure(Pairs([], []), {}), np.ones((1, 0)))
    assert all(np.isnan(value).all() for value in found.values())


def test_the_signature_names_every_option_that_changes_a_score(folder, tmp_path):
    raw = get_protocol("raw")
    variants = [
        BertScore(raw),
        BertScore(get_protocol("cxrbench")),
        BertScore(raw, idf=True),
        BertScore(raw, rescale=True),
        BertScore(raw, rescale=True, baseline=tmp_path / "b.tsv"),
        BertScore(raw, num_layers=3),
        BertScore(raw, model="roberta-large"),
        metric_for(folder),
    ]
    assert len({metric.signature() for metric in variants}) == len(variants)
    assert str(folder.parent) not in metric_for(folder).signature()
    assert "bert-score:0.3" in BertScore(raw).signature()


def test_the_recommended_layers_are_those_of_bert_score():
    from bert_score.utils import model2layers

    assert {model: model2layers[model] for model in LAYERS} == LAYERS
