"""Whether a robot's computer is fit to run its model: each check made, or said to be not made."""

from __future__ import annotations

import os
import socket
import statistics
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional, Union

from ..errors import SlipwayError, UsageError
from ..session import InferenceSession, ModelSource
from .gpu import find_gpu
from .model import Model
from .monitor import disk_bytes, memory_bytes

PathLike = Union[str, "os.PathLike[str]"]

CHECKS = ("model_loaded", "gpu_available", "memory_available", "disk_space", "network_connectivity", "sensor_data",
          "inference_time")

_TIMED_RUNS = 5


class _Answer(NamedTuple):
    is_good: Optional[bool]  # None: the check was not made
    why: str


def health_check(model: Any = None, *, sensor: Callable[[], Any] | None = None,
                 inference: Callable[[], Any] | None = None, host: str | None = None,
                 required: Iterable[str] = CHECKS, max_inference_ms: float = 50.0, min_memory_share: float = 0.05,
                 min_disk_share: float = 0.05, disk_path: PathLike = "/", timeout_s: float = 3.0,
                 root: PathLike = "/") -> dict[str, Any]:
    """Checks this machine: {"status": "healthy" or "unhealthy", "checks", "timestamp", "details"}.

    Each of "checks" is True, False, or None where it could not be made; "details" has a sentence about each. The status
    is "healthy" where every check of `required` is True: one that was not made does not pass. Give `required` without
    "gpu_available" for a robot that needs no GPU.

    model_loaded          `model` (a path, or a session, engine or autopilot of this package) is open, or opens
    gpu_available         a GPU's driver answers
    memory_available      at least `min_memory_share` of the memory is free to use
    disk_space            at least `min_disk_share` of the disk of `disk_path` is
    network_connectivity  a connection is up and has a default route; with `host` ("name", "name:port", 443 if not
                          given) a TCP connection to it is made within `timeout_s`. Without it nothing is sent.
    sensor_data           `sensor()` gives a reading: numbers, all finite; or True
    inference_time        the median of some calls of `inference()`, or of the model's runs on zeros, is at most
                          `max_inference_ms`
    """
    needed = list(required)
    for name in needed:
        if name not in CHECKS:
            raise UsageError(f"there is no check '{name}': there are {', '.join(CHECKS)}")
    for name, share in (("min_memory_share", min_memory_share), ("min_disk_share", min_disk_share)):
        if not 0 <= share <= 1:
            raise UsageError(f"{name} is {share}: give a share from 0 to 1")
    folder = Path(root)
    opened, loaded = _open(model)
    try:
        answers = {
            "model_loaded": loaded,
            "gpu_available": _answered(lambda: _gpu(folder)),
            "memory_available": _answered(lambda: _memory(folder, min_memory_share)),
            "disk_space": _answered(lambda: _disk(disk_path, min_disk_share)),
            "network_connectivity": _answered(lambda: _network(folder, host, timeout_s)),
            "sensor_data": _sensor(sensor),
            "inference_time": _inference(inference, opened, max_inference_ms),
        }
    finally:
        if opened is not None:
            opened.close()
    is_healthy = all(answers[name].is_good is True for name in needed)
    return {
        "status": "healthy" if is_healthy else "unhealthy",
        "checks": {name: answer.is_good for name, answer in answers.items()},
        "timestamp": time.time(),
        "details": {name: answer.why for name, answer in answers.items()},
    }


def _answered(check: Callable[[], _Answer]) -> _Answer:
    """What the check says; where it cannot be made, that."""
    try:
        return check()
    except SlipwayError as error:
        return _Answer(None, f"not checked: {error}")


def _open(model: Any) -> tuple[Model | None, _Answer]:
    if model is None:
        return None, _Answer(None, "not checked: no model was given: health_check(model)")
    source: InferenceSession | ModelSource = model
    for name in ("engine", "model", "session", "_model"):  # of EdgeInferenceEngine, MemoryEfficientInference, ...
        held = getattr(model, name, None)
        if isinstance(held, Model):
            held = held.session
        if isinstance(held, InferenceSession):
            source = held
            break
    if isinstance(source, InferenceSession) and source.is_closed:
        return None, _Answer(False, "the model's session was closed")
    try:
        return Model(source), _Answer(True, "the model is loaded")
    except (SlipwayError, TypeError) as error:
        return None, _Answer(False, f"the model does not load: {error}")


def _gpu(root: Path) -> _Answer:
    gpu, why = find_gpu(root)
    return _Answer(gpu is not None, why)


def _memory(root: Path, min_share: float) -> _Answer:
    total, available = memory_bytes(root)
    return _Answer(available >= min_share * total, f"{available / 2**20:,.0f} of {total / 2**20:,.0f} MiB can be used, "
                                                   f"{min_share:.0%} have to be")


