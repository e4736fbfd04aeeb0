// Every operator on inputs and attributes that no exporter would write: shapes that do not fit,
// empty and negative numbers, indices out of range, NaN. Each run must end with outputs or with a
// message that names the node; the sanitizers watch the rest. The seed is fixed, so a failure
// repeats.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/str.h"
#include "ops/interpreter.h"
#include "ops/op.h"
#include "ops/signature.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::size_t kRunsPerVersion = 300;
constexpr std::size_t kLargestTensorBytes = std::size_t{1} << 20;

class Chaos {
 public:
  explicit Chaos(std::uint32_t seed) : random_(seed) {}

  std::int64_t below(std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_);
  }
  bool chance(int percent) { return below(100) < percent; }

  std::int64_t number() {
    constexpr std::int64_t kEdges[] = {-1,
                                       std::numeric_limits<std::int64_t>::min(),
                                       std::numeric_limits<std::int64_t>::max(),
                                       std::int64_t{1} << 31,
                                       -(std::int64_t{1} << 40),
                                       1000,
                                       -7};
    if (chance(60)) return 1;
    return chance(70) ? below(4) : kEdges[below(std::size(kEdges))];
  }
  float real() {
    constexpr float kEdges[] = {0.0F,
                                -0.0F,
                                1e-40F,
                                3e38F,
                                std::numeric_limits<float>::infinity(),
                                -std::numeric_limits<float>::infinity(),
                                std::numeric_limits<float>::quiet_NaN()};
    return chance(80) ? static_cast<float>(below(9)) - 4.0F : kEdges[below(std::size(kEdges))];
  }
  std::string word(std::string_view attribute) {
    static const std::vector<std::string> kWords = {
        "",         "NONE",    "SAME_UPPER", "SAME_LOWER",  "VALID",  "reverse", "bidirectional",
        "LOGISTIC", "SOFTMAX", "RBF",        "POLY",        "linear", "nearest", "cubic",
        "reflect",  "edge",    "wrap",       "add",         "mul",    "max",     "ij,jk->ik",
        "...a,b",   "[a-z",    "BRANCH_LEQ", "LEAF",        "delta",  "gated",   "silu",
        "L1",       "SUM",     "MIN",        "no such word"};
    if (attribute == "activations") return chance(50) ? "Relu" : "Affine";
    return kWords[static_cast<std::size_t>(below(static_cast<std::int64_t>(kWords.size())))];
  }

  // Most shapes of a run are alike, so that many runs get past the first check.
  void choose_shape() {
    rank_ = below(5);
    extent_ = 1 + below(3);
  }
  Shape shape() {
    if (chance(80)) return Shape(static_cast<std::size_t>(rank_), extent_);
    Shape shape(static_cast<std::size_t>(chance(50) ? rank_ : below(6)));
    for (std::int64_t& extent : shape) extent = below(4);
    return shape;
  }
  // Entries of a list: one for each axis, for each spatial axis or its two ends, or any number.
  std::size_t list_length() {
    const std::int64_t lengths[] = {rank_, rank_ - 2, 2 * (rank_ - 2), extent_, below(6)};
    return static_cast<std::size_t>(std::max<std::int64_t>(0, lengths[below(5)]));
  }

  Tensor tensor(DType dtype) {
    const Shape given = shape();
    const std::size_t count = *element_count(given);
    if (dtype == DType::kString) {
      std::vector<std::string> words(count);
      for (std::string& text : words) text = word("");
      return Tensor::of<std::string>(given, words);
    }
    if (is_integer(dtype) || dtype == DType::kBool) {
      std::vector<std::int64_t> values(count);
      for (std::int64_t& value : values) value = number();
      return *cast(Tensor::of<std::int64_t>(given, values), dtype);
    }
    std::vector<float> values(count);
    for (float& value : values) value = real();
    const Result<Tensor> made = cast(Tensor::of<float>(given, values), dtype);
    return made.ok() ? *made : *Tensor::create(dtype, given);
  }

  // A value of the parameter's types, absent where it has none that is a tensor.
  Value value(const TypeSet& types) {
    std::vector<DType> allowed;
    for (const DTypeInfo& row : all_dtypes()) {
      const std::size_t number = static_cast<std::size_t>(row.dtype);
      if (number < types.dtypes.size() && types.dtypes[number]) allowed.push_back(row.dtype);
    }
    if (allowed.empty()) return types.any_sequence ? Value(Sequence{}) : Value();
    return tensor(
        allowed[static_cast<std::size_t>(below(static_cast<std::int64_t>(allowed.size())))]);
  }

  std::optional<Attribute> attribute(const AttributeRule& rule) {
    const std::size_t count = list_length();
    switch (rule.kind) {
      case AttrKind::kInt:
        return Attribute(rule.name, number());
      case AttrKind::kFloat:
        return Attribute(rule.name, real());
      case AttrKind::kString:
        return Attribute(rule.name, word(rule.name));
      case AttrKind::kTensor:
        return Attribute(rule.name, tensor(DType::kFloat32));
      case AttrKind::kInts: {
        std::vector<std::int64_t> list(count);
        for (std::int64_t& element : list) element = number();
        return Attribute(rule.name, std::move(list));
      }
      case AttrKind::kFloats: {
        std::vector<float> list(count);
        for (float& element : list) element = real();
        return Attribute(rule.name, std::move(list));
      }
      case AttrKind::kStrings: {
        std::vector<std::string> list(count);
        for (std::string& element : list) element = word(rule.name);
        return Attribute(rule.name, std::move(list));
      }
      default:
        return std::nullopt;
    }
  }

 private:
  std::mt19937 random_;
  std::int64_t rank_ = 2;
  std::int64_t extent_ = 1;
};

