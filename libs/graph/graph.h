// The intermediate representation: an ONNX model as values and nodes that refer to each other by
// typed ids. Ids index the tables of the graph they belong to and of no other.
//
// Invariants of a Graph (verify.h checks them):
//  - nodes stand in topological order; every value has at most one definition: a graph input, an
//    initializer, a capture or one node output;
//  - a subgraph (an attribute of If, Loop, Scan, ...) sees the values of the graph around it only
//    through its captures, each a pair (value outside, value inside);
//  - kNoValue stands for an omitted optional input or output.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "graph/type.h"
#include "tensor/tensor.h"

namespace slipway {

enum class ValueId : std::uint32_t {};
enum class NodeId : std::uint32_t {};
inline constexpr ValueId kNoValue{0xFFFFFFFFU};

inline std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }
inline std::size_t index(NodeId id) { return static_cast<std::size_t>(id); }

class Graph;

struct SparseTensor {
  Tensor values;   // [nnz]
  Tensor indices;  // [nnz] linear, or [nnz, rank]
  Shape shape;
};

// ONNX AttributeProto.AttributeType, same numbers.
enum class AttrKind : std::uint8_t {
  kUndefined = 0,
  kFloat = 1,
  kInt = 2,
  kString = 3,
  kTensor = 4,
  kGraph = 5,
  kFloats = 6,
  kInts = 7,
  kStrings = 8,
  kTensors = 9,
  kGraphs = 10,
  kSparseTensor = 11,
  kSparseTensors = 12,
  kType = 13,
  kTypes = 14,
};
std::string_view name(AttrKind kind);

struct Attribute {
  using Payload =
      std::variant<std::monostate, float, std::int64_t, std::string, Tensor, std::unique_ptr<Graph>,
                   std::vector<float>, std::vector<std::int64_t>, std::vector<std::string>,
                   std::vector<Tensor>, std::vector<std::unique_ptr<Graph>>, SparseTensor,
                   std::vector<SparseTensor>, Type, std::vector<Type>>;

  std::string name;
  // The alternative that `value` holds, in the same order. An attribute with a reference states the
  // kind and holds nothing.
  AttrKind kind = AttrKind::kUndefined;
  Payload value;
  std::string
      reference;  // in a function body: the function attribute this one takes its value from
  std::string doc;

  Attribute() = default;
  template <typename T>
  Attribute(std::string attribute_name, T payload)
      : name(std::move(attribute_name)), value(std::move(payload)) {
    kind = static_cast<AttrKind>(value.index());
  }

  Attribute clone() const;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

// Keys of a value's metadata that start so hold ONNX's quantization annotations ("SCALE_TENSOR",
// ...).
inline constexpr std::string_view kAnnotationPrefix = "quantization_annotation:";

struct Node {
  std::string name;      // for people; may be empty
  std::string op;        // "Conv"
  std::string domain;    // "" is ai.onnx
  std::string overload;  // of a model-local function
  int version = 0;       // the opset version of `domain` in force where the node stands
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Attribute> attributes;
  std::string doc;
  Metadata metadata;

  const Attribute* find_attribute(std::string_view attribute_name) const;
  Node clone() const;
};

struct ValueDef {
  std::string name;  // unique in its graph
  Type type;
  std::string doc;
  Metadata metadata;
};

struct Capture {
  ValueId outer;  // in the graph around this one
  ValueId inner;  // in this graph
};

class Graph {
 public:
  std::string name;
  std::string doc;
  Metadata metadata;
  std::vector<ValueDef> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Capture> captures;
  std::map<ValueId, Tensor> initializers;  // may include inputs: those are default values
  std::map<ValueId, SparseTensor> sparse_initializers;

  ValueId add_value(std::string value_name, Type type = {});
  ValueDef& value(ValueId id) { return values[index(id)]; }
  const ValueDef& value(ValueId id) const { return values[index(id)]; }
  const Tensor* initializer(ValueId id) const;

  Graph clone() const;
};

struct OpsetImport {
  std::string domain;
  std::int64_t version = 0;
};

// A model-local function: an operator defined by a graph over its inputs and attributes.
struct Function {
  std::string domain;
  std::string name;
  std::string overload;
  std::string doc;
  std::vector<std::string> attributes;        // required: names only
  std::vector<Attribute> default_attributes;  // optional: with their defaults
  std::vector<OpsetImport> opsets;
  Metadata metadata;
  Graph body;
};

struct Model {
  std::int64_t ir_version = 0;
  std::vector<OpsetImport> opsets;
  std::string producer_name;
  std::string producer_version;
  std::string domain;
  std::int64_t model_version = 0;
  std::string doc;
  Metadata metadata;
  std::vector<Function> functions;
  Graph graph;

  // The imported version of a domain ("" and "ai.onnx" are one), 0 when not imported.
  std::int64_t opset(std::string_view opset_domain) const;
  Model clone() const;
};

// "ai.onnx" and "" name the same domain; this is its one spelling inside Slipway: "".
std::string_view canonical_domain(std::string_view domain);

// How messages name a node: its name if it has one, else its operator and position.
std::string describe(const Graph& graph, std::size_t node_index);

// Calls f(const Graph&) for each graph-valued attribute of the node.
void for_each_subgraph(const Node& node, const std::function<void(const Graph&)>& f);
void for_each_subgraph(Node& node, const std::function<void(Graph&)>& f);

}  // namespace slipway
