"""python -m slipway.edge"""

import sys

from .engine import main

if __name__ == "__main__":
    sys.exit(main())
