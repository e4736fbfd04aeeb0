#include <algorithm>
#include <numeric>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"
#include "ops/support/sort_keys.h"

namespace slipway {
namespace {

Status infer_unique(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  if (!ctx.has_attribute("axis")) {
    ctx.set_output(0, ctx.dtype(0), Dims(1));
  } else if (dims != nullptr) {
    Dims out = *dims;
    out[TRY(normalize_axis(ctx, ctx.get_int("axis", 0), dims->size()))] = Dim();
    ctx.set_output(0, ctx.dtype(0), std::move(out));
  } else {
    set_unknown_shape(ctx);
  }
  for (std::size_t i = 1; i < 4; ++i) ctx.set_output(i, DType::kInt64, Dims(1));
  return {};
}

// The data as slices along an axis: slice s holds, for each outer and inner position, one element.
struct Slices {
  std::size_t count = 0, outer = 1, inner = 1;

  std::size_t at(std::size_t slice, std::size_t o, std::size_t i) const {
    return (o * count + slice) * inner + i;
  }
};

int compare(const std::vector<std::uint64_t>& keys, const Slices& slices, std::size_t a,
            std::size_t b) {
  for (std::size_t o = 0; o < slices.outer; ++o) {
    for (std::size_t i = 0; i < slices.inner; ++i) {
      const std::uint64_t x = keys[slices.at(a, o, i)];
      const std::uint64_t y = keys[slices.at(b, o, i)];
      if (x != y) return x < y ? -1 : 1;
    }
  }
  return 0;
}

struct Groups {
  std::vector<std::int64_t> first;    // of each distinct slice: where it first occurs
  std::vector<std::int64_t> counts;   // and how often
  std::vector<std::int64_t> inverse;  // of each slice: which distinct one it is
};

Groups group(const std::vector<std::uint64_t>& keys, const Slices& slices, bool sorted) {
  std::vector<std::size_t> order(slices.count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return compare(keys, slices, a, b) < 0; });
  Groups groups;
  groups.inverse.resize(slices.count);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || compare(keys, slices, order[i - 1], order[i]) != 0) {
      groups.first.push_back(static_cast<std::int64_t>(order[i]));
      groups.counts.push_back(0);
    }
    ++groups.counts.back();
    groups.inverse[order[i]] = static_cast<std::int64_t>(groups.first.size()) - 1;
  }
  if (sorted) return groups;
  std::vector<std::size_t> by_occurrence(groups.first.size());
  std::iota(by_occurrence.begin(), by_occurrence.end(), 0);
  std::sort(by_occurrence.begin(), by_occurrence.end(),
            [&](std::size_t a, std::size_t b) { return groups.first[a] < groups.first[b]; });
  Groups reordered = groups;
  std::vector<std::int64_t> place(by_occurrence.size());
  for (std::size_t i = 0; i < by_occurrence.size(); ++i) {
    reordered.first[i] = groups.first[by_occurrence[i]];
    reordered.counts[i] = groups.counts[by_occurrence[i]];
    place[by_occurrence[i]] = static_cast<std::int64_t>(i);
  }
  for (std::int64_t& slice : reordered.inverse) slice = place[static_cast<std::size_t>(slice)];
  return reordered;
}

Status evaluate_unique(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  Result<std::vector<std::uint64_t>> keys = sort_keys(data);
  if (!keys.ok()) return ctx.unsupported(keys.error().message);
  Slices slices{data.size(), 1, 1};
  Shape shape{0};
  std::size_t axis = 0;
  if (ctx.has_attribute("axis")) {
    axis = TRY(normalize_axis(ctx, ctx.get_int("axis", 0), data.rank()));
    slices = {static_cast<std::size_t>(data.dim(axis)),
              static_cast<std::size_t>(extent_of(data.shape(), 0, axis)),
              static_cast<std::size_t>(extent_of(data.shape(), axis + 1, data.rank()))};
    shape = data.shape();
    if (data.size() == 0 && slices.count != 0) {
      return ctx.unsupported("slices without elements, of ", shape_text(shape));
    }
  }
  const Groups groups = group(*keys, slices, ctx.get_flag("sorted", true));
  shape[axis] = static_cast<std::int64_t>(groups.first.size());
  Tensor out = TRY(ctx.make(data.dtype(), std::move(shape)));
  if (out.size() != 0) {
    std::vector<std::int64_t> sources;
    for (std::size_t o = 0; o < slices.outer; ++o) {
      for (const std::int64_t slice : groups.first) {
        sources.push_back(static_cast<std::int64_t>(o * slices.count) + slice);
      }
    }
    copy_blocks(data, sources, slices.inner, out);
  }
  ctx.set_output(0, std::move(out));
  ctx.set_output(1, Tensor::of(groups.first));
  ctx.set_output(2, Tensor::of(groups.inverse));
  ctx.set_output(3, Tensor::of(groups.counts));
  return {};
}

}  // namespace

std::vector<Op> unique_ops() {
  return {{.name = "Unique",
           .versions = {{11,
                         "X: T -> Y: T, indices?: int64, inverse_indices?: int64, "
                         "counts?: int64 | T = any",
                         "axis int, sorted int"}},
           .infer = infer_unique,
           .evaluate = evaluate_unique}};
}

}  // namespace slipway
