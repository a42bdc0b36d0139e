"""The phantoms there are: one per on-disk format, each with a version and a writer of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, Final

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.datasets.phantom.info import GENERATOR_VERSION, IU_XRAY, PhantomInfo, files_fingerprint
from cxrbench.datasets.phantom.qba import writer as qba
from cxrbench.datasets.phantom.slake import writer as slake
from cxrbench.datasets.phantom.vqa_rad import writer as vqa_rad
from cxrbench.datasets.phantom.writer import DEFAULT_STUDIES


@dataclass(frozen=True, slots=True)
class PhantomKind:
    """A phantom.

    Attributes:
        dataset: The data set in whose format it is written.
        version: Of its generator; another version means other bytes.
        studies: How many by default: studies, or images for VQA-RAD and SLAKE.
        prefix: What its folders in the cache are called.
        writer: `module:function`, called with (root, studies=, seed=, workers=, progress=).
    """

    dataset: str
    version: str
    studies: int
    prefix: str
    writer: str

    def write(self, root: Path, **options: Any) -> PhantomInfo:
        """Write one; see the writer for the options.

        Raises:
            UsageError: An option that this writer does not have.
        """
        module, _, name = self.writer.partition(":")
        write: Callable[..., PhantomInfo] = getattr(import_module(module), name)
        known = [name for name in signature(write).parameters if name != "root"]
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise UsageError(f"the phantom of {self.dataset} has no {', '.join(unknown)}", valid=", ".join(known))
        return write(root, **options)

    def files(self, folder: Path) -> str:
        """Fingerprint of the files that are there, to be compared with `PhantomInfo.files`.

        Raises:
            CxrbenchError: The folder cannot be read as this data set.
        """
        if self.dataset == IU_XRAY:
            from cxrbench.datasets.iu_xray import read_iu_xray

            return read_iu_xray(folder).fingerprint
        return files_fingerprint(folder)


_PHANTOM: Final = "cxrbench.datasets.phantom"
KINDS: Final[dict[str, PhantomKind]] = {
    kind.dataset: kind
    for kind in (
        PhantomKind(IU_XRAY, GENERATOR_VERSION, DEFAULT_STUDIES, "phantom", f"{_PHANTOM}.writer:write_phantom"),
        PhantomKind(
            qba.MIMIC_QBA,
            qba.GENERATOR_VERSION,
            qba.DEFAULT_STUDIES,
            f"phantom-{qba.MIMIC_QBA}",
            f"{_PHANTOM}.qba.writer:write_mimic_phantom",
        ),
        PhantomKind(
            vqa_rad.VQA_RAD,
            vqa_rad.GENERATOR_VERSION,
            vqa_rad.DEFAULT_IMAGES,
            f"phantom-{vqa_rad.VQA_RAD}",
            f"{_PHANTOM}.vqa_rad.writer:write_vqa_rad_phantom",
        ),
        PhantomKind(
            slake.SLAKE,
            slake.GENERATOR_VERSION,
            slake.DEFAULT_IMAGES,
            f"phantom-{slake.SLAKE}",
            f"{_PHANTOM}.slake.writer:write_slake_phantom",
        ),
    )
}
_SERVED_BY: Final = {"mimic-cxr": "mimic-qba"}
"""One folder holds all of MIMIC: images, reports, scene graphs and questions."""


def phantom_kind(dataset: str) -> PhantomKind:
    """The phantom that stands in for a data set.

    Raises:
        UnknownNameError: There is none.
    """
    name = _SERVED_BY.get(dataset, dataset)
    if name not in KINDS:
        raise UnknownNameError("phantom", dataset, KINDS, hint="name a folder of the data set with --data-root")
    return KINDS[name]
