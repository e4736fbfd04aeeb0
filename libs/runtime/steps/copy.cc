#include <cstring>

#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

struct Copy {
  std::uint32_t from;
  std::uint32_t to;
  std::size_t bytes;
};

RunCode run(const void* context, const Call& call) {
  const Copy& copy = *static_cast<const Copy*>(context);
  std::memmove(call.pointers[copy.to], call.pointers[copy.from], copy.bytes);
  return RunCode::kOk;
}

}  // namespace

// The same bytes under another shape.
Status bind_copy(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (from.dtype != to.dtype || from.bytes != to.bytes) {
    return binder.error("it copies between tensors of different types or sizes");
  }
  auto* const copy = binder.make<Copy>();
  *copy = {from.slot, to.slot, from.bytes};
  binder.use(run, copy);
  return {};
}

}  // namespace slipway::runtime
