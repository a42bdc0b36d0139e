"""Names to things, loaded only when asked for.

Built-in names map to "module:attribute" strings, so that listing them imports nothing. A third party adds
names by entry points (`cxrbench.adapters`, `.tasks`, `.metrics`), or uses "module:Name" directly.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cxrbench.core.errors import UnknownNameError, UsageError


@dataclass
class Registry:
    """One kind of named thing.

    Attributes:
        kind: For messages, for example "task".
        group: The entry-point group.
        builtin: Name -> "module:attribute".
        summaries: Name -> one line for `cxrbench list`.
    """

    kind: str
    group: str
    builtin: Mapping[str, str]
    summaries: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Built-in names in their order, then those of installed plug-ins."""
        return [*self.builtin, *sorted(name for name in self._plugins() if name not in self.builtin)]

    def load(self, name: str, *, where: str | None = None) -> Any:
        """The object behind a registered name or a "module:Name".

        Raises:
            UnknownNameError: Neither registered nor importable as module:Name.
            UsageError: The module or attribute that the name points to cannot be imported.
        """
        if name in self.builtin:
            return import_object(self.builtin[name])
        plugins = self._plugins()
        if name in plugins:
            return import_object(plugins[name])
        module, separator, attribute = name.partition(":")
        if separator and attribute.isidentifier() and all(part.isidentifier() for part in module.split(".")):
            return import_object(name)
        raise UnknownNameError(
            self.kind,
            name,
            self.names(),
            where=where,
            hint=f"cxrbench list {self.kind}s, or module:Name for your own",
        )

    def _plugins(self) -> dict[str, str]:
        from importlib.metadata import entry_points

        return {point.name: point.value for point in entry_points(group=self.group)}


def import_object(target: str) -> Any:
    """The attribute that "module:attribute" names.

    Raises:
        UsageError: The module cannot be imported, or has no such attribute.
    """
    module_name, _, attribute = target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name == error.name or module_name.startswith(error.name + ".")):
            raise
        raise UsageError(
            f"cannot import module {module_name!r}",
            where=target,
            hint="install it, or add its folder to PYTHONPATH",
        ) from None
    if not hasattr(module, attribute):
        public = [name for name in vars(module) if not name.startswith("_")]
        raise UnknownNameError(f"name in module {module_name}", attribute, public, where=target)
    return getattr(module, attribute)


TASKS = Registry(
    "task",
    "cxrbench.tasks",
    {
        "iu-report": "cxrbench.tasks.iu_report:IuReport",
        "mimic-report": "cxrbench.tasks.mimic_report:MimicReport",
        "mimic-qba": "cxrbench.tasks.mimic_qba:MimicQba",
        "vqa-rad": "cxrbench.tasks.vqa_rad:VqaRadTask",
        "slake": "cxrbench.tasks.slake:SlakeTask",
    },
    {
        "iu-report": "report generation on IU X-ray (Open-i), findings and impression from the frontal film",
        "mimic-report": "report generation on MIMIC-CXR, findings and impression from the frontal film (restricted)",
        "mimic-qba": "questions of MIMIC-Ext-CXR-QBA on the frontal film; test:A for grade A and better (restricted)",
        "vqa-rad": "zero-shot questions on VQA-RAD: chest films of the official test split; all:test for every organ",
        "slake": "zero-shot questions on the English part of SLAKE: chest X-rays of the test split; all:test for all",
    },
)
METRICS = Registry("metric", "cxrbench.metrics", {})
"""Metric families of third parties: callables `(protocol) -> Metric`. The built-in ones belong to their tasks."""
ADAPTERS = Registry(
    "model",
    "cxrbench.adapters",
    {
        "chexquery": "cxrbench.adapters.chexquery:create",
        "file": "cxrbench.adapters.file:create",
        "exec": "cxrbench.adapters.program:create",
        "hf": "cxrbench.adapters.huggingface:create",
        "openai": "cxrbench.adapters.openai_server:create",
        "baseline": "cxrbench.adapters.baseline:create",
    },
    {
        "chexquery": "the bundled reference model CheXQuery-MedVLM; chexquery:PATH_OR_HUB_ID for another checkpoint",
        "file": "file:PREDICTIONS, a JSONL or CSV file that any system wrote",
        "hf": "hf:REPO_OR_PATH, any Hugging Face image-text-to-text model (MedGemma, Qwen-VL, InternVL, LLaVA, ...)",
        "openai": "openai:MODEL, any OpenAI-compatible server (--base-url): vLLM, SGLang, Ollama, llama.cpp, ...",
        "exec": "exec:COMMAND, any program: requests as JSON lines on stdin, predictions on stdout",
        "baseline": "baseline:empty | constant | majority | random | retrieval | blind: floors for any real model",
    },
)
