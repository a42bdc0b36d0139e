import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vqa_folder import rad_row, write_images, write_rad

from cxrbench.core.errors import DataError
from cxrbench.datasets.vqa_rad import read_vqa_rad


def read(root, rows, **options):
    return read_vqa_rad(write_rad(root, rows, **options))


def only(root, **fields):
    (found,) = read(root, [rad_row(1, **fields)]).questions
    return found


def test_ids_are_text_whether_the_file_has_numbers_or_a_string(tmp_path):
    assert [item.id for item in read(tmp_path, [rad_row("0"), rad_row(17)]).questions] == ["0", "17"]


@pytest.mark.parametrize(
    ("stored", "read_as"), [(4, "4"), ("Yes\t", "Yes"), (" both ", "both"), (2.0, "2"), ("1.5", "1.5")]
)
def test_answers_are_text_without_surrounding_blanks(tmp_path, stored, read_as):
    assert only(tmp_path, answer=stored).answer == read_as


@pytest.mark.parametrize(
    ("stored", "closed"), [("CLOSED ", True), ("OPEN", False), ("closed", True), ("maybe", None), (None, None)]
)
def test_a_question_is_closed_open_or_neither(tmp_path, stored, closed):
    assert only(tmp_path, answer_type=stored).closed is closed


def test_the_word_null_and_missing_fields_mean_nothing(tmp_path):
    found = only(tmp_path, qid_linked_id="NULL", evaluation=None, question_rephrase=None, answer="NULL")
    assert (found.linked_id, found.evaluation, found.answer) == (None, None, None)


@pytest.mark.parametrize(
    ("stored", "types"),
    [
        ("POS, PRES", ("POS", "PRES")),
        ("Other", ("OTHER",)),
        ("PRSE", ("PRES",)),
        ("ATRIB, SIZE", ("ATTRIB", "SIZE")),
        ("NULL", ()),
    ],
)
def test_question_types_are_a_list_of_heads_with_the_two_known_misspellings_corrected(tmp_path, stored, types):
    assert only(tmp_path, question_type=stored).types == types


@pytest.mark.parametrize(
    ("stored", "phrase", "test"),
    [
        ("freeform", "freeform", False),
        ("para", "para", False),
        ("test_freeform", "freeform", True),
        ("test_para", "para", True),
        ("Test_paraphrase", "para", True),
        ("something", None, None),
        (None, None, None),
    ],
)
def test_the_official_test_split_are_the_phrase_types_that_start_with_test(tmp_path, stored, phrase, test):
    data = read(tmp_path, [rad_row(1, phrase_type=stored)])
    assert (data.questions[0].phrase, data.questions[0].test) == (phrase, test)
    assert data.unknown_phrase_types == (("1",) if test is None else ())


def test_images_are_matched_by_stem_and_missing_and_unused_ones_are_listed(tmp_path):
    root = write_rad(tmp_path, [rad_row(1, "synpic1.jpg"), rad_row(2, "synpic2.jpg")], images=False)
    write_images(root / "VQA_RAD Image Folder", ["synpic1.png", "synpic9.jpg"])
    data = read_vqa_rad(root)
    assert data.questions[0].image.name == "synpic1.png"
    assert data.missing_images == ("synpic2.jpg",)
    assert data.unused_images == ("synpic9.jpg",)
    assert not data.questions[1].image.exists()


@pytest.mark.parametrize("folder", ["VQA_RAD Image Folder", "VQA_RAD_Image_Folder", "images", ""])
def test_the_image_folder_may_have_the_names_it_circulates_under(tmp_path, folder):
    assert not read(tmp_path, [rad_row(1)], folder=folder).missing_images


def test_the_data_set_is_found_inside_a_folder_of_data_sets(tmp_path):
    write_rad(tmp_path / "vqa-rad", [rad_row(1)])
    assert len(read_vqa_rad(tmp_path).questions) == 1


