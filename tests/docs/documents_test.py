"""Runs every `slipway` command that stands in a code block of the documents; looks up every `./dev` command, link and test.

usage: documents_test.py FOLDER-OF-PROGRAMS
A line is a command if it begins with `slipway` or `build/bin/slipway`, after an optional `$`. It runs in a folder that
shows the repository's files, and has to succeed. Not run: patterns, with names in capitals (MODEL, FILE), and commands on
files below build/, which are made on demand.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path.cwd()
SLIPWAY = re.compile(r"^(?:\$ )?(?:build/bin/)?(slipway( .*)?)$")
DEV = re.compile(r"\./dev ([a-z]+)")
LINK = re.compile(r"\]\(([^)#\s]+)")
TESTS = re.compile(r"`([\w/]+_test\.(?:cc|py))`((?:,? \w+)*)")  # a file, and names of tests in it
NOT_RUN = re.compile(r"\b[A-Z]{3,}\b|\sbuild/")


def documents(root):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=root, check=True,
                            capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if (root / line).is_file()]


def code_lines(text):
    """(number, line) of what stands in fences, or is indented by four spaces after an empty line."""
    fenced = indented = False
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced:
            yield number, line.strip()
        else:
            indented = line.startswith("    ") and (indented or not before.strip())
            if indented:
                yield number, line.strip()
        before = line


def slipway_commands(text):
    for number, line in code_lines(text):
        match = SLIPWAY.match(line)
        if match and not NOT_RUN.search(match.group(1)):
            yield number, match.group(1)


class DocumentsTest(unittest.TestCase):
    programs = None

    def test_what_counts_as_a_command(self):
        text = ("slipway a\n\n    slipway b\n    build/bin/slipway c x.onnx\n\n- item\n    slipway d\n"
                "```\n$ slipway e\nslipway f MODEL\nslipway g build/x.onnx\nslipway: error\n```\n")
        self.assertEqual(list(slipway_commands(text)), [(3, "slipway b"), (4, "slipway c x.onnx"), (9, "slipway e")])

    def test_every_slipway_command_succeeds(self):
        with tempfile.TemporaryDirectory() as folder:
            for entry in ROOT.iterdir():
                if entry.name not in ("build", ".git"):
                    os.symlink(entry, Path(folder, entry.name))
            path = f"{self.programs}:{os.environ['PATH']}"
            for document in documents(ROOT):
                for number, command in slipway_commands((ROOT / document).read_text()):
                    with self.subTest(f"{document}:{number}: {command}"):
                        done = subprocess.run(["bash", "-c", command], cwd=folder, env={**os.environ, "PATH": path},
                                              capture_output=True, text=True, timeout=120)
                        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_dev_command_exists(self):
        known = {p.name for p in Path(ROOT, "scripts/dev").iterdir() if p.is_file()}
        for document in documents(ROOT):
            for name in DEV.findall((ROOT / document).read_text()):
                with self.subTest(f"{document}: ./dev {name}"):
                    self.assertIn(name, known)

    def test_every_link_leads_to_a_file(self):
        for document in documents(ROOT):
            for link in LINK.findall((ROOT / document).read_text()):
                with self.subTest(f"{document}: {link}"):
                    self.assertTrue(link.startswith("http") or (ROOT / document).parent.joinpath(link).exists())

    def test_every_test_that_is_named_exists(self):
        text = (ROOT / "docs/security.md").read_text()
        named = TESTS.findall(text)
        self.assertGreater(len(named), 10)
        for file, names in named:
            content = (ROOT / file).read_text()
            for name in re.findall(r"\w+", names):
                with self.subTest(f"{file}: {name}"):
                    self.assertRegex(content, rf"\b{name}\b")


if __name__ == "__main__":
    DocumentsTest.programs = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
