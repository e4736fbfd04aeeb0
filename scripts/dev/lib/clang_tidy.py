"""Runs clang-tidy on every source of ours that changed, itself or in what it includes, since it last passed.

A source that passed leaves an empty file named by the hash of all that decides the outcome, in
$XDG_CACHE_HOME/slipway/clang-tidy.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


@lru_cache(maxsize=None)
def text_and_includes(path):
    text = path.read_text(errors="replace")
    beside = (path.parent, Path("libs"), Path("include"))
    found = [next((d / name for d in beside if (d / name).is_file()), None) for name in INCLUDE.findall(text)]
    return text, tuple(f for f in found if f)


def key(tidy, command, settings):
    """The hash of the checks, the compile command, the source and every header of ours below it."""
    digest = hashlib.sha256(settings)
    digest.update(tidy.encode())
    digest.update(command["command"].encode())
    source, seen = Path(os.path.relpath(command["file"])), set()
    pending = [source]
    while pending:
        path = pending.pop()
        if path not in seen:
            seen.add(path)
            text, includes = text_and_includes(path)
            digest.update(text.encode())
            pending += includes
    return digest.hexdigest()


def check(tidy, build_dir, source):
    # The standard library's own use of what it has deprecated is not ours to mend.
    return subprocess.run([tidy, "--quiet", "--extra-arg=-Wno-deprecated-declarations", "-p", build_dir, source],
                          capture_output=True, text=True)


def main():
    tidy, build_dir = sys.argv[1:]
    root = os.getcwd()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "slipway", "clang-tidy")
    cache.mkdir(parents=True, exist_ok=True)
    settings = Path(".clang-tidy").read_bytes()
    pending = {}
    commands = json.loads(Path(build_dir, "compile_commands.json").read_text())
    ours = [c for c in commands if c["file"].startswith(f"{root}/") and not c["file"].startswith(f"{root}/build/")
            and not c["file"].endswith("_test.cc")]
    for command in ours:
        stamp = cache / key(tidy, command, settings)
        if not stamp.exists():
            pending[os.path.relpath(command["file"])] = stamp
    failed = run_all(tidy, build_dir, pending)
    print(f"clang-tidy: {len(ours)} sources, {len(ours) - len(pending)} unchanged since they passed, {failed} failed")
    return 1 if failed else 0


def run_all(tidy, build_dir, pending):
    terminal = sys.stderr.isatty()
    failed, last_said, said = 0, time.monotonic(), set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(check, tidy, build_dir, source): source for source in sorted(pending)}
        for done, future in enumerate(concurrent.futures.as_completed(running), 1):
            source, result = running[future], future.result()
            if terminal:
                print(f"\r\033[K    [{done}/{len(running)}] {source}"[:90], end="", file=sys.stderr, flush=True)
            elif time.monotonic() - last_said > 20:
                print(f"    {done} of {len(running)} sources", file=sys.stderr, flush=True)
                last_said = time.monotonic()
            if result.returncode == 0:
                pending[source].touch()
            else:
                failed += 1
                for finding in findings(result):
                    if finding not in said:  # a header's finding comes with each source that includes it
                        said.add(finding)
                        print(("\r\033[K" if terminal else "") + finding, flush=True)
    if terminal:
        print("\r\033[K", end="", file=sys.stderr)
    return failed


def findings(result):
    """Each finding with the lines that belong to it; clang-tidy's own trouble, on stderr, where there is none."""
    parts = re.split(r"^(?=\S+:\d+:\d+: (?:error|warning):)", result.stdout, flags=re.MULTILINE)
    return [part.rstrip() for part in parts if part.strip()] or [result.stderr.rstrip()]


if __name__ == "__main__":
    sys.exit(main())