def _disk(path: PathLike, min_share: float) -> _Answer:
    used, free = disk_bytes(path)
    return _Answer(used + free > 0 and free >= min_share * (used + free),
                   f"{free / 2**20:,.0f} of {(used + free) / 2**20:,.0f} MiB are free on the disk of "
                   f"{os.fspath(path)}, {min_share:.0%} have to be")


def _network(root: Path, host: str | None, timeout_s: float) -> _Answer:
    if host is not None:
        return _reach(host, timeout_s)
    folder = root / "sys/class/net"
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        return _Answer(None, f"not checked: {folder} cannot be read ({error.strerror}): give a host to connect to")
    up = [name for name in names
          if name != "lo" and _first_word(folder / name / "operstate") in ("up", "unknown")]  # of tunnels, unknown
    routed = [name for name in _default_routes(root) if name in up]
    if not routed:
        return _Answer(False, f"no network that is up has a default route; up are: {', '.join(up) or 'none'}")
    return _Answer(True, f"the default route is by {routed[0]}; whether anything answers was not tried: give a host")


def _first_word(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _default_routes(root: Path) -> list[str]:
    """Interfaces with a default route that is up, of IPv4 and IPv6."""
    names = []
    for row in _rows(root / "proc/net/route")[1:]:
        if len(row) > 7 and row[1] == "00000000" and row[7] == "00000000" and int(row[3], 16) & 1:
            names.append(row[0])
    for row in _rows(root / "proc/net/ipv6_route"):
        is_default = len(row) == 10 and int(row[0], 16) == 0 and row[1] == "00"
        if is_default and int(row[8], 16) & 1 and not int(row[8], 16) & 0x200:  # up, and no "reject"
            names.append(row[9])
    return names


def _rows(path: Path) -> list[list[str]]:
    try:
        return [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []


def _reach(host: str, timeout_s: float) -> _Answer:
    name, port = _host_and_port(host)
    try:
        socket.create_connection((name, port), timeout=timeout_s).close()
    except OSError as error:
        return _Answer(False, f"{name} does not answer on port {port}: {error}")
    return _Answer(True, f"{name} answers on port {port}")


def _host_and_port(host: str) -> tuple[str, int]:
    name, colon, port = host.rpartition(":")
    if not colon or (":" in name and not name.endswith("]")):  # no port, or an IPv6 address alone
        return host.strip("[]"), 443
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(f"'{host}' has no port from 1 to 65535 behind its colon")
    return name.strip("[]"), int(port)


def _sensor(sensor: Callable[[], Any] | None) -> _Answer:
    if sensor is None:
        return _Answer(None, "not checked: no sensor was given: health_check(sensor=read_sensor)")
    import numpy

    try:
        reading = sensor()
        if reading is None:
            return _Answer(False, "the sensor gave nothing")
        if isinstance(reading, (bool, numpy.bool_)):
            return _Answer(bool(reading), "the sensor's own check " + ("passed" if reading else "failed"))
        values = [numpy.asarray(each) for each in (reading.values() if isinstance(reading, dict) else [reading])]
        if not values or any(each.size == 0 for each in values):
            return _Answer(False, "the sensor's reading is empty")
        if any(each.dtype.kind not in "fiub" for each in values):
            return _Answer(False, f"the sensor's reading is no numbers, but {type(reading).__name__}")
        if not all(bool(numpy.isfinite(each).all()) for each in values):
            return _Answer(False, "the sensor's reading has NaN or infinity")
    except Exception as error:  # whatever a driver raises, its data are not there
        return _Answer(False, f"the sensor failed: {type(error).__name__}: {error}")
    return _Answer(True, f"the sensor gave {sum(each.size for each in values)} finite numbers")


def _inference(inference: Callable[[], Any] | None, model: Model | None, max_ms: float) -> _Answer:
    if inference is None and model is None:
        return _Answer(None, "not checked: there is neither a model that is loaded nor a call: health_check(model), "
                             "health_check(inference=run_once)")
    try:
        run = inference
        if run is None:
            assert model is not None
            held, zeros = model, model.zeros()
            run = lambda: held.run(zeros)  # noqa: E731
        run()
        times_ms = []
        for _ in range(_TIMED_RUNS):
            start = time.perf_counter()
            run()
            times_ms.append(1000 * (time.perf_counter() - start))
    except Exception as error:  # a run that fails is a finding, whatever it raises
        return _Answer(False, f"a run failed: {type(error).__name__}: {error}")
    median = statistics.median(times_ms)
    return _Answer(median <= max_ms,
                   f"a run took {median:.3g} ms, the median of {_TIMED_RUNS}; {max_ms:g} ms are allowed")
