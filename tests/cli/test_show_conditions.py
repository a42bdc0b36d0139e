from cxrbench.cli.show_results import print_results
from cxrbench.core.results import Results


def score(value, reason=None):
    found = {"value": value, "ci95": None, "n": 4, "direction": "higher", "signature": "x"}
    return found if reason is None else {**found, "reason": reason}


def results(scores):
    return Results(
        {
            "model": "m",
            "task": "t",
            "split": "s",
            "protocol": "cxrbench",
            "n": 4,
            "status_counts": {"ok": 4},
            "complete": True,
            "sections_cut": None,
            "partial": False,
            "phantom": False,
            "resamples": 100,
            "scores": scores,
            "strata": {},
        }
    )


def test_nulls_of_single_conditions_are_counted_instead_of_listed(capsys):
    nulls = {f"auroc/Condition {n}": score(None, "no probabilities") for n in range(14)}
    print_results(results({"exact_match": score(0.5), "auroc/Edema": score(0.75), **nulls}))
    shown = capsys.readouterr().out
    assert "Per condition" in shown
    assert "auroc/Edema" in shown
    assert "Condition 3" not in shown
    assert "14 scores of single conditions are null" in shown


def test_nothing_is_said_of_conditions_where_none_is_null(capsys):
    print_results(results({"exact_match": score(0.5), "auroc/Edema": score(0.75)}))
    assert "null" not in capsys.readouterr().out
