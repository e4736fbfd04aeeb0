#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/trees/forest_layout.h"

namespace slipway {
namespace {

using forest_layout::Header;
using forest_layout::kAboveAll;
using forest_layout::kBelowAll;
using forest_layout::key_of;
using Source = ForestSource;

// The greatest float not above a split; splits are numbers.
float float_not_above(double split) {
  const float nearest = static_cast<float>(split);
  if (static_cast<double>(nearest) <= split) return nearest;
  return std::nextafterf(nearest, -std::numeric_limits<float>::infinity());
}

// x <= split (x < split) is key_of(x) <= this, for every x that is a number.
std::uint32_t key_not_above(double split) { return key_of(float_not_above(split)); }
std::uint32_t key_below(double split) {
  const float top = float_not_above(split);
  return static_cast<double>(top) < split ? key_of(top) : key_of(top) - 1;
}

// One node of the packed form, before its features are narrowed.
struct Packed {
  std::uint32_t threshold = kAboveAll;
  std::uint32_t feature = 0;
  std::uint32_t step = 0;
  std::uint32_t leaf = 0;  // the source's node, of a leaf
};

// What a place in the packed tree is to hold.
struct Pending {
  enum Kind : std::uint8_t { kNode, kSecondHalf, kJump };
  Kind kind = kNode;
  std::uint32_t source = 0;
  std::uint32_t depth = 0;
};

class Packer {
 public:
  explicit Packer(const Source& source)
      : source_(source), limit_(2 * source.nodes.size() + 2 * source.roots.size() + 1024) {}

  std::vector<Packed> nodes;
  std::vector<PackedForest::Tree> trees;
  bool keeps_missing = false;

  bool pack() {
    for (const std::uint32_t root : source_.roots) {
      if (!pack_tree(root)) return false;
    }
    return nodes.size() < (std::size_t{1} << 31);
  }

 private:
  // In breadth-first order; pending_[i] is for node base + i.
  bool pack_tree(std::uint32_t root) {
    const std::size_t base = nodes.size();
    std::uint32_t depth = 0;
    pending_.assign(1, {Pending::kNode, root, 0});
    nodes.emplace_back();
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      const Pending item = pending_[i];
      depth = item.depth > depth ? item.depth : depth;
      if (item.source >= source_.nodes.size() || item.depth > source_.nodes.size() * 3)
        return false;
      if (nodes.size() > limit_ || nodes.size() - base > UINT32_MAX / 4) return false;
      if (!place(base, i, item)) return false;
    }
    trees.push_back({static_cast<std::uint32_t>(base), depth});
    return true;
  }

  bool place(std::size_t base, std::size_t i, const Pending& item) {
    const Source::Node& node = source_.nodes[item.source];
    if (node.branch == TreeBranch::kLeaf) {
      nodes[base + i].leaf = item.source;
      return true;
    }
    if (node.feature >= source_.columns) return false;
    switch (node.branch) {
      case TreeBranch::kLeq:
        return split(base + i, item, key_not_above(node.split), false);
      case TreeBranch::kLt:
        return split(base + i, item, key_below(node.split), false);
      case TreeBranch::kGt:
        return split(base + i, item, key_not_above(node.split), true);
      case TreeBranch::kGte:
        return split(base + i, item, key_below(node.split), true);
      default:
        return split_equal(base, i, item);
    }
  }

  // Opens two places side by side as the children of node `at`.
  void open(std::size_t at, const Pending& left, const Pending& right) {
    nodes[at].step = static_cast<std::uint32_t>(nodes.size() - at);
    pending_.push_back(left);
    pending_.push_back(right);
    nodes.resize(nodes.size() + 2);
  }

  // NaN goes left where `missing_left`: then the feature is read where its NaN is below all.
  void test(std::size_t at, std::uint32_t threshold, std::uint32_t feature, bool missing_left) {
    nodes[at].threshold = threshold;
    nodes[at].feature = feature + (missing_left ? source_.columns : 0);
    keeps_missing = keeps_missing || missing_left;
  }

  bool split(std::size_t at, const Pending& item, std::uint32_t threshold, bool is_swapped) {
    const Source::Node& node = source_.nodes[item.source];
    // Nothing compares with NaN: all numbers go to on_false.
    if (node.split != node.split) threshold = is_swapped ? kAboveAll - 1 : kBelowAll;
    test(at, threshold, node.feature, node.missing_is_true != is_swapped);
    const Pending yes = {Pending::kNode, node.on_true, item.depth + 1};
    const Pending no = {Pending::kNode, node.on_false, item.depth + 1};
    open(at, is_swapped ? no : yes, is_swapped ? yes : no);
    return true;
  }

  // x == s is two splits: above s, or at most what is below s, leads to the same place. It is
  // placed under the second; the first has a jump there.
  bool split_equal(std::size_t base, std::size_t i, const Pending& item) {
    const Source::Node& node = source_.nodes[item.source];
    const bool is_equal = node.branch == TreeBranch::kEq;
    const bool missing_is_equal = node.missing_is_true == is_equal;
    const std::uint32_t equal = is_equal ? node.on_true : node.on_false;
    const std::uint32_t other = is_equal ? node.on_false : node.on_true;
    if (item.kind == Pending::kSecondHalf) {
      test(base + i, key_below(node.split), node.feature, false);
      open(base + i, {Pending::kNode, other, item.depth + 1},
           {Pending::kNode, equal, item.depth + 1});
      return true;
    }
    if (item.kind == Pending::kJump) {  // its other half is the place before, and already open
      const std::size_t target = base + i - 1 + nodes[base + i - 1].step;
      nodes[base + i].step = static_cast<std::uint32_t>(target - (base + i));
      return true;
    }
    const bool is_float = static_cast<double>(float_not_above(node.split)) == node.split;
    if (node.split != node.split || !is_float) {  // no float is equal
      test(base + i, kBelowAll, node.feature, missing_is_equal);
      open(base + i, {Pending::kNode, equal, item.depth + 1},
           {Pending::kNode, other, item.depth + 1});
      return true;
    }
    test(base + i, key_not_above(node.split), node.feature, missing_is_equal);
    open(base + i, {Pending::kSecondHalf, item.source, item.depth + 1},
         {Pending::kJump, item.source, item.depth + 1});
    return true;
  }

