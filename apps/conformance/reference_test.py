"""Debian's cases and those of the Python package onnx all pass, and docs/operators.md says so.

Runs from the top of the sources, with the interpreter that has the package.
"""

import argparse
import importlib.metadata
import pathlib
import subprocess
import sys
import tempfile

DEBIAN_CASES = "/usr/share/libonnx-testdata/data"
PAGE = pathlib.Path("docs/operators.md")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    cases = pathlib.Path("build/conformance") / f"onnx-{importlib.metadata.version('onnx')}"
    cases.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-B", "scripts/conformance/generate_cases.py", cases], check=True)
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder) / PAGE.name
        done = subprocess.run([options.program, "--docs", page, DEBIAN_CASES, cases], check=False)
        if done.returncode != 0:
            sys.exit(done.returncode)
        if not PAGE.exists() or PAGE.read_text() != page.read_text():
            sys.exit(f"{PAGE} is not what this run would write: ./dev conformance writes it anew")


if __name__ == "__main__":
    main()
