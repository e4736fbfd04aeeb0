// LabelEncoder and CategoryMapper: each element through a table of keys and values.
#include <cmath>
#include <unordered_map>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

// Keys and values side by side, and the value of elements that are no key. One-dimensional tensors.
struct Mapping {
  Tensor keys;
  Tensor values;
  Tensor otherwise;  // one element of the values' dtype
};

template <typename Key>
using Index = std::unordered_map<Key, std::size_t>;

constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

// For each element the position of its key, the last of equal ones; NaN matches NaN.
template <typename Key>
std::vector<std::size_t> find_keys(const Tensor& keys, const Tensor& elements) {
  Index<Key> index;
  std::size_t nan = kNotFound;
  const auto key_data = keys.data<Key>();
  for (std::size_t i = 0; i < key_data.size(); ++i) {
    if (key_data[i] != key_data[i]) nan = i;
    index[key_data[i]] = i;
  }
  std::vector<std::size_t> found;
  found.reserve(elements.size());
  for (const Key& element : elements.data<Key>()) {
    const auto at = index.find(element);
    found.push_back(element != element ? nan : at == index.end() ? kNotFound : at->second);
  }
  return found;
}

Status map_elements(EvalContext& ctx, const Mapping& mapping) {
  const Tensor& x = ctx.input(0);
  if (mapping.keys.size() != mapping.values.size()) {
    return ctx.fail("there are ", mapping.keys.size(), " keys and ", mapping.values.size(),
                    " values");
  }
  if (mapping.otherwise.size() != 1 || mapping.otherwise.dtype() != mapping.values.dtype()) {
    return ctx.fail("the default must be one element of type ", name(mapping.values.dtype()));
  }
  if (mapping.keys.dtype() != x.dtype()) {
    return ctx.fail("the keys are ", name(mapping.keys.dtype()), ", the input is ",
                    name(x.dtype()));
  }
  std::vector<std::size_t> found;
  if (x.dtype() == DType::kString) {
    found = find_keys<std::string>(mapping.keys, x);
  } else if (!is_float(x.dtype())) {
    found = find_keys<std::int64_t>(TRY(cast(mapping.keys, DType::kInt64)),
                                    TRY(cast(x, DType::kInt64)));
  } else {
    found =
        find_keys<double>(TRY(cast(mapping.keys, DType::kFloat64)), TRY(cast(x, DType::kFloat64)));
  }
  Tensor y = TRY(ctx.make(mapping.values.dtype(), x.shape()));
  visit_width(y.dtype(), [&]<typename T>() {
    const auto values = mapping.values.data<T>();
    const T otherwise = mapping.otherwise.data<T>()[0];
    const auto out = y.mutable_data<T>();
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = found[i] == kNotFound ? otherwise : values[found[i]];
    }
  });
  ctx.set_output(0, std::move(y));
  return {};
}

// PREFIX_floats, PREFIX_int64s, PREFIX_strings or PREFIX_tensor, whichever is given.
Result<Tensor> read_list(const NodeView& view, const std::string& prefix) {
  if (const auto* floats = view.get_floats(prefix + "_floats"); floats && !floats->empty()) {
    return Tensor::of(*floats);
  }
  if (const auto* ints = view.get_ints(prefix + "_int64s"); ints && !ints->empty()) {
    return Tensor::of(*ints);
  }
  if (const auto* strings = view.get_strings(prefix + "_strings"); strings && !strings->empty()) {
    return Tensor::of(*strings);
  }
  if (const Tensor* tensor = view.get_tensor(prefix + "_tensor")) return tensor->direct();
  return view.fail("no ", prefix, ": give one of ", prefix, "_floats, ", prefix, "_int64s, ",
                   prefix, "_strings and ", prefix, "_tensor");
}

Result<Tensor> default_label(const NodeView& view, DType dtype) {
  if (const Tensor* tensor = view.get_tensor("default_tensor")) return tensor->direct();
  switch (dtype) {
    case DType::kString:
      return Tensor::scalar(view.get_string("default_string", "_Unused"));
    case DType::kFloat32:
      return Tensor::scalar(view.get_float("default_float", -0.0F));
    case DType::kFloat64:
      return Tensor::scalar(-0.0);
    default:
      return cast(Tensor::scalar(view.get_int("default_int64", -1)), dtype);
  }
}

