"""The program `slipway`."""

import signal
import sys

from ._slipway import run_program

_EXPORT = "and of the Python package:\n\n  export       write a model of PyTorch or scikit-learn as ONNX"


def main() -> int:
    words = sys.argv[1:]
    if words[:1] == ["export"] or words[:2] == ["help", "export"]:
        from .export.command import main as export

        return export(words[1:] if words[0] == "export" else ["--help", *words[2:]])
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the program is not Python's to interrupt
    code = run_program(words)
    if words in (["help"], ["--help"]):
        print(_EXPORT)
    return code


if __name__ == "__main__":
    sys.exit(main())
