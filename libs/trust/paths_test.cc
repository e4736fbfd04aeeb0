#include "trust/paths.h"

namespace slipway::trust {
namespace {

struct PatternRow {
  const char* pattern;
  const char* path;
  bool matches;
};

TEST(Paths, PatternsMatchAsShellsDoWithinAPart) {
  const PatternRow rows[] = {
      {"*", "a", true},
      {"*", "", true},
      {"*", "a/b", false},
      {"*/*", "a/b", true},
      {"*/*", "a", false},
      {"*.md", "README.md", true},
      {"*.md", "README.MD", false},
      {"*.md", "releases/README.md", false},
      {"releases/*/*", "releases/x/x_v1", true},
      {"foo-?.tgz", "foo-1.tgz", true},
      {"foo-?.tgz", "foo-alpha.tgz", false},
      {"a?b", "a/b", false},
      {"*a*b*c", "xxaxxbxxbxxc", true},
      {"*a*b*c", "xxaxxcxxb", false},
      {"x*/*y", "x1/2y", true},
      {"x*/*y", "x/1/2y", false},
      {"[a-c]1", "b1", true},
      {"[a-c]1", "d1", false},
      {"[!a-c]1", "d1", true},
      {"[!a-c]1", "a1", false},
      {"[]x]", "]", true},
      {"[ab", "[ab", true},
      {"[a/b]", "a", false},
      {"x[.-0]y", "x/y", false},
      {"exact", "exact", true},
      {"exact", "exactly", false},
      {"", "", true},
      {"", "a", false},
  };
  for (const PatternRow& row : rows)
    EXPECT_EQ(path_matches(row.pattern, row.path), row.matches) << row.pattern << " " << row.path;
}

TEST(Paths, AHostilePatternIsDecidedAtOnce) {
  std::string pattern;
  for (int i = 0; i < 10000; ++i) pattern += "*a";
  std::string path(9000, 'a');
  path.back() = 'b';
  EXPECT_FALSE(path_matches(pattern, path));
}

Delegation by_paths(const char* name, std::vector<std::string> paths, bool is_terminating = false) {
  Delegation delegation;
  delegation.name = name;
  delegation.paths = std::move(paths);
  delegation.is_terminating = is_terminating;
  return delegation;
}

TEST(Paths, DelegatesComeInOrderAndATerminatingOneIsTheLast) {
  Targets targets;
  targets.delegations = {by_paths("a", {"*.py"}), by_paths("b", {"x/*", "y/*"}, true),
                         by_paths("c", {"*/*"})};
  const auto names = [&](std::string_view path) {
    std::vector<std::string> all;
    for (const Delegate& delegate : delegates_of(targets, path)) all.push_back(delegate.name);
    return all;
  };
  EXPECT_EQ(names("x/1"), (std::vector<std::string>{"b"}));
  EXPECT_EQ(names("z/1"), (std::vector<std::string>{"c"}));
  EXPECT_EQ(names("one.py"), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(names("one.txt").empty());
}

TEST(Paths, HashPrefixesAndBinsGoByTheSha256OfThePath) {
  // SHA-256 of "abc" begins with ba7816bf.
  Targets targets;
  Delegation delegation;
  delegation.name = "hashed";
  delegation.hash_prefixes = {"00", "ba7"};
  targets.delegations = {delegation};
  EXPECT_EQ(delegates_of(targets, "abc").size(), 1U);
  EXPECT_TRUE(delegates_of(targets, "abd").empty());

  const std::pair<std::uint32_t, const char*> rows[] = {
      {1, "bin-1"}, {4, "bin-b"}, {5, "bin-17"}, {8, "bin-ba"}, {32, "bin-ba7816bf"}};
  for (const auto& [bits, name] : rows) {
    targets.bins = Bins{{}, bits, "bin"};
    ASSERT_EQ(delegates_of(targets, "abc").size(), 1U);
    EXPECT_EQ(delegates_of(targets, "abc")[0].name, name);
  }
}

}  // namespace
}  // namespace slipway::trust
