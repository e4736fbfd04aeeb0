"""The tidy test: what the house rules say about files, checked against the whole repository."""

import argparse
import sys

import rules
from tree import Tree


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", required=True, help="targets.txt of a configured build folder")
    tree = Tree.from_disk(".", parser.parse_args().targets)
    problems = [problem for rule in rules.RULES for problem in rule(tree)]
    for problem in problems:
        print(problem)
    print(f"tidy: {len(tree.files)} files, {len(rules.RULES)} rules, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
