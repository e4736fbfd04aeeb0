#include <algorithm>
#include <map>
#include <string_view>

#include "optimize/list.h"
#include "optimize/rewriter.h"
#include "passes/rewrite.h"

namespace slipway::optimize {
namespace {

std::string_view bytes_of(const Tensor& tensor) {
  const std::span<const std::byte> bytes = tensor.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Of one type, size and stored form, and with as many bytes.
using Kind = std::tuple<DType, Shape, bool, std::size_t>;

}  // namespace

// Of constants with the same type, shape and bytes the first one stays.
Result<std::string> share_constants(Model& model) {
  Graph& graph = model.graph;
  std::map<Kind, std::multimap<std::size_t, ValueId>> seen;  // by hash of the bytes
  std::vector<ValueId> gone;
  for (const auto& [id, tensor] : graph.initializers) {
    if (is_input(graph, id) || is_output(graph, id) || tensor.dtype() == DType::kString) continue;
    const std::string_view bytes = bytes_of(tensor);
    auto& alike = seen[{tensor.dtype(), tensor.shape(), tensor.is_direct(), bytes.size()}];
    const std::size_t hash = std::hash<std::string_view>()(bytes);
    const auto [begin, end] = alike.equal_range(hash);
    const auto same = std::find_if(begin, end, [&](const auto& entry) {
      return bytes_of(graph.initializers.at(entry.second)) == bytes;
    });
    if (same == end) {
      alike.emplace(hash, id);
      continue;
    }
    replace_uses(graph, id, same->second);
    gone.push_back(id);
  }
  for (const ValueId id : gone) graph.initializers.erase(id);
  if (gone.empty()) return std::string();
  return note(gone.size(), "removed", "constant", "equal to others");
}

}  // namespace slipway::optimize
