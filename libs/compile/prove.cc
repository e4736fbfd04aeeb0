#include "compile/prove.h"

#include <cmath>
#include <cstring>
#include <optional>

#include "base/str.h"
#include "runtime/session.h"
#include "tensor/convert.h"

namespace slipway::compile {
namespace {

template <typename T>
std::optional<std::size_t> first_difference(std::span<const std::byte> a,
                                            std::span<const std::byte> b) {
  for (std::size_t i = 0; i * sizeof(T) < a.size(); ++i) {
    T x;
    T y;
    std::memcpy(&x, a.data() + i * sizeof(T), sizeof(T));
    std::memcpy(&y, b.data() + i * sizeof(T), sizeof(T));
    if (std::memcmp(&x, &y, sizeof(T)) == 0) continue;
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(x) && std::isnan(y)) continue;
    }
    return i;
  }
  return std::nullopt;
}

bool is_narrow_nan(DType dtype, std::uint16_t bits) {
  if (dtype == DType::kFloat16) return (bits & 0x7FFFU) > 0x7C00U;
  return dtype == DType::kBfloat16 && (bits & 0x7FFFU) > 0x7F80U;
}

// Where two tensors of one type and size differ.
std::optional<std::size_t> difference(DType dtype, std::span<const std::byte> a,
                                      std::span<const std::byte> b) {
  if (dtype == DType::kFloat32 || dtype == DType::kComplex64) return first_difference<float>(a, b);
  if (dtype == DType::kFloat64 || dtype == DType::kComplex128)
    return first_difference<double>(a, b);
  if (dtype == DType::kFloat16 || dtype == DType::kBfloat16) {
    for (std::size_t i = 0; i * 2 < a.size(); ++i) {
      std::uint16_t x;
      std::uint16_t y;
      std::memcpy(&x, a.data() + i * 2, 2);
      std::memcpy(&y, b.data() + i * 2, 2);
      if (x != y && !(is_narrow_nan(dtype, x) && is_narrow_nan(dtype, y))) return i;
    }
    return std::nullopt;
  }
  return first_difference<std::uint8_t>(a, b);
}

std::string element_text(DType dtype, std::span<const std::byte> bytes, std::size_t element) {
  if (dtype == DType::kFloat32) {
    float x;
    std::memcpy(&x, bytes.data() + element * sizeof(x), sizeof(x));
    return str(x);
  }
  return str("byte ", static_cast<unsigned>(bytes[element]));
}

Result<const Tensor*> find_input(const std::vector<NamedValue>& inputs, std::string_view name) {
  for (const NamedValue& input : inputs) {
    if (input.name == name && input.value.is_tensor()) return &input.value.tensor();
  }
  return Error{Code::kUsage, str("there is no value for input ", name)};
}

Status compare_one(std::shared_ptr<const plan::Plan> plan, const std::vector<NamedValue>& inputs,
                   const std::vector<NamedValue>& wanted, Isa isa, std::size_t threads) {
  runtime::PrepareOptions prepare;
  prepare.isa = isa;
  prepare.threads = threads;
  prepare.least_shared_work = 0;  // small models, too, are to show what threads do
  prepare.make_interpreted = make_interpreted;
  const auto session = TRY(runtime::Session::prepare(std::move(plan), prepare));
  std::vector<const void*> from;
  std::vector<Tensor> held;
  for (const runtime::Port& port : session->inputs()) {
    const Tensor* const tensor = TRY(find_input(inputs, port.name));
    held.push_back(TRY(tensor->direct()));
    if (held.back().dtype() != port.dtype || held.back().bytes().size() != port.bytes) {
      return Error{Code::kUsage, str("input ", port.name, " has another type or size")};
    }
    from.push_back(held.back().bytes().data());
  }
  std::vector<std::vector<std::byte>> results;
  std::vector<void*> to;
  for (const runtime::Port& port : session->outputs()) {
    results.emplace_back(port.bytes + 64, std::byte{0xA5});
    to.push_back(results.back().data());
  }
  for (int run = 0; run < 2; ++run) {  // the second finds the arena as the first left it
    const runtime::RunCode code = session->run(from, to);
    if (code == runtime::RunCode::kInterpreter)
      return Error{Code::kInvalid, std::string(session->last_error())};
    if (code != runtime::RunCode::kOk) return Error{Code::kInternal, "the session did not run"};
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    const runtime::Port& port = session->outputs()[i];
    const Tensor& want = wanted[i].value.tensor();
    const std::span<const std::byte> got = std::span(results[i]).first(port.bytes);
    if (want.bytes().size() != got.size()) {
      return Error{Code::kInternal, str(port.name, " has another size in the plan")};
    }
    if (const auto at = difference(port.dtype, got, want.bytes())) {
      return Error{Code::kInternal,
                   str(port.name, "[", *at, "] on ", isa_name(isa), " with ", threads,
                       " threads is ", element_text(port.dtype, got, *at), ", the reference gives ",
                       element_text(port.dtype, want.bytes(), *at))};
    }
    for (std::size_t k = port.bytes; k < results[i].size(); ++k) {
      if (results[i][k] != std::byte{0xA5})
        return Error{Code::kInternal, str(port.name, " was written beyond its end")};
    }
  }
  return {};
}

}  // namespace

Status prove(const Compiled& compiled, const std::vector<NamedValue>& inputs,
             const ProveOptions& options) {
  const Interpreter interpreter = TRY(Interpreter::create(compiled.model.clone()));
  const std::vector<NamedValue> wanted = TRY(interpreter.run(inputs));
  for (const NamedValue& value : wanted) {
    if (!value.value.is_tensor())
      return Error{Code::kUnsupported, str(value.name, " is not a tensor")};
  }
  const auto plan =
      std::make_shared<const plan::Plan>(TRY(plan::Plan::parse(compiled.file.bytes())));
  const std::span<const Isa> isas = options.isas.empty() ? isas_here() : options.isas;
  for (const Isa isa : isas) {
    for (const std::size_t threads : options.threads)
      TRY(compare_one(plan, inputs, wanted, isa, threads));
  }
  return {};
}

Result<std::vector<NamedValue>> sample_inputs(const Model& model, std::uint64_t seed) {
  std::uint64_t state = seed * 0x9E3779B97F4A7C15ULL + 1;
  const auto next = [&state] {  // splitmix64
    state += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  };
  std::vector<NamedValue> inputs;
  for (const ValueId id : model.graph.inputs) {
    const ValueDef& value = model.graph.value(id);
    if (!value.type.is_tensor() || !value.type.dims || !known_shape(*value.type.dims)) {
      return Error{Code::kUsage, str("input ", value.name, " has no definite shape")};
    }
    Tensor floats = TRY(Tensor::create(DType::kFloat64, *known_shape(*value.type.dims)));
    const bool is_real = is_float(value.type.dtype);
    for (double& x : floats.mutable_data<double>()) {
      const std::uint64_t bits = next();
      x = is_real ? static_cast<double>(bits >> 11U) * 0x1p-51 - 2.0
                  : static_cast<double>(bits >> 62U);
    }
    Tensor values = TRY(cast(floats, value.type.dtype));
    inputs.push_back({value.name, std::move(values)});
  }
  return inputs;
}

}  // namespace slipway::compile
