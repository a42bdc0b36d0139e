"""Patients over time: what persists, improves, worsens and resolves."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.conditions import CONDITIONS, NO_FINDING
from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.course import CHRONIC, MOST_VISITS, Visit, visit_count, visits_of
from cxrbench.datasets.phantom.mimic.entities import ENTITIES
from cxrbench.datasets.phantom.mimic.identity import roster
from cxrbench.datasets.phantom.mimic.labels import labels_of
from cxrbench.datasets.phantom.mimic.story import tell_visit
from cxrbench.datasets.phantom.mimic.streams import Streams

seeds = st.integers(0, 2**20)


def life(patient: int, seed: int = 0, visits: int = 6) -> list[Visit]:
    return list(visits_of(Streams(seed, patient).of(streams.COURSE), visits))


@settings(max_examples=80, deadline=None)
@given(seeds)
def test_every_finding_of_a_visit_is_found_again_present_or_resolved_at_the_next(patient: int) -> None:
    visits = life(patient)
    assert visits[0].day == 0
    assert all(item.change == "" for item in visits[0].present)
    for before, after in itertools.pairwise(visits):
        assert after.day > before.day
        known = {item.key: item.finding for item in before.present}
        kept = {item.key: item for item in after.present if item.key in known}
        gone = {item.key: item.finding for item in after.resolved}
        assert kept.keys() | gone.keys() == known.keys()
        assert not kept.keys() & gone.keys()
        assert all(known[key] == finding for key, finding in gone.items())
        for key, item in kept.items():
            old, new = known[key], item.finding
            assert (old.condition, old.side, old.zone) == (new.condition, new.side, new.zone)
            if item.change == "improved" and old.condition != "Fracture":
                assert new.severity <= old.severity - 0.2
            elif item.change == "worsened":
                assert new.severity >= old.severity + 0.2
                assert new.severity <= 1
            elif item.change == "unchanged":
                assert new == old
        assert all(item.change == "new" for item in after.present if item.key not in known)


@settings(max_examples=80, deadline=None)
@given(seeds)
def test_no_condition_is_drawn_twice_and_chronic_findings_stay(patient: int) -> None:
    visits = life(patient)
    for visit in visits:
        drawn = [f.condition for f in visit.plan.findings if f.condition != "Support Devices"]
        assert len(drawn) == len(set(drawn))
        assert not any(item.finding.condition in CHRONIC for item in visit.resolved)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_reports_tell_every_finding_with_its_change_and_deny_nothing_that_is_there(patient: int) -> None:
    own = Streams(0, patient)
    for visit in life(patient):
        story = tell_visit(own, visit)
        told = {item.key: item for item in story.statements if item.polarity != "negative"}
        assert told.keys() == {item.key for item in visit.present}
        for item in visit.present:
            assert told[item.key].change == (item.change if story.compared else "")
            assert (told[item.key].polarity == "uncertain") == item.finding.hedged
        about = {number for sentence in story.sentences for number in sentence.about}
        assert about == set(range(len(story.statements))), "a statement that no sentence makes"
        drawn = visit.plan.conditions
        for item in story.statements:
            condition = ENTITIES[item.entity].condition
            if item.polarity == "negative" and item.change != "resolved" and condition not in ("", "Lung Lesion"):
                assert condition not in drawn or condition in ("Support Devices", "Pleural Other")
        text = " ".join(sentence.text for sentence in story.sentences)
        assert "{" not in text
        assert "  " not in text
        if not story.compared:
            for word in ("unchanged", "improved", "worse", "resol", "prior study", "again seen", "new "):
                assert word not in text.lower(), text


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_the_words_of_a_report_name_the_side_of_every_finding(patient: int) -> None:
    own = Streams(1, patient)
    for visit in life(patient, 1, 3):
        for statement in tell_visit(own, visit).statements:
            if statement.side in ("left", "right") and not statement.relation:
                words = f"{statement.name} {statement.summary} {' '.join(statement.regions)}".lower()
                other = {"left": "right", "right": "left"}[statement.side]
                assert statement.side in words or "lingula" in words
                assert other not in words.replace("right ventricle", "")


def test_the_embedded_labeler_reads_the_statements_out_of_the_reports() -> None:
    from cxrbench.metrics.labelers.base import get_labeler

    texts, told = [], []
    for patient in range(120):
        own = Streams(2, patient)
        for visit in life(patient, 2, 2):
            story = tell_visit(own, visit)
            texts.append(" ".join(s.text for s in story.sentences if s.section != "INDICATION"))
            told.append(labels_of(story.statements))
    read = get_labeler("rules").label(texts)
    pairs = [(own[name], other[name]) for own, other in zip(told, read) for name in CONDITIONS]
    assert sum(a == b for a, b in pairs) / len(pairs) > 0.99


def test_patients_have_three_and_a_half_visits_and_every_condition_occurs() -> None:
    counts = [visit_count(np.random.default_rng([4, n])) for n in range(4000)]
    assert 3.2 < np.mean(counts) < 3.7
    assert max(counts) == MOST_VISITS
    plans = [visit.plan for patient in range(400) for visit in life(patient, 5, 3)]
    for name in CONDITIONS:
        share = sum(name in plan.conditions for plan in plans) / len(plans)
        assert (0.2 < share < 0.45) if name == NO_FINDING else (0.03 < share < 0.3), (name, share)


def test_a_roster_has_exactly_the_studies_asked_for_and_a_larger_one_begins_with_the_same_patients() -> None:
    small, large = list(roster(3, 100)), list(roster(3, 500))
    assert sum(patient.visits for patient in small) == 100
    assert [p.subject_id for p in small] == [p.subject_id for p in large[: len(small)]]
    assert small[:-1] == large[: len(small) - 1]
    assert len({p.subject_id for p in large}) == len(large)
    ids = [p.study_id(visit) for p in large for visit in range(p.visits)]
    assert len(set(ids)) == 500
    assert all(90_000_000 <= number < 100_000_000 for number in [*ids, *(p.subject_id for p in large)])
    assert len({str(p.subject_id)[:2] for p in large}) == 10, "p90 to p99"
    tens = [sorted(p.split for p in large[start : start + 10]) for start in range(0, len(large) - 9, 10)]
    assert all(ten == ["test"] * 2 + ["train"] * 7 + ["validate"] for ten in tens)
