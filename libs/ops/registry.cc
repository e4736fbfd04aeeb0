// The operator list, sorted once for look-up.
#include <algorithm>
#include <tuple>

#include "graph/graph.h"
#include "ops/list.h"
#include "ops/op.h"

namespace slipway {
namespace {

const std::vector<Op>& rows() {
  static const std::vector<Op> sorted = [] {
    std::vector<Op> all = list_all_ops();
    std::sort(all.begin(), all.end(), [](const Op& a, const Op& b) {
      return std::tie(a.domain, a.name) < std::tie(b.domain, b.name);
    });
    return all;
  }();
  return sorted;
}

}  // namespace

const OpVersion* Op::at(int version) const {
  if (removed != 0 && version >= removed) return nullptr;
  const OpVersion* found = nullptr;
  for (const OpVersion& candidate : versions) {
    if (candidate.since <= version) found = &candidate;
  }
  return found;
}

std::span<const Op* const> all_ops() {
  static const std::vector<const Op*> pointers = [] {
    std::vector<const Op*> all;
    for (const Op& op : rows()) all.push_back(&op);
    return all;
  }();
  return pointers;
}

const Op* find_op(std::string_view domain, std::string_view name) {
  const auto key = std::make_tuple(canonical_domain(domain), name);
  const std::vector<Op>& all = rows();
  const auto found = std::lower_bound(all.begin(), all.end(), key, [](const Op& op, const auto& k) {
    return std::make_tuple(op.domain, op.name) < k;
  });
  if (found == all.end() || std::make_tuple(found->domain, found->name) != key) return nullptr;
  return &*found;
}

int newest_version(std::string_view domain) {
  // ONNX 1.23: ai.onnx 28, ai.onnx.ml 5, the preview domains 1.
  const std::string_view canonical = canonical_domain(domain);
  if (canonical.empty()) return 28;
  if (canonical == kMl) return 5;
  if (canonical == kMicrosoft) return 1;
  if (canonical == kPreview || canonical == "ai.onnx.preview.training") return 1;
  return 0;
}

}  // namespace slipway
