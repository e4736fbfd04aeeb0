#include <cctype>

#include "onnx/reader.h"
#include "ops/op.h"
#include "run_case.h"

namespace slipway {
namespace {

// Lower-case letters and digits only, so that "ReduceSum" meets "test_reduce_sum_keepdims".
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string plain_name(const Case& c) {
  return plain(std::string_view(c.name).substr(c.name.starts_with("test_") ? 5 : 0));
}

Subject subject_among_nodes(const Case& c, const Graph& graph) {
  const std::string name = plain_name(c);
  const Node* named = nullptr;
  const Node* first = nullptr;
  bool is_only_one = true;
  for (const Node& node : graph.nodes) {
    if (name.starts_with(plain(node.op)) &&
        (named == nullptr || named->op.size() < node.op.size())) {
      named = &node;
    }
    if (node.op == "Constant") continue;
    if (first != nullptr && first->op != node.op) is_only_one = false;
    if (first == nullptr) first = &node;
  }
  if (first == nullptr && !graph.nodes.empty()) first = &graph.nodes.front();
  if (c.suite == "node" && named != nullptr) first = named;
  const bool is_about_one = c.suite == "node" || is_only_one;
  return first != nullptr && is_about_one ? Subject{first->domain, first->op} : Subject{};
}

}  // namespace

Subject subject_by_name(const Case& c) {
  const std::string name = plain_name(c);
  const Op* best = nullptr;
  for (const Op* op : all_ops()) {
    if (name.starts_with(plain(op->name)) &&
        (best == nullptr || best->name.size() < op->name.size())) {
      best = op;
    }
  }
  return best == nullptr ? Subject{} : Subject{std::string(best->domain), std::string(best->name)};
}

Subject subject_of(const Case& c, const Model& model) {
  const std::string name = name_without_expansion(c.name);
  return name == c.name ? subject_among_nodes(c, model.graph)
                        : subject_of(Case{c.suite, name, c.folder.parent_path() / name});
}

Subject subject_of(const Case& c) {
  const Result<Model> model = read_model(c.folder / "model.onnx");
  return model.ok() ? subject_of(c, *model) : subject_by_name(c);
}

}  // namespace slipway
