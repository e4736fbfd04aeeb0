#!/usr/bin/env python3
"""Random graphs, run in ONNX Runtime and in slipway. Same seed, same graphs; a failing one is kept with its data."""

import argparse
import collections
import pathlib
import sys
import time

import numpy as np

from compare import difference, run_slipway, scratch_folder
from draft import Draft, Refused
from operators import OPERATORS

HERE = pathlib.Path(__file__).resolve()
BUILD = HERE.parent.parent.parent / "build"
OPSETS = (7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25)
NODES_PER_GRAPH = 12
ATTEMPTS_PER_NODE = 12


def operators_of(seed, number, opset, available):
    """The operators that graph `number` is to have. All that an opset has come round before any comes again."""
    rows = [row for row in available if row.since <= opset <= row.until]
    first = number // len(OPSETS) * NODES_PER_GRAPH
    chosen = []
    for place in range(first, first + NODES_PER_GRAPH) if rows else ():
        turn, index = divmod(place, len(rows))
        chosen.append(rows[np.random.default_rng([seed, opset, turn]).permutation(len(rows))[index]])
    return chosen


def draft_graph(seed, number, available, refusals):
    opset = OPSETS[number % len(OPSETS)]
    draft = Draft(np.random.default_rng([seed, number]), opset)
    for row in operators_of(seed, number, opset, available):
        for _ in range(ATTEMPTS_PER_NODE):
            try:
                draft.add(row, row.make(draft, row))
                break
            except Refused as refused:
                refusals[row.name][str(refused)] += 1
    return draft


def check_graph(draft, program, folder):
    """None, or how slipway and the reference differ on this graph."""
    inputs = {value.name: value.array for value in draft.inputs()}
    outputs = draft.sinks()
    names_only = {(value.name, axis) for value in draft.inputs() for axis in range(value.rank) if draft.chance(0.3)}
    model = draft.model(outputs, lambda value, axis: (value.name, axis) in names_only)
    path = pathlib.Path(folder, "model.onnx")
    path.write_bytes(model.SerializeToString())
    np.savez(pathlib.Path(folder, "expected.npz"), **{value.name: value.array for value in outputs})
    got, problem = run_slipway(program, path, inputs, folder)
    if problem:
        return problem
    problems = [compare_value(value, got) for value in outputs]
    if not any(problems):
        return None
    return first_wrong_node(draft, program, inputs, folder) or next(filter(None, problems))


def compare_value(value, got):
    if value.name not in got:
        return f"{value.name}: not among the outputs"
    found = difference(value.array, got[value.name], value.error)
    return found and f"{value.name}: {found}"


def first_wrong_node(draft, program, inputs, folder):
    """The same graph with every value as an output, to see where it goes wrong."""
    made = [value for _, _, values in draft.nodes for value in values]
    path = pathlib.Path(folder, "all_values.onnx")
    path.write_bytes(draft.model(made).SerializeToString())
    with scratch_folder() as scratch:
        got, problem = run_slipway(program, path, inputs, scratch)
    if problem:
        return None
    for row, _, values in draft.nodes:
        for value in values:
            found = compare_value(value, got)
            if found:
                return f"{row.name}: {found}"
    return None


def keep(folder, scratch, problem, command):
    folder.mkdir(parents=True, exist_ok=True)
    for file in pathlib.Path(scratch).iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "report.txt").write_text(f"{problem}\n{command}\n")


class Run:
    """Graphs of some operators, and what became of them."""

    def __init__(self, options):
        self.options = options
        self.refusals = collections.defaultdict(collections.Counter)
        self.used = collections.Counter()
        self.failures = 0

    def graphs(self, rows, only_names):
        """Drafts the graphs of `rows` and compares them; `only_names` is the option that limits a run to these."""
        options = self.options
        for number in range(options.graphs) if options.only is None else [options.only]:
            draft = draft_graph(options.seed, number, rows, self.refusals)
            self.used.update(row.name for row, _, _ in draft.nodes)
            if options.reference_only or not draft.inputs() or not draft.nodes:
                continue
            with scratch_folder() as scratch:
                problem = check_graph(draft, options.slipway, scratch)
                if problem:
                    self.failures += 1
                    self.report(number, problem, scratch, only_names)

    def report(self, number, problem, scratch, only_names):
        options = self.options
        command = f"{sys.executable} {HERE} --slipway {options.slipway} --seed {options.seed} --only {number}"
        command += f" --operators {only_names}" if only_names else ""
        folder = options.keep / f"seed{options.seed}-{only_names or 'graph'}-{number}"[:100]
        keep(folder, scratch, problem, command)
        print(f"graph {number}: {problem}\n  kept in {folder}; again: {command}", flush=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slipway", type=pathlib.Path, default=BUILD / "bin" / "slipway", help="the program to test")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="a new one every second if not given")
    parser.add_argument("--graphs", type=int, default=360)
    parser.add_argument("--only", type=int, help="the number of one graph")
    parser.add_argument("--operators", help="only these, with commas: for work on one operator")
    parser.add_argument("--each", action="store_true", help="every operator in graphs of its own")
    parser.add_argument("--keep", type=pathlib.Path, default=BUILD / "differential", help="folder for failing graphs")
    parser.add_argument("--reference-only", action="store_true", help="draft the graphs, print what was refused, stop")
    return parser.parse_args()


def main():
    options = parse_options()
    wanted = options.operators.split(",") if options.operators else None
    available = [row for row in OPERATORS if wanted is None or row.name in wanted]
    run = Run(options)
    print(f"seed {options.seed}, {options.graphs} graphs of {len(available)} operators", flush=True)
    if options.each:
        for row in available:
            run.graphs([row], row.name)
    else:
        run.graphs(available, options.operators)

    if options.reference_only:
        for name, reasons in sorted(run.refusals.items()):
            print(f"{name}: used {run.used[name]}, refused: {dict(reasons.most_common(4))}")
    never = [row.name for row in available if not run.used[row.name]]
    if never and options.only is None and options.graphs // len(OPSETS) * NODES_PER_GRAPH >= len(OPERATORS):
        print(f"never in a graph, every proposal was refused: {', '.join(never)}")
        run.failures += 1
    print(f"{sum(run.used.values())} nodes of {len(run.used)} operators, {run.failures} failures")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
