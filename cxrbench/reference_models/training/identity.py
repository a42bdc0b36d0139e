"""What makes two trainings the same: the resolved settings, and a refusal to resume with others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxrbench.core.errors import UsageError

TRAINING = "training.json"


def settings_hash(settings: Mapping[str, Any]) -> str:
    """SHA-256 of the settings in canonical JSON."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def open_training(out: Path, settings: Mapping[str, Any], *, resume: bool) -> None:
    """Claim a folder for a training, or check that the one to be resumed has the same settings.

    Args:
        settings: JSON-serialisable; everything that determines the resulting weights.

    Raises:
        UsageError: The folder is a file, already holds a training and `resume` is false, or the settings
            differ from those that the training was started with (the message lists the differing keys).
    """
    path = out / TRAINING
    if out.exists() and not out.is_dir():
        raise UsageError("the output folder is a file", where=str(out), hint="name a folder with --out")
    if not path.exists():
        if resume and out.exists() and any(out.iterdir()):
            raise UsageError("there is no training to resume", where=str(out), valid=f"a folder with {TRAINING}")
        out.mkdir(parents=True, exist_ok=True)
        content = {"hash": settings_hash(settings), "settings": settings}
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)
        return
    if not resume:
        raise UsageError(
            "the output folder already holds a training",
            where=str(out),
            hint="continue it with --resume, or name another --out",
        )
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["settings"]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"damaged settings file: {error}", where=str(path)) from error
    differing = differences(stored, json.loads(json.dumps(settings)))
    if differing:
        raise UsageError(
            "cannot resume with other settings:\n" + "\n".join(f"    {line}" for line in differing),
            where=str(path),
            valid="the settings that the training was started with",
            hint="repeat the first command with --resume, or start anew with --init-from and another --out",
        )


def differences(stored: Any, wanted: Any, prefix: str = "") -> list[str]:
    """The leaves in which two nested settings differ, as `key: stored -> wanted`."""
    if isinstance(stored, Mapping) and isinstance(wanted, Mapping):
        keys = [*stored, *(key for key in wanted if key not in stored)]
        return [
            line
            for key in keys
            for line in differences(
                stored.get(key, "(absent)"), wanted.get(key, "(absent)"), f"{prefix}.{key}" if prefix else str(key)
            )
        ]
    if isinstance(stored, list) and isinstance(wanted, list) and len(stored) == len(wanted):
        return [
            line
            for index, (old, new) in enumerate(zip(stored, wanted, strict=True))
            for line in differences(old, new, f"{prefix}[{index}]")
        ]
    return [] if stored == wanted else [f"{prefix}: {_short(stored)} -> {_short(wanted)}"]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
