// Nodes and inputs that no exporter would write: numbers at the ends of their ranges, shapes that
// do not fit, lists of the wrong length, words that belong elsewhere. For tests; the seed repeats
// the draw.
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "ops/op.h"
#include "ops/signature.h"
#include "tensor/convert.h"

namespace slipway {

class RandomNode {
 public:
  // Most shapes of one draw are alike, so that many get past an operator's first check.
  RandomNode(const Op& op, const OpVersion& version, std::uint64_t seed)
      : random_(seed), common_shape_(odd_shape()) {
    if (chance(30)) common_shape_ = Shape(static_cast<std::size_t>(below(5)), 1 + below(3));
    const Signature& signature = signature_of(version);
    node.op = op.name;
    node.domain = op.domain;
    node.version = version.since;
    const int left_out_percent = chance(50) ? 50 : 70;
    for (const AttributeRule& rule : signature.attributes) {
      if (!rule.required && chance(left_out_percent)) continue;
      if (std::optional<Attribute> drawn = attribute(rule)) {
        node.attributes.push_back(*std::move(drawn));
      }
    }
    draw_inputs(signature);
  }

  Node node;  // without names of inputs and outputs
  std::vector<Value> inputs;

 private:
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  bool chance(int percent) { return below(100) < percent; }
  template <typename T, std::size_t n>
  T one_of(const T (&items)[n]) {
    return items[below(n)];
  }

  std::int64_t integer() {
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kOdd[] = {kMin,     kMin + 1, kMax,     kMax - 1,  1 << 20, -(1 << 20),
                                     1L << 31, 1L << 62, 1L << 32, -1L << 40, 1000,    -7};
    if (chance(30)) return 1;
    return chance(90) ? below(7) - 2 : one_of(kOdd);
  }

  float real() {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    constexpr float kOdd[] = {std::numeric_limits<float>::quiet_NaN(),
                              kInfinity,
                              -kInfinity,
                              3e38F,
                              -3e38F,
                              1e-40F,
                              1e18F,
                              -0.0F};
    return chance(85) ? static_cast<float>(below(17) - 8) / 4 : one_of(kOdd);
  }

  std::string word() {
    constexpr std::string_view kWords[] = {
        "",           "NONE",          "nearest",    "linear",     "cubic",
        "reflect",    "edge",          "wrap",       "CRD",        "add",
        "mul",        "max",           "min",        "avg",        "border",
        "reflection", "LOWER",         "UPPER",      "TF",         "IDF",
        "TFIDF",      "circular",      "SAME_UPPER", "SAME_LOWER", "VALID",
        "forward",    "bidirectional", "reverse",    "LOGISTIC",   "SOFTMAX",
        "RBF",        "POLY",          "SUM",        "MIN",        "BRANCH_LEQ",
        "LEAF",       "gated",         "delta",      "silu",       "L1",
        "a|b",        "[a-z",          "ij,jk->ik",  "...a,b",     "tf_crop_and_resize",
        "sum",        "no such word",  "Relu",       "Affine",     "align_corners"};
    return std::string(one_of(kWords));
  }

  Shape odd_shape() {
    Shape out(static_cast<std::size_t>(below(chance(90) ? 5 : 7)));
    for (std::int64_t& extent : out) extent = chance(10) ? 0 : below(4) + (chance(20) ? 0 : 1);
    return out;
  }

  Shape shape() {
    if (chance(65)) return common_shape_;
    return chance(50) ? Shape(static_cast<std::size_t>(below(2)), below(4)) : odd_shape();
  }

  // An entry for each axis, for each spatial axis or its two ends, or any number.
  std::size_t list_length() {
    const auto rank = static_cast<std::int64_t>(common_shape_.size());
    const std::int64_t lengths[] = {rank, rank - 2, 2 * (rank - 2), below(6), below(6)};
    return static_cast<std::size_t>(std::max<std::int64_t>(0, one_of(lengths)));
  }

