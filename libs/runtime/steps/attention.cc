#include "kernels/attention/attention.h"

#include <cmath>

#include "plan/params.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

struct Attention {
  Isa isa;
  AttentionSpec spec;
  std::uint32_t q, k, v, packed, mask, y;
  std::size_t q_start, k_start, v_start;  // floats
};

AttentionData data_of(const Attention& attention, const Call& call) {
  AttentionData data;
  data.k = call.at<const float>(attention.k) + attention.k_start;
  data.v = call.at<const float>(attention.v) + attention.v_start;
  data.packed = call.at<float>(attention.packed);
  if (attention.mask != plan::kNoTensor) data.mask = call.at<const float>(attention.mask);
  if (attention.y != plan::kNoTensor) {
    data.q = call.at<const float>(attention.q) + attention.q_start;
    data.y = call.at<float>(attention.y);
  }
  return data;
}

RunCode run_pack(const void* context, const Call& call) {
  const Attention& attention = *static_cast<const Attention*>(context);
  pack_attention(attention.spec, data_of(attention, call), call.begin, call.end);
  return RunCode::kOk;
}

RunCode run(const void* context, const Call& call) {
  const Attention& attention = *static_cast<const Attention*>(context);
  run_attention(attention.isa, attention.spec, data_of(attention, call), call.begin, call.end,
                reinterpret_cast<float*>(call.scratch));
  return RunCode::kOk;
}

// A tensor as matrices of heads.
struct Heads {
  std::size_t batch = 1, heads = 1, rows = 1, columns = 1;
  HeadStrides strides;
  std::size_t start = 0;  // where they begin, in floats
};

constexpr std::size_t kMostAxes = 8;
constexpr std::int64_t kMostKeys = std::int64_t{1} << 40;

Result<Heads> heads_of(const Binder& binder, const Operand& operand,
                       const plan::AttentionAxes& axes) {
  Heads heads;
  if (operand.dtype != DType::kFloat32 || operand.layout != plan::Layout::kPlain ||
      operand.elements == 0 || operand.rank() > kMostAxes) {
    return binder.error("it attends to tensors of an unknown form");
  }
  std::ptrdiff_t stride[kMostAxes] = {};
  std::ptrdiff_t size = 1;
  for (std::size_t axis = operand.rank(); axis-- > 0;) {
    stride[axis] = size;
    size *= static_cast<std::ptrdiff_t>(operand.dim(axis));
  }
  unsigned seen = 0;
  const auto take = [&](std::uint8_t axis, std::size_t& extent, std::ptrdiff_t& step) {
    if (axis == plan::kNoAxis) return true;
    if (axis >= operand.rank() || (seen >> axis & 1U) != 0) return false;
    seen |= 1U << axis;
    extent = static_cast<std::size_t>(operand.dim(axis));
    step = stride[axis];
    return true;
  };
  if (!take(axes.batch, heads.batch, heads.strides.batch) ||
      !take(axes.head, heads.heads, heads.strides.head) ||
      !take(axes.row, heads.rows, heads.strides.row) ||
      !take(axes.column, heads.columns, heads.strides.column)) {
    return binder.error("its axes are not those of its tensors");
  }
  std::size_t extent = 1;
  std::ptrdiff_t step = 0;
  if (!take(axes.fixed, extent, step) || axes.index >= extent || seen + 1 != 1U << operand.rank()) {
    return binder.error("its axes are not those of its tensors");
  }
  heads.start = axes.index * static_cast<std::size_t>(step);
  return heads;
}

Status read_spec(const Binder& binder, const plan::AttentionParams& params, const Heads& k,
                 const Heads& v, AttentionSpec& spec) {
  const auto is_chains = [](std::uint32_t n) { return n != 0 && n <= 16 && (n & (n - 1)) == 0; };
  if (k.batch != v.batch || k.heads != v.heads || k.rows != v.rows ||
      !is_chains(params.score_chains) || !is_chains(params.value_chains) ||
      params.scaling > static_cast<std::uint32_t>(AttentionScale::kDivide) ||
      params.flags > plan::kAllAttentionFlags || params.causal_offset < 0 ||
      params.causal_offset > kMostKeys) {
    return binder.error("its keys and values do not fit together");
  }
  spec.batch = k.batch;
  spec.heads = k.heads;
  spec.keys = k.rows;
  spec.width = k.columns;
  spec.value_width = v.columns;
  spec.k = k.strides;
  spec.v = v.strides;
  spec.score_chains = params.score_chains;
  spec.value_chains = params.value_chains;
  spec.scaling = static_cast<AttentionScale>(params.scaling);
  spec.scale = params.scale;
  spec.softcap = params.softcap;
  spec.is_causal = (params.flags & plan::kIsCausal) != 0;
  spec.causal_offset = static_cast<std::ptrdiff_t>(params.causal_offset);
  spec.closes_rows = (params.flags & plan::kClosesRows) != 0;
  return {};
}

