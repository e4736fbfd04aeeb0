"""./dev build --only-for: a small library that runs the named model, and says what it cannot do."""

import os
import subprocess
import unittest
from pathlib import Path

LIBRARY = Path("build/only/lib/libslipway.so")
PLAN = Path("build/only/plans/autopilot.plan")


class OnlyForTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["./dev", "build", "--only-for", "examples/autopilot/autopilot.onnx"], check=True)

    def loop(self, model):
        environment = {**os.environ, "LD_LIBRARY_PATH": str(LIBRARY.parent)}
        return subprocess.run(["build/bin/control_loop", str(model), "3"], capture_output=True, text=True, env=environment)

    def test_it_is_below_400_kilobytes(self):
        self.assertLess(LIBRARY.stat().st_size, 400_000)

    def test_it_runs_the_plan(self):
        done = self.loop(PLAN)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 ticks at 50 Hz", done.stdout)

    def test_it_refuses_what_it_was_not_built_for(self):
        done = self.loop("examples/autopilot/autopilot.onnx")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("opens plans only", done.stderr)
        other = Path("build/only/plans/tcn.plan")
        subprocess.run(["build/bin/slipway", "compile", "examples/pitwall/tcn.onnx", "-o", str(other)], check=True)
        done = self.loop(other)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("which this build does not hold", done.stderr)


if __name__ == "__main__":
    unittest.main()
