"""cxrbench export"""

from __future__ import annotations

from pathlib import Path

import click

from cxrbench.cli import options as opt


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--public", is_flag=True, required=True, help="Required: says that the copy is meant for others.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder for the copy.")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    envvar="CXRBENCH_EXPORT_KEY",
    help="File with the key of the pseudonyms; made on first use. Default: export.key in the user's cache folder.",
)
@opt.json_option
def command(run: Path, public: bool, out: Path, key: Path | None, as_json: bool) -> None:
    """Copy a run without texts, films, ids, paths and small strata, so that it may be shown to others.

    The copy is a run folder: leaderboards, tables and comparisons work on it. Read removed.json, and what is left,
    before you pass it on: whether your data agreement allows that is not for this program to say.
    """
    from cxrbench.core import jsonio
    from cxrbench.core.exporting import export_run, read_key
    from cxrbench.datasets.phantom.cache import default_cache_dir

    said = export_run(run, out, read_key(key or default_cache_dir() / "export.key"))
    if as_json:
        click.echo(jsonio.dumps(said, indent=2))
        return
    click.echo(f"{out}: a public copy. Removed or replaced:")
    for what, count in said["removed"].items():
        if count:
            click.echo(f"  {count:>7,}  {what}")
    if said["not_copied"]:
        click.echo(f"  not copied: {', '.join(said['not_copied'])}")
    click.echo("Ids are keyed hashes. Read the copy before you pass it on.")
