#include "onnx/scope.h"

#include <algorithm>
#include <queue>

#include "base/nearest.h"
#include "base/str.h"

namespace slipway {
namespace {

constexpr std::size_t kMaxSuggestions = 16;
constexpr std::size_t kMaxCycleNodes = 8;
constexpr std::size_t kMaxPlace = 400;

}  // namespace

Scope::Scope(ReadContext& context_, Graph& graph_, const OpsetVersions& opsets_, Scope* outer_,
             const std::string& place_)
    : context(context_),
      graph(graph_),
      opsets(opsets_),
      outer(outer_),
      depth(outer_ == nullptr ? 0 : outer_->depth + 1),
      in_function(outer_ != nullptr && outer_->in_function),
      place(shorten(place_, kMaxPlace)) {}

ValueId Scope::add(std::string_view name, std::uint32_t producer) {
  producers_.push_back(producer);
  return graph.add_value(std::string(name));
}

ValueId Scope::define(std::string_view name, std::string_view role, std::uint32_t producer) {
  const ValueId id = add(name, producer);
  if (!names_.emplace(name, id).second) {
    context.problem(str(place, role), str("defines ", name, ", which is defined already"),
                    "give every value of a graph a name of its own");
  }
  return id;
}

std::optional<ValueId> Scope::find_local(std::string_view name) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

std::optional<ValueId> Scope::find(std::string_view name) {
  if (const std::optional<ValueId> local = find_local(name)) return local;
  if (outer == nullptr) return std::nullopt;
  const std::optional<ValueId> outside = outer->find(name);
  if (!outside.has_value()) return std::nullopt;
  if (++context.capture_count > kMaxCaptures) {
    context.problem("model",
                    str("uses values of surrounding graphs more than ", kMaxCaptures, " times"), {},
                    Code::kTooLarge);
    return std::nullopt;
  }
  const ValueId inside = add(name, kNoNode);
  graph.value(inside).type = outer->graph.value(*outside).type;
  graph.captures.push_back({*outside, inside});
  names_.emplace(name, inside);
  return inside;
}

ValueId Scope::use(std::string_view name, std::string_view user) {
  if (const std::optional<ValueId> found = find(name)) return *found;
  context.problem(str(place, user), str("uses ", name, ", which nothing defines", suggestion(name)),
                  "add the initializer, the input or the node that makes it");
  const ValueId missing = add(name, kNoNode);
  names_.emplace(name, missing);
  return missing;
}

std::string Scope::suggestion(std::string_view name) const {
  if (context.problems.size() > kMaxSuggestions) return {};
  std::vector<std::string> candidates;
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
    for (const ValueDef& value : scope->graph.values) candidates.push_back(value.name);
  }
  const std::string match = nearest(name, candidates);
  return match.empty() ? std::string() : str(" (is ", match, " meant?)");
}

namespace {

using Edges = std::vector<std::vector<std::uint32_t>>;

// For each node, the nodes of the same graph that it needs, each once.
Edges dependencies(const Scope& scope) {
  const std::vector<Node>& nodes = scope.graph.nodes;
  Edges needs(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto add = [&](ValueId id) {
      if (id != kNoValue && scope.producer(id) != kNoNode) needs[i].push_back(scope.producer(id));
    };
    for (const ValueId input : nodes[i].inputs) add(input);
    for_each_subgraph(nodes[i], [&](const Graph& inner) {
      for (const Capture& capture : inner.captures) add(capture.outer);
    });
    std::sort(needs[i].begin(), needs[i].end());
    needs[i].erase(std::unique(needs[i].begin(), needs[i].end()), needs[i].end());
  }
  return needs;
}

bool is_sorted(const Edges& needs) {
  for (std::size_t i = 0; i < needs.size(); ++i) {
    if (!needs[i].empty() && needs[i].back() >= i) return false;
  }
  return true;
}

// Of the nodes whose needs are met, always the first in file order.
std::vector<std::uint32_t> topological_order(const Edges& needs,
                                             std::vector<std::size_t>& missing) {
  Edges users(needs.size());
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
  missing.resize(needs.size());
  for (std::uint32_t i = 0; i < needs.size(); ++i) {
    missing[i] = needs[i].size();
    for (const std::uint32_t needed : needs[i]) users[needed].push_back(i);
    if (missing[i] == 0) ready.push(i);
  }
  std::vector<std::uint32_t> order;
  while (!ready.empty()) {
    const std::uint32_t node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const std::uint32_t user : users[node]) {
      if (--missing[user] == 0) ready.push(user);
    }
  }
  return order;
}

void report_cycle(Scope& scope, const Edges& needs, const std::vector<std::size_t>& missing) {
  // A node that is still waiting needs another that is: following them ends in the cycle.
  std::uint32_t at = 0;
  while (missing[at] == 0) ++at;
  const auto blocker = [&](std::uint32_t node) {
    return *std::find_if(needs[node].begin(), needs[node].end(),
                         [&](std::uint32_t needed) { return missing[needed] > 0; });
  };
  for (std::size_t i = 0; i < needs.size(); ++i) at = blocker(at);
  std::vector<std::string> names;
  const std::uint32_t first = at;
  do {
    if (names.size() == kMaxCycleNodes) {
      names.emplace_back("...");
      break;
    }
    names.push_back(describe(scope.graph, at));
    at = blocker(at);
  } while (at != first);
  scope.context.problem(str(scope.place, "nodes"),
                        str("need each other in a cycle: ", join(names, " needs ")),
                        "break the cycle; state from step to step goes through Loop or Scan");
}

}  // namespace

void sort_nodes(Scope& scope) {
  const Edges needs = dependencies(scope);
  if (is_sorted(needs)) return;
  scope.context.remark(str(scope.place, "graph ", scope.graph.name),
                       "its nodes are not in topological order", "slipway sorts them");
  std::vector<std::size_t> missing;
  const std::vector<std::uint32_t> order = topological_order(needs, missing);
  if (order.size() != needs.size()) return report_cycle(scope, needs, missing);
  std::vector<Node> sorted;
  sorted.reserve(order.size());
  for (const std::uint32_t node : order) sorted.push_back(std::move(scope.graph.nodes[node]));
  scope.graph.nodes = std::move(sorted);
}

}  // namespace slipway
