"""Finds the inner loops of cross-compiled kernels and has llvm-mca count their cycles.

usage: loops.py --sources | --objects FOLDER [--json FILE]
An inner loop is what a backward branch encloses with no other backward branch in it. Standard library only.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

OBJDUMP = "aarch64-linux-gnu-objdump"
# (name, llvm-mca, its -mcpu). LLVM 16 describes the A72 by the A57's model, which fits; its N1 is an A57 in disguise.
PROCESSORS = (("Cortex-A72", "/usr/lib/llvm-16/bin/llvm-mca", "cortex-a72"),
              ("Neoverse N1", "/usr/lib/llvm-19/bin/llvm-mca", "neoverse-n1"))
FLOAT, BYTE, DOT = ("fmla",), ("smlal", "smlal2", "umlal", "umlal2", "sadalp", "uadalp"), ("sdot",)
WITH_DOT = ("Neoverse N1",)
# (what it is, source below libs/kernels, its function, the instructions that do the work). Of the inner loops of all such
# functions the one with the most work is measured.
LOOPS = (
    ("product, several rows", "gemm/gemm.cc", r"tile<float, [2-9]", FLOAT),
    ("product, one row", "gemm/gemm.cc", r"tile<float, 1, [2-9]", FLOAT),
    ("convolution", "conv/direct.cc", r"whole_tile<BlockedInput, false", FLOAT),
    ("convolution in groups", "conv/grouped.cc", r"grouped_tile", FLOAT),
    ("depthwise convolution", "conv/depthwise.cc", r"whole_tile<\d, [12], false", FLOAT),
    ("LSTM, float weights", "recurrent/lstm.cc", r"multiply_groups<float", FLOAT),
    ("LSTM, half weights", "recurrent/lstm.cc", r"multiply_groups<Half", FLOAT),
    ("LSTM, int8 weights", "recurrent/byte_lstm.cc", r"multiply_groups<signed char", BYTE),
    ("GRU, float weights", "recurrent/gru.cc", r"multiply_groups<float", FLOAT),
    ("convolution of bytes", "conv/byte_conv.cc", r"byte_tile", BYTE),
    ("the same, dot products", "conv/byte_conv_dot.cc", r"pointwise_byte_tile", DOT),
    ("LSTM, int8, dot products", "recurrent/byte_lstm_dot.cc", r"multiply_groups<signed char", DOT),
    ("GRU, int8, dot products", "recurrent/byte_gru_dot.cc", r"multiply_groups<signed char", DOT),
)
ITERATIONS = 200


def disassemble(path):
    """(demangled function, [(address, mnemonic, operands)]) of each function."""
    text = subprocess.run([OBJDUMP, "-d", "-C", "--no-show-raw-insn", path], check=True, capture_output=True, text=True)
    function, lines = None, []
    for line in text.stdout.splitlines():
        head = re.match(r"[0-9a-f]+ <(.*)>:$", line)
        if head:
            if lines:
                yield function, lines
            function, lines = head.group(1), []
            continue
        match = re.match(r"\s*([0-9a-f]+):\t(\S+)\s*([^/]*)", line)
        if match:
            lines.append((int(match.group(1), 16), match.group(2), match.group(3).strip()))
    if lines:
        yield function, lines


def inner_loops(lines):
    """The instructions of each loop without a loop in it, the branch back last."""
    index = {address: i for i, (address, _, _) in enumerate(lines)}
    loops = []
    for i, (address, mnemonic, operands) in enumerate(lines):
        match = re.search(r"(?:^|, )([0-9a-f]+) <", operands)
        if not re.match(r"(b$|b\.|cbn?z|tbn?z)", mnemonic) or not match:
            continue
        target = int(match.group(1), 16)
        if target in index and target <= address:
            loops.append((index[target], i))
    return [lines[a:b + 1] for a, b in loops if not any((c, d) != (a, b) and a <= c and d <= b for c, d in loops)]


def assembly(instructions):
    """Text for llvm-mca: branches lead to one label."""
    text = [".Lloop:"]
    for _, mnemonic, operands in instructions:
        text.append(f"  {mnemonic} " + re.sub(r"[0-9a-f]+ <.*>", ".Lloop", operands))
    return "\n".join(text) + "\n"


def simulate(program, processor, instructions):
    """(cycles an iteration takes, the reciprocal throughput of its resources)."""
    done = subprocess.run([program, "-mtriple=aarch64", f"-mcpu={processor}", f"-iterations={ITERATIONS}",
                           "-instruction-info=0"], input=assembly(instructions), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench arm-static: {program}: {done.stderr.strip()}")
    cycles = int(re.search(r"Total Cycles:\s+(\d+)", done.stdout).group(1))
    throughput = float(re.search(r"Block RThroughput:\s+([\d.]+)", done.stdout).group(1))
    return cycles / ITERATIONS, throughput


def short_name(function):
    """Without namespaces, types of arguments and clones: "tile<float, 5, 1, 1>"."""
    name = re.sub(r"slipway::|\(anonymous namespace\)::|N_(?:NEON|DOT)\w*::| \[clone.*\]", "", function)
    name = re.sub(r"(\d)ul\b", r"\1", name)
    return re.sub(r"^(?:void|\w+) (?=\w+<)", "", name).split("(")[0]


def busiest_loop(functions, pattern, work):
    """(function, its loop, the instructions of the loop that do the work)."""
    found = []
    for function, lines in functions:
        if re.match(pattern, short_name(function)):
            for loop in inner_loops(lines):
                found.append((short_name(function), loop, [line for line in loop if line[1] in work]))
    return max(found, key=lambda item: len(item[2]), default=(None, [], []))


def measure(folder):
    functions_of = {}
    for what, source, pattern, work in LOOPS:
        if source not in functions_of:
            functions_of[source] = list(disassemble(folder / f"{source}.o"))
        function, loop, parts = busiest_loop(functions_of[source], pattern, work)
        if not parts:
            sys.exit(f"bench arm-static: {source} has no loop of {'/'.join(work)} in '{pattern}': mend LOOPS in loops.py")
        row = {"loop": what, "source": source, "function": function, "instructions": len(loop), "work": len(parts)}
        for name, program, processor in PROCESSORS:
            if work is DOT and name not in WITH_DOT:
                continue
            cycles, _ = simulate(program, processor, loop)
            _, bound = simulate(program, processor, parts)
            row[name] = {"cycles": round(cycles, 2), "bound_cycles": bound, "share": round(bound / cycles, 4)}
        yield row


def shown(cell):
    return f"{cell['cycles']:>18.1f}  {100 * cell['share']:>3.0f} %" if cell else f"{'no such instructions':>25}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", action="store_true")
    parser.add_argument("--objects", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    if options.sources:
        print("\n".join(sorted({source for _, source, _, _ in LOOPS})))
        return
    rows = list(measure(options.objects))
    width = max(len(row["function"]) for row in rows)
    print(f"{'loop':<24}  {'function':<{width}}  instructions  work  "
          + "  ".join(f"{name + ' cycles':>18}  share" for name, _, _ in PROCESSORS))
    for row in rows:
        print(f"{row['loop']:<24}  {row['function']:<{width}}  {row['instructions']:>12}  {row['work']:>4}  "
              + "  ".join(shown(row.get(name)) for name, _, _ in PROCESSORS))
    if options.json:
        options.json.write_text("[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
