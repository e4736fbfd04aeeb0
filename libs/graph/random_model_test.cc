#include "graph/random_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <string_view>

#include "base/str.h"
#include "graph/verify.h"

namespace slipway {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kOddNames[] = {
    "conv1",     "/block/0/Conv_output_0",
    "12",        "a b",
    "x:0",       "\xc3\xbc",
    "q\"uote",   "back\\slash",
    "\x01\xff",  "_",
    "?",         "nan",
    "-1",        "return",
    "init",      "graph",
    "a.b.c",     "0x1f",
    "new\nline",
};

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  Model model() {
    Model model;
    model.ir_version = static_cast<std::int64_t>(below(15));
    model.opsets = {{"", 17}, {"ai.onnx.ml", 3}, {std::string(odd()), 1}};
    if (coin()) model.producer_name = odd();
    if (coin()) model.producer_version = odd();
    if (coin()) model.domain = odd();
    if (coin()) model.model_version = -5;
    about(model.doc, model.metadata);
    opsets_ = &model.opsets;
    for (std::size_t i = below(3); i > 0; --i) model.functions.push_back(function(i));
    opsets_ = &model.opsets;
    fill(model.graph, nullptr, 0);
    return model;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool coin() { return below(2) == 0; }
  bool rarely() { return below(8) == 0; }
  std::string_view odd() { return kOddNames[below(std::size(kOddNames))]; }

  void about(std::string& doc, Metadata& metadata) {
    if (rarely()) doc = odd();
    if (rarely()) metadata = {{std::string(odd()), std::string(odd())}, {"", ""}};
  }

  std::string unique_name() { return str(odd(), ++names_); }

  DType dtype() { return all_dtypes()[below(all_dtypes().size())].dtype; }

  Dims dims() {
    Dims dims(below(4));
    for (Dim& dim : dims) {
      if (coin())
        dim = Dim(static_cast<std::int64_t>(below(5)));
      else if (coin())
        dim = Dim::symbol(std::string(odd()));
    }
    return dims;
  }

  Type type(int depth = 0) {
    Type type;
    const std::size_t kind = below(depth > 3 ? 3 : 7);
    if (kind == 0) return type;
    if (kind == 3) return Type::sequence(this->type(depth + 1));
    if (kind == 4) return Type::optional(this->type(depth + 1));
    if (kind == 5) return Type::map(DType::kInt64, this->type(depth + 1));
    type = Type::tensor(rarely() ? DType::kUndefined : dtype());
    if (!rarely()) type.dims = dims();
    if (kind == 6) type.kind = Type::Kind::kSparseTensor;
    return type;
  }

  Tensor tensor() {
    Shape shape(below(3));
    for (std::int64_t& dim : shape) dim = static_cast<std::int64_t>(below(4));
    Tensor tensor = *Tensor::create(dtype(), shape);
    if (tensor.dtype() == DType::kString) {
      for (std::string& text : tensor.mutable_data<std::string>()) text = odd();
      return tensor;
    }
    // Random bits, as a file would hold them.
    std::vector<std::byte> bytes(packed_bytes(tensor.dtype(), tensor.size()));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_());
    return *Tensor::mapped(tensor.dtype(), shape, bytes, nullptr)->direct();
  }

  SparseTensor sparse() {
    return {Tensor::of<float>({1, 2}), Tensor::of<std::int64_t>({0, 3}), {2, 2}};
  }

  template <typename T, typename F>
  std::vector<T> several(F&& make) {
    std::vector<T> items;
    for (std::size_t i = below(3); i > 0; --i) items.push_back(make());
    return items;
  }

  float real() { return std::bit_cast<float>(static_cast<std::uint32_t>(random_())); }
  std::int64_t integer() { return static_cast<std::int64_t>(random_()) - (1LL << 31); }

  std::unique_ptr<Graph> subgraph(const Graph& around, int depth) {
    auto graph = std::make_unique<Graph>();
    fill(*graph, &around, depth + 1);
    return graph;
  }

  Attribute::Payload payload(const Graph& around, int depth) {
    const auto graph = [&] { return subgraph(around, depth); };
    const auto text = [&] { return std::string(odd()); };
    switch (below(15)) {
      case 1:
        return real();
      case 2:
        return integer();
      case 3:
        return text();
      case 4:
        return tensor();
      case 5:
        return depth < 3 ? Attribute::Payload(graph()) : Attribute::Payload(integer());
      case 6:
        return several<float>([&] { return real(); });
      case 7:
        return several<std::int64_t>([&] { return integer(); });
      case 8:
        return several<std::string>(text);
      case 9:
        return several<Tensor>([&] { return tensor(); });
      case 10:
        if (depth < 2) return several<std::unique_ptr<Graph>>(graph);
        return real();
      case 11:
        return sparse();
      case 12:
        return several<SparseTensor>([&] { return sparse(); });
      case 13:
        return type();
      case 14:
        return several<Type>([&] { return type(); });
      default:
        return std::monostate();
    }
  }

