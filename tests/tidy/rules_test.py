"""Shows that each tidy rule can fail: a tree that obeys them all, then one change at a time."""

import unittest

import rules
from tree import Target, Tree

TARGETS = (
    Target("slipway_base", "libs/base", ["libs/base/clock.cc"], []),
    Target("slipway_tensor", "libs/tensor", ["libs/tensor/shape.cc"], ["base"]),
    Target("slipway_graph", "libs/graph", ["libs/graph/graph.cc"], ["tensor"]),
    Target("slipway", "apps/slipway", ["apps/slipway/main.cc"], ["graph"]),
)
FILES = {
    "libs/base/README.md": "base\n",
    "libs/base/clock.cc": '#include "base/clock.h"\n#include <vector>\n',
    "libs/base/clock.h": "#pragma once\n",
    "libs/tensor/README.md": "tensor\n",
    "libs/tensor/shape.cc": '#include "base/clock.h"\n#include "tensor/shape.h"\n',
    "libs/tensor/shape.h": '#include "base/clock.h"\n',
    "libs/graph/README.md": "graph\n",
    "libs/graph/graph.cc": '#include "base/clock.h"\n#include "tensor/shape.h"\n',
    "apps/slipway/main.cc": '#include "arguments.h"\n#include "tensor/shape.h"\n',
    "apps/slipway/arguments.h": '#include "base/clock.h"\n',
    "ARCHITECTURE.md": "| `libs/base` | ports | |\n| `libs/tensor` | shapes | base |\n| `libs/graph` | IR | tensor |\n",
}

LONG = "int x;\n" * 501
# what is wrong | the rule that says so | the change | a part of what it says
ROWS = (
    ("include of a library not declared", rules.forbidden_includes,
     {"libs/base/clock.cc": '#include "tensor/shape.h"\n'}, "libs/base does not depend on tensor"),
    ("the same in a header of an app", rules.forbidden_includes,
     {"apps/slipway/arguments.h": '#include "onnx/reader.h"\n', "libs/onnx/reader.h": "\n"},
     "does not depend on onnx"),
    ("include of nothing", rules.forbidden_includes,
     {"libs/base/clock.cc": '#include "clocks.h"\n'}, "is not in the repository"),
    ("two headers that include each other", rules.include_cycles,
     {"libs/base/clock.h": '#include "base/time.h"\n', "libs/base/time.h": '#include "base/clock.h"\n'},
     "libs/base/clock.h -> libs/base/time.h -> libs/base/clock.h"),
    ("a header that includes itself", rules.include_cycles,
     {"libs/base/clock.h": '#include "base/clock.h"\n'}, "libs/base/clock.h -> libs/base/clock.h"),
    ("a source in no target", rules.sources_no_target_builds,
     {"libs/base/files.cc": "\n"}, "libs/base/files.cc: no target"),
    ("a long file", rules.long_files, {"libs/base/clock.h": LONG}, "501 lines"),
    ("a long file whose reason stands too low", rules.long_files,
     {"libs/base/clock.h": LONG + "// Longer than 500 lines because it is.\n"}, "502 lines"),
    ("TRY behind an element", rules.try_behind_an_element,
     {"libs/base/clock.cc": "void f() {\n  rows.push_back({name,\n                  TRY(read(name))});\n}\n"},
     "clock.cc:3: TRY behind"),
    ("a type's name", rules.banned_words,
     {"libs/base/clock.h": "class Buffer" + "Man" + "ager {};\n"}, "explains nothing"),
    ("a name with more behind it", rules.banned_words,
     {"libs/base/clock.h": "class Hel" + "perBase {};\n"}, "explains nothing"),
    ("a file's name", rules.banned_words, {"libs/base/string_ut" + "ils.h": "\n"}, "the file's name"),
    ("unfinished work", rules.banned_words, {"libs/base/clock.h": "// TO" + "DO: more\n"}, "finish it"),
    ("a tab", rules.white_space, {"libs/base/clock.h": "int\tx;\n"}, "clock.h:1: a tab"),
    ("a space at the end", rules.white_space, {"libs/base/clock.h": "int x;\nint y; \n"}, "clock.h:2: white space"),
    ("a carriage return", rules.white_space, {"libs/base/clock.h": "int x;\r\n"}, "clock.h:1: white space"),
    ("no last newline", rules.white_space, {"libs/base/clock.h": "int x;"}, "no newline"),
    ("a library without README", rules.readme_per_library, {"libs/base/README.md": None}, "libs/base: has no README"),
    ("a library not on the map", rules.architecture_map, {"libs/onnx/reader.h": "\n"}, "no row for libs/onnx"),
    ("a row without library", rules.architecture_map,
     {"ARCHITECTURE.md": FILES["ARCHITECTURE.md"] + "| `libs/hub` | fleet | base |\n"}, "libs/hub, which is not there"),
    ("a row with other dependencies", rules.architecture_map,
     {"ARCHITECTURE.md": FILES["ARCHITECTURE.md"].replace("| tensor |", "| base, tensor |")},
     "libs/graph uses 'base tensor'"),
)

# what is right although it looks wrong | the change
ALLOWED = (
    ("a long file with its reason", {"libs/base/clock.h": "// Longer than 500 lines because of its table.\n" + LONG}),
    ("a word that contains a banned one in lower case", {"libs/base/clock.h": "int man" + "ager_free = 1;\n"}),
    ("an own header beside an app", {"apps/slipway/main.cc": '#include "arguments.h"\n'}),
)


def tree_with(change):
    files = {**FILES, **change}
    return Tree({path: text for path, text in files.items() if text is not None}, list(TARGETS))


def problems_of(tree):
    return {rule: list(rule(tree)) for rule in rules.RULES}


class RulesTest(unittest.TestCase):
    def test_the_tree_before_any_change_obeys_every_rule(self):
        self.assertEqual([p for found in problems_of(tree_with({})).values() for p in found], [])

    def test_each_rule_says_what_is_wrong(self):
        for name, rule, change, said in ROWS:
            with self.subTest(name):
                found = problems_of(tree_with(change))[rule]
                self.assertTrue(any(said in problem for problem in found), found)

    def test_what_is_allowed(self):
        for name, change in ALLOWED:
            with self.subTest(name):
                self.assertEqual([p for found in problems_of(tree_with(change)).values() for p in found], [])

    def test_every_rule_is_shown_to_fail(self):
        self.assertEqual({rule for _, rule, _, _ in ROWS}, set(rules.RULES))


if __name__ == "__main__":
    unittest.main()
