#include "compile/lower/tail.h"

#include <optional>

#include "compile/lower/elementwise.h"

namespace slipway::compile {
namespace {

bool is_add(const Elementwise& f) {
  return f.is_binary && f.function == static_cast<std::uint8_t>(Binary::kAdd);
}

// One float per channel, the other axes 1.
bool is_bias(const Shape& bias, const Shape& output, std::size_t channel_axis) {
  if (bias.size() > output.size()) return false;
  for (std::size_t i = 0; i < bias.size(); ++i) {
    const std::size_t axis = output.size() - bias.size() + i;
    if (bias[i] != (axis == channel_axis ? output[axis] : 1)) return false;
  }
  return bias.size() >= output.size() - channel_axis;
}

class TailMatcher {
 public:
  TailMatcher(const Lowering& lowering, ValueId value, const TailOptions& options)
      : lowering_(lowering), options_(options) {
    tail_.output = value;
  }

  Tail match() {
    if (options_.takes_bias) take_bias();
    if (options_.takes_addend) take_addend();
    if (options_.takes_activation && !take_activation() && !take_silu()) take_gelu();
    if (options_.takes_addend_last && tail_.addend == kNoValue) {
      take_addend();
      tail_.addend_is_last = tail_.addend != kNoValue;
    }
    return tail_;
  }

 private:
  const std::string& op(std::size_t node) const { return lowering_.graph.nodes[node].op; }

  void take(std::size_t node, const std::string& what) {
    tail_.nodes.push_back(node);
    tail_.output = lowering_.graph.nodes[node].outputs[0];
    tail_.note += " + " + what;
  }

  // The only user of the value so far, and its other operand, where it is an Add.
  std::optional<std::pair<std::size_t, ValueId>> next_add() const {
    const auto user = lowering_.only_user(tail_.output);
    if (!user || lowering_.is_done(*user)) return std::nullopt;
    const auto function = elementwise_of(lowering_, *user);
    if (!function || !is_add(*function) || function->a == function->b) return std::nullopt;
    return std::pair(*user, function->a == tail_.output ? function->b : function->a);
  }

  void take_bias() {
    const auto add = next_add();
    if (!add) return;
    const Tensor* const bias = lowering_.constant(add->second);
    const Shape& shape = lowering_.shape(tail_.output);
    if (bias == nullptr || !is_bias(bias->shape(), shape, options_.channel_axis)) return;
    tail_.bias = bias;
    take(add->first, "bias");
  }

  void take_addend() {
    const auto add = next_add();
    if (!add || !lowering_.is_made(add->second) ||
        lowering_.shape(add->second) != lowering_.shape(tail_.output)) {
      return;
    }
    tail_.addend = add->second;
    take(add->first, "Add");
  }

  bool take_activation() {
    const auto user = lowering_.only_user(tail_.output);
    if (!user || lowering_.is_done(*user)) return false;
    const auto function = elementwise_of(lowering_, *user);
    if (!function) return false;
    const auto activation = activation_of(*function);
    if (!activation) return false;
    tail_.activation = *activation;
    take(*user, op(*user));
    return true;
  }

  // x * sigmoid(x).
  bool take_silu() {
    if (lowering_.uses(tail_.output) != 2 || lowering_.users(tail_.output).size() != 2)
      return false;
    std::size_t sigmoid = lowering_.users(tail_.output)[0];
    std::size_t product = lowering_.users(tail_.output)[1];
    if (op(sigmoid) != "Sigmoid") std::swap(sigmoid, product);
    if (op(sigmoid) != "Sigmoid" || op(product) != "Mul") return false;
    const auto f = elementwise_of(lowering_, product);
    const ValueId gate = lowering_.graph.nodes[sigmoid].outputs[0];
    if (!f || lowering_.only_user(gate) != product || lowering_.is_done(product)) return false;
    if (!(f->a == gate && f->b == tail_.output) && !(f->b == gate && f->a == tail_.output))
      return false;
    tail_.activation = {Activation::kSilu, 0, 0};
    tail_.nodes.push_back(sigmoid);
    take(product, "Silu");
    return true;
  }

