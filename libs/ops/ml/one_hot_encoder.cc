#include <cmath>
#include <map>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::size_t kNoCategory = static_cast<std::size_t>(-1);

// The category of each element. Floats count as the whole number towards zero.
Result<std::vector<std::size_t>> find_categories(const EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  std::vector<std::size_t> found;
  found.reserve(x.size());
  if (x.dtype() == DType::kString) {
    const auto* names = ctx.get_strings("cats_strings");
    if (names == nullptr) return ctx.fail("text input needs the attribute cats_strings");
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < names->size(); ++i) index[(*names)[i]] = i;
    for (const std::string& element : x.data<std::string>()) {
      const auto at = index.find(element);
      found.push_back(at == index.end() ? kNoCategory : at->second);
    }
    return found;
  }
  const auto* numbers = ctx.get_ints("cats_int64s");
  if (numbers == nullptr) return ctx.fail("numeric input needs the attribute cats_int64s");
  std::map<std::int64_t, std::size_t> index;
  for (std::size_t i = 0; i < numbers->size(); ++i) index[(*numbers)[i]] = i;
  const Tensor wide = TRY(cast(x, DType::kFloat64));
  const Tensor whole = TRY(cast(x, DType::kInt64));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto at = index.find(whole.data<std::int64_t>()[i]);
    const bool is_number = std::isfinite(wide.data<double>()[i]);
    found.push_back(at == index.end() || !is_number ? kNoCategory : at->second);
  }
  return found;
}

std::size_t category_count(const NodeView& view) {
  if (const auto* names = view.get_strings("cats_strings"); names && !names->empty()) {
    return names->size();
  }
  const auto* numbers = view.get_ints("cats_int64s");
  return numbers == nullptr ? 0 : numbers->size();
}

Status evaluate_one_hot_encoder(EvalContext& ctx) {
  const std::size_t categories = category_count(ctx);
  if (categories == 0) return ctx.fail("no categories: give cats_int64s or cats_strings");
  const std::vector<std::size_t> found = TRY(find_categories(ctx));
  const bool allows_unknown = ctx.get_int("zeros", 1) != 0;
  Shape shape = ctx.input(0).shape();
  shape.push_back(static_cast<std::int64_t>(categories));
  Tensor y = TRY(ctx.make(DType::kFloat32, std::move(shape)));
  const auto out = y.mutable_data<float>();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] < categories) {
      out[i * categories + found[i]] = 1.0F;
    } else if (!allows_unknown) {
      return ctx.fail("element ", i, " is none of the ", categories,
                      " categories: set zeros to 1 to allow that");
    }
  }
  ctx.set_output(0, std::move(y));
  return {};
}

Status infer_one_hot_encoder(InferContext& ctx) {
  ctx.set_output(0, DType::kFloat32);
  if (const Dims* input = ctx.dims(0)) {
    Dims output = *input;
    output.push_back(Dim(static_cast<std::int64_t>(category_count(ctx))));
    ctx.set_output(0, DType::kFloat32, std::move(output));
  }
  return {};
}

}  // namespace

std::vector<Op> one_hot_encoder_ops() {
  return {{.name = "OneHotEncoder",
           .domain = kMl,
           .versions = {{1, "X: T -> Y: float | T = float int32 int64 string double",
                         "cats_int64s ints, cats_strings strings, zeros int"}},
           .infer = infer_one_hot_encoder,
           .evaluate = evaluate_one_hot_encoder}};
}

}  // namespace slipway
