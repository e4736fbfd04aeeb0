#!/usr/bin/env python3
"""What the examples' models answer, by whichever interpreter and wheel runs this.

usage: example_answers.py INPUTS.npz ANSWERS.npz THREADS, where INPUTS has the data of each model under its path
"""

import pathlib
import sys

import numpy as np

import slipway

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def main():
    inputs, answers, threads = sys.argv[1:]
    made = {}
    for path, data in np.load(inputs).items():
        options = slipway.SessionOptions()
        options.intra_op_num_threads = int(threads)
        session = slipway.InferenceSession(ROOT / path, options)
        entry, = session.get_inputs()
        for output, answer in zip(session.get_outputs(), session.run(None, {entry.name: data})):
            made[f"{path} {output.name}"] = answer
    np.savez(answers, **made)


if __name__ == "__main__":
    main()
