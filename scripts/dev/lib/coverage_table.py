"""Prints line and branch coverage per library, from gcovr's summary of a `coverage` build."""

import json
import subprocess
import sys
from collections import defaultdict


def main():
    build_dir = sys.argv[1]
    summary = subprocess.run(
        ["gcovr", "--root", ".", "--object-directory", build_dir, "--filter", "libs/",
         "--exclude", r".*_test\.cc", "--exclude-throw-branches", "--exclude-unreachable-branches",
         "-j", "1", "--json-summary"],  # with more it waits for ever once it has met a line that it cannot read
        check=True, capture_output=True, text=True).stdout
    libraries = defaultdict(lambda: [0, 0, 0, 0])
    for file in json.loads(summary)["files"]:
        counts = (file["line_covered"], file["line_total"], file["branch_covered"], file["branch_total"])
        for name in (file["filename"].split("/")[1], "all"):
            libraries[name] = [a + b for a, b in zip(libraries[name], counts)]
    print(f"\n  {'library':<12} {'lines':>16} {'':>8} {'branches':>16}")
    for name in sorted(libraries, key=lambda n: (n == "all", n)):
        lines, lines_all, branches, branches_all = libraries[name]
        print(f"  {name:<12} {f'{lines} of {lines_all}':>16} {percent(lines, lines_all):>8} "
              f"{f'{branches} of {branches_all}':>16} {percent(branches, branches_all):>8}")


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


if __name__ == "__main__":
    main()
