"""The program `slipway`."""

import signal
import sys

from ._slipway import run_program


def main() -> int:
    words = sys.argv[1:]
    if words[:1] == ["export"] or words[:2] == ["help", "export"]:
        from .export.command import main as export

        return export(words[1:] if words[0] == "export" else ["--help", *words[2:]])
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the program is not Python's to interrupt
    code = run_program(words)
    if code == 2:
        from .left_out import COMMANDS, why

        name = next((word for word in words if word != "help"), "")
        if name in COMMANDS:
            print(f"       {why(name)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
