"""Options that several commands share, and the YAML file below them in precedence.

Precedence: flag, CXRBENCH_* variable, YAML file (--config), default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from cxrbench.core.errors import UnknownNameError, UsageError

Command = TypeVar("Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)


def _load_config(context: click.Context, _: click.Parameter, value: Path | None) -> Path | None:
    if value is None:
        return None
    import yaml

    try:
        content = yaml.safe_load(value.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise UsageError(f"configuration file not found: {value}", where="--config") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"the configuration cannot be read: {error}", where=str(value)) from None
    if not isinstance(content, dict):
        raise UsageError(
            f"expected a mapping, got {type(content).__name__}", where=str(value), valid="model: chexquery"
        )
    known = {item.name: item for item in context.command.params if item.name and isinstance(item, click.Option)}
    defaults = {}
    for key, setting in content.items():
        name = str(key).replace("-", "_")
        if name not in known:
            raise UnknownNameError("setting", str(key), sorted(known), where=str(value))
        defaults[name] = setting
    context.default_map = {**(context.default_map or {}), **defaults}
    return value


def config_option(command: Command) -> Command:
    return click.option(
        "--config",
        type=_PATH,
        envvar="CXRBENCH_CONFIG",
        is_eager=True,
        callback=_load_config,
        help="YAML file with settings of this command, below flags and CXRBENCH_* variables.",
    )(command)


def data_root_option(command: Command) -> Command:
    return click.option(
        "--data-root",
        type=_PATH,
        envvar="CXRBENCH_DATA",
        help="Folder of the real data set. Without it the task runs on a drawn phantom.",
    )(command)


def data_agreement_option(command: Command) -> Command:
    """--data-agreement, --allow-host."""
    command = click.option(
        "--allow-host",
        "allow_hosts",
        multiple=True,
        envvar="CXRBENCH_ALLOW_HOSTS",
        help="A machine that restricted data may be sent to under that agreement; repeatable.",
    )(command)
    return click.option(
        "--data-agreement",
        metavar="TEXT",
        help="The agreement under which restricted data may be sent to a remote model; recorded in run.json.",
    )(command)


def device_option(command: Command) -> Command:
    return click.option("--device", envvar="CXRBENCH_DEVICE", help="cpu, cuda, cuda:1, ... (default: chosen).")(
        command
    )


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")(command)


def seed_option(command: Command) -> Command:
    return click.option("--seed", type=int, default=0, envvar="CXRBENCH_SEED", show_default=True)(command)


def scoring_options(command: Command) -> Command:
    """--protocol, --metrics, --metric-option, --resamples."""
    command = click.option(
        "-m",
        "--metric-option",
        "metric_options",
        multiple=True,
        metavar="KEY=VALUE",
        help="Option of the metrics, for example -m uncertain=negative, -m chexbert=WEIGHTS.",
    )(command)
    command = click.option(
        "--resamples",
        type=int,
        default=10_000,
        envvar="CXRBENCH_RESAMPLES",
        show_default=True,
        help="Bootstrap resamples.",
    )(command)
    command = click.option("--metrics", help="Comma-separated metric families; default all (cxrbench list metrics).")(
        command
    )
    return click.option(
        "--protocol",
        "protocols",
        multiple=True,
        envvar="CXRBENCH_PROTOCOL",
        help="How texts are prepared before scoring; repeat for several (cxrbench list protocols).",
    )(command)


def task_options(command: Command) -> Command:
    """--split, --limit, --inputs, --control."""
    command = click.option(
        "--control",
        type=click.Choice(["shuffled", "blank"]),
        help="Show the model films of other patients, or empty ones: does it look at the image?",
    )(command)
    command = click.option(
        "--inputs",
        default="frontal",
        envvar="CXRBENCH_INPUTS",
        show_default=True,
        help="Comma-separated: what the model may see.",
    )(command)
    command = click.option("--limit", type=int, help="Only N examples, drawn by a seeded hash; cannot be ranked.")(
        command
    )
    return click.option("--split", default="test", envvar="CXRBENCH_SPLIT", show_default=True)(command)


def model_options(command: Command) -> Command:
    """--model, --base-url, --max-cost, --batch-size, --executor, --workers, --ray-address, --batch-timeout, -o."""
    command = click.option(
        "--max-cost",
        type=float,
        metavar="DOLLARS",
        help="Send nothing more once so much is spent (openai:, with -o price_in and -o price_out).",
    )(command)
    command = click.option(
        "--base-url",
        envvar="CXRBENCH_BASE_URL",
        help="Address of the server of openai:, for example http://localhost:8000/v1.",
    )(command)
    command = click.option(
        "-o",
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        help="Option of the model's adapter, for example -o num_beams=1.",
    )(command)
    command = click.option(
        "--batch-timeout",
        type=float,
        metavar="SECONDS",
        help="End a worker that has not answered a batch after so long (ray); default: never.",
    )(command)
    command = click.option(
        "--ray-address",
        metavar="ADDRESS",
        help="Ray cluster to use: auto, HOST:PORT (default: RAY_ADDRESS, else a local one that ends with the run).",
    )(command)
    command = click.option(
        "--workers",
        type=int,
        envvar="CXRBENCH_WORKERS",
        help="ray: replicas of the model (default: one for each GPU, else each processor); "
        "local: processes that score (default: 1).",
    )(command)
    command = click.option(
        "--executor",
        type=click.Choice(["local", "ray"]),
        default="local",
        envvar="CXRBENCH_EXECUTOR",
        show_default=True,
        help="Where the model runs: in this process, or in workers.",
    )(command)
    command = click.option(
        "--batch-size", default="auto", envvar="CXRBENCH_BATCH_SIZE", show_default=True, help="A number, or auto."
    )(command)
    return click.option(
        "--model", required=True, envvar="CXRBENCH_MODEL", help="A model spec (cxrbench list models)."
    )(command)


def comma_separated(text: str | None) -> tuple[str, ...]:
    """The items of a comma-separated option."""
    return tuple(item.strip() for item in (text or "").split(",") if item.strip())


def parse_batch_size(text: str) -> int | None:
    """A positive number; None for "auto".

    Raises:
        UsageError: Anything else.
    """
    if text == "auto":
        return None
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"batch size {text!r}", where="--batch-size", valid="a number, or auto") from None


def parse_options(items: tuple[str, ...]) -> dict[str, Any]:
    """KEY=VALUE pairs; values are read as YAML scalars (numbers, true, false, text).

    Raises:
        UsageError: No "=", or a key given twice.
    """
    import yaml

    parsed: dict[str, Any] = {}
    for item in items:
        key, separator, value = item.partition("=")
        key = key.strip().replace("-", "_")
        if not separator or not key:
            raise UsageError(f"{item!r} is not KEY=VALUE", where="-o, -m", valid="-o num_beams=1")
        if key in parsed:
            raise UsageError(f"option {key} given twice", where="-o, -m")
        try:
            parsed[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            parsed[key] = value
    return parsed


def adapter_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the adapter: -o, and the flags that stand for one.

    Raises:
        UsageError: An option that is no KEY=VALUE, or given twice.
    """
    options = parse_options(given["options"])
    for name in ("base_url", "max_cost"):
        if given.get(name) is not None:
            if name in options:
                raise UsageError(f"option {name} given twice", where=f"-o, --{name.replace('_', '-')}")
            options[name] = given[name]
    return options


def origins(context: click.Context) -> dict[str, str]:
    """Parameter -> where its value comes from: flag, variable, file or default."""
    words = {
        ParameterSource.COMMANDLINE: "flag",
        ParameterSource.ENVIRONMENT: "variable",
        ParameterSource.DEFAULT_MAP: "file",
        ParameterSource.DEFAULT: "default",
        ParameterSource.PROMPT: "prompt",
    }
    found = {name: context.get_parameter_source(name) for name in context.params}
    return {name: words[source] for name, source in found.items() if source is not None}