  template <typename T>
  std::vector<T> list_of(std::size_t count, T (RandomNode::*draw)()) {
    std::vector<T> values(count);
    for (T& value : values) value = (this->*draw)();
    return values;
  }

  Tensor tensor(DType dtype) {
    const Shape drawn = shape();
    const std::size_t count = *element_count(drawn);
    if (dtype == DType::kString) return Tensor::of(drawn, list_of(count, &RandomNode::word));
    const bool whole = is_integer(dtype) || dtype == DType::kBool;
    const Tensor wide = whole ? Tensor::of(drawn, list_of(count, &RandomNode::integer))
                              : Tensor::of(drawn, list_of(count, &RandomNode::real));
    Result<Tensor> narrow = cast(wide, dtype);
    return narrow.ok() ? *std::move(narrow) : *Tensor::create(dtype, drawn);
  }

  DType one_dtype(const TypeSet& set) {
    std::vector<DType> allowed;
    for (const DTypeInfo& row : all_dtypes()) {
      const auto number = static_cast<std::size_t>(row.dtype);
      if (number < set.dtypes.size() && set.dtypes[number]) allowed.push_back(row.dtype);
    }
    if (allowed.empty()) return DType::kUndefined;
    return allowed[static_cast<std::size_t>(below(static_cast<std::int64_t>(allowed.size())))];
  }

  Value sequence() {
    Sequence out;
    const DType dtype = chance(80) ? DType::kFloat32 : DType::kInt64;
    for (std::int64_t i = below(4); i > 0; --i) out.items.emplace_back(tensor(dtype));
    return out;
  }

  // Absent where the parameter takes neither tensors nor sequences.
  Value value(const Parameter& parameter, std::map<std::string, DType>& variables) {
    DType dtype = one_dtype(parameter.types);
    if (parameter.types.any_sequence && (dtype == DType::kUndefined || chance(40))) {
      return sequence();
    }
    if (dtype == DType::kUndefined) return Value();
    if (!parameter.variable.empty()) {
      dtype = variables.try_emplace(parameter.variable, dtype).first->second;
    }
    return tensor(dtype);
  }

  void draw_inputs(const Signature& signature) {
    std::map<std::string, DType> variables;
    const int absent_percent = chance(50) ? 40 : 60;
    for (const Parameter& parameter : signature.inputs) {
      const bool is_optional = parameter.arity == Parameter::Arity::kOptional;
      const bool is_variadic = parameter.arity == Parameter::Arity::kVariadic;
      const std::int64_t count = !is_variadic ? 1
                                 : chance(10)
                                     ? 0
                                     : below(3) + static_cast<std::int64_t>(parameter.minimum);
      for (std::int64_t i = 0; i < count; ++i) {
        inputs.push_back(is_optional && chance(absent_percent) ? Value()
                                                               : value(parameter, variables));
      }
    }
  }

  std::optional<Attribute> attribute(const AttributeRule& rule) {
    switch (rule.kind) {
      case AttrKind::kInt:
        return Attribute(rule.name, integer());
      case AttrKind::kFloat:
        return Attribute(rule.name, real());
      case AttrKind::kString:
        return Attribute(rule.name, word());
      case AttrKind::kInts:
        return Attribute(rule.name, list_of(list_length(), &RandomNode::integer));
      case AttrKind::kFloats:
        return Attribute(rule.name, list_of(list_length(), &RandomNode::real));
      case AttrKind::kStrings:
        return Attribute(rule.name, rule.name == "activations"
                                        ? list_of(list_length(), &RandomNode::activation)
                                        : list_of(list_length(), &RandomNode::word));
      case AttrKind::kTensor:
        return Attribute(rule.name, tensor(chance(50) ? DType::kInt64 : DType::kFloat32));
      default:
        return std::nullopt;
    }
  }

  std::string activation() { return chance(50) ? "Relu" : "Affine"; }

  std::mt19937_64 random_;
  Shape common_shape_;
};

}  // namespace slipway
