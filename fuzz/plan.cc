// A plan of any bytes: an error, or a session that runs on zeros. The checksum and the
// version of the bits are made to fit, so that what lies behind them is reached.
#include "plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "runtime/session.h"
#include "tensor/tensor.h"

namespace {

using namespace slipway;

constexpr std::uint64_t kMaxBytes = std::uint64_t{32} << 20;

void run(std::shared_ptr<const plan::Plan> plan, std::int64_t batch, std::size_t threads) {
  if (plan->header().arena_bytes > kMaxBytes) return;
  runtime::PrepareOptions options;
  options.batch = batch;
  options.threads = threads;
  // What asks for more than this is refused: a plan may well need much, and say so.
  static std::byte* const given = static_cast<std::byte*>(std::aligned_alloc(64, kMaxBytes));
  options.memory = {given, kMaxBytes};
  const auto session = runtime::Session::prepare(std::move(plan), options);
  if (!session.ok()) return;
  std::uint64_t bytes = (*session)->memory_bytes();
  for (const auto ports : {(*session)->inputs(), (*session)->outputs()}) {
    for (const runtime::Port& port : ports) bytes += port.bytes;
    if (bytes > kMaxBytes) return;
  }
  std::vector<std::vector<std::uint64_t>> memory;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (const runtime::Port& port : (*session)->inputs()) {
    memory.emplace_back(port.bytes / 8 + 1);
    inputs.push_back(memory.back().data());
  }
  for (const runtime::Port& port : (*session)->outputs()) {
    memory.emplace_back(port.bytes / 8 + 1);
    outputs.push_back(memory.back().data());
  }
  static_cast<void>((*session)->run(inputs, outputs));
  // A state may be restored from any bytes.
  std::vector<std::byte> state((*session)->state_bytes(), std::byte{0x7F});
  if (!(*session)->restore(state)) std::abort();
  static_cast<void>((*session)->run(inputs, outputs));
  if (!(*session)->snapshot(state)) std::abort();
  (*session)->reset();
  static_cast<void>((*session)->run(inputs, outputs));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  Result<Tensor> file =
      Tensor::create(DType::kUint8, {static_cast<std::int64_t>(size_bytes)});  // aligned to 64
  if (!file.ok() || size_bytes == 0) return 0;
  const std::span<std::byte> bytes = file->mutable_bytes();
  std::memcpy(bytes.data(), data, size_bytes);
  if (size_bytes >= sizeof(plan::Header)) {
    plan::Header header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    header.file_bytes = size_bytes;
    header.numerics_version = plan::kNumericsVersion;
    header.checksum = plan::checksum_of(bytes.subspan(plan::kChecksummedFrom));
    std::memcpy(bytes.data(), &header, sizeof(header));
  }
  Result<plan::Plan> plan = plan::Plan::parse(bytes);
  if (!plan.ok()) return 0;
  const auto shared = std::make_shared<const plan::Plan>(*std::move(plan));
  run(shared, 1, 1);
  if (shared->has_batch()) run(shared, 3, 1);
  return 0;
}
