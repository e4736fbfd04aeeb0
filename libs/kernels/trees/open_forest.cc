#include <cstring>

#include "kernels/trees/forest_layout.h"

namespace slipway {
namespace {

using forest_layout::Header;

// A node leads on within its tree, and a leaf to itself whatever its feature holds.
template <typename Node>
bool is_valid(const Node& node, std::uint64_t at, std::uint64_t end, std::uint64_t features) {
  if (node.step == 0) return node.threshold == forest_layout::kAboveAll && node.feature == 0;
  return (node.feature < features || node.feature == 0) && at + node.step + 1 < end;
}

template <typename Node>
bool trees_are_valid(const PackedForest& forest) {
  const auto* const nodes = static_cast<const Node*>(forest.nodes);
  const std::uint64_t features = std::uint64_t{forest.columns} * (forest.keeps_missing ? 2 : 1);
  if (forest.tree_count != 0 && forest.trees[0].root != 0) return false;
  if (forest.tree_count == 0) return forest.node_count == 0;
  for (std::uint32_t t = 0; t < forest.tree_count; ++t) {
    const bool is_last = t + 1 == forest.tree_count;
    const std::uint64_t begin = forest.trees[t].root;
    const std::uint64_t end = is_last ? forest.node_count : forest.trees[t + 1].root;
    if (begin >= end || end > forest.node_count || forest.trees[t].depth >= end - begin) {
      return false;
    }
    for (std::uint64_t i = begin; i < end; ++i) {
      if (!is_valid(nodes[i], i, end, features)) return false;
    }
  }
  return true;
}

bool votes_are_valid(const PackedForest& forest) {
  for (std::uint32_t i = 0; i < forest.node_count; ++i) {
    if (forest.first_vote[i] > forest.first_vote[i + 1]) return false;
  }
  if (forest.first_vote[forest.node_count] > forest.vote_count) return false;
  for (std::uint32_t v = 0; v < forest.vote_count; ++v) {
    if (forest.vote_target[v] >= forest.targets) return false;
  }
  return true;
}

bool is_valid(const Header& h, std::size_t size) {
  const bool is_one_vote = (h.flags & forest_layout::kIsOneVote) != 0;
  const bool is_sum = h.aggregate <= static_cast<std::uint32_t>(TreeAggregate::kSum);
  if (h.version != forest_layout::kVersion || (h.flags & ~forest_layout::kAllFlags) != 0) {
    return false;
  }
  if (h.aggregate > static_cast<std::uint32_t>(TreeAggregate::kMax)) return false;
  if (h.targets == 0 || h.targets > forest_layout::kMaxTargets) return false;
  if (h.columns > forest_layout::kMaxColumns || h.node_count >= (1U << 31)) return false;
  if (is_one_vote && (h.targets != 1 || h.vote_count != 0 || !is_sum)) return false;
  return forest_layout::sections_of(h).end <= size;
}

}  // namespace

bool open_forest(std::span<const std::byte> bytes, PackedForest& forest) {
  Header h;
  if (bytes.size() < sizeof(h) || reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0) {
    return false;
  }
  std::memcpy(&h, bytes.data(), sizeof(h));
  if (!is_valid(h, bytes.size())) return false;
  const forest_layout::Sections sections = forest_layout::sections_of(h);
  const std::byte* const data = bytes.data();
  forest.node_count = h.node_count;
  forest.tree_count = h.tree_count;
  forest.vote_count = h.vote_count;
  forest.targets = h.targets;
  forest.columns = h.columns;
  forest.aggregate = static_cast<TreeAggregate>(h.aggregate);
  forest.is_double = (h.flags & forest_layout::kIsDouble) != 0;
  forest.is_large = (h.flags & forest_layout::kIsLarge) != 0;
  forest.is_one_vote = (h.flags & forest_layout::kIsOneVote) != 0;
  forest.keeps_missing = (h.flags & forest_layout::kKeepsMissing) != 0;
  forest.nodes = data + sections.nodes;
  forest.trees = reinterpret_cast<const PackedForest::Tree*>(data + sections.trees);
  forest.values = data + sections.values;
  forest.first_vote = reinterpret_cast<const std::uint32_t*>(data + sections.first_vote);
  forest.vote_target = reinterpret_cast<const std::uint32_t*>(data + sections.vote_target);
  forest.vote_weight = data + sections.vote_weight;
  if (!forest.is_one_vote && !votes_are_valid(forest)) return false;
  return forest.is_large ? trees_are_valid<PackedForest::LargeNode>(forest)
                         : trees_are_valid<PackedForest::SmallNode>(forest);
}

}  // namespace slipway
