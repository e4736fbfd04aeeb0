#include "graph/verify.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/str.h"

namespace slipway {
namespace {

constexpr std::size_t kMaxProblems = 1000;
constexpr int kMaxDepth = 64;

// How a value may come to be known inside a graph.
enum class Origin : std::uint8_t { kNone, kInput, kInitializer, kCapture, kNode };

class GraphCheck {
 public:
  GraphCheck(const Graph& graph, const Graph* outer, std::string where, int depth,
             Problems& problems)
      : graph_(graph),
        outer_(outer),
        where_(std::move(where)),
        depth_(depth),
        problems_(problems) {}

  void run() {
    if (depth_ > kMaxDepth) {
      return report(where_, str("subgraphs nest deeper than ", kMaxDepth), "");
    }
    origins_.assign(graph_.values.size(), Origin::kNone);
    check_names();
    for (const ValueId id : graph_.inputs) define(id, Origin::kInput, "graph input");
    check_initializers();
    check_captures();
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) check_node(i);
    for (const ValueId id : graph_.outputs) {
      if (!in_range(id)) {
        report(where_, "an output refers to no value", "");
      } else if (origins_[index(id)] == Origin::kNone) {
        report(where_, str("output ", graph_.value(id).name, " is produced by no node"),
               "name a value that a node computes");
      }
    }
  }

 private:
  void report(std::string where, std::string what, std::string fix) {
    if (problems_.size() >= kMaxProblems) return;
    problems_.push_back({Code::kInvalid, std::move(where), std::move(what), std::move(fix)});
  }

  bool in_range(ValueId id) const { return index(id) < graph_.values.size(); }

  void check_names() {
    std::unordered_set<std::string_view> seen;
    for (const ValueDef& value : graph_.values) {
      if (value.name.empty()) {
        report(where_, "a value has no name", "");
      } else if (!seen.insert(value.name).second) {
        report(where_, str("two values are named ", value.name), "names must be unique in a graph");
      }
    }
  }

  void define(ValueId id, Origin origin, std::string_view what) {
    if (!in_range(id)) return report(where_, str("a ", what, " refers to no value"), "");
    Origin& current = origins_[index(id)];
    // An initializer may give an input its default value.
    const bool is_default = current == Origin::kInput && origin == Origin::kInitializer;
    if (current != Origin::kNone && !is_default) {
      return report(where_,
                    str(graph_.value(id).name, " is defined twice, the second time as a ", what),
                    "every value has one definition");
    }
    if (!is_default) current = origin;
  }

  void check_initializers() {
    for (const auto& [id, tensor] : graph_.initializers) {
      define(id, Origin::kInitializer, "initializer");
      if (!in_range(id)) continue;
      const Type stated = graph_.value(id).type;
      const Type actual = Type::tensor(tensor.dtype(), to_dims(tensor.shape()));
      if (!merge(stated, actual).ok()) {
        report(where_,
               str("initializer ", graph_.value(id).name, " is ", to_text(actual),
                   ", the graph states ", to_text(stated)),
               "");
      }
    }
    for (const auto& [id, tensor] : graph_.sparse_initializers) {
      define(id, Origin::kInitializer, "sparse initializer");
    }
  }

  void check_captures() {
    for (const Capture& capture : graph_.captures) {
      define(capture.inner, Origin::kCapture, "captured value");
      if (outer_ == nullptr) {
        report(where_, "the outermost graph captures a value", "");
      } else if (index(capture.outer) >= outer_->values.size()) {
        report(where_, "a captured value does not exist in the graph around", "");
      }
    }
  }

  void check_node(std::size_t i) {
    const Node& node = graph_.nodes[i];
    const std::string label = describe(graph_, i);
    if (node.op.empty()) report(label, "has no operator", "");
    for (const ValueId id : node.inputs) {
      if (id != kNoValue) check_use(label, id);
    }
    std::set<std::string_view> attribute_names;
    for (const Attribute& attribute : node.attributes) {
      if (!attribute_names.insert(attribute.name).second) {
        report(label, str("attribute ", attribute.name, " is given twice"), "");
      }
    }
    for_each_subgraph(node, [&](const Graph& body) {
      for (const Capture& capture : body.captures) check_use(label, capture.outer);
      GraphCheck(body, &graph_, str(label, ", subgraph ", body.name), depth_ + 1, problems_).run();
    });
    for (const ValueId id : node.outputs) {
      if (id != kNoValue) define(id, Origin::kNode, str("output of ", label));
    }
  }

  void check_use(const std::string& label, ValueId id) {
    if (!in_range(id)) return report(label, "an input refers to no value", "");
    if (origins_[index(id)] != Origin::kNone) return;
    report(label, str("uses ", graph_.value(id).name, " before anything defines it"),
           "nodes must stand in topological order");
  }

  const Graph& graph_;
  const Graph* outer_;
  std::string where_;
  int depth_;
  Problems& problems_;
  std::vector<Origin> origins_;
};

}  // namespace

void verify(const Model& model, Problems& problems) {
  GraphCheck(model.graph, nullptr, "model", 0, problems).run();
  std::set<std::string> functions;
  for (const Function& function : model.functions) {
    const std::string label = str("function ", function.domain, "::", function.name,
                                  function.overload.empty() ? "" : ":", function.overload);
    const char separator = '\0';
    const std::string key =
        str(function.domain, separator, function.name, separator, function.overload);
    if (!functions.insert(key).second && problems.size() < kMaxProblems) {
      problems.push_back({Code::kInvalid, label, "is defined twice", ""});
    }
    GraphCheck(function.body, nullptr, label, 0, problems).run();
  }
}

}  // namespace slipway