def test_the_form_of_mevf_is_read_with_unique_ids_for_the_rephrasings(tmp_path):
    fields = {"phrase_type": "freeform", "qid_linked_id": None, "evaluation": None, "image_case_url": None}
    train = [rad_row(5, **fields), rad_row(5, question="Effusion?", **fields), rad_row(6, **fields)]
    (tmp_path / "trainset.json").write_text(json.dumps(train))
    (tmp_path / "testset.json").write_text(json.dumps([rad_row(7, **fields)]))
    write_images(tmp_path / "images", ["synpic1.jpg"])
    data = read_vqa_rad(tmp_path)
    assert data.variant == "mevf"
    assert [(item.id, item.test) for item in data.questions] == [
        ("5", False),
        ("5.2", False),
        ("6", False),
        ("7", True),
    ]
    assert not data.missing_images


def test_the_fingerprint_changes_with_an_answer_and_with_the_images(tmp_path):
    first = read(tmp_path / "a", [rad_row(1)]).fingerprint
    assert read(tmp_path / "b", [rad_row(1)]).fingerprint == first
    assert read(tmp_path / "c", [rad_row(1, answer="No")]).fingerprint != first
    assert read(tmp_path / "d", [rad_row(1)], images=False).fingerprint != first


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"question": None}, "no question"),
        ({"image_name": None}, "no image_name"),
        ({"qid": None}, "no qid"),
        ({"answer": ["Yes"]}, "answer must be text"),
        ({"answer": True}, "answer must be text"),
        ({"answer": float("nan")}, "answer must be text"),
        ({"question": "\ud800"}, "no valid Unicode"),
        ({"image_name": "../synpic1.jpg"}, "no file name"),
        ({"image_name": "x" * 300}, "no file name"),
    ],
)
def test_damaged_rows_are_refused_and_named(tmp_path, fields, said):
    rows = [rad_row(1), changed(2, fields), changed(3, fields)]
    with pytest.raises(DataError, match="2 of 3 entries") as caught:
        read(tmp_path, rows, images=False)
    assert "entry 1" in str(caught.value)
    assert said in str(caught.value)


def changed(qid, fields):
    return {key: value for key, value in {**rad_row(qid), **fields}.items() if value is not None}


def test_a_qid_that_occurs_twice_is_refused(tmp_path):
    with pytest.raises(DataError, match="1 qid more than once: 3"):
        read(tmp_path, [rad_row(3), rad_row("3"), rad_row(4)])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"[{", "no valid JSON"),
        (b'{"qid": 1}', "holds dict"),
        (b"[1, 2]", "entries that are no objects"),
        (b'[{"qid": "\xff"}]', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'[{"qid": ' + b"9" * 5000 + b"}]", "no valid JSON"),
    ],
)
def test_a_damaged_file_is_refused_with_its_name(tmp_path, content, said):
    (tmp_path / "VQA_RAD Dataset Public.json").write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read_vqa_rad(tmp_path)
    assert "VQA_RAD Dataset Public.json" in str(caught.value)


def test_a_byte_order_mark_is_no_damage(tmp_path):
    path = write_rad(tmp_path, [rad_row(1)]) / "VQA_RAD Dataset Public.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_vqa_rad(tmp_path).questions) == 1


def test_a_folder_without_the_data_set_says_what_was_looked_for(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DataError, match="notes.txt") as caught:
        read_vqa_rad(tmp_path)
    assert "VQA_RAD Dataset Public.json" in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(rad_row(1))), inner, max_size=14)
    ),
    max_leaves=20,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(
        st.builds(lambda fields: {**rad_row(1), **fields}, st.dictionaries(st.sampled_from(list(rad_row(1))), JSON))
        | JSON
    )
)
def test_no_content_causes_anything_but_a_documented_error(tmp_path, rows):
    (tmp_path / "VQA_RAD Dataset Public.json").write_text(json.dumps(rows))
    try:
        data = read_vqa_rad(tmp_path)
    except DataError:
        return
    assert len(data.questions) == len(rows)