std::vector<Value> hostile_inputs(const Signature& signature, Chaos& chaos) {
  std::vector<Value> inputs;
  std::map<std::string, DType> chosen;  // of type variables
  for (const Parameter& parameter : signature.inputs) {
    const bool is_variadic = parameter.arity == Parameter::Arity::kVariadic;
    const std::size_t count = is_variadic ? static_cast<std::size_t>(chaos.below(4)) : 1;
    for (std::size_t i = 0; i < count; ++i) {
      if (parameter.arity == Parameter::Arity::kOptional && chaos.chance(60)) {
        inputs.emplace_back();
        continue;
      }
      Value value = chaos.value(parameter.types);
      if (!parameter.variable.empty() && value.is_tensor()) {
        const auto [known, is_new] = chosen.emplace(parameter.variable, value.tensor().dtype());
        if (!is_new) value = chaos.tensor(known->second);
      }
      inputs.push_back(std::move(value));
    }
  }
  return inputs;
}

class HostileInputs : public testing::TestWithParam<const Op*> {};

TEST_P(HostileInputs, EndWithOutputsOrAMessage) {
  const Op& op = *GetParam();
  set_tensor_limit_bytes(kLargestTensorBytes);
  for (const OpVersion& version : op.versions) {
    const Signature& signature = signature_of(version);
    Chaos chaos(static_cast<std::uint32_t>(version.since));
    for (std::size_t run = 0; run < kRunsPerVersion; ++run) {
      chaos.choose_shape();
      Node node;
      node.op = std::string(op.name);
      node.domain = std::string(op.domain);
      node.version = version.since;
      for (const AttributeRule& rule : signature.attributes) {
        if (!rule.required && chaos.chance(70)) continue;
        std::optional<Attribute> attribute = chaos.attribute(rule);
        if (attribute) node.attributes.push_back(std::move(*attribute));
      }
      const std::size_t outputs = std::min<std::size_t>(signature.max_outputs(), 4);
      for (std::size_t i = 0; i < outputs; ++i) {
        node.outputs.push_back(ValueId{static_cast<std::uint32_t>(i)});
      }
      const auto result = evaluate_node(node, hostile_inputs(signature, chaos));
      if (result.ok()) continue;
      EXPECT_FALSE(result.error().message.empty());
      EXPECT_NE(result.error().code, Code::kInternal) << result.error().message;
    }
  }
}

std::vector<const Op*> operators() {
  std::vector<const Op*> rows;
  for (const Op* op : all_ops()) {
    if (op->evaluate != nullptr) rows.push_back(op);
  }
  return rows;
}

std::string test_name(const testing::TestParamInfo<const Op*>& info) {
  std::string text = str(info.param->domain, "_", info.param->name);
  for (char& c : text) {
    if (c == '.') c = '_';
  }
  return text;
}

INSTANTIATE_TEST_SUITE_P(EveryOperator, HostileInputs, testing::ValuesIn(operators()), test_name);

}  // namespace
}  // namespace slipway
