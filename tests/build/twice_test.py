"""Built twice, with everything that may be tried, the choice is the same: side by side, and one after the other."""

import argparse
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from project import Project, disagreements  # noqa: E402


class Twice(unittest.TestCase):
    program = None

    def test_autopilot(self):
        with tempfile.TemporaryDirectory() as folder:
            project = Project(self.program, folder)
            project.recipe("[budget]\naccuracy_drop_percent = 1\n", tries="")
            reports = []
            for out in ("first", "second", "second"):  # the third one knows what the second one chose
                code, _, err = project.run("build", "-o", out)
                self.assertEqual(code, 0, err)
                report = project.report(out)
                reports.append(report)
                print(out, report["verdict"])
            self.assertEqual(disagreements(reports), [])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    Twice.program = options.program
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