// A mask that broadcasts to [batch, head, query, key].
Status read_mask(const Binder& binder, const Operand& mask, AttentionSpec& spec) {
  const std::size_t extents[4] = {spec.batch, spec.heads, spec.queries, spec.keys};
  std::ptrdiff_t* const strides[4] = {&spec.mask.batch, &spec.mask.head, &spec.mask.row,
                                      &spec.mask.column};
  if (mask.dtype != DType::kFloat32 || mask.layout != plan::Layout::kPlain || mask.rank() > 4) {
    return binder.error("its mask has an unknown form");
  }
  spec.mask = {0, 0, 0, 0};
  std::ptrdiff_t stride = 1;
  for (std::size_t i = 0; i < mask.rank(); ++i) {
    const auto extent = static_cast<std::size_t>(mask.dim(mask.rank() - 1 - i));
    if (extent != 1 && extent != extents[3 - i])
      return binder.error("its mask does not broadcast to its scores");
    *strides[3 - i] = extent == 1 ? 0 : stride;
    stride *= static_cast<std::ptrdiff_t>(extent);
  }
  return {};
}

}  // namespace

Status bind_attention_pack(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  const auto params = TRY(binder.params<plan::AttentionParams>());
  const Heads k = TRY(heads_of(binder, *binder.inputs[0], params.k));
  const Heads v = TRY(heads_of(binder, *binder.inputs[1], params.v));
  auto* const attention = binder.make<Attention>();
  TRY(read_spec(binder, params, k, v, attention->spec));
  const Operand& packed = *binder.outputs[0];
  if (packed.dtype != DType::kFloat32 ||
      packed.elements < attention_packed_floats(attention->spec)) {
    return binder.error("its workspace is too small");
  }
  attention->k = binder.inputs[0]->slot;
  attention->v = binder.inputs[1]->slot;
  attention->packed = packed.slot;
  attention->mask = attention->y = plan::kNoTensor;
  attention->k_start = k.start;
  attention->v_start = v.start;
  binder.use(run_pack, attention, attention->spec.pack_units());
  return {};
}

Status bind_attention(Binder& binder) {
  TRY(binder.expect(4, 5, 1));
  const auto params = TRY(binder.params<plan::AttentionParams>());
  const Heads q = TRY(heads_of(binder, *binder.inputs[0], params.q));
  const Heads k = TRY(heads_of(binder, *binder.inputs[1], params.k));
  const Heads v = TRY(heads_of(binder, *binder.inputs[2], params.v));
  const Heads y = TRY(heads_of(binder, *binder.outputs[0], params.y));
  auto* const attention = binder.make<Attention>();
  AttentionSpec& spec = attention->spec;
  TRY(read_spec(binder, params, k, v, spec));
  const Operand& packed = *binder.inputs[3];
  if (q.batch != k.batch || q.heads % k.heads != 0 || q.columns != k.columns ||
      y.batch != q.batch || y.heads != q.heads || y.rows != q.rows || y.columns != v.columns ||
      (q.strides.column != 1 && q.columns != 1) || (y.strides.column != 1 && y.columns != 1) ||
      y.start != 0) {
    return binder.error("its queries do not fit its keys");
  }
  if (packed.dtype != DType::kFloat32 || packed.elements < attention_packed_floats(spec))
    return binder.error("its workspace is too small");
  spec.heads = q.heads;
  spec.group = q.heads / k.heads;
  spec.queries = q.rows;
  spec.q = q.strides;
  spec.y = y.strides;
  attention->isa = binder.isa;
  attention->q_start = q.start;
  attention->k_start = k.start;
  attention->v_start = v.start;
  attention->q = binder.inputs[0]->slot;
  attention->k = binder.inputs[1]->slot;
  attention->v = binder.inputs[2]->slot;
  attention->packed = packed.slot;
  attention->mask = plan::kNoTensor;
  attention->y = binder.outputs[0]->slot;
  if (binder.inputs.size() > 4 && binder.inputs[4] != nullptr) {
    TRY(read_mask(binder, *binder.inputs[4], spec));
    attention->mask = binder.inputs[4]->slot;
  }
  binder.use(run, attention, spec.units(), attention_scratch_floats(spec) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