Status evaluate_label_encoder(EvalContext& ctx) {
  Mapping mapping;
  if (ctx.version() == 1) {
    const std::vector<std::string>* classes = ctx.get_strings("classes_strings");
    if (classes == nullptr) return ctx.fail("attribute classes_strings is missing");
    std::vector<std::int64_t> positions(classes->size());
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<std::int64_t>(i);
    mapping.keys = Tensor::of(*classes);
    mapping.values = Tensor::of(positions);
    if (ctx.input(0).dtype() != DType::kString) std::swap(mapping.keys, mapping.values);
  } else {
    mapping.keys = TRY(read_list(ctx, "keys"));
    mapping.values = TRY(read_list(ctx, "values"));
  }
  mapping.otherwise = TRY(default_label(ctx, mapping.values.dtype()));
  return map_elements(ctx, mapping);
}

Status infer_label_encoder(InferContext& ctx) {
  Type type = ctx.input(0);
  type.kind = Type::Kind::kTensor;
  if (ctx.version() == 1) {
    type.dtype = ctx.dtype(0) == DType::kString ? DType::kInt64 : DType::kString;
    if (ctx.dtype(0) == DType::kUndefined) type.dtype = DType::kUndefined;
  } else {
    type.dtype = TRY(read_list(ctx, "values")).dtype();
  }
  ctx.set_output(0, std::move(type));
  return {};
}

Status evaluate_category_mapper(EvalContext& ctx) {
  const auto* ints = ctx.get_ints("cats_int64s");
  const auto* strings = ctx.get_strings("cats_strings");
  if (ints == nullptr || strings == nullptr) {
    return ctx.fail("attributes cats_int64s and cats_strings must both be given");
  }
  Mapping mapping{Tensor::of(*strings), Tensor::of(*ints), {}};
  if (ctx.input(0).dtype() != DType::kString) std::swap(mapping.keys, mapping.values);
  mapping.otherwise = TRY(default_label(ctx, mapping.values.dtype()));
  return map_elements(ctx, mapping);
}

Status infer_category_mapper(InferContext& ctx) {
  Type type = ctx.input(0);
  type.kind = Type::Kind::kTensor;
  if (ctx.dtype(0) != DType::kUndefined) {
    type.dtype = ctx.dtype(0) == DType::kString ? DType::kInt64 : DType::kString;
  }
  ctx.set_output(0, std::move(type));
  return {};
}

}  // namespace

std::vector<Op> label_encoder_ops() {
  return {
      {.name = "LabelEncoder",
       .domain = kMl,
       .versions = {{1, "X: T1 -> Y: T2 | T1 = int64 string, T2 = int64 string",
                     "classes_strings strings, default_int64 int, default_string string"},
                    {2, "X: T1 -> Y: T2 | T1 = float int64 string, T2 = float int64 string",
                     "default_float float, default_int64 int, default_string string, "
                     "keys_floats floats, keys_int64s ints, keys_strings strings, "
                     "values_floats floats, values_int64s ints, values_strings strings"},
                    {4,
                     "X: T1 -> Y: T2 | T1 = float int16 int32 int64 string double, "
                     "T2 = float int16 int32 int64 string double",
                     "default_float float, default_int64 int, default_string string, "
                     "default_tensor tensor, keys_floats floats, keys_int64s ints, "
                     "keys_strings strings, keys_tensor tensor, values_floats floats, "
                     "values_int64s ints, values_strings strings, values_tensor tensor"}},
       .infer = infer_label_encoder,
       .evaluate = evaluate_label_encoder},
      {.name = "CategoryMapper",
       .domain = kMl,
       .versions = {{1, "X: T1 -> Y: T2 | T1 = int64 string, T2 = int64 string",
                     "cats_int64s ints, cats_strings strings, default_int64 int, "
                     "default_string string"}},
       .infer = infer_category_mapper,
       .evaluate = evaluate_category_mapper},
  };
}

}  // namespace slipway
