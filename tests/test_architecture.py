"""The shape of the code: floors, file sizes, cheap imports, the public API."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cxrbench

PACKAGE = Path(cxrbench.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# core holds two floors: the vocabulary at the bottom, and what drives a run near the top.
DRIVERS = (
    "runner",
    "executors",
    "predicting",
    "measuring",
    "sharded_scoring",
    "rescoring",
    "scoring",
    "checkup",
    "planning",
    "preparing",
    "comparing",
    "dry_run",
    "example_values",
    "flips",
    "paired_runs",
    "run_statistics",
    "shared_examples",
)
FLOORS = {
    "core": 0,
    "metrics": 1,
    "datasets": 1,
    "statistics": 2,
    "tasks": 3,
    "adapters": 3,
    "reference_models": 3,
    "drivers": 4,
    "leaderboard": 5,
    "cli": 6,
}


def room(module: str) -> str:
    parts = module.split(".")
    if len(parts) < 2 or parts[1] not in FLOORS:
        return "core"
    if parts[1] == "core" and len(parts) > 2 and parts[2] in DRIVERS:
        return "drivers"
    return parts[1]


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("cxrbench."):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.startswith("cxrbench.")}
    return found


def name_of(path: Path) -> str:
    return ".".join(("cxrbench", *path.relative_to(PACKAGE).with_suffix("").parts))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_imports_upward(path):
    if path == PACKAGE / "__init__.py":
        return
    own = room(name_of(path))
    for module in imports(path):
        assert FLOORS[room(module)] <= FLOORS[own], f"{name_of(path)} imports {module} from a higher floor"


def test_metrics_and_adapters_do_not_know_each_other():
    for path in FILES:
        own = room(name_of(path))
        if own in ("metrics", "adapters"):
            other = {"metrics": "adapters", "adapters": "metrics"}[own]
            assert not any(room(module) == other for module in imports(path)), name_of(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_has_at_most_four_hundred_lines(path):
    assert len(path.read_text().splitlines()) <= 400


def test_the_median_file_is_short():
    sizes = sorted(len(path.read_text().splitlines()) for path in FILES if path.stat().st_size)
    assert sizes[len(sizes) // 2] <= 150


HEAVY = ("torch", "transformers", "pandas", "spacy", "matplotlib", "scipy", "sklearn", "PIL", "numpy")


def heavy_after(code: str) -> list[str]:
    script = f"import sys\n{code}\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()


def test_help_imports_nothing_heavy():
    assert (
        heavy_after(
            "from click.testing import CliRunner\nfrom cxrbench.cli.main import cli\n"
            "assert CliRunner().invoke(cli, ['--help']).exit_code == 0"
        )
        == []
    )


@pytest.mark.parametrize("command", ["run", "score", "compare", "plan", "train", "data", "list", "label"])
def test_the_help_of_a_command_imports_nothing_heavy(command):
    code = (
        "from click.testing import CliRunner\nfrom cxrbench.cli.main import cli\n"
        f"assert CliRunner().invoke(cli, [{command!r}, '--help']).exit_code == 0"
    )
    assert not set(heavy_after(code)) - {"numpy"}


def test_importing_the_package_imports_nothing_heavy():
    assert heavy_after("import cxrbench") == []


def test_every_public_name_exists_and_the_list_is_sorted():
    assert cxrbench.__all__ == sorted(cxrbench.__all__)
    for name in cxrbench.__all__:
        assert getattr(cxrbench, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        _ = cxrbench.absent
