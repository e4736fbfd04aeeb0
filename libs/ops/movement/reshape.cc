#include <algorithm>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

constexpr std::int64_t kFromCount = -1;

// The requested dimensions: -1 means inferred; an element that is not known is nullopt or a symbol.
struct Request {
  enum class Kind : std::uint8_t { kExtent, kCopy, kInfer, kUnknown } kind = Kind::kUnknown;
  Dim extent;
};

bool copies_zero(const NodeView& view) { return !view.get_flag("allowzero", false); }

Result<std::vector<Request>> read_ints(const NodeView& view,
                                       const std::vector<std::int64_t>& ints) {
  std::vector<Request> requests;
  for (const std::int64_t extent : ints) {
    if (extent < kFromCount) {
      return view.fail("the shape ", shape_text(ints), " has a dimension of ", extent,
                       ": only -1 (inferred), 0 and positive ones have a meaning");
    }
    if (extent == kFromCount) {
      requests.push_back({Request::Kind::kInfer, {}});
    } else if (extent == 0 && copies_zero(view)) {
      requests.push_back({Request::Kind::kCopy, {}});
    } else {
      requests.push_back({Request::Kind::kExtent, extent});
    }
  }
  return requests;
}

Result<std::optional<std::vector<Request>>> read_request(const InferContext& ctx) {
  std::optional<std::vector<std::int64_t>> ints;
  if (ctx.version() < 5) {
    const auto* shape = ctx.get_ints("shape");
    ints = shape == nullptr ? std::vector<std::int64_t>{} : *shape;
  } else {
    ints = ctx.known_ints(1);
  }
  if (ints.has_value()) {
    if (ints->size() > kMaxInferredRank) return std::optional<std::vector<Request>>();
    return std::optional(TRY(read_ints(ctx, *ints)));
  }
  const std::optional<Dims> elements = TRY(shape_from_input(ctx, 1));
  if (!elements.has_value()) return std::optional<std::vector<Request>>();
  std::vector<Request> requests;
  for (const Dim& element : *elements) {
    if (element.is_unknown()) {
      requests.push_back({});
    } else if (element == Dim(0) && copies_zero(ctx)) {
      requests.push_back({Request::Kind::kCopy, {}});
    } else {
      requests.push_back({Request::Kind::kExtent, element});
    }
  }
  return std::optional(std::move(requests));
}

// A single dimension that is inferred or not known follows from the element count. A dimension
// copied from the input cancels even when it is itself unknown.
void resolve_open(const Dims* input, const std::vector<Request>& requests, std::size_t open,
                  Dims& out) {
  if (input == nullptr) return;
  Dims above;
  Dims below;
  for (std::size_t i = 0; i < std::max(input->size(), out.size()); ++i) {
    if (i < requests.size() && requests[i].kind == Request::Kind::kCopy && i != open) continue;
    if (i < input->size()) above.push_back((*input)[i]);
    if (i < out.size() && i != open) below.push_back(out[i]);
  }
  out[open] = quotient(above, below);
}

Status infer_reshape(InferContext& ctx) {
  const std::optional<std::vector<Request>> requests = TRY(read_request(ctx));
  const Dims* input = ctx.dims(0);
  if (!requests.has_value()) {
    set_unknown_shape(ctx);
    return {};
  }
  Dims out(requests->size());
  std::vector<std::size_t> inferred;
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Request& request = (*requests)[i];
    if (request.kind == Request::Kind::kInfer) inferred.push_back(i);
    if (request.kind == Request::Kind::kUnknown) unknown.push_back(i);
    if (request.kind == Request::Kind::kExtent) out[i] = request.extent;
    if (request.kind != Request::Kind::kCopy || input == nullptr) continue;
    if (i >= input->size()) {
      return ctx.fail("dimension ", i,
                      " of the new shape is 0, which copies a dimension the input ",
                      to_text(ctx.input(0)), " does not have");
    }
    out[i] = (*input)[i];
  }
  if (inferred.size() > 1) {
    return ctx.fail("more than one dimension of the new shape is -1: only one can be inferred");
  }
  if (inferred.size() + unknown.size() == 1) {
    resolve_open(input, *requests, inferred.empty() ? unknown[0] : inferred[0], out);
  }
  const auto new_count = known_count(out);
  const auto old_count = input == nullptr ? std::nullopt : known_count(*input);
  if (new_count.has_value() && old_count.has_value() && *new_count != *old_count) {
    return ctx.fail("cannot reshape ", to_text(ctx.input(0)), " (", *old_count, " elements) to ",
                    *new_count, " elements");
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  pass_elements(ctx, 0, 0);
  return {};
}

Result<Shape> new_shape(const EvalContext& ctx, const Tensor& data) {
  std::vector<std::int64_t> ints;
  if (ctx.version() >= 5) {
    ints = TRY(ctx.ints(1));
  } else if (const auto* shape = ctx.get_ints("shape")) {
    ints = *shape;
  }
  const std::vector<Request> requests = TRY(read_ints(ctx, ints));
  std::optional<std::size_t> open;
  Shape shape(requests.size(), 1);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].kind == Request::Kind::kInfer) {
      if (open.has_value()) return ctx.fail("more than one dimension of the new shape is -1");
      open = i;
    } else if (requests[i].kind == Request::Kind::kExtent) {
      shape[i] = requests[i].extent.extent();
    } else if (i >= data.rank()) {
      return ctx.fail("dimension ", i,
                      " of the new shape is 0, which copies a dimension the input ",
                      shape_text(data.shape()), " does not have");
    } else {
      shape[i] = data.dim(i);
    }
  }
  if (!open.has_value()) return shape;
  const Result<std::size_t> others = element_count(shape);
  if (!others.ok() || *others == 0 || data.size() % *others != 0) {
    return ctx.fail("cannot infer the -1 of the new shape ", shape_text(ints), " from the input ",
                    shape_text(data.shape()));
  }
  shape[*open] = static_cast<std::int64_t>(data.size() / *others);
  return shape;
}

Status evaluate_reshape(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  Result<Tensor> view = data.reshaped(TRY(new_shape(ctx, data)));
  if (!view.ok()) return ctx.fail(view.error().message);
  ctx.set_output(0, *std::move(view));
  return {};
}

}  // namespace

std::vector<Op> reshape_ops() {
  return {
      {.name = "Reshape",
       .versions = {{1, "data: T -> reshaped: T | T = floats", "consumed_inputs ints, shape ints"},
                    {5, "data: T, shape: int64 -> reshaped: T | T = any"},
                    {14, "data: T, shape: int64 -> reshaped: T | T = any", "allowzero int"}},
       .infer = infer_reshape,
       .evaluate = evaluate_reshape}};
}

}  // namespace slipway
