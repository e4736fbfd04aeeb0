#include "api/models.h"

#include <cstring>
#include <memory>

#include "base/mapped_file.h"
#include "base/str.h"
#include "tensor/tensor.h"
#ifndef SLIPWAY_ONLY_KERNELS
#include "compile/compile.h"
#include "onnx/reader.h"
#include "ops/check.h"
#endif

namespace slipway {
namespace {

bool is_plan(std::span<const std::byte> bytes) {
  return bytes.size() >= sizeof(plan::kMagic) &&
         std::memcmp(bytes.data(), plan::kMagic, sizeof(plan::kMagic)) == 0;
}

#ifdef SLIPWAY_ONLY_KERNELS
Error no_compiler() {
  return Error{Code::kUnsupported,
               "this library was built to run named models and opens plans only: make one with "
               "'slipway compile MODEL -o MODEL.plan'"};
}
Result<plan::Plan> compile_file(const std::string&) { return no_compiler(); }
Result<plan::Plan> compile_bytes(std::span<const std::byte>) { return no_compiler(); }
#else
Result<plan::Plan> make_plan(Model model, const compile::CompileOptions& options = {}) {
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  auto compiled =
      std::make_shared<compile::Compiled>(TRY(compile::compile_model(std::move(model), options)));
  const std::span<const std::byte> bytes = compiled->file.bytes();
  return plan::Plan::parse(bytes, std::move(compiled));
}
Result<plan::Plan> compile_file(const std::string& path) {
  return make_plan(TRY(read_model(path)));
}
Result<plan::Plan> compile_bytes(std::span<const std::byte> bytes) {
  return make_plan(TRY(read_model_bytes(bytes, nullptr, {})));
}

Result<compile::CompileOptions> compile_options(const slipway_compile_options* given) {
  compile::CompileOptions options;
  if (given == nullptr) return options;
  if (given->batch < compile::kAnyBatch || given->batch > plan::kMaxBatch) {
    return Error{Code::kUsage, str("a batch of ", given->batch, " cannot be compiled: give 1 to ",
                                   plan::kMaxBatch, ", 0 or -1")};
  }
  options.batch = given->batch;
  for (std::size_t i = 0; i < given->slide_count; ++i)
    options.slides.push_back(TRY(compile::parse_slide(given->slides[i])));
  for (std::size_t i = 0; i < given->state_count; ++i)
    options.states.push_back(TRY(compile::parse_state_pair(given->states[i])));
  return options;
}
#endif

}  // namespace

Result<plan::Plan> open_plan(const std::string& path) {
  const std::shared_ptr<const MappedFile> file = TRY(MappedFile::open(path));
  if (is_plan(file->bytes())) return plan::Plan::open(path);
  return compile_file(path);
}

Result<plan::Plan> read_plan(std::span<const std::byte> bytes) {
  if (!is_plan(bytes)) return compile_bytes(bytes);
  auto copy = std::make_shared<Tensor>(
      TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(bytes.size())})));
  std::memcpy(copy->mutable_bytes().data(), bytes.data(), bytes.size());
  const std::span<const std::byte> own = copy->bytes();
  return plan::Plan::parse(own, std::move(copy));
}

#ifdef SLIPWAY_ONLY_KERNELS
Result<plan::Plan> compile_plan(const std::string&, const slipway_compile_options*) {
  return no_compiler();
}

runtime::MakeInterpreted interpreter() { return nullptr; }
#else
Result<plan::Plan> compile_plan(const std::string& path, const slipway_compile_options* options) {
  const compile::CompileOptions parsed = TRY(compile_options(options));
  return make_plan(TRY(read_model(path)), parsed);
}

runtime::MakeInterpreted interpreter() { return compile::make_interpreted; }
#endif

}  // namespace slipway
