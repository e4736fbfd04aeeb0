#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/work.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kMaxParts = 65535;

struct Part {
  std::uint32_t from;
  std::size_t bytes;  // of an outer row
};

struct Concat {
  std::span<const Part> parts;
  std::uint32_t to;
  std::size_t row_bytes;
};

RunCode run(const void* context, const Call& call) {
  const Concat& concat = *static_cast<const Concat*>(context);
  std::byte* const rows = call.pointers[concat.to];
  std::size_t before = 0;
  for (const Part& part : concat.parts) {
    const std::byte* const from = call.pointers[part.from];
    for (std::size_t row = call.begin; row < call.end; ++row) {
      std::memcpy(rows + row * concat.row_bytes + before, from + row * part.bytes, part.bytes);
    }
    before += part.bytes;
  }
  return RunCode::kOk;
}

// Whether a part has the output's extents but for the axis.
bool is_part(const Operand& part, const Operand& output, std::size_t axis) {
  if (part.dtype != output.dtype || part.rank() != output.rank()) return false;
  for (std::size_t d = 0; d < part.rank(); ++d) {
    if (d != axis && part.dim(d) != output.dim(d)) return false;
  }
  return true;
}

}  // namespace

// Parts side by side along an axis.
Status bind_concat(Binder& binder) {
  TRY(binder.expect(binder.inputs.size(), kMaxParts, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::ConcatParams>());
  const Operand& output = *binder.outputs[0];
  if (params.axis >= output.rank()) return binder.error("it names an axis that does not exist");
  if (output.elements == 0) {
    use_nothing(binder);
    return {};
  }
  const Extents extents = extents_around(output, params.axis, params.axis + 1);
  const std::span<Part> parts = binder.make_array<Part>(binder.inputs.size());
  const std::size_t block = extents.inner * element_bytes(output.dtype);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Operand& part = *binder.inputs[i];
    if (!is_part(part, output, params.axis)) {
      return binder.error("an input does not fit beside the others");
    }
    const std::int64_t extent = part.dim(params.axis);
    length += static_cast<std::uint64_t>(extent);
    parts[i] = {part.slot, static_cast<std::size_t>(extent) * block};
  }
  if (length != extents.length) return binder.error("its inputs do not fill its output");
  auto* const concat = binder.make<Concat>();
  *concat = {parts, output.slot, extents.length * block};
  binder.work = output.bytes * kWorkOfByte;
  binder.use(run, concat, extents.outer);
  return {};
}

}  // namespace slipway::runtime
