"""cxrbench score"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.cli.progress import StderrReporter
from cxrbench.core.errors import UsageError

_PATH = click.Path(path_type=Path)


@click.command("score")
@click.option("--predictions", required=True, type=_PATH, help="JSONL or CSV with id and text (or answer).")
@click.option("--task", envvar="CXRBENCH_TASK", help="Task whose references to score against.")
@click.option("--references", type=_PATH, help="Instead of a task: JSONL or CSV with id and text.")
@opt.data_root_option
@opt.data_agreement_option
@click.option("--split", default="test", envvar="CXRBENCH_SPLIT", show_default=True)
@click.option("--limit", type=int, help="Only N examples, drawn by a seeded hash.")
@opt.scoring_options
@click.option("--id-column", default="id", show_default=True)
@click.option("--text-column", default="text", show_default=True)
@opt.seed_option
@opt.json_option
@opt.config_option
def command(predictions: Path, task: str | None, references: Path | None, as_json: bool, **given: Any) -> Any:
    """Score predictions that already exist, from any system, under one or several protocols."""
    if (task is None) == (references is None):
        raise UsageError(
            "name either a task or a file of references",
            where="--task, --references",
            valid="exactly one of the two",
            hint="cxrbench score --predictions mine.csv --task iu-report",
        )
    from cxrbench.cli.show_results import print_scores
    from cxrbench.core.config import RunConfig
    from cxrbench.core.rescoring import score
    from cxrbench.tasks.plain_texts import PlainTexts

    columns = {"id_column": given["id_column"], "text_column": given["text_column"]}
    config = RunConfig(
        model=f"file:{predictions}",
        task=task or "texts",
        data_root=given["data_root"],
        split=given["split"],
        limit=given["limit"],
        protocols=given["protocols"],
        metrics=opt.comma_separated(given["metrics"]),
        seed=given["seed"],
        resamples=given["resamples"],
        options=columns,
        metric_options=opt.parse_options(given["metric_options"]),
        data_agreement=given["data_agreement"],
        allow_hosts=tuple(given["allow_hosts"]),
    )
    texts = None if references is None else PlainTexts(references, **columns)
    results = score(config, references=texts, reporter=StderrReporter())
    print_scores(results, as_json=as_json)
    return exit_with(0 if all(item.complete for item in results.values()) else 1)
