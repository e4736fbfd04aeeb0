"""Plots a .npy file of float32 in [-1, 1], one value per time step, in the terminal.

usage: plot.py FILE.npy WORD-FOR-1 WORD-FOR-MINUS-1 RECORDED.npy
Says how far the values are from the recorded ones.
"""

import ast
import math
import struct
import sys

ROWS = 9
COLUMNS = 64
BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # dots of one cell, by row and column


def read_npy(path):
    """The values of a little-endian float32 array, flattened, by the format's version 1 and 2 headers."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x93NUMPY":
        sys.exit(f"{path}: not a .npy file")
    length, start = (struct.unpack("<H", data[8:10])[0], 10) if data[6] == 1 else (struct.unpack("<I", data[8:12])[0], 12)
    header = ast.literal_eval(data[start:start + length].decode("latin-1"))
    if header["descr"] != "<f4":
        sys.exit(f"{path}: holds {header['descr']}, not float32")
    return struct.unpack(f"<{math.prod(header['shape'])}f", data[start + length:])


def draw(values):
    """Lines of ROWS by COLUMNS braille cells; each value joined to the one before it."""
    width, height = 2 * COLUMNS, 4 * ROWS
    cells = [[0] * COLUMNS for _ in range(ROWS)]

    def row_of(value):
        return round((1 - max(-1.0, min(1.0, value))) / 2 * (height - 1))

    previous = None
    for x in range(width):
        y = row_of(values[x * (len(values) - 1) // (width - 1)])
        low, high = sorted((y, y if previous is None else previous))
        for dot in range(low, high + 1):
            cells[dot // 4][x // 2] |= DOTS[dot % 4][x % 2]
        previous = y
    return ["".join(chr(BRAILLE + cell) for cell in line) for line in cells]


def main():
    path, upper, lower, recorded_path = sys.argv[1:]
    values = read_npy(path)
    if not values or not all(map(math.isfinite, values)):
        sys.exit(f"{path}: nothing to plot: it is empty, or holds values that are not finite")
    labels = {0: f"+1 {upper}", ROWS // 2: " 0", ROWS - 1: f"-1 {lower}"}
    for row, line in enumerate(draw(values)):
        print(f"    {labels.get(row, ''):<{max(len(upper), len(lower)) + 3}} |{line}|")
    recorded = read_npy(recorded_path)
    if len(recorded) != len(values):
        sys.exit(f"{path}: {len(values)} values, {recorded_path} has {len(recorded)}")
    difference = max(abs(a - b) for a, b in zip(values, recorded))
    print(f"\n    {len(values)} samples, from {min(values):+.3f} to {max(values):+.3f}; "
          f"at most {difference:.1e} from {recorded_path}")


if __name__ == "__main__":
    main()
