"""From a repository or folder to model and processor: never unpickling, running foreign code only when told to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.adapters.recipes.recipe import Recipe
from cxrbench.core import jsonio
from cxrbench.core.errors import UsageError, WeightsError

_EDGE = 1 << 20


@dataclass(frozen=True)
class Source:
    """Where a model comes from.

    Attributes:
        path: A folder, or the name of a hub repository.
        revision: Branch, tag or commit of a repository; None for its default.
        peft: Folder or repository of a PEFT adapter on top of it.
        trust_remote_code: Whether code that the repository brings may run.
        download: Whether what is not in the local cache may be fetched from the hub.
    """

    path: str
    revision: str | None = None
    peft: str | None = None
    trust_remote_code: bool = False
    download: bool = False

    @property
    def folder(self) -> Path | None:
        """The folder, where the path is one."""
        found = Path(self.path).expanduser()
        return found if found.is_dir() else None


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to generate, with its processor and the device of its inputs."""

    model: Any
    processor: Any
    device: Any
    fingerprint: str


def load(source: Source, recipe: Recipe, device: str | None) -> Loaded:
    """Load processor and model; bfloat16 on a GPU, float32 on the CPU.

    Args:
        device: None for a GPU where there is one (all of them: the layers are spread by accelerate), else the CPU.

    Raises:
        WeightsError: Not there, truncated, of an unknown architecture, or pickled.
        UsageError: The repository brings code of its own and the user did not allow it to run.
    """
    import torch
    import transformers

    classes = {
        "image-text-to-text": transformers.AutoModelForImageTextToText,
        "causal-lm": transformers.AutoModelForCausalLM,
    }
    common = {
        "revision": source.revision,
        "trust_remote_code": source.trust_remote_code,
        "local_files_only": source.folder is not None or not source.download,
    }
    gpu = (device is None and torch.cuda.is_available()) or (device or "").startswith("cuda")
    placing: dict[str, Any] = {"device_map": "auto"} if gpu and device is None else {}
    path = str(source.folder or source.path)
    try:
        processor = transformers.AutoProcessor.from_pretrained(path, **common)
        model = classes[recipe.model_class].from_pretrained(
            path, dtype=torch.bfloat16 if gpu else torch.float32, use_safetensors=True, **placing, **common
        )
        if source.peft is not None:
            from peft import PeftModel

            model = PeftModel.from_pretrained(
                model, source.peft, local_files_only=not source.download, use_safetensors=True
            )
    except Exception as error:
        raise _explained(error, source) from error
    if not placing:
        model = model.to(device or "cpu")
    return Loaded(model.eval(), processor, model.device, _fingerprint(source, model))


def _explained(error: Exception, source: Source) -> UsageError | WeightsError:
    said = " ".join(str(error).split())[:300]
    if "trust_remote_code" in said:
        return UsageError(
            f"{source.path} brings code of its own",
            where="--model hf:",
            hint="read that code; if you trust it, repeat with -o trust_remote_code=true",
        )
    if isinstance(error, OSError) and source.folder is None and not source.download:
        return WeightsError(
            f"{source.path} is no folder, and not in the local Hugging Face cache ({type(error).__name__})",
            where="--model hf:",
            hint="name a folder, or let it be fetched with -o download=true",
        )
    return WeightsError(
        f"{source.path} cannot be loaded: {type(error).__name__}: {said}",
        where="--model hf:",
        valid="safetensors weights of an architecture that transformers knows, with processor files",
    )


def _fingerprint(source: Source, model: Any) -> str:
    """The commit of a repository; of a folder, sizes and both ends of every file: weights may be gigabytes."""
    commit = getattr(model.config, "_commit_hash", None)
    parts: list[Any] = [source.path if commit else "", commit]
    for folder in (source.folder, None if source.peft is None else Path(source.peft)):
        if folder is not None and folder.is_dir() and not (folder is source.folder and commit):
            parts.append([_ends(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()])
    return jsonio.digest([*parts, source.peft])


def _ends(path: Path, folder: Path) -> list[Any]:
    size = path.stat().st_size
    with path.open("rb") as file:
        digest = hashlib.sha256(file.read(_EDGE))
        if size > _EDGE:
            file.seek(-min(_EDGE, size), 2)
            digest.update(file.read())
    return [str(path.relative_to(folder)), size, digest.hexdigest()]