  // (x * (1 + erf(s))) * b or (x * b) * (1 + erf(s)), with s = x * a or x / a.
  void take_gelu() {
    const ValueId x = tail_.output;
    if (lowering_.uses(x) != 2 || lowering_.users(x).size() != 2) return;
    for (const std::size_t first : {0, 1}) {
      const std::size_t scale = lowering_.users(x)[first];
      const std::size_t other = lowering_.users(x)[1 - first];
      if (scale != other && take_gelu(x, scale, other)) return;
    }
  }
  bool take_gelu(ValueId x, std::size_t scale, std::size_t other) {
    const auto scaled = by_constant(scale, x);
    const auto erf = scaled ? only_user(scale) : std::nullopt;
    const auto bell = erf && op(*erf) == "Erf" ? only_user(*erf) : std::nullopt;
    const auto sum = bell ? by_constant(*bell, result(*erf)) : std::nullopt;
    const auto product = sum ? only_user(*bell) : std::nullopt;
    if (!product || sum->function != Binary::kAdd || sum->constant != 1.0F || !is_mul(*product))
      return false;
    const bool is_quotient = scaled->function == Binary::kDiv;
    if (!is_quotient && scaled->function != Binary::kMul) return false;
    if (*product == other) {
      const auto last = only_user(*product);
      const auto half = last ? by_constant(*last, result(*product)) : std::nullopt;
      if (!half || half->function != Binary::kMul) return false;
      tail_.activation = {is_quotient ? Activation::kErfOfQuotient : Activation::kErfOfProduct,
                          scaled->constant, half->constant};
      tail_.nodes.insert(tail_.nodes.end(), {scale, *erf, *bell, *product});
      take(*last, "Gelu");
      return true;
    }
    const auto half = by_constant(other, x);
    if (!half || half->function != Binary::kMul || only_user(other) != product) return false;
    tail_.activation = {
        is_quotient ? Activation::kHalfErfOfQuotient : Activation::kHalfErfOfProduct,
        scaled->constant, half->constant};
    tail_.nodes.insert(tail_.nodes.end(), {scale, *erf, *bell, other});
    take(*product, "Gelu");
    return true;
  }

  ValueId result(std::size_t node) const { return lowering_.graph.nodes[node].outputs[0]; }
  std::optional<std::size_t> only_user(std::size_t node) const {
    const auto user = lowering_.only_user(result(node));
    return user && lowering_.is_done(*user) ? std::nullopt : user;
  }
  bool is_mul(std::size_t node) const {
    const auto f = elementwise_of(lowering_, node);
    return f && f->is_binary && f->function == static_cast<std::uint8_t>(Binary::kMul);
  }

  // The node where it is a function of the value and one constant float that keeps the shape; of
  // those where the order matters the value comes first.
  struct ByConstant {
    Binary function;
    float constant;
  };
  std::optional<ByConstant> by_constant(std::size_t node, ValueId value) const {
    const auto f = elementwise_of(lowering_, node);
    if (!f || !f->is_binary || lowering_.is_done(node) || f->a == f->b) return std::nullopt;
    const auto function = static_cast<Binary>(f->function);
    const bool commutes = function == Binary::kAdd || function == Binary::kMul;
    if (f->a != value && !(commutes && f->b == value)) return std::nullopt;
    const Tensor* const constant = lowering_.constant(f->a == value ? f->b : f->a);
    if (constant == nullptr || constant->size() != 1 ||
        lowering_.shape(result(node)) != lowering_.shape(value)) {
      return std::nullopt;
    }
    const Result<Tensor> direct = constant->direct();
    return direct.ok() ? std::optional(ByConstant{function, direct->data<float>()[0]})
                       : std::nullopt;
  }

  const Lowering& lowering_;
  const TailOptions& options_;
  Tail tail_;
};

}  // namespace

Tail match_tail(const Lowering& lowering, ValueId value, const TailOptions& options) {
  return TailMatcher(lowering, value, options).match();
}

void absorb_tail(Lowering& lowering, const Tail& tail) {
  for (const std::size_t node : tail.nodes) lowering.absorb(node);
}

}  // namespace slipway::compile
