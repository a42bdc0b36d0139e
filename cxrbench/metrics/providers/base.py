"""Importing, confining and checking a package that computes scores for us."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import socket
import sys
import warnings
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

from cxrbench.core.errors import CxrbenchError, DataError, ExtraMissingError, MissingError, WeightsError
from cxrbench.metrics.base import FloatArray

NETWORK_OPTION = "provider_network"
_BROKEN = (ImportError, OSError, RuntimeError, ValueError, AttributeError, TypeError)
"""What a package raises on import when it does not fit its neighbours (for example an extension of another numpy)."""


def require(package: str, feature: str, extra: str) -> None:
    """Check that a package is installed, without importing it.

    Raises:
        ExtraMissingError: It is not.
    """
    try:
        found = package in sys.modules or importlib.util.find_spec(package) is not None
    except ValueError:
        found = False
    if not found:
        raise ExtraMissingError(feature, extra)


def load(module: str, feature: str, extra: str) -> ModuleType:
    """Import a module of an installed package.

    Raises:
        ExtraMissingError: The package is not installed.
        MissingError: It is installed and cannot be imported; the message repeats why.
    """
    package = module.partition(".")[0]
    require(package, feature, extra)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingError(
            f"{feature}: {module} {package_version(package)} needs the module {error.name!r}, which is not installed",
            hint=f'pip install -c constraints.txt "cxrbench[{extra}]", and if that changes nothing: '
            f"pip install {error.name}",
        ) from error
    except _BROKEN as error:
        raise MissingError(
            f"{feature}: {module} {package_version(package)} is installed but cannot be imported "
            f"({type(error).__name__}: {first_line(error)})",
            hint=f"try it alone: python -c 'import {module}'; a fresh environment for it is often the quickest cure",
        ) from error


def package_version(package: str) -> str:
    """Version for a signature, with the commit where the package was installed from a repository."""
    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    commit = origin.get("vcs_info", {}).get("commit_id", "")
    return f"{distribution.version}+{commit[:10]}" if commit else distribution.version


@contextlib.contextmanager
def confined(network: bool) -> Iterator[None]:
    """While a provider works: its prints go to stderr, its changes of warnings and environment are undone.

    Args:
        network: False lets no host name be resolved, so that nothing is downloaded or sent; Hugging Face libraries
            are told, so that they take what is in the local cache at once.
    """
    environment = dict(os.environ)
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr), contextlib.ExitStack() as stack:
        # A provider's own warnings are not about the user's input; turned into errors they would stop it.
        warnings.simplefilter("ignore")
        if not network:
            stack.enter_context(_offline())
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(environment)


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    from huggingface_hub import constants

    def refuse(host: object, *args: object, **kwargs: object) -> NoReturn:
        raise OSError(f"the network is not used without -m {NETWORK_OPTION}=true (asked for {host!r})")

    resolve, offline = socket.getaddrinfo, constants.HF_HUB_OFFLINE
    socket.getaddrinfo = refuse
    constants.HF_HUB_OFFLINE = True
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    try:
        yield
    finally:
        socket.getaddrinfo = resolve
        constants.HF_HUB_OFFLINE = offline


def failed_to_load(feature: str, error: Exception, network: bool) -> CxrbenchError:
    """The error for a provider whose model cannot be built: nearly always, its weights are not there."""
    hint = "see the message above; the provider's own documentation names what it needs"
    if not network:
        hint = f"-m {NETWORK_OPTION}=true lets it download its weights; later runs find them in its cache"
    return WeightsError(
        f"{feature} cannot load its model ({type(error).__name__}: {first_line(error)})",
        valid="weights in the provider's cache on this machine",
        hint=hint,
    )


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0]


def example_values(result: Mapping[str, Any], key: str, count: int, feature: str) -> FloatArray:
    """One value per example out of a provider's answer. float64 [count]; NaN where it gave none.

    Raises:
        DataError: The key is absent, the value is one for the whole corpus, or their number is not `count`.
    """
    if key not in result:
        raise DataError(f"{feature} gave no {key!r}", valid=f"a list under {key!r}; it gave {', '.join(result)}")
    values = result[key]
    values = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(values, (list, tuple)):
        raise DataError(
            f"{feature} gave {type(values).__name__} for {key!r}: a value of the whole corpus has no interval",
            valid="one number per example",
        )
    if len(values) != count:
        raise DataError(
            f"{feature} gave {len(values)} values of {key!r} for {count} examples: they cannot be told apart",
            valid="as many values as examples",
        )
    try:
        found = np.array([np.nan if value is None else float(value) for value in values], np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{feature} gave something else than numbers for {key!r} ({first_line(error)})",
            valid="one number per example",
        ) from error
    found[~np.isfinite(found)] = np.nan
    return found
