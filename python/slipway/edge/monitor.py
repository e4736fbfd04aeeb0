"""The machine's load, memory, disk and GPU, from /proc and /sys."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Union

from ..errors import NotAvailableError, UsageError
from .gpu import find_gpu

PathLike = Union[str, "os.PathLike[str]"]

_SHORTEST_SPAN_S = 0.1  # /proc/stat counts in hundredths of a second


def memory_bytes(root: Path) -> tuple[int, int]:
    """(total, available) of the machine."""
    found: dict[str, int] = {}
    for line in _proc(root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name in ("MemTotal", "MemAvailable"):
            found[name] = int(rest.split()[0]) * 1024
    if len(found) != 2 or found["MemTotal"] <= 0:
        raise NotAvailableError(f"{root / 'proc/meminfo'} tells no MemTotal and MemAvailable: Linux 3.14 or later does")
    return found["MemTotal"], found["MemAvailable"]


def disk_bytes(path: PathLike) -> tuple[int, int]:
    """(used, free to a user) of the disk that a path is on. What is kept for root is neither."""
    try:
        disk = os.statvfs(path)
    except OSError as error:
        raise UsageError(f"the disk of {os.fspath(path)} cannot be read: {error.strerror}: name a folder that is "
                         "there") from error
    return (disk.f_blocks - disk.f_bfree) * disk.f_frsize, disk.f_bavail * disk.f_frsize


class EdgeMonitor:
    """The load of the machine since the last look. `root` is where proc and sys are found."""

    def __init__(self, root: PathLike = "/") -> None:
        self.start_time = time.time()
        self._root = Path(root)
        self._started = self._looked = time.monotonic()
        self._busy, self._all = self._ticks()

    def get_system_metrics(self) -> dict[str, float]:
        """timestamp and uptime (of this monitor) in seconds; cpu_percent since the last call, or since the monitor was
        made; memory_percent; disk_usage of the root's disk in per cent.

        With a GPU also gpu_load and gpu_memory_percent in per cent and gpu_temperature in degrees Celsius, each where
        the driver tells it; a Jetson's GPU has the machine's memory.
        """
        total, available = memory_bytes(self._root)
        memory_percent = 100 * (total - available) / total
        used, free = disk_bytes(self._root)
        metrics = {
            "timestamp": time.time(),
            "uptime": time.monotonic() - self._started,
            "cpu_percent": self._cpu_percent(),
            "memory_percent": memory_percent,
            "disk_usage": 100 * used / (used + free) if used + free else 0.0,
        }
        gpu, _ = find_gpu(self._root, memory_percent)
        if gpu is not None:
            told = {"gpu_load": gpu.load_percent, "gpu_memory_percent": gpu.memory_percent,
                    "gpu_temperature": gpu.temperature_c}
            metrics.update({key: value for key, value in told.items() if value is not None})
        return metrics

    def log_metrics(self, path: PathLike | None = None) -> dict[str, float]:
        """Prints the metrics and gives them back; with a path they are added to that file too, a line of JSON each."""
        metrics = self.get_system_metrics()
        print(f"System Metrics: {metrics}")
        if path is not None:
            try:
                with open(path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(metrics) + "\n")
            except OSError as error:
                raise UsageError(f"metrics cannot be written to {os.fspath(path)}: {error.strerror}") from error
        return metrics

    def _cpu_percent(self) -> float:
        left = self._looked + _SHORTEST_SPAN_S - time.monotonic()
        if left > 0:
            time.sleep(left)
        busy, everything = self._ticks()
        span = everything - self._all
        percent = 100 * (busy - self._busy) / span if span > 0 else 0.0
        self._busy, self._all, self._looked = busy, everything, time.monotonic()
        return min(100.0, max(0.0, percent))

    def _ticks(self) -> tuple[int, int]:
        """(busy, all) ticks of all processors since the machine was started."""
        place = self._root / "proc/stat"
        line = _proc(place).partition("\n")[0].split()
        if len(line) < 6 or line[0] != "cpu":
            raise NotAvailableError(f"{place} does not begin with the processors' times: EdgeMonitor reads Linux's "
                                    "/proc")
        ticks = [int(cell) for cell in line[1:9]]  # guests' are in the user's already
        idle = ticks[3] + ticks[4]
        return sum(ticks) - idle, sum(ticks)


def _proc(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotAvailableError(f"{path} cannot be read ({error.strerror}): this reads Linux's /proc, and in a "
                                "container /proc has to be mounted") from error