  const Source& source_;
  std::size_t limit_;
  std::vector<Pending> pending_;
};

bool votes_are_in_range(const Source& source) {
  for (const Source::Node& node : source.nodes) {
    if (node.branch > TreeBranch::kLeaf) return false;
    if (node.branch != TreeBranch::kLeaf) continue;
    if (node.first_vote > source.votes.size()) return false;
    if (node.vote_count > source.votes.size() - node.first_vote) return false;
  }
  for (const Source::Vote& vote : source.votes) {
    if (vote.target >= source.targets) return false;
  }
  return true;
}

bool has_one_vote(const Source& source) {
  if (source.targets != 1) return false;
  if (source.aggregate != TreeAggregate::kSum && source.aggregate != TreeAggregate::kAverage) {
    return false;
  }
  for (const Source::Node& node : source.nodes) {
    if (node.branch == TreeBranch::kLeaf && node.vote_count != 1) return false;
  }
  return true;
}

class Writer {
 public:
  Writer(const Source& source, const Packer& packer) : source_(source), packer_(packer) {
    header_.version = forest_layout::kVersion;
    header_.node_count = static_cast<std::uint32_t>(packer.nodes.size());
    header_.tree_count = static_cast<std::uint32_t>(packer.trees.size());
    header_.targets = source.targets;
    header_.columns = source.columns;
    header_.aggregate = static_cast<std::uint32_t>(source.aggregate);
    if (source.is_double) header_.flags |= forest_layout::kIsDouble;
    if (packer.keeps_missing) header_.flags |= forest_layout::kKeepsMissing;
    if (has_one_vote(source)) header_.flags |= forest_layout::kIsOneVote;
    for (const Packed& node : packer.nodes) {
      if (node.feature > UINT16_MAX || node.step > UINT16_MAX) {
        header_.flags |= forest_layout::kIsLarge;
      }
      if (is_leaf(node)) votes_ += source.nodes[node.leaf].vote_count;
    }
    if (!has(forest_layout::kIsOneVote)) header_.vote_count = static_cast<std::uint32_t>(votes_);
  }

  std::vector<std::byte> write() {
    if (votes_ > UINT32_MAX) return {};
    sections_ = sections_of(header_);
    bytes_.resize(sections_.end);
    put(0, header_);
    for (std::size_t i = 0; i < packer_.trees.size(); ++i) {
      put(sections_.trees + i * sizeof(PackedForest::Tree), packer_.trees[i]);
    }
    std::uint32_t vote = 0;
    for (std::size_t i = 0; i < packer_.nodes.size(); ++i) {
      put_node(i, packer_.nodes[i]);
      put_votes(i, packer_.nodes[i], vote);
    }
    if (!has(forest_layout::kIsOneVote)) {
      put(sections_.first_vote + packer_.nodes.size() * 4, vote);
    }
    return std::move(bytes_);
  }

 private:
  static bool is_leaf(const Packed& node) { return node.step == 0; }
  bool has(std::uint32_t flag) const { return (header_.flags & flag) != 0; }

  template <typename T>
  void put(std::uint64_t at, const T& value) {
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
  }
  void put_real(std::uint64_t section, std::uint64_t index, double value) {
    if (has(forest_layout::kIsDouble)) {
      put(section + index * 8, value);
    } else {
      put(section + index * 4, static_cast<float>(value));
    }
  }
  void put_node(std::size_t i, const Packed& node) {
    if (has(forest_layout::kIsLarge)) {
      put(sections_.nodes + i * 16,
          PackedForest::LargeNode{node.threshold, node.feature, node.step, 0});
    } else {
      put(sections_.nodes + i * 8,
          PackedForest::SmallNode{node.threshold, static_cast<std::uint16_t>(node.feature),
                                  static_cast<std::uint16_t>(node.step)});
    }
  }
  void put_votes(std::size_t i, const Packed& node, std::uint32_t& vote) {
    const Source::Node& from = source_.nodes[node.leaf];
    if (has(forest_layout::kIsOneVote)) {
      if (is_leaf(node)) put_real(sections_.values, i, source_.votes[from.first_vote].weight);
      return;
    }
    put(sections_.first_vote + i * 4, vote);
    if (!is_leaf(node)) return;
    for (std::uint32_t v = from.first_vote; v < from.first_vote + from.vote_count; ++v, ++vote) {
      put(sections_.vote_target + vote * std::uint64_t{4}, source_.votes[v].target);
      put_real(sections_.vote_weight, vote, source_.votes[v].weight);
    }
  }

  const Source& source_;
  const Packer& packer_;
  Header header_{};
  std::uint64_t votes_ = 0;
  forest_layout::Sections sections_{};
  std::vector<std::byte> bytes_;
};

}  // namespace

std::vector<std::byte> pack_forest(const ForestSource& source) {
  if (source.targets == 0 || source.targets > forest_layout::kMaxTargets) return {};
  if (source.columns > forest_layout::kMaxColumns || !votes_are_in_range(source)) return {};
  if (source.nodes.size() > (std::size_t{1} << 31)) return {};
  Packer packer(source);
  if (!packer.pack()) return {};
  return Writer(source, packer).write();
}

}  // namespace slipway
