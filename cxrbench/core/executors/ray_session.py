"""A connection to Ray: an existing cluster, or a local one that ends with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from cxrbench.core.errors import ExtraMissingError, UsageError

_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
}
"""For a cluster of our own: no statistics sent to anybody, no token written into the user's home folder, and daemons
that wait seconds and not a minute for a cluster whose head was killed."""
_OBJECT_STORE_BYTES: Final = 128 << 20
_ENDING_S: Final = 10.0
_KNOCKING_S: Final = 10.0
_FOLDER: Final = "cxr-ray-"
_LONGEST_PARENT: Final = 14
"""Ray puts sockets below its folder, and the address of a socket holds 107 bytes."""


class RaySession:
    """Ray, started or joined.

    Args:
        address: Of an existing cluster ("auto", "host:port", "ray://..."); None for $RAY_ADDRESS, else a local one.
        cpus: Processors that a local cluster counts with: one for each worker.

    Raises:
        ExtraMissingError: Ray is not installed.
        UsageError: Nothing answers at the address.
    """

    def __init__(self, address: str | None, cpus: int) -> None:
        address = address or os.environ.get("RAY_ADDRESS") or "local"
        self._folder: Path | None = None
        self._environment: dict[str, str | None] = {}
        self._handler = signal.getsignal(signal.SIGTERM)
        if address == "local":
            self._set_environment(_QUIET)
        try:
            import ray
        except ImportError:
            self._restore()
            raise ExtraMissingError("--executor ray", "ray") from None
        self.ray: ModuleType = ray
        self._joined = ray.is_initialized()
        if self._joined:
            return
        options: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
        if address == "local":
            self._folder = _short_folder()
            options |= {"num_cpus": cpus, "object_store_memory": _OBJECT_STORE_BYTES}
            if self._folder is not None:
                # One level down: Ray opens its folder to everybody, the one around it stays the user's own.
                options["_temp_dir"] = str(self._folder / "r")
        try:
            _knock(address)
            # Workers say what they have to say through their answers; stdout belongs to the results.
            ray.init(address, log_to_driver=False, logging_level="ERROR", **options)
            _keep_off_stdout(ray)
        except (OSError, RuntimeError, ValueError) as error:
            self.close()
            raise UsageError(
                f"cannot reach a Ray cluster: {str(error).splitlines()[0]}",
                where=address,
                valid='"auto", HOST:PORT, or "local" for a cluster of its own',
                hint="start one with `ray start --head`, or leave --ray-address and RAY_ADDRESS out",
            ) from error
        except BaseException:
            self.close()
            raise

    def gpus(self) -> float:
        """Accelerators of the whole cluster."""
        return float(self.ray.cluster_resources().get("GPU", 0))

    def cpus(self) -> int:
        """Processors of the whole cluster."""
        return int(self.ray.cluster_resources().get("CPU", 1))

    def other_hosts(self) -> list[str]:
        """Machines of the cluster beside this one."""
        own = {self.ray.util.get_node_ip_address(), "127.0.0.1"}
        alive = (str(node["NodeManagerAddress"]) for node in self.ray.nodes() if node["Alive"])
        return sorted(set(alive) - own)

    def close(self) -> None:
        """Leave the cluster; a local one ends with all its processes."""
        if not self._joined:
            with _uninterrupted():
                processes = _processes(self.ray)
                self.ray.shutdown()
                for process in processes:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(_ENDING_S)
        self._restore()

    def _set_environment(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            self._environment[name] = os.environ.get(name)
            os.environ[name] = value

    def _restore(self) -> None:
        for name, value in self._environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._environment = {}
        # Ray puts a handler of its own in place.
        if threading.current_thread() is threading.main_thread() and self._handler is not None:
            signal.signal(signal.SIGTERM, self._handler)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _processes(ray: ModuleType) -> list[Any]:
    """What this process started; Ray ends them, but does not wait for them."""
    node = getattr(ray._private.worker, "_global_node", None)
    started = getattr(node, "all_processes", {})
    return [item.process for several in started.values() for item in several]


def _knock(address: str) -> None:
    """Whether anything listens at HOST:PORT; Ray itself would try for minutes."""
    host, separator, port = address.removeprefix("ray://").rpartition(":")
    if separator and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _KNOCKING_S).close()


def _keep_off_stdout(ray: ModuleType) -> None:
    """Ray prints what its daemons say about dead workers to stdout, whatever `log_to_driver` says."""
    worker = ray._private.worker
    if hasattr(worker, "_worker_logs_enabled"):
        worker._worker_logs_enabled = False


def _short_folder() -> Path | None:
    """A folder for Ray's sockets and logs, removed at the end; None where its path would be too long for a socket."""
    parent = Path(tempfile.gettempdir())
    if len(str(parent)) > _LONGEST_PARENT:
        return None
    for left in parent.glob(f"{_FOLDER}*"):
        # Of a run that was killed: nobody else removes it.
        process = left.name.removeprefix(_FOLDER).partition("-")[0]
        if process.isdigit() and Path("/proc/self").exists() and not Path(f"/proc/{process}").exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off, so that the second one does not leave half of the processes behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)
