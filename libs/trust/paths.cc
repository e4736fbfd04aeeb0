#include "trust/paths.h"

#include <algorithm>
#include <optional>

#include "digest/digest.h"

namespace slipway::trust {
namespace {

// What "[...]" at the beginning of a pattern is, and how long it is; nothing where it has no end.
struct Set {
  std::size_t size = 0;
  bool has = false;  // the character
};

std::optional<Set> match_set(std::string_view pattern, char c) {
  std::size_t at = 1;
  const bool is_inverted = at < pattern.size() && pattern[at] == '!';
  if (is_inverted) ++at;
  const std::size_t first = at;
  bool has = false;
  for (; at < pattern.size() && (pattern[at] != ']' || at == first); ++at) {
    if (pattern[at] == '/') return std::nullopt;
    char low = pattern[at];
    char high = low;
    if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']' &&
        pattern[at + 2] != '/') {
      high = pattern[at + 2];
      at += 2;
    }
    has = has || (low <= c && c <= high);
  }
  if (at >= pattern.size()) return std::nullopt;
  return Set{at + 1, has != is_inverted};
}

// How many characters of the pattern match c; 0: none do.
std::size_t match_one(std::string_view pattern, char c) {
  if (pattern.empty() || c == '/') return !pattern.empty() && pattern[0] == c ? 1 : 0;
  if (pattern[0] == '?') return 1;
  if (pattern[0] == '[') {
    const std::optional<Set> set = match_set(pattern, c);
    if (set) return set->has ? set->size : 0;
  }
  return pattern[0] == c ? 1 : 0;
}

std::string bin_name(const Bins& bins, std::string_view path) {
  std::uint64_t number = 0;
  const std::string hash = *from_hex(sha256(path).substr(0, 8));
  for (const char byte : hash) number = number << 8U | static_cast<unsigned char>(byte);
  number >>= 32U - bins.bits;
  std::string digits;
  for (; number > 0; number /= 16) digits += "0123456789abcdef"[number % 16];
  const std::size_t width = (bins.bits + 3) / 4;
  digits.append(width - std::min(width, digits.size()), '0');
  std::ranges::reverse(digits);
  return bins.prefix + "-" + digits;
}

bool is_for(const Delegation& delegation, std::string_view path) {
  if (!delegation.hash_prefixes.empty()) {
    const std::string hash = sha256(path);
    return std::ranges::any_of(delegation.hash_prefixes,
                               [&](const std::string& prefix) { return hash.starts_with(prefix); });
  }
  return std::ranges::any_of(
      delegation.paths, [&](const std::string& pattern) { return path_matches(pattern, path); });
}

}  // namespace

bool path_matches(std::string_view pattern, std::string_view path) {
  // The last '*' is where it goes on from when what follows does not match: no other is needed.
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  for (std::size_t at = 0; at < path.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = at;
      continue;
    }
    const std::size_t matched = match_one(pattern.substr(p), path[at]);
    if (matched > 0) {
      p += matched;
      ++at;
    } else if (star != std::string_view::npos && path[resume] != '/') {
      p = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<Delegate> delegates_of(const Targets& targets, std::string_view path) {
  std::vector<Delegate> all;
  if (targets.bins) {
    all.push_back({bin_name(*targets.bins, path), targets.bins->keys, true});
    return all;
  }
  for (const Delegation& delegation : targets.delegations) {
    if (!is_for(delegation, path)) continue;
    all.push_back({delegation.name, delegation.keys, delegation.is_terminating});
    if (delegation.is_terminating) break;
  }
  return all;
}

}  // namespace slipway::trust