  Attribute attribute(std::string name, const Graph& around, int depth, bool may_refer) {
    Attribute attribute;
    attribute.name = std::move(name);
    if (may_refer && rarely()) {
      attribute.reference = odd();
      attribute.kind = static_cast<AttrKind>(below(15));
    } else {
      attribute.value = payload(around, depth);
      attribute.kind = static_cast<AttrKind>(attribute.value.index());
    }
    if (rarely()) attribute.doc = odd();
    return attribute;
  }

  // Any value defined so far, or none.
  ValueId some(const std::vector<ValueId>& known) {
    return known.empty() || rarely() ? kNoValue : known[below(known.size())];
  }

  void fill(Graph& graph, const Graph* outer, int depth) {
    if (graph.name.empty()) graph.name = odd();
    std::vector<ValueId> known;
    const auto add = [&](Type type) {
      known.push_back(graph.add_value(unique_name(), std::move(type)));
      return known.back();
    };
    for (std::size_t i = below(3); i > 0; --i) graph.inputs.push_back(add(type()));
    if (outer != nullptr) {
      for (const ValueId id : outer_known_) {
        if (!coin()) continue;
        const std::string name = coin() ? outer->value(id).name : unique_name();
        const ValueId inner = graph.add_value(name, outer->value(id).type);
        known.push_back(inner);
        graph.captures.push_back({id, inner});
      }
    }
    for (std::size_t i = below(3); i > 0; --i) {
      const Tensor content = tensor();
      const ValueId id =
          add(coin() ? Type::tensor(content.dtype(), to_dims(content.shape())) : Type{});
      graph.initializers.emplace(id, content);
    }
    if (rarely()) graph.sparse_initializers.emplace(add({}), sparse());
    about(graph.doc, graph.metadata);
    for (std::size_t i = below(4); i > 0; --i) add_node(graph, known, depth);
    for (std::size_t i = below(3); i > 0 && !known.empty(); --i) {
      graph.outputs.push_back(known[below(known.size())]);
    }
    for (ValueDef& value : graph.values) about(value.doc, value.metadata);
  }

  void add_node(Graph& graph, std::vector<ValueId>& known, int depth) {
    Node node;
    node.op = odd();
    node.domain = canonical_domain((*opsets_)[below(opsets_->size())].domain);
    node.version = rarely() ? 3 : version_of(node.domain);
    if (coin()) node.name = odd();
    if (rarely()) node.overload = odd();
    about(node.doc, node.metadata);
    for (std::size_t i = below(4); i > 0; --i) node.inputs.push_back(some(known));
    const std::vector<ValueId> outer_known = std::exchange(outer_known_, known);
    for (std::size_t i = below(3); i > 0; --i) {
      node.attributes.push_back(attribute(str(odd(), i), graph, depth, in_function_));
    }
    outer_known_ = outer_known;
    for (std::size_t i = below(3); i > 0; --i) {
      if (rarely()) {
        node.outputs.push_back(kNoValue);
      } else {
        node.outputs.push_back(graph.add_value(unique_name(), type()));
        known.push_back(node.outputs.back());
      }
    }
    graph.nodes.push_back(std::move(node));
  }

  int version_of(std::string_view domain) {
    for (const OpsetImport& opset : *opsets_) {
      if (canonical_domain(opset.domain) == domain) return static_cast<int>(opset.version);
    }
    return 0;
  }

  Function function(std::size_t number) {
    Function function;
    function.domain = odd();
    function.name = str(odd(), number);
    if (coin()) function.overload = odd();
    function.opsets = {{"", 16}};
    opsets_ = &function.opsets;
    function.attributes = several<std::string>([&] { return std::string(odd()); });
    function.body.name = function.name;
    in_function_ = true;
    fill(function.body, nullptr, 1);
    in_function_ = false;
    if (coin()) function.default_attributes.push_back(attribute("d", function.body, 5, false));
    about(function.doc, function.metadata);
    // The body's own are those of the function.
    function.body.doc.clear();
    function.body.metadata.clear();
    return function;
  }

  std::mt19937 random_;
  std::size_t names_ = 0;
  const std::vector<OpsetImport>* opsets_ = nullptr;
  std::vector<ValueId> outer_known_;
  bool in_function_ = false;
};

TEST(RandomModel, KeepsTheRules) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    Problems problems;
    verify(random_model(seed), problems);
    EXPECT_TRUE(problems.empty()) << "seed " << seed << ": " << to_text(problems[0]);
  }
}

}  // namespace

Model random_model(std::uint32_t seed) { return Generator(seed).model(); }

}  // namespace slipway
