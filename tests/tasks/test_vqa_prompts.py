import pytest

from cxrbench.tasks.vqa_prompts import QUESTION_FAMILIES, question_family, vqa_choices, vqa_prompt


@pytest.mark.parametrize(
    ("question", "family"),
    [
        ("Is there a pneumothorax?", "yes_no"),
        ("IS there anything odd about the lungs?", "yes_no"),
        ("Are there apical or basal bullae?", "yes_no"),
        ("Can you see a mass or a nodule?", "yes_no"),
        ("Besides the mass, are there other lesions?", "yes_no"),
        ("Any shift of the trachea?", "yes_no"),
        ("Is/Are there nodules?", "yes_no"),
        ("Isn't the heart enlarged?", "yes_no"),
        ("Does the carina point left or right?", "choice"),
        ("Is this an abscess vs. a cavity?", "choice"),
        ("Which of the two is larger, aorta or trachea?", "choice"),
        ("Which hilum is higher,left or right?", "choice"),
        ("Where is the lesion?", "where"),
        ("Which lobe is affected?", "where"),
        ("On what side is the port?", "where"),
        ("In which part of the body is the mass?", "where"),
        ("How many ribs are broken?", "how"),
        ("How do you tell which side is right or left?", "how"),
        ("Describe the lung abnormalities.", "describe"),
        ("Can you describe the mass?", "describe"),
        ("Would you describe it as sharp?", "yes_no"),
        ("Can you name the device?", "what"),
        ("What is the modality?", "what"),
        ("The soft tissue density contains what?", "what"),
        ("", "what"),
    ],
)
def test_the_family_follows_from_the_words_of_the_question(question, family):
    assert question_family(question) == family


def test_only_yes_no_questions_have_choices():
    assert vqa_choices("yes_no") == ("yes", "no")
    assert {vqa_choices(family) for family in QUESTION_FAMILIES if family != "yes_no"} == {None}


@pytest.mark.parametrize("family", QUESTION_FAMILIES)
def test_a_prompt_holds_the_question_and_names_neither_organ_nor_modality(family):
    prompt = vqa_prompt("Q?", family)
    assert "Question: Q?" in prompt
    assert not {"chest", "x-ray", "ct", "mri", "lung"} & set(prompt.lower().replace(".", " ").split())


@pytest.mark.realdata
def test_yes_no_is_recognised_in_the_training_rows_it_was_written_from(real_data):
    from cxrbench.datasets.slake import read_slake
    from cxrbench.datasets.vqa_rad import read_vqa_rad

    rows = [row for row in read_vqa_rad(real_data).questions if row.test is False]
    rows += [row for row in read_slake(real_data).questions if row.split == "train"]
    told = [question_family(row.question) == "yes_no" for row in rows]
    gold = [(row.answer or "").strip().lower() in ("yes", "no") for row in rows]
    wrong = sum(one != other for one, other in zip(told, gold))
    assert wrong / len(rows) < 0.005
