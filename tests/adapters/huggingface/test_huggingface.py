"""`hf:` with a tiny vision-language model that the tests make."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from tiny_vlm import write_tiny_vlm

from cxrbench.adapters.base import AdapterContext, create_adapter
from cxrbench.core.answering import answer
from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.core.types import Image, Request

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return write_tiny_vlm(tmp_path_factory.mktemp("vlm") / "tiny-vlm")


def adapter(folder, kind="report", **options):
    given = {"max_new_tokens": 6, **options}
    return create_adapter(f"hf:{folder}", AdapterContext("iu-report", kind, device="cpu", options=given))


def film(seed, side=40):
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side), np.uint8)
    return Image(Path(f"{seed}.png"), "PA", pixels=pixels)


def reports(count, prompt="the lungs are"):
    return [Request(f"r{n}", "report", (film(n),), prompt) for n in range(count)]


def test_a_model_writes_a_report_for_every_film(folder):
    found = answer(adapter(folder), reports(3))
    assert [item.id for item in found] == ["r0", "r1", "r2"]
    assert {item.status for item in found} <= {"ok", "empty"}
    assert all(item.usage["completion_tokens"] <= 6 for item in found)


def test_a_batch_says_what_each_film_alone_says(folder):
    model = adapter(folder)
    asked = [*reports(2), Request("long", "report", (film(9),), "the heart is normal and the lungs are clear " * 3)]
    together = [item.text for item in model.predict(asked)]
    alone = [model.predict([request])[0].text for request in asked]
    assert together == alone


def test_films_and_words_both_reach_the_model(folder):
    inputs = adapter(folder)._inputs_of(
        reports(1), [[__import__("PIL.Image").Image.fromarray(film(0).pixels).convert("RGB")]]
    )
    assert inputs["pixel_values"].shape == (1, 3, 32, 32)
    ids = inputs["input_ids"][0].tolist()
    assert ids.count(4) == 4
    assert {5, 6, 7} <= set(ids)


def test_answers_of_questions_are_read_by_the_recipe(folder):
    question = Request("q", "vqa", (film(1),), "is the heart enlarged", choices=("yes", "no"))
    (found,) = adapter(folder, kind="vqa").predict([question])
    assert found.answer == found.text
    assert "\n" not in (found.answer or "")


def test_a_model_without_a_chat_template_needs_a_recipe_with_one(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = write_tiny_vlm(tmp_path / "plain", chat_template=False)
    found = answer(adapter(plain), reports(1))
    assert "no chat template" in found[0].error
    found = answer(adapter(plain, recipe="llava"), reports(2))
    assert {item.status for item in found} <= {"ok", "empty"}


def test_other_weights_settings_or_recipes_are_other_models(folder, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = write_tiny_vlm(tmp_path / "tiny-vlm", seed=1)
    base = adapter(folder).describe()
    assert base.name == "tiny-vlm"
    others = [
        adapter(other),
        adapter(folder, max_new_tokens=7),
        adapter(folder, num_beams=2),
        adapter(folder, recipe="medgemma"),
    ]
    prints = {base.fingerprint, *(model.describe().fingerprint for model in others)}
    assert len(prints) == 5
    assert adapter(folder).describe().fingerprint == base.fingerprint


def test_a_film_that_was_not_decoded_fails_alone(folder):
    broken = Request("bad", "report", (Image(Path("x.png"), "PA"),), "the")
    found = answer(adapter(folder), [*reports(2), broken])
    assert [item.status == "error" for item in found] == [False, False, True]


def test_pickled_weights_are_refused(folder, tmp_path):
    import torch

    copy = shutil.copytree(folder, tmp_path / "pickled")
    (copy / "model.safetensors").unlink()
    torch.save({"a": torch.zeros(1)}, copy / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        adapter(copy)


def test_truncated_weights_are_a_clear_error(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "torn")
    data = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError, match="cannot be loaded"):
        adapter(copy)


def test_a_repository_that_is_not_here_is_not_fetched_behind_the_users_back():
    with pytest.raises(WeightsError, match="not in the local Hugging Face cache") as error:
        adapter("no-such-org/no-such-model")
    assert "download=true" in error.value.hint


def test_code_of_a_repository_runs_only_when_told_to(folder, tmp_path):
    import json

    copy = shutil.copytree(folder, tmp_path / "custom")
    config = json.loads((copy / "config.json").read_text())
    config |= {
        "model_type": "strange",
        "auto_map": {"AutoConfig": "evil.Config", "AutoModelForImageTextToText": "evil.M"},
    }
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "evil.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w').write('x')\nclass Config: pass\nclass M: pass\n"
    )
    with pytest.raises((UsageError, WeightsError)):
        adapter(copy)
    assert not (tmp_path / "ran").exists()


def test_a_peft_adapter_changes_what_is_said(folder, tmp_path):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = AutoModelForImageTextToText.from_pretrained(folder)
        tuned = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False))
        with torch.no_grad():
            for name, weight in tuned.named_parameters():
                if "lora" in name:
                    weight.mul_(30)
        tuned.save_pretrained(tmp_path / "lora")
        plain, changed = adapter(folder), adapter(folder, peft=str(tmp_path / "lora"))
    assert plain.describe().fingerprint != changed.describe().fingerprint
    assert [item.text for item in plain.predict(reports(6))] != [item.text for item in changed.predict(reports(6))]


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("hf:", {}, "needs a repository"),
        ("hf:x", {"beams": 2}, "has no option beams"),
        ("hf:x", {"num_beams": 0}, "num_beams is 0"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(spec, options, message):
    with pytest.raises(UsageError, match=message):
        create_adapter(spec, AdapterContext("iu-report", "report", options=options))
