"""What the shared objects of an unpacked wheel need, and what every Linux of Debian 12's age has."""

import re
import subprocess

# As auditwheel has them for manylinux_2_35; another library has to be in the wheel.
_SYSTEM = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2",
           "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2"}
_NEWEST = {"GLIBC": (2, 35), "GLIBCXX": (3, 4, 30), "CXXABI": (1, 3, 13), "GCC": (12,)}


def objects(unpacked):
    return sorted(unpacked.glob("slipway/**/*.so*"))


def machine(path):
    return re.search(r"Machine: +(.*)", _readelf("-h", path))[1]


def unmet(path, unpacked):
    """The libraries that neither the wheel nor the system has, and versions that a system may be too old for."""
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", _readelf("-d", path)))
    brought = {other.name for other in objects(unpacked)}
    versions = re.findall(r"Name: (GLIBC|GLIBCXX|CXXABI|GCC)_([\d.]+)", _readelf("-V", path).partition("needs section")[2])
    return sorted(needed - _SYSTEM - brought) + [
        f"{name}_{version}" for name, version in versions if tuple(map(int, version.split("."))) > _NEWEST[name]]


def _readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], capture_output=True, text=True, check=True).stdout
