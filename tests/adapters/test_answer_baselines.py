from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vqa_folder import rad_row, slake_row, write_rad, write_slake

from cxrbench.adapters.base import AdapterContext, create_adapter
from cxrbench.adapters.baseline.answers import consensus
from cxrbench.adapters.baseline.wordings import Wordings
from cxrbench.core.errors import DataError
from cxrbench.core.types import Adapter, Box, Example, Image, Reference, Request
from cxrbench.datasets.images import load_image
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.slake import SlakeTask
from cxrbench.tasks.vqa_rad import VqaRadTask

NAMES = ("empty", "constant", "majority", "random", "retrieval", "blind")
TRAIN = {"phrase_type": "freeform"}
OPEN = {"answer_type": "OPEN", "question_type": "POS"}


@pytest.fixture
def data(tmp_path):
    rows = [
        rad_row(1, "synpic1.jpg", "Is there a pneumothorax?", "No", **TRAIN),
        rad_row(2, "synpic1.jpg", "Where is the mass?", "left lung", **OPEN, **TRAIN),
        rad_row(3, "synpic2.jpg", "Is there a pneumothorax?", "No", **TRAIN),
        rad_row(4, "synpic2.jpg", "Is the heart enlarged?", "Yes", **TRAIN),
        rad_row(5, "synpic2.jpg", "Where is the effusion?", "right lung", **OPEN, **TRAIN),
        rad_row(6, "synpic3.jpg", "Is there a rib fracture?", "No", **TRAIN),
        rad_row(7, "synpic3.jpg", "Where is the mass?", "left lung", **OPEN, **TRAIN),
        rad_row(11, "synpic2.jpg", "Is the heart enlarged?", "No"),
        rad_row(12, "synpic2.jpg", "Where is the effusion located?", "left lung", **OPEN),
        rad_row(13, "synpic1.jpg", "Is a pneumothorax seen?", "Yes"),
    ]
    return VqaRadTask().load(TaskOptions(write_rad(tmp_path, rows)))


def baseline(name, data, seed=0):
    return create_adapter(f"baseline:{name}", AdapterContext("vqa-rad", "vqa", "vqa-rad", data.training, seed=seed))


def with_pixels(request):
    film = request.images[0]
    return replace(request, images=(replace(film, pixels=load_image(film.path)),))


def answers(name, data, seed=0):
    requests = [with_pixels(item.request) for item in data.examples]
    return {item.id: item for item in baseline(name, data, seed).predict(requests)}


@pytest.mark.parametrize("name", NAMES)
def test_every_baseline_answers_every_question_and_says_what_it_learnt_from(name, data):
    adapter = baseline(name, data)
    info = adapter.describe()
    assert isinstance(adapter, Adapter)
    assert info.is_baseline
    assert info.trained_on == (() if name in ("empty", "constant") else ("vqa-rad",))
    assert info.needs_pixels is (name == "retrieval")
    assert set(answers(name, data)) == {"11", "12", "13"}


def test_constant_says_yes_to_everything_and_empty_nothing(data):
    assert {item.answer for item in answers("constant", data).values()} == {"yes"}
    assert {item.status for item in answers("empty", data).values()} == {"empty"}


def test_majority_says_the_most_frequent_answer_to_questions_of_the_same_type(data):
    found = answers("majority", data)
    assert (found["11"].answer, found["12"].answer, found["13"].answer) == ("No", "left lung", "No")
    assert found["11"].confidence == 0.75


def test_blind_repeats_the_answer_to_the_same_or_else_the_nearest_words(data):
    found = answers("blind", data)
    assert found["11"].answer == "Yes"
    assert found["12"].answer == "right lung"
    assert found["13"].answer == "No"


def test_blind_falls_back_on_the_majority_of_the_type_where_no_word_is_known(data):
    request = Request("x", "vqa", (), "", question_type="where", question="Wohin?")
    assert baseline("blind", data).predict([request])[0].answer == "left lung"


def test_blind_and_majority_never_look_at_the_image(data):
    for name in ("blind", "majority", "random"):
        adapter = baseline(name, data)
        seen = [item.request for item in data.examples]
        other = [replace(item, images=(Image(seen[0].images[0].path.with_name("x.jpg")),)) for item in seen]
        assert adapter.predict(seen) == adapter.predict(other)


def test_retrieval_takes_the_nearest_question_on_the_nearest_training_image(data):
    found = answers("retrieval", data)
    assert found["11"].answer == "Yes"
    assert found["12"].answer == "right lung"
    assert found["13"].answer == "No"


def test_retrieval_prefers_a_question_of_the_same_type(data):
    image = data.examples[0].request.images[0]
    where = Request("x", "vqa", (image,), "", question_type="where", question="Is the heart enlarged?")
    assert baseline("retrieval", data).predict([with_pixels(where)])[0].answer == "right lung"


def test_retrieval_without_an_image_is_an_error_of_that_example(data):
    (made,) = baseline("retrieval", data).predict([data.examples[0].request])
    assert (made.status, made.error) == ("error", "no image to compare")


