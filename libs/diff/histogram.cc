#include "diff/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace slipway::diff {

using delta::kContexts;
using delta::kMostTables;
using delta::kProbabilityOne;
using delta::kSymbols;

namespace {

constexpr double kBoundsBits = 16;  // a table's first and last symbol

struct Group {
  std::size_t first = 0;  // context
  Histogram histogram;
  double bits = 0;
};

// Frequencies that add up to one; what occurs at all has some.
delta::Frequencies normalised(const Histogram& histogram) {
  delta::Frequencies result;
  if (histogram.total == 0) {
    result.of[0] = kProbabilityOne;
    return result;
  }
  std::int64_t left = kProbabilityOne;
  std::size_t largest = 0;
  for (std::size_t i = 0; i < kSymbols; ++i) {
    if (histogram.of[i] == 0) continue;
    if (histogram.of[i] > histogram.of[largest]) largest = i;
    const std::uint64_t share =
        (std::uint64_t{histogram.of[i]} * kProbabilityOne + histogram.total / 2) / histogram.total;
    result.of[i] = static_cast<std::uint16_t>(std::max<std::uint64_t>(share, 1));
    left -= result.of[i];
  }
  // What rounding left over goes to the most frequent; what it took comes from all that can give.
  while (left < 0) {
    for (std::size_t i = 0; i < kSymbols && left < 0; ++i) {
      if (result.of[i] < 2) continue;
      const auto give =
          static_cast<std::uint16_t>(std::clamp<std::int64_t>(result.of[i] / 16, 1, -left));
      result.of[i] = static_cast<std::uint16_t>(result.of[i] - give);
      left += give;
    }
  }
  result.of[largest] = static_cast<std::uint16_t>(result.of[largest] + left);
  return result;
}

std::vector<Group> groups_of(const Statistics& statistics) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < kContexts; ++i) {
    const Histogram& histogram = statistics.contexts[i];
    if (histogram.total == 0) continue;
    groups.push_back({i, histogram, histogram.bits()});
  }
  if (groups.empty()) groups.emplace_back();
  return groups;
}

Group merged(const Group& a, const Group& b) {
  Group group = a;
  group.histogram.add(b.histogram);
  group.bits = group.histogram.bits();
  return group;
}

}  // namespace

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < kSymbols; ++i) of[i] += other.of[i];
  total += other.total;
}

double Histogram::bits() const {
  double bits = kBoundsBits;
  std::size_t first = kSymbols;
  std::size_t last = 0;
  for (std::size_t i = 0; i < kSymbols; ++i) {
    if (of[i] == 0) continue;
    first = std::min(first, i);
    last = i;
    const double share = static_cast<double>(of[i]) / static_cast<double>(total);
    const double frequency = std::max(share * kProbabilityOne, 1.0);
    bits += of[i] * std::log2(kProbabilityOne / frequency) + std::floor(std::log2(frequency));
  }
  if (first <= last) bits += 4.0 * static_cast<double>(last - first + 1);
  return bits;
}

Choice choose_tables(const Statistics& statistics) {
  std::vector<Group> groups = groups_of(statistics);
  std::vector<Group> pairs;  // of each group with the next
  for (std::size_t i = 0; i + 1 < groups.size(); ++i)
    pairs.push_back(merged(groups[i], groups[i + 1]));
  while (!pairs.empty()) {
    std::size_t best = 0;
    double best_gain = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const double gain = groups[i].bits + groups[i + 1].bits - pairs[i].bits;
      if (gain > best_gain) {
        best_gain = gain;
        best = i;
      }
    }
    if (best_gain <= 0 && groups.size() <= kMostTables) break;
    groups[best] = pairs[best];
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    pairs.erase(pairs.begin() + static_cast<std::ptrdiff_t>(best));
    if (best < pairs.size()) pairs[best] = merged(groups[best], groups[best + 1]);
    if (best > 0) pairs[best - 1] = merged(groups[best - 1], groups[best]);
  }
  Choice choice;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i > 0) choice.tables.starts |= std::uint64_t{1} << groups[i].first;
    choice.tables.frequencies.push_back(normalised(groups[i].histogram));
    choice.bits += groups[i].bits;
  }
  choice.bits += static_cast<double>(statistics.rest_bits);
  return choice;
}

std::array<std::uint8_t, kContexts> rows_of(std::uint64_t starts) {
  std::array<std::uint8_t, kContexts> rows{};
  std::uint8_t row = 0;
  for (std::size_t i = 0; i < kContexts; ++i) {
    if ((starts >> i & 1U) != 0) ++row;
    rows[i] = row;
  }
  return rows;
}

double bits_with(const delta::Tables& tables, const Statistics& statistics) {
  if (tables.frequencies.empty()) return std::numeric_limits<double>::infinity();
  const auto rows = rows_of(tables.starts);
  auto bits = static_cast<double>(statistics.rest_bits);
  for (std::size_t context = 0; context < kContexts; ++context) {
    if (statistics.contexts[context].total == 0) continue;
    const delta::Frequencies& frequencies = tables.frequencies[rows[context]];
    for (std::size_t i = 0; i < kSymbols; ++i) {
      const std::uint32_t count = statistics.contexts[context].of[i];
      if (count == 0) continue;
      if (frequencies.of[i] == 0) return std::numeric_limits<double>::infinity();
      bits += count * std::log2(static_cast<double>(kProbabilityOne) / frequencies.of[i]);
    }
  }
  return bits;
}

}  // namespace slipway::diff
