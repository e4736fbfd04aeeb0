#include "base/nearest.h"

#include <algorithm>
#include <vector>

namespace slipway {
namespace {

constexpr std::size_t kMaxWord = 64;  // longer ones are no misspelling
constexpr std::size_t kMaxKnown = 4096;

// Letters to insert, delete, replace or swap with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> known) {
  if (word.size() > kMaxWord) return "";
  std::string best;
  std::size_t best_distance = kMaxWord;
  for (const std::string& candidate : known.first(std::min(known.size(), kMaxKnown))) {
    if (candidate.size() > kMaxWord) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance * 3 <= std::max(word.size(), candidate.size()) && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace slipway
