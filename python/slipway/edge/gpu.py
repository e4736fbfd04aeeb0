"""What GPU there is and what it does, from the driver's program or from /sys: NVIDIA, Jetson, AMD."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple, Optional

_SMI_TIMEOUT_S = 5


class Gpu(NamedTuple):
    """One GPU; None is what its driver does not tell."""

    name: str
    load_percent: Optional[float]
    memory_percent: Optional[float]
    temperature_c: Optional[float]


def find_gpu(root: Path, memory_percent: float | None = None) -> tuple[Gpu | None, str]:
    """The first GPU, and a sentence about it or about why there is none. `memory_percent` is the system's, which a
    Jetson's GPU shares."""
    for read in (_by_nvidia_smi, _jetson, _amd):
        gpu = read(root, memory_percent)
        if gpu is not None:
            return gpu, f"{gpu.name} is there"
    if (root / "proc/driver/nvidia/version").exists():
        return None, ("NVIDIA's driver is loaded, and nvidia-smi does not answer: run it to see why, or install the "
                      "package of the driver that has it")
    return None, ("no GPU was found: no nvidia-smi that answers, no Jetson's GPU and no amdgpu in /sys; install the "
                  "GPU's driver, or in a container hand the GPU in")


def _by_nvidia_smi(root: Path, memory_percent: float | None) -> Gpu | None:
    program = shutil.which("nvidia-smi") if root == Path("/") else str(root / "usr/bin/nvidia-smi")
    if program is None or not Path(program).exists():
        return None
    fields = "name,utilization.gpu,memory.used,memory.total,temperature.gpu"
    try:
        ran = subprocess.run([program, f"--query-gpu={fields}", "--format=csv,noheader,nounits"],
                             capture_output=True, text=True, timeout=_SMI_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if ran.returncode != 0 or not ran.stdout.strip():
        return None
    cells = [cell.strip() for cell in ran.stdout.splitlines()[0].split(",")]
    if len(cells) != 5:
        return None
    load, used, total, temperature = (_number(cell) for cell in cells[1:])
    share = 100 * used / total if used is not None and total else memory_percent  # Jetson's says "[N/A]" of memory
    return Gpu(cells[0], load, share, temperature)


def _jetson(root: Path, memory_percent: float | None) -> Gpu | None:
    places = [root / "sys/devices/gpu.0/load", *sorted((root / "sys/devices/platform").glob("*.gpu/load")),
              *sorted((root / "sys/devices/platform").glob("*/*.gpu/load")),
              *sorted((root / "sys/devices/platform").glob("*.g[av]1*b/load"))]
    for place in places:
        per_mille = _number(_text(place))
        if per_mille is not None:
            return Gpu("the Jetson's GPU", per_mille / 10, memory_percent, _zone(root, "gpu"))
    return None


def _amd(root: Path, memory_percent: float | None) -> Gpu | None:
    for device in sorted((root / "sys/class/drm").glob("card*/device")):
        load = _number(_text(device / "gpu_busy_percent"))
        if load is None:
            continue
        used, total = (_number(_text(device / f"mem_info_vram_{what}")) for what in ("used", "total"))
        heat = next((t for t in map(_number, map(_text, sorted(device.glob("hwmon/hwmon*/temp1_input"))))
                     if t is not None), None)
        return Gpu("an AMD GPU", load, 100 * used / total if used is not None and total else memory_percent,
                   heat / 1000 if heat is not None else None)
    return None


def _zone(root: Path, word: str) -> float | None:
    """The temperature of the first thermal zone whose type has the word."""
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        if word in _text(zone / "type").lower():
            value = _number(_text(zone / "temp"))
            if value is not None:
                return value / 1000
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # Jetson's sensors refuse while the GPU sleeps
        return ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
