// Every operator on values that nobody sane would give it: it answers or refuses, and what
// inference says of an answer is true. Sanitizers make this find more.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "ops/check.h"
#include "ops/infer.h"
#include "ops/interpreter.h"
#include "ops/op.h"
#include "ops/signature.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::size_t kTensorLimitBytes = 1 << 20;
constexpr int kRunsAnOperator = 40;

constexpr std::string_view kWords[] = {"",
                                       "NONE",
                                       "nearest",
                                       "linear",
                                       "cubic",
                                       "reflect",
                                       "edge",
                                       "wrap",
                                       "CRD",
                                       "add",
                                       "mul",
                                       "max",
                                       "min",
                                       "avg",
                                       "border",
                                       "reflection",
                                       "LOWER",
                                       "UPPER",
                                       "TF",
                                       "IDF",
                                       "TFIDF",
                                       "circular",
                                       "SAME_UPPER",
                                       "VALID",
                                       "forward",
                                       "bidirectional",
                                       "tf_crop_and_resize",
                                       "align_corners",
                                       "a|b",
                                       "ij,jk->ik",
                                       "sum"};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  bool chance(int percent) { return below(100) < percent; }

  std::int64_t integer() {
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kOdd[] = {kMin,    kMin + 1,   kMax,     kMax - 1,
                                     1 << 20, -(1 << 20), 1L << 31, 1L << 62};
    return chance(92) ? below(7) - 2 : kOdd[below(std::size(kOdd))];
  }

  float real() {
    constexpr float kOdd[] = {std::numeric_limits<float>::quiet_NaN(),
                              INFINITY,
                              -INFINITY,
                              3e38F,
                              -3e38F,
                              1e-40F,
                              1e18F,
                              -0.0F};
    return chance(90) ? static_cast<float>(below(17) - 8) / 4 : kOdd[below(std::size(kOdd))];
  }

  std::string text() { return std::string(kWords[below(std::size(kWords))]); }

  Shape shape() {
    Shape out(static_cast<std::size_t>(below(5)));
    for (std::int64_t& extent : out) extent = chance(10) ? 0 : below(4) + (chance(20) ? 0 : 1);
    return out;
  }

  template <typename T>
  Tensor list_of(const Shape& shape, T (Generator::*draw)()) {
    std::vector<T> values(*element_count(shape));
    for (T& value : values) value = (this->*draw)();
    return Tensor::of(shape, values);
  }

  Tensor tensor(DType dtype, const Shape& shape) {
    if (dtype == DType::kString) return list_of(shape, &Generator::text);
    const bool whole = is_integer(dtype) || dtype == DType::kBool;
    const Tensor wide =
        whole ? list_of(shape, &Generator::integer) : list_of(shape, &Generator::real);
    Result<Tensor> narrow = cast(wide, dtype);
    if (narrow.ok()) return *std::move(narrow);
    Result<Tensor> zeros = Tensor::create(dtype, shape);
    return zeros.ok() ? *std::move(zeros) : Tensor();
  }

  DType dtype_of_set(const TypeSet& set) {
    std::vector<DType> allowed;
    for (const DTypeInfo& row : all_dtypes()) {
      if (set.dtypes.size() > static_cast<std::size_t>(row.dtype) &&
          set.dtypes[static_cast<std::size_t>(row.dtype)]) {
        allowed.push_back(row.dtype);
      }
    }
    return allowed.empty() ? DType::kUndefined
                           : allowed[below(static_cast<std::int64_t>(allowed.size()))];
  }

  Value sequence() {
    Sequence out;
    const DType dtype = chance(80) ? DType::kFloat32 : DType::kInt64;
    for (std::int64_t i = below(4); i > 0; --i) out.items.emplace_back(tensor(dtype, shape()));
    return out;
  }

  Attribute attribute(const AttributeRule& rule) {
    std::vector<std::int64_t> ints(static_cast<std::size_t>(below(6)));
    for (std::int64_t& value : ints) value = integer();
    std::vector<float> floats(static_cast<std::size_t>(below(6)));
    for (float& value : floats) value = real();
    std::vector<std::string> strings(static_cast<std::size_t>(below(6)));
    for (std::string& value : strings) value = text();
    switch (rule.kind) {
      case AttrKind::kInt:
        return {rule.name, integer()};
      case AttrKind::kFloat:
        return {rule.name, real()};
      case AttrKind::kString:
        return {rule.name, text()};
      case AttrKind::kInts:
        return {rule.name, std::move(ints)};
      case AttrKind::kFloats:
        return {rule.name, std::move(floats)};
      case AttrKind::kStrings:
        return {rule.name, std::move(strings)};
      case AttrKind::kTensor:
        return {rule.name, tensor(chance(50) ? DType::kInt64 : DType::kFloat32, shape())};
      default:
        return {};
    }
  }

 private:
  std::mt19937_64 random_;
};

bool needs_graph(const Signature& signature) {
  for (const AttributeRule& rule : signature.attributes) {
    if (rule.kind == AttrKind::kGraph && rule.required) return true;
  }
  return false;
}

