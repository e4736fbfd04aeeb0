"""need_packages of scripts/dev/lib/packages.sh, with programs in the place of apt and dpkg that note how they are called."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

FAKES = {
    # knows the packages named in the file `installed`
    "dpkg-query": 'missing=0; shift 3\nfor name in "$@"; do\n'
                  '  if grep -qx -- "$name" installed; then echo installed; else missing=1; fi\ndone\nexit $missing\n',
    # the package lists know what the file `listed` names
    "apt-cache": 'shift 2\nfor name in "$@"; do grep -qx -- "$name" listed || exit 100; done\n',
    # update brings everything into the lists; install succeeds once the file `broken` has lost all its lines
    "apt-get": 'verb=; for word in "$@"; do case $word in update|install) verb=$word; echo "$verb" >>calls ;; '
               '-*|*=*) ;; *) [ "$verb" != install ] || echo "$word" >>wanted ;; esac; done\n'
               'if [ "$verb" = update ]; then cp all listed; exit 0; fi\n'
               'if [ -s broken ]; then sed -i 1d broken; echo "E: 404 Not Found"; exit 100; fi\n'
               'cat wanted >>installed\n',
    "sudo": 'exec "$@"\n',
}

# what is so | installed | listed | times that the install fails | apt-get's verbs | what it says, and whether it succeeds
ROWS = (
    ("all installed", "one two", "", 0, "", "", True),
    ("one missing and listed", "one", "one two", 0, "install", "installing Debian packages: two", True),
    ("lists empty", "", "", 0, "update install", "updating the package lists", True),
    ("lists out of date", "", "one two", 1, "install update install", "updating the package lists", True),
    ("the mirror is gone", "", "one two", 9, "install update install", "apt-get could not install: one two", False),
)


class PackagesTest(unittest.TestCase):
    def test_need_packages(self):
        library = Path("scripts").resolve()
        for name, installed, listed, failures, verbs, said, succeeds in ROWS:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                root = Path(folder)
                (root / "bin").mkdir()
                for program, script in FAKES.items():
                    (root / "bin" / program).write_text("#!/bin/sh\n" + script)
                    (root / "bin" / program).chmod(0o755)
                for file, words in (("installed", installed), ("listed", listed), ("all", "one two"),
                                    ("broken", "x " * failures), ("calls", "")):
                    (root / file).write_text("".join(word + "\n" for word in words.split()))
                (root / "scripts").symlink_to(library)
                done = subprocess.run(["bash", "-c", "source scripts/dev/lib/packages.sh; need_packages one two"],
                                      cwd=root, env={**os.environ, "PATH": f"{root / 'bin'}:{os.environ['PATH']}"},
                                      capture_output=True, text=True)
                self.assertEqual(" ".join((root / "calls").read_text().split()), verbs, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.returncode == 0, succeeds, done.stderr)


if __name__ == "__main__":
    unittest.main()
