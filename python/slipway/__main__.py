"""The program `slipway`."""

import signal
import sys

from ._slipway import run_program


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the program is not Python's to interrupt
    return run_program(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
