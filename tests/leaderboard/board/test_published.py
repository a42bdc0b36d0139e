"""The bundled published numbers: complete, sourced, on the scale of the scores they stand for."""

import re

from cxrbench.leaderboard.board.published import published_for


def test_iu_xray_has_published_numbers_and_other_tasks_have_none():
    assert published_for("iu-report", "iu-xray") is not None
    assert published_for("iu-report", "iu-xray-phantom") is None
    assert published_for("vqa-rad", "vqa-rad") is None


def test_every_number_has_a_source_a_venue_and_a_split():
    found = published_for("iu-report", "iu-xray")
    for entry in found.entries:
        assert entry.read_in
        assert all(source.title for source in entry.read_in)
        assert re.search(r"20\d\d", entry.venue)
        assert entry.split
        assert entry.kind in ("paper", "rerun")
        assert entry.kind == "paper" or entry.note or entry.split == "not stated"


def test_scores_are_shares_but_for_cider():
    for entry in published_for("iu-report", "iu-xray").entries:
        assert entry.scores
        for score, value in entry.scores.items():
            assert 0 < value < (10 if score == "cider" else 1)
        bleu = [entry.scores[name] for name in ("bleu_1", "bleu_2", "bleu_3", "bleu_4") if name in entry.scores]
        assert bleu == sorted(bleu, reverse=True)


def test_the_anchor_of_the_field_is_as_printed():
    (r2gen,) = (
        entry for entry in published_for("iu-report", "iu-xray").entries if entry.paper and entry.model == "R2Gen"
    )
    assert r2gen.scores["bleu_4"] == 0.165
    assert r2gen.venue == "EMNLP 2020"
