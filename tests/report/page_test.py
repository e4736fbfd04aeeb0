"""Report pages in headless Chromium: wide and narrow, light and dark; no complaint, no overflow, plots drawn.

With --keep FOLDER the pictures of the pages stay there, to be looked at.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from browser import Browser  # noqa: E402

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
PLOTS = {"sample.html": 5, "hostile.html": 5, "failed.html": 2, "large.html": 5}

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# How many canvases there are, how many of them hold anything, and in how many colours all together.
CANVASES = """(() => {
  let drawn = 0;
  const colours = new Set();
  const all = [...document.querySelectorAll("canvas")];
  for (const canvas of all) {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let painted = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 0) { ++painted; colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]); }
    }
    if (painted > 500) ++drawn;
  }
  return { all: all.length, drawn, colours: colours.size };
})()"""
PAINT = "getComputedStyle(document.body).backgroundColor"
# The lowest contrast of the texts that a reader has to read, by WCAG's formula.
CONTRAST = """(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const f = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
                         return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
                            if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  let least = 99;
  for (const e of document.querySelectorAll("h1, h2, p, li, td, th, dt, dd, b, small, code, span, summary, footer")) {
    const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return least;
})()"""


class Page(unittest.TestCase):
    pages = None
    keep = None

    @classmethod
    def setUpClass(cls):
        chromium = shutil.which("chromium")
        if chromium is None:
            raise unittest.SkipTest("chromium is not installed: ./dev test installs it, or apt install chromium")
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        subprocess.run([cls.pages, cls.folder], check=True)
        cls.browser = Browser(chromium)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.temporary.cleanup()

    def judge(self, page, width, scheme):
        browser = self.browser
        browser.open((self.folder / page).as_uri(), width, scheme)
        if self.keep:
            browser.screenshot(self.keep / f"{page}-{width}-{scheme}.png")
        self.assertEqual(browser.complaints(), [])
        self.assertEqual(len(browser.requests()), 1, "the page asks for more than itself")
        self.assertLessEqual(browser.evaluate(OVERFLOW), 0, "the page is wider than the screen")
        canvases = browser.evaluate(CANVASES)
        self.assertEqual((canvases["all"], canvases["drawn"]), (PLOTS[page], PLOTS[page]))
        self.assertGreater(canvases["colours"], 3)
        self.assertEqual(browser.evaluate("document.querySelectorAll('main script, main img').length"), 0)
        self.assertGreaterEqual(browser.evaluate(CONTRAST), 4.5)

    def test_pages(self):
        paints = {}
        for page in PLOTS:
            for width in WIDTHS:
                for scheme in SCHEMES:
                    with self.subTest(f"{page} {width} {scheme}"):
                        self.judge(page, width, scheme)
                        paints[scheme] = self.browser.evaluate(PAINT)
        self.assertNotEqual(paints["light"], paints["dark"])

    def test_it_follows_the_scheme(self):
        self.browser.open((self.folder / "sample.html").as_uri(), 1280, "light")
        first = "document.querySelector('canvas').toDataURL()"
        before = self.browser.evaluate(first)
        self.browser.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        self.browser.evaluate("new Promise((done) => setTimeout(done, 100))")
        self.assertNotEqual(self.browser.evaluate(first), before)

    def test_the_checks_can_fail(self):
        broken = self.folder / "broken.html"
        broken.write_text("<body style='color:#777;background:#888'><p>grey</p><div style='width:3000px'>x</div>"
                          "<canvas></canvas><img src='http://127.0.0.1:9/x'><script>no_such()</script>")
        self.browser.open(broken.as_uri(), 390, "light")
        self.assertGreater(len(self.browser.complaints()), 0)
        self.assertGreater(len(self.browser.requests()), 1)
        self.assertGreater(self.browser.evaluate(OVERFLOW), 0)
        self.assertEqual(self.browser.evaluate(CANVASES)["drawn"], 0)
        self.assertLess(self.browser.evaluate(CONTRAST), 4.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    Page.pages = options.pages
    Page.keep = options.keep
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
