#include "ops/support/dims.h"

#include <algorithm>

namespace slipway {
namespace {

// known * the product of the symbols; not valid once anything unknown went in.
struct Factors {
  std::int64_t known = 1;
  std::vector<std::string> symbols;
  bool valid = true;

  explicit Factors(const Dims& dims) {
    for (const Dim& dim : dims) {
      if (dim.is_symbol()) {
        symbols.push_back(dim.symbol());
      } else if (dim.is_unknown() || __builtin_mul_overflow(known, dim.extent(), &known)) {
        valid = false;
      }
    }
  }
};

}  // namespace

Dim quotient(const Dims& total, const Dims& factors) {
  Factors above(total);
  const Factors below(factors);
  if (!above.valid || !below.valid || below.known == 0) return {};
  for (const std::string& symbol : below.symbols) {
    const auto at = std::find(above.symbols.begin(), above.symbols.end(), symbol);
    if (at == above.symbols.end()) return {};
    above.symbols.erase(at);
  }
  if (above.known % below.known != 0) return {};
  const std::int64_t known = above.known / below.known;
  if (known == 0 || above.symbols.empty()) return known;
  if (known == 1 && above.symbols.size() == 1) return Dim::symbol(above.symbols[0]);
  return {};
}

Dim add(const Dim& a, const Dim& b) {
  std::int64_t sum = 0;
  if (a.is_known() && b.is_known() && !__builtin_add_overflow(a.extent(), b.extent(), &sum)) {
    return sum;
  }
  if (a == Dim(0)) return b;
  if (b == Dim(0)) return a;
  return {};
}

Dim subtract(const Dim& a, const Dim& b) {
  if (b == Dim(0)) return a;
  if (a == b) return 0;
  if (a.is_known() && b.is_known() && a.extent() >= b.extent()) return a.extent() - b.extent();
  return {};
}

Dim scale(const Dim& a, std::int64_t factor) {
  return factor < 0 ? Dim() : quotient({a, Dim(factor)}, {});
}

bool may_be_equal(const Dim& a, const Dim& b) {
  return !a.is_known() || !b.is_known() || a.extent() == b.extent();
}

Result<std::optional<Dims>> shape_from_input(const InferContext& ctx, std::size_t i) {
  if (const auto ints = ctx.known_ints(i)) {
    for (const std::int64_t extent : *ints) {
      if (extent < 0) {
        return ctx.fail("input ", i, " asks for a dimension of ", extent,
                        ": dimensions are zero or more");
      }
    }
  }
  if (std::optional<Dims> elements = ctx.elements(i)) {
    if (elements->size() > kMaxInferredRank) return std::optional<Dims>();
    return elements;
  }
  const Dims* dims = ctx.dims(i);
  if (dims == nullptr || dims->size() != 1 || !(*dims)[0].is_known()) return std::optional<Dims>();
  const std::int64_t rank = (*dims)[0].extent();
  if (rank > static_cast<std::int64_t>(kMaxInferredRank)) return std::optional<Dims>();
  return std::optional<Dims>(unknown_dims(static_cast<std::size_t>(rank)));
}

Dims unknown_dims(std::size_t rank) { return Dims(rank); }

void set_unknown_shape(InferContext& ctx) { ctx.set_output(0, ctx.dtype(0)); }

void pass_elements(InferContext& ctx, std::size_t output, std::size_t from_input) {
  const Type& type = ctx.outputs()[output];
  if (!type.dims.has_value() || type.dims->size() > 1) return;
  std::optional<Dims> elements = ctx.elements(from_input);
  if (elements.has_value()) ctx.set_elements(output, *std::move(elements));
}

}  // namespace slipway
