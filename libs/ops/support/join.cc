#include "ops/support/join.h"

#include "ops/support/copy.h"

namespace slipway {
namespace {

Status check_parts(const EvalContext& ctx, const std::vector<const Tensor*>& parts,
                   std::optional<std::size_t> free_axis) {
  const Tensor& first = *parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const Tensor& part = *parts[i];
    bool fits = part.dtype() == first.dtype() && part.rank() == first.rank();
    for (std::size_t d = 0; fits && d < first.rank(); ++d) {
      fits = part.dim(d) == first.dim(d) || free_axis == d;
    }
    if (!fits) {
      return ctx.fail("cannot join ", describe(first), " and, as part ", i, ", ", describe(part),
                      ": type and shape must agree");
    }
  }
  return {};
}

// Writes the parts one after another along `axis` of `out`. In `out` a part spans `extents[i]`.
void place_parts(const std::vector<const Tensor*>& parts, std::size_t axis, Tensor& out,
                 const std::vector<std::int64_t>& extents) {
  Placement to{0, row_major_strides(out.shape())};
  const std::int64_t step = to.strides[axis];
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Shape shape = out.shape();
    shape[axis] = extents[i];
    if (out.size() != 0) copy_strided(*parts[i], {0, row_major_strides(shape)}, out, to, shape);
    to.offset += step * extents[i];
  }
}

}  // namespace

Result<Tensor> concatenate(const EvalContext& ctx, const std::vector<const Tensor*>& parts,
                           std::int64_t axis) {
  if (parts.empty()) return ctx.fail("nothing to join: give at least one tensor");
  const std::size_t at = TRY(normalize_axis(ctx, axis, parts[0]->rank()));
  TRY(check_parts(ctx, parts, at));
  Shape shape = parts[0]->shape();
  std::vector<std::int64_t> extents;
  shape[at] = 0;
  for (const Tensor* part : parts) {
    extents.push_back(part->dim(at));
    if (__builtin_add_overflow(shape[at], part->dim(at), &shape[at])) {
      return ctx.fail("the joined dimension is more than 64 bits can count");
    }
  }
  Tensor out = TRY(ctx.make(parts[0]->dtype(), std::move(shape)));
  if (out.size() != 0) place_parts(parts, at, out, extents);
  return out;
}

Result<Tensor> stack(const EvalContext& ctx, const std::vector<const Tensor*>& parts,
                     std::int64_t axis) {
  if (parts.empty()) return ctx.fail("nothing to join: give at least one tensor");
  const std::size_t at = TRY(normalize_axis(ctx, axis, parts[0]->rank() + 1));
  TRY(check_parts(ctx, parts, std::nullopt));
  Shape shape = parts[0]->shape();
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(at),
               static_cast<std::int64_t>(parts.size()));
  Tensor out = TRY(ctx.make(parts[0]->dtype(), std::move(shape)));
  const std::vector<std::int64_t> extents(parts.size(), 1);
  if (out.size() != 0) place_parts(parts, at, out, extents);
  return out;
}

}  // namespace slipway
