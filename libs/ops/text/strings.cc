// StringConcat and StringSplit.
#include <algorithm>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

constexpr std::string_view kWhitespace = " \t\n\v\f\r\x1c\x1d\x1e\x1f";

Status evaluate_concat(EvalContext& ctx) {
  const Tensor& a = ctx.input(0);
  const Tensor& b = ctx.input(1);
  const Result<Dims> dims = broadcast(to_dims(a.shape()), to_dims(b.shape()));
  if (!dims.ok()) return ctx.fail(dims.error().message);
  const Shape shape = known_shape(*dims).value_or(Shape{});
  Tensor out = TRY(ctx.make(DType::kString, shape));
  Tensor second = TRY(ctx.make(DType::kString, shape));
  if (out.size() != 0) {
    copy_from(a, broadcast_placement(a.shape(), shape), out);
    copy_from(b, broadcast_placement(b.shape(), shape), second);
  }
  const auto text = out.mutable_data<std::string>();
  const auto suffix = second.data<std::string>();
  for (std::size_t i = 0; i < text.size(); ++i) text[i] += suffix[i];
  ctx.set_output(0, std::move(out));
  return {};
}

Status infer_split(InferContext& ctx) {
  ctx.set_output(0, DType::kString);
  if (const Dims* dims = ctx.dims(0)) {
    Dims out = *dims;
    out.emplace_back();
    ctx.set_output(0, DType::kString, std::move(out));
  }
  ctx.set_output(1, Type::tensor(DType::kInt64, ctx.input(0).dims));
  return {};
}

// At most `limit` cuts; every delimiter cuts, so neighbours leave empty parts between them.
std::vector<std::string> split_at(std::string_view text, std::string_view delimiter,
                                  std::uint64_t limit) {
  std::vector<std::string> parts;
  while (parts.size() < limit) {
    const std::size_t at = text.find(delimiter);
    if (at == std::string_view::npos) break;
    parts.emplace_back(text.substr(0, at));
    text.remove_prefix(at + delimiter.size());
  }
  parts.emplace_back(text);
  return parts;
}

// At most `limit` cuts at runs of white space, none at the ends.
std::vector<std::string> split_words(std::string_view text, std::uint64_t limit) {
  std::vector<std::string> parts;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(kWhitespace), text.size()));
    if (text.empty()) return parts;
    const std::size_t end = text.find_first_of(kWhitespace);
    if (end == std::string_view::npos || parts.size() == limit) break;
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  parts.emplace_back(text);
  return parts;
}

Status evaluate_split(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::string delimiter = ctx.get_string("delimiter", "");
  const std::int64_t stated = ctx.get_int("maxsplit", -1);
  const auto limit = static_cast<std::uint64_t>(stated);  // negative: no limit
  std::vector<std::vector<std::string>> splits;
  std::size_t widest = 0;
  for (const std::string& text : data.data<std::string>()) {
    splits.push_back(delimiter.empty() ? split_words(text, limit)
                                       : split_at(text, delimiter, limit));
    widest = std::max(widest, splits.back().size());
  }
  Shape shape = data.shape();
  shape.push_back(static_cast<std::int64_t>(widest));
  Tensor parts = TRY(ctx.make(DType::kString, std::move(shape)));
  Tensor counts = TRY(ctx.make(DType::kInt64, data.shape()));
  const auto cells = parts.mutable_data<std::string>();
  const auto numbers = counts.mutable_data<std::int64_t>();
  for (std::size_t i = 0; i < splits.size(); ++i) {
    numbers[i] = static_cast<std::int64_t>(splits[i].size());
    std::move(splits[i].begin(), splits[i].end(),
              cells.begin() + static_cast<std::ptrdiff_t>(i * widest));
  }
  ctx.set_output(0, std::move(parts));
  ctx.set_output(1, std::move(counts));
  return {};
}

}  // namespace

std::vector<Op> strings_ops() {
  return {{.name = "StringConcat",
           .versions = {{20, "X: T, Y: T -> Z: T | T = string"}},
           .infer = infer_broadcast,
           .evaluate = evaluate_concat},
          {.name = "StringSplit",
           .versions = {{20, "X: T1 -> Y: T2, Z: T3 | T1 = string, T2 = string, T3 = int64",
                         "delimiter string, maxsplit int"}},
           .infer = infer_split,
           .evaluate = evaluate_split}};
}

}  // namespace slipway