def test_random_depends_on_seed_and_id_but_not_on_order(data):
    requests = [item.request for item in data.examples]
    adapter = baseline("random", data)
    forward = {item.id: item.answer for item in adapter.predict(requests)}
    assert {item.id: item.answer for item in adapter.predict(requests[::-1])} == forward
    many = [replace(requests[0], id=str(n)) for n in range(60)]
    drawn = [item.answer for item in adapter.predict(many)]
    assert set(drawn) == {"Yes", "No"}
    assert [item.answer for item in baseline("random", data, seed=1).predict(many)] != drawn


def test_a_baseline_of_other_training_answers_has_another_fingerprint(data):
    half = data.training()[:4]
    for name in ("majority", "random", "retrieval", "blind"):
        whole = baseline(name, data).describe().fingerprint
        part = create_adapter(f"baseline:{name}", AdapterContext("t", "vqa", "d", lambda: half)).describe()
        assert part.fingerprint != whole


@pytest.mark.parametrize("name", ["majority", "random", "retrieval", "blind"])
def test_without_training_questions_there_is_a_clear_error(name):
    with pytest.raises(DataError, match="needs training questions"):
        create_adapter(f"baseline:{name}", AdapterContext("t", "vqa", "vqa-rad"))


def test_retrieval_without_any_training_image_names_the_baseline_that_needs_none(tmp_path):
    root = write_slake(tmp_path, [slake_row(1)], [slake_row(2, image=2)], images=False)
    data = SlakeTask().load(TaskOptions(root))
    with pytest.raises(DataError, match="no readable image among the 1") as caught:
        create_adapter("baseline:retrieval", AdapterContext("slake", "vqa", "slake", data.training))
    assert "baseline:blind --task slake" in str(caught.value)


def test_answers_carry_every_field_that_the_gold_has():
    boxes = (Box(0, 0, 1, 1, "heart"),)
    golds = [
        Reference("1", answer="mild", text="It is mild.", regions=("heart",), severity="mild", labels={"Edema": 1}),
        Reference("2", answer="mild", text="It is mild.", regions=("heart",), severity="mild", labels={"Edema": 0}),
        Reference("3", answer="none", text="None.", regions=(), severity="none", labels={"Edema": -1}, boxes=boxes),
    ]
    examples = [Example(Request(item.id, "vqa", (), "", "how", question="How?"), item, item.id) for item in golds]
    context = AdapterContext("t", "vqa", "d", lambda: examples)
    for name in ("majority", "blind"):
        (made,) = create_adapter(f"baseline:{name}", context).predict([examples[0].request])
        assert (made.answer, made.text, made.regions, made.severity) == ("mild", "It is mild.", ("heart",), "mild")
        assert made.label_probabilities == {"Edema": 0.5}
        assert made.boxes is None
        assert made.confidence == pytest.approx(2 / 3)
    drawn = create_adapter("baseline:random", context)
    many = drawn.predict([replace(examples[0].request, id=str(n)) for n in range(40)])
    assert {item.boxes for item in many} == {None, boxes}
    assert {item.confidence for item in many} == {None}


def test_the_text_of_a_consensus_belongs_to_its_answer():
    golds = [
        Reference(str(n), answer=a, text=t)
        for n, (a, t) in enumerate([("yes", "A"), ("yes", "B"), ("no", "C"), ("no", "C"), ("yes", "B")])
    ]
    assert consensus(golds)["answer"] == "yes"
    assert consensus(golds)["text"] == "B"


def test_spellings_of_one_answer_are_counted_together():
    golds = [Reference(str(n), answer=text) for n, text in enumerate(["No", "Yes", "yes", "YES ", "No"])]
    found = consensus(golds)
    assert (found["answer"], found["confidence"]) == ("Yes", 0.6)


def brute_nearest(texts, query, among):
    """The definition: cosine of tf-idf vectors, spelt out."""
    bags = [text.lower().split() for text in texts]
    vocabulary = sorted({word for bag in bags for word in bag})
    idf = {w: np.log((1 + len(bags)) / (1 + sum(w in bag for bag in bags))) + 1 for w in vocabulary}

    def vector(bag):
        return np.array([bag.count(word) * idf[word] for word in vocabulary], float)

    wanted = vector(query.lower().split())
    cosines = np.zeros(len(texts))
    for row in among:
        own = vector(bags[row])
        cosines[row] = own @ wanted / np.linalg.norm(own) if bags[row] else 0.0
    best = cosines.max(initial=0)
    return set(np.flatnonzero(cosines >= best * (1 - 1e-9)).tolist()) if best > 0 else set()


WORDS = st.lists(st.sampled_from(["is", "there", "a", "mass", "the", "heart", "where", "left"]), max_size=6).map(
    " ".join
)


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=8), WORDS, st.data())
def test_nearest_wordings_are_those_of_the_definition(texts, query, draw):
    among = draw.draw(st.none() | st.sets(st.integers(0, len(texts) - 1), min_size=1))
    rows = None if among is None else np.array(sorted(among))
    found = Wordings(texts).nearest(query, rows)
    assert set(found.tolist()) == brute_nearest(texts, query, range(len(texts)) if among is None else among)
