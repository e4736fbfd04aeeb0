#include "kernels/move/reorder.h"

#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/work.h"

namespace slipway::runtime {
namespace {

struct Blocks {
  GatherBlocks shape;
  std::uint32_t from, indices, to;
};

RunCode run_blocks(const void* context, const Call& call) {
  const Blocks& step = *static_cast<const Blocks*>(context);
  const std::size_t bad =
      gather_blocks(step.shape, call.pointers[step.from], call.at<const std::int64_t>(step.indices),
                    call.pointers[step.to], call.begin, call.end);
  return bad == kAllGood ? RunCode::kOk : RunCode::kBadIndex;
}

struct Cut {
  Triangle shape;
  std::uint32_t from, k, to;
};

RunCode run_triangle(const void* context, const Call& call) {
  const Cut& step = *static_cast<const Cut*>(context);
  const std::int64_t k = step.k == plan::kNoTensor ? 0 : *call.at<const std::int64_t>(step.k);
  copy_triangle(step.shape, call.pointers[step.from], k, call.pointers[step.to], call.begin,
                call.end);
  return RunCode::kOk;
}

struct Reversal {
  Sequences shape;
  std::uint32_t from, lengths, to;
};

RunCode run_reversal(const void* context, const Call& call) {
  const Reversal& step = *static_cast<const Reversal*>(context);
  const std::size_t bad = reverse_sequences(step.shape, call.pointers[step.from],
                                            call.at<const std::int64_t>(step.lengths),
                                            call.pointers[step.to], call.begin, call.end);
  return bad == kAllGood ? RunCode::kOk : RunCode::kBadIndex;
}

// Whether the output has the data's type and, where it has to, its shape.
Status check_output(const Binder& binder, bool is_same_shape) {
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (from.dtype != to.dtype) return binder.error("it copies between tensors of different types");
  if (is_same_shape && !has_same_dims(from, to))
    return binder.error("the sizes of its operands do not fit together");
  return {};
}

}  // namespace

// GatherND.
Status bind_gather_blocks(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  TRY(check_output(binder, false));
  const auto params = TRY(binder.params<plan::GatherBlocksParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& indices = *binder.inputs[1];
  const Operand& to = *binder.outputs[0];
  if (indices.dtype != DType::kInt64) return binder.error("its indices are not int64");
  const std::size_t batch = params.batch;
  if (indices.rank() <= batch || from.rank() <= batch || indices.dims.back() < 1 ||
      indices.dims.back() > static_cast<std::int64_t>(std::min(from.rank() - batch, kMoveDims))) {
    return binder.error("its indices name axes that do not exist");
  }
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  if (from.elements == 0) return binder.error("it reads elements that its input does not have");
  const auto depth = static_cast<std::size_t>(indices.dims.back());
  const std::size_t block = extent_between(from, batch + depth, from.rank());
  const std::size_t rows = indices.elements / depth;
  if (!std::equal(indices.dims.begin(), indices.dims.begin() + static_cast<std::ptrdiff_t>(batch),
                  from.dims.begin()) ||
      to.elements % block != 0 || to.elements / block != rows) {
    return binder.error("the sizes of its operands do not fit together");
  }
  auto* const step = binder.make<Blocks>();
  step->shape.depth = depth;
  for (std::size_t k = 0; k < depth; ++k)
    step->shape.extent[k] = static_cast<std::size_t>(from.dim(batch + k));
  step->shape.rows = rows / extent_between(from, 0, batch);
  step->shape.block_bytes = block * element_bytes(from.dtype);
  step->from = from.slot;
  step->indices = indices.slot;
  step->to = to.slot;
  binder.work = (to.bytes + indices.bytes) * kWorkOfByte;
  binder.use(run_blocks, step, rows);
  return {};
}

// Trilu.
Status bind_triangle(Binder& binder) {
  TRY(binder.expect(1, 2, 1));
  TRY(binder.expect_plain());
  TRY(check_output(binder, true));
  const auto params = TRY(binder.params<plan::TriangleParams>());
  const Operand& from = *binder.inputs[0];
  const Operand* const k = binder.inputs.size() > 1 ? binder.inputs[1] : nullptr;
  if (from.rank() < 2) return binder.error("its input is no matrix");
  if (k != nullptr && (k->dtype != DType::kInt64 || k->elements != 1))
    return binder.error("its diagonal is not one int64");
  if (from.elements == 0) {
    use_nothing(binder);
    return {};
  }
  auto* const step = binder.make<Cut>();
  step->shape = {static_cast<std::size_t>(from.dim(from.rank() - 2)),
                 static_cast<std::size_t>(from.dim(from.rank() - 1)), element_bytes(from.dtype),
                 params.is_upper != 0};
  step->from = from.slot;
  step->k = k == nullptr ? plan::kNoTensor : k->slot;
  step->to = binder.outputs[0]->slot;
  binder.work = from.bytes * kWorkOfByte;
  binder.use(run_triangle, step, from.elements / step->shape.columns);
  return {};
}

// ReverseSequence.
Status bind_reverse_sequences(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  TRY(check_output(binder, true));
  const auto params = TRY(binder.params<plan::ReverseSequencesParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& lengths = *binder.inputs[1];
  if (from.rank() < 2) return binder.error("its input has no sequences");
  const bool is_time_first = params.is_time_first != 0;
  const auto steps = static_cast<std::size_t>(from.dim(is_time_first ? 0 : 1));
  const auto sequences = static_cast<std::size_t>(from.dim(is_time_first ? 1 : 0));
  if (lengths.dtype != DType::kInt64 || lengths.elements != sequences)
    return binder.error("its lengths are not one int64 for each sequence");
  if (from.elements == 0) {
    use_nothing(binder);
    return {};
  }
  auto* const step = binder.make<Reversal>();
  step->shape = {steps, sequences, extent_between(from, 2, from.rank()) * element_bytes(from.dtype),
                 is_time_first};
  step->from = from.slot;
  step->lengths = lengths.slot;
  step->to = binder.outputs[0]->slot;
  binder.work = from.bytes * kWorkOfByte;
  binder.use(run_reversal, step, steps * sequences);
  return {};
}

}  // namespace slipway::runtime
