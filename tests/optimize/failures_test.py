"""A full disk and a model that cannot be converted: what was there stays, nothing new is left behind."""

import argparse
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
MODEL = REPOSITORY / "examples" / "pitwall" / "tcn.onnx"
LITTLE_BYTES = 65536  # less than the model's weights


def little_room():
    """Writing more than a little fails, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LITTLE_BYTES, LITTLE_BYTES))


def run(program, arguments, **options):
    return subprocess.run([program, "optimize", *map(str, arguments)], capture_output=True, text=True, check=False,
                          **options)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def expect_failure(done, words, folder, before):
    if done.returncode != 1 or words not in done.stderr:
        sys.exit(f"FAILED: ended with {done.returncode}: {done.stderr}")
    if content(folder) != before:
        sys.exit(f"FAILED: {sorted(content(folder))} is left, there was {sorted(before)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slipway", required=True)
    program = parser.parse_args().slipway
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        result = folder / "result.onnx"
        expect_failure(run(program, [MODEL, "-o", result], preexec_fn=little_room), "File too large", folder, {})
        result.write_bytes(b"what was there before")
        before = content(folder)
        expect_failure(run(program, [MODEL, "-o", result], preexec_fn=little_room), "File too large", folder, before)
        gone = run(program, [MODEL, "-o", result])
        if gone.returncode != 0 or content(folder) == before or len(content(folder)) != 1:
            sys.exit(f"FAILED: with room enough: {gone.stderr}")


if __name__ == "__main__":
    main()