std::vector<Value> draw_inputs(Generator& draw, const Signature& signature) {
  std::vector<Value> inputs;
  std::map<std::string, DType> variables;
  const Shape common = draw.shape();
  const auto draw_one = [&](const Parameter& parameter) {
    const DType fresh = draw.dtype_of_set(parameter.types);
    if (parameter.types.any_sequence && (fresh == DType::kUndefined || draw.chance(40))) {
      return draw.sequence();
    }
    if (fresh == DType::kUndefined) return Value();
    const DType dtype = parameter.variable.empty()
                            ? fresh
                            : variables.try_emplace(parameter.variable, fresh).first->second;
    return Value(draw.tensor(
        dtype, draw.chance(50)   ? common
               : draw.chance(60) ? Shape(static_cast<std::size_t>(draw.below(2)), draw.below(4))
                                 : draw.shape()));
  };
  for (const Parameter& parameter : signature.inputs) {
    const bool optional = parameter.arity == Parameter::Arity::kOptional;
    const std::int64_t count =
        parameter.arity == Parameter::Arity::kVariadic ? draw.below(3) + parameter.minimum : 1;
    for (std::int64_t i = 0; i < count; ++i) {
      inputs.push_back(optional && draw.chance(40) ? Value() : draw_one(parameter));
    }
  }
  return inputs;
}

Node draw_node(Generator& draw, const Op& op, const OpVersion& version,
               const Signature& signature) {
  Node node;
  node.op = op.name;
  node.domain = op.domain;
  node.version = version.since;
  for (const AttributeRule& rule : signature.attributes) {
    if (!rule.required && draw.chance(50)) continue;
    Attribute attribute = draw.attribute(rule);
    if (attribute.kind != AttrKind::kUndefined) node.attributes.push_back(std::move(attribute));
  }
  return node;
}

// Items of a sequence may differ in shape: nothing is stated of it.
Type stated_type(const Value& value) {
  Type type = type_of(value);
  for (Type& element : type.element) element.dims.reset();
  return type;
}

// A model of the one node. As constants the inputs are initializers, so that inference sees them.
Model wrap(const Node& node, const std::vector<Value>& inputs, std::size_t outputs,
           bool as_constants) {
  Model model;
  model.ir_version = 10;
  model.opsets = {{node.domain, node.version}};
  Node copy = node.clone();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].is_absent()) {
      copy.inputs.push_back(kNoValue);
      continue;
    }
    const ValueId id = model.graph.add_value("in" + std::to_string(i), stated_type(inputs[i]));
    copy.inputs.push_back(id);
    if (as_constants && inputs[i].is_tensor()) {
      model.graph.initializers.emplace(id, inputs[i].tensor());
    } else {
      model.graph.inputs.push_back(id);
    }
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    copy.outputs.push_back(model.graph.add_value("out" + std::to_string(i)));
    model.graph.outputs.push_back(copy.outputs.back());
  }
  model.graph.nodes.push_back(std::move(copy));
  return model;
}

// Empty when inference agrees with what was computed.
std::string disagreement(Model model, const std::vector<Value>& computed) {
  Problems problems;
  infer_types(model, problems);
  if (!problems.empty()) return "inference refuses what runs: " + to_text(problems.front());
  for (std::size_t i = 0; i < computed.size(); ++i) {
    const Type& inferred = model.graph.value(model.graph.outputs[i]).type;
    if (!merge(inferred, type_of(computed[i])).ok()) {
      return "output " + std::to_string(i) + ": inferred " + to_text(inferred) + ", computed " +
             to_text(type_of(computed[i]));
    }
  }
  return "";
}

std::string describe_run(const Node& node, const std::vector<Value>& inputs) {
  std::string text = node.op + "-" + std::to_string(node.version) + "(";
  for (const Value& input : inputs) text += describe(input) + " ";
  for (const Attribute& attribute : node.attributes) {
    text += attribute.name + "=";
    if (const auto* number = std::get_if<std::int64_t>(&attribute.value))
      text += std::to_string(*number);
    if (const auto* word = std::get_if<std::string>(&attribute.value)) text += *word;
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&attribute.value))
      text += shape_text(*list);
    text += " ";
  }
  return text + ")";
}

class AnyValues : public testing::Test {
 protected:
  void SetUp() override {
    before_ = tensor_limit_bytes();
    set_tensor_limit_bytes(kTensorLimitBytes);
  }
  void TearDown() override { set_tensor_limit_bytes(before_); }

 private:
  std::size_t before_ = 0;
};

TEST_F(AnyValues, AreAnsweredOrRefusedByEveryOperator) {
  const char* repeat = std::getenv("SLIPWAY_ANY_VALUES_RUNS");
  const int runs = repeat == nullptr ? kRunsAnOperator : std::atoi(repeat);
  std::uint64_t seed = 1;
  std::size_t answered = 0;
  for (const Op* op : all_ops()) {
    if (op->evaluate == nullptr) continue;
    for (const OpVersion& version : op->versions) {
      const Signature& signature = signature_of(version);
      if (needs_graph(signature)) continue;
      for (int run = 0; run < runs; ++run, ++seed) {
        Generator draw(seed);
        const Node node = draw_node(draw, *op, version, signature);
        const std::vector<Value> inputs = draw_inputs(draw, signature);
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe_run(node, inputs));
        const std::size_t outputs = std::max<std::size_t>(signature.min_outputs(), 1);
        Model model = wrap(node, inputs, outputs, false);
        Model constant = wrap(node, inputs, outputs, true);
        const Result<std::vector<Value>> computed = evaluate_node(model.graph.nodes[0], inputs);
        Problems ignored;
        if (!computed.ok()) {
          infer_types(model, ignored);
          infer_types(constant, ignored);
          continue;
        }
        ++answered;
        EXPECT_EQ(disagreement(std::move(model), *computed), "");
        EXPECT_EQ(disagreement(std::move(constant), *computed), "");
      }
    }
  }
  EXPECT_GT(answered, seed / 10) << "nearly everything is refused: the values are not worth much";
}

}  // namespace
}  // namespace slipway
