#include "diff/match.h"

#include <map>
#include <string_view>

namespace slipway::diff {
namespace {

bool are_alike(const Region& a, const Region& b) {
  return a.bytes == b.bytes && a.element == b.element;
}

}  // namespace

std::vector<std::optional<std::size_t>> match_regions(std::span<const Region> was,
                                                      std::span<const Region> is) {
  std::map<std::string_view, std::size_t> by_name;
  for (std::size_t i = 0; i < was.size(); ++i) by_name.emplace(was[i].name, i);
  std::vector<std::optional<std::size_t>> matches(is.size());
  std::vector<bool> is_taken(was.size());
  for (std::size_t i = 0; i < is.size(); ++i) {
    const auto found = by_name.find(is[i].name);
    if (is[i].name.empty() || found == by_name.end() || is_taken[found->second] ||
        !are_alike(was[found->second], is[i])) {
      continue;
    }
    matches[i] = found->second;
    is_taken[found->second] = true;
  }
  // Those left over keep their order, as exporters that number values do.
  std::size_t from = 0;
  for (std::size_t i = 0; i < is.size(); ++i) {
    if (matches[i].has_value()) continue;
    for (std::size_t j = from; j < was.size(); ++j) {
      if (is_taken[j] || !are_alike(was[j], is[i])) continue;
      matches[i] = j;
      is_taken[j] = true;
      from = j + 1;
      break;
    }
  }
  return matches;
}

}  // namespace slipway::diff
