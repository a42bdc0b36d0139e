"""CheXbert on a small synthetic checkpoint with exactly the key layout of the released one."""

import math

import numpy as np
import pytest
import torch
from transformers import BertTokenizer

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import UnknownNameError, UsageError, WeightsError
from cxrbench.metrics.labelers import get_labeler
from cxrbench.metrics.labelers.chexbert import CheXbertLabeler, clean
from cxrbench.metrics.labelers.chexbert_network import CheXbertNetwork, load_network

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "no", "effusion", "pneumothorax", "heart", "large", "."]
SIZE = {
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "vocab_size": len(WORDS),
}
HEADS, LAYERS, WIDTH = 3, 2, 12


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder as the user has it: chexbert.pth with DataParallel keys and an optimizer, and the vocabulary."""
    path = tmp_path_factory.mktemp("chexbert")
    torch.manual_seed(11)
    network = CheXbertNetwork(SIZE)
    state = {}
    for key, value in network.state_dict().items():
        if key != "bert.embeddings.position_ids":
            spread = torch.randn_like(value) * 0.5
            state[f"module.{key}"] = spread + 1 if "LayerNorm.weight" in key else spread
    optimizer = {"state": {0: {"step": 3, "exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 2e-5, "params": [0]}]}
    torch.save({"epoch": 7, "model_state_dict": state, "optimizer_state_dict": optimizer}, path / "chexbert.pth")
    (path / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    BertTokenizer(str(path / "vocab.txt")).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def labeler(folder):
    return CheXbertLabeler(folder, config=SIZE, batch_size=2)


def tensors(folder):
    saved = torch.load(folder / "chexbert.pth", weights_only=True)["model_state_dict"]
    return {key.removeprefix("module."): value.double().numpy() for key, value in saved.items()}


def dense(state, name, x):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def norm(state, name, x):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    return scaled * state[f"{name}.weight"] + state[f"{name}.bias"]


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def by_hand(state, ids):
    """Logits of the fourteen heads for one unpadded sequence, in plain numpy."""
    e = "bert.embeddings"
    x = state[f"{e}.word_embeddings.weight"][ids]
    x = x + state[f"{e}.position_embeddings.weight"][: len(ids)] + state[f"{e}.token_type_embeddings.weight"][0]
    x = norm(state, f"{e}.LayerNorm", x)
    for layer in range(LAYERS):
        p = f"bert.encoder.layer.{layer}"
        q, k, v = (
            dense(state, f"{p}.attention.self.{part}", x).reshape(len(ids), HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        mixed = softmax(q @ k.transpose(0, 2, 1) / math.sqrt(WIDTH / HEADS)) @ v
        mixed = mixed.transpose(1, 0, 2).reshape(len(ids), WIDTH)
        x = norm(state, f"{p}.attention.output.LayerNorm", x + dense(state, f"{p}.attention.output.dense", mixed))
        inner = gelu(dense(state, f"{p}.intermediate.dense", x))
        x = norm(state, f"{p}.output.LayerNorm", x + dense(state, f"{p}.output.dense", inner))
    return [dense(state, f"linear_heads.{head}", x[0]) for head in range(14)]


def ids_of(text):
    return [2, *(WORDS.index(word) if word in WORDS else 1 for word in text.split()), 3]


TEXTS = ["no effusion .", "large effusion", "heart", "no pneumothorax . large heart .", "unknown words effusion"]


def test_the_forward_pass_equals_one_computed_by_hand(folder):
    network = load_network(folder / "chexbert.pth", SIZE)
    state = tensors(folder)
    for text in TEXTS:
        ids = torch.tensor([ids_of(text)])
        logits = network(ids, torch.ones_like(ids))
        for head, expected in zip(logits, by_hand(state, ids_of(text))):
            np.testing.assert_allclose(head[0].detach().numpy(), expected, atol=1e-4)


def test_labels_follow_the_heads_by_name_in_order_and_whatever_the_batch(folder, labeler):
    state = tensors(folder)
    values = (None, 1, 0, -1)
    labels = labeler.label(TEXTS)
    for text, row in zip(TEXTS, labels):
        heads = by_hand(state, ids_of(text))
        assert row == {name: values[int(np.argmax(head))] for name, head in zip(CONDITIONS, heads)}
    assert len({tuple(row.values()) for row in labels}) > 1
    assert row["No Finding"] in (None, 1)


def test_a_blank_text_has_no_label_at_all(labeler):
    labels = labeler.label(["", " \n\t ", "heart"])
    assert set(labels[0].values()) == set(labels[1].values()) == {None}
    assert labeler.label([]) == []


def test_a_text_beyond_512_tokens_is_cut(labeler):
    long = "effusion " * 2000
    assert labeler.label([long]) == labeler.label(["effusion " * 510])


def test_the_two_published_cleanings_differ_in_numbering():
    assert clean(" 1. No\n effusion.\t2. Heart ", "csv") == "1. No effusion. 2. Heart"
    assert clean(" 1. No\n effusion.\t2. Heart ", "list") == "No effusion. Heart"


def test_safetensors_bare_keys_and_position_ids_are_understood(folder, tmp_path):
    from safetensors.torch import save_file

    saved = torch.load(folder / "chexbert.pth", weights_only=True)["model_state_dict"]
    bare = {key.removeprefix("module."): value.contiguous() for key, value in saved.items()}
    bare["bert.embeddings.position_ids"] = torch.arange(512)[None]
    save_file(bare, tmp_path / "model.safetensors")
    one, other = load_network(folder / "chexbert.pth", SIZE), load_network(tmp_path / "model.safetensors", SIZE)
    assert one.fingerprint == other.fingerprint
    assert len(one.fingerprint) == 12


def test_the_default_network_has_the_published_number_of_parameters():
    with torch.device("meta"):
        network = CheXbertNetwork({})
    assert sum(value.numel() for value in network.parameters()) == 109_523_766


def test_the_signature_names_weights_and_cleaning(folder, labeler):
    other = CheXbertLabeler(folder, config=SIZE, cleaning="list")
    assert labeler.signature() != other.signature()
    assert labeler.signature().startswith("labeler:chexbert|version:1|weights:")


def test_a_truncated_checkpoint_is_a_weights_error(folder, tmp_path):
    data = (folder / "chexbert.pth").read_bytes()
    (tmp_path / "chexbert.pth").write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError, match="checkpoint"):
        CheXbertLabeler(tmp_path, config=SIZE)


class Intruder:
    """Unpickling it would run code of the file."""

    def __reduce__(self):
        return print, ("this must never be printed",)


def test_a_pickle_with_anything_but_tensors_is_refused_unread(tmp_path, capsys):
    torch.save({"model_state_dict": {"x": Intruder()}}, tmp_path / "chexbert.pth")
    with pytest.raises(WeightsError, match="more than tensors"):
        CheXbertLabeler(tmp_path / "chexbert.pth", config=SIZE)
    assert "never" not in capsys.readouterr().out


def test_another_architecture_is_named_by_its_first_difference(folder, tmp_path):
    with pytest.raises(WeightsError, match="no CheXbert"):
        CheXbertLabeler(folder, config={**SIZE, "hidden_size": 24})
    torch.save({"model_state_dict": {"module.other.weight": torch.zeros(2)}}, tmp_path / "x.pth")
    with pytest.raises(WeightsError, match=r"unknown other\.weight"):
        CheXbertLabeler(tmp_path / "x.pth", config=SIZE)
    torch.save([1, 2], tmp_path / "y.pth")
    with pytest.raises(WeightsError, match="no table of tensors"):
        CheXbertLabeler(tmp_path / "y.pth", config=SIZE)


def test_missing_weights_tokenizer_and_options_are_named(folder, tmp_path):
    with pytest.raises(UsageError, match="needs the weights"):
        get_labeler("chexbert")
    with pytest.raises(WeightsError, match="not found"):
        get_labeler("chexbert", weights=tmp_path / "chexbert.pth")
    with pytest.raises(WeightsError, match="0 checkpoints"):
        get_labeler("chexbert", weights=tmp_path)
    with pytest.raises(UsageError, match="cleaning"):
        get_labeler("chexbert", weights=folder, config=SIZE, cleaning="other")
    with pytest.raises(UsageError, match="batch_size"):
        get_labeler("chexbert", weights=folder, config=SIZE, batch_size=0)
    with pytest.raises(UnknownNameError, match="weights"):
        get_labeler("rules", weights=folder)
    with pytest.raises(WeightsError, match="no tokenizer"):
        get_labeler("chexbert", weights=folder, config=SIZE, tokenizer=tmp_path)
