"""The commands of the program that the package leaves out: for bundles, repositories and a device's store they need
OpenSSL and libcurl, which are not in a wheel."""

from __future__ import annotations

COMMANDS = ("pack", "show", "unpack", "delta", "patch", "keys", "publish", "refresh-timestamp", "sign", "store", "fetch")


def why(command: str) -> str:
    return ("it needs OpenSSL or libcurl, which the Python package leaves out; the program has it: "
            f"'./dev build slipway' in Slipway's repository makes it, then build/bin/slipway {command}")
