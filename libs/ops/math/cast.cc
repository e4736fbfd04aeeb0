// Cast, CastLike, BitCast.
#include <algorithm>
#include <cctype>
#include <memory>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

// The type that attribute `to` names: a number, and before opset 6 its name in TensorProto.
Result<DType> target_type(const NodeView& view) {
  std::optional<DType> dtype;
  if (const std::string word = view.get_string("to", ""); !word.empty()) {
    std::string lower = word;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    dtype = dtype_from_name(lower);
    if (!dtype.has_value()) return view.fail("to is \"", word, "\", no element type's name");
  } else {
    dtype = dtype_from_number(view.get_int("to", 0));
    if (!dtype.has_value()) {
      return view.fail("to is ", view.get_int("to", 0),
                       ", no element type's number: 1 is float, 7 is int64");
    }
  }
  return *dtype;
}

Status infer_as(InferContext& ctx, DType to) {
  ctx.set_output(0, Type::tensor(to, ctx.input(0).dims));
  const std::optional<Dims> elements = ctx.elements(0);
  if (elements.has_value() && (to == DType::kInt64 || to == DType::kInt32))
    ctx.set_elements(0, *elements);
  return {};
}

Status infer_cast(InferContext& ctx) { return infer_as(ctx, TRY(target_type(ctx))); }
Status infer_cast_like(InferContext& ctx) { return infer_as(ctx, ctx.dtype(1)); }

Status evaluate_as(EvalContext& ctx, DType to) {
  const std::string round = ctx.get_string("round_mode", "up");
  CastOptions options{.saturate = ctx.get_flag("saturate", true)};
  if (round == "down") {
    options.e8m0_round = CastOptions::Round::kDown;
  } else if (round == "nearest") {
    options.e8m0_round = CastOptions::Round::kNearest;
  } else if (round != "up") {
    return ctx.fail("round_mode is \"", round, "\": it must be \"up\", \"down\" or \"nearest\"");
  }
  Result<Tensor> out = cast(ctx.input(0), to, options);
  if (!out.ok()) return Error{out.error().code, str(ctx.label(), ": ", out.error().message)};
  ctx.set_output(0, *std::move(out));
  return {};
}

Status evaluate_cast(EvalContext& ctx) { return evaluate_as(ctx, TRY(target_type(ctx))); }
Status evaluate_cast_like(EvalContext& ctx) { return evaluate_as(ctx, ctx.input(1).dtype()); }

// The error of types whose elements differ in width, or are text.
Status check_widths(const NodeView& view, DType from, DType to) {
  if (info(from).bits == info(to).bits && info(to).bits != 0) return {};
  return view.fail("cannot reinterpret ", name(from), " as ", name(to),
                   ": BitCast needs types of one width");
}

Status infer_bit_cast(InferContext& ctx) {
  const DType to = TRY(target_type(ctx));
  if (ctx.dtype(0) != DType::kUndefined) TRY(check_widths(ctx, ctx.dtype(0), to));
  ctx.set_output(0, Type::tensor(to, ctx.input(0).dims));
  return {};
}

Status evaluate_bit_cast(EvalContext& ctx) {
  const DType to = TRY(target_type(ctx));
  const Tensor& x = ctx.input(0);
  TRY(check_widths(ctx, x.dtype(), to));
  const auto packed = std::make_shared<const std::vector<std::byte>>(x.file_bytes());
  const Tensor mapped = TRY(Tensor::mapped(to, x.shape(), *packed, packed));
  ctx.set_output(0, TRY(mapped.direct()));
  return {};
}

constexpr std::string_view kCast6 =
    "input: T1 -> output: T2 | T1 = numeric string bool, T2 = numeric string bool";
constexpr std::string_view kCast19 =
    "input: T1 -> output: T2 | T1 = numeric int4s string bool float8e4m3fn float8e4m3fnuz "
    "float8e5m2 "
    "float8e5m2fnuz float4e2m1, T2 = numeric int4s string bool float8e4m3fn float8e4m3fnuz "
    "float8e5m2 "
    "float8e5m2fnuz float4e2m1";
constexpr std::string_view kCast24 =
    "input: T1 -> output: T2 | T1 = numeric float8 float6 int4s int2s string bool float4e2m1, "
    "T2 = numeric float8 float6 int4s int2s string bool float4e2m1";
constexpr std::string_view kLike15 =
    "input: T1, target_type: T2 -> output: T2 | T1 = numeric string bool, T2 = numeric string bool";
constexpr std::string_view kLike19 =
    "input: T1, target_type: T2 -> output: T2 | T1 = numeric int4s string bool float8e4m3fn "
    "float8e4m3fnuz float8e5m2 float8e5m2fnuz float4e2m1, T2 = numeric int4s string bool "
    "float8e4m3fn "
    "float8e4m3fnuz float8e5m2 float8e5m2fnuz float4e2m1";
constexpr std::string_view kLike24 =
    "input: T1, target_type: T2 -> output: T2 | T1 = numeric float8 int4s int2s string bool "
    "float4e2m1, "
    "T2 = numeric float8 int4s int2s string bool float4e2m1";
constexpr std::string_view kBitCast =
    "input: T1 -> output: T2 | T1 = numeric float8 int4s int2s complex bool float4e2m1, "
    "T2 = numeric float8 int4s int2s complex bool float4e2m1";

}  // namespace

std::vector<Op> cast_ops() {
  return {
      {.name = "Cast",
       .versions = {{1, "input: T1 -> output: T2 | T1 = numeric bool, T2 = numeric bool",
                     "to string!"},
                    {6, kCast6, "to int!"},
                    {19, kCast19, "saturate int, to int!"},
                    {24, kCast24, "round_mode string, saturate int, to int!"}},
       .infer = infer_cast,
       .evaluate = evaluate_cast},
      {.name = "CastLike",
       .versions = {{15, kLike15},
                    {19, kLike19, "saturate int"},
                    {24, kLike24, "round_mode string, saturate int"}},
       .infer = infer_cast_like,
       .evaluate = evaluate_cast_like},
      {.name = "BitCast",
       .versions = {{26, kBitCast, "to int!"}},
       .infer = infer_bit_cast,
       .evaluate = evaluate_bit_cast},
  };
}

}  // namespace slipway
