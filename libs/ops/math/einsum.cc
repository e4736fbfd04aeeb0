// Einsum. Operands are taken in from left to right. Each is first reduced to its own dimensions:
// the diagonals of repeated labels, and sums over labels that nothing else has. Two operands then
// are a batch of matrix products, with the bits of docs/numerics.md for m, n and k of the merged
// labels.
#include <algorithm>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/reduce.h"
#include "ops/cost_context.h"
#include "ops/infer_context.h"
#include "ops/math/einsum_equation.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Result<EinsumEquation> equation_for(const NodeView& view, const std::vector<std::size_t>& ranks) {
  if (ranks.empty()) return view.fail("has no inputs: give one for each term of the equation");
  return parse_equation(view, view.get_string("equation", ""), ranks);
}

Status infer_einsum(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  std::vector<std::size_t> ranks;
  for (std::size_t i = 0; i < ctx.input_count(); ++i) {
    if (ctx.dims(i) == nullptr) return {};
    ranks.push_back(ctx.dims(i)->size());
  }
  const EinsumEquation equation = TRY(equation_for(ctx, ranks));
  Dims extents(equation.label_count, Dim(1));
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    for (std::size_t d = 0; d < ranks[i]; ++d) {
      Dim& extent = extents[equation.operands[i][d]];
      const Result<Dims> merged = broadcast({extent}, {(*ctx.dims(i))[d]});
      if (!merged.ok()) {
        return ctx.fail("dimension ", d, " of input ", i, " is ", (*ctx.dims(i))[d].extent(),
                        " where its label stands for ", extent.extent());
      }
      extent = (*merged)[0];
    }
  }
  Dims result;
  for (const Label label : equation.result) result.push_back(extents[label]);
  ctx.set_output(0, ctx.dtype(0), std::move(result));
  return {};
}

// A loop over memory: how many steps of how many elements.
struct Loop {
  std::size_t extent;
  std::size_t stride;
};

// A tensor whose dimensions are labelled, each label once.
struct Operand {
  std::vector<Label> labels;
  Tensor tensor;

  bool has(Label label) const {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  }
};

std::vector<std::size_t> row_major(const Shape& shape) {
  std::vector<std::size_t> strides(shape.size(), 1);
  for (std::size_t d = shape.size(); d-- > 1;)
    strides[d - 1] = strides[d] * static_cast<std::size_t>(shape[d]);
  return strides;
}

// Copies the elements that the loops visit, the last loop innermost.
template <typename T>
void gather(const T* in, const std::vector<Loop>& loops, T* out) {
  std::size_t count = 1;
  for (const Loop& loop : loops) count *= loop.extent;
  std::vector<std::size_t> at(loops.size(), 0);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = *in;
    for (std::size_t d = loops.size(); d-- > 0;) {
      in += loops[d].stride;
      if (++at[d] < loops[d].extent) break;
      in -= loops[d].stride * at[d];
      at[d] = 0;
    }
  }
}

class Einsum {
 public:
  Einsum(EvalContext& ctx, const EinsumEquation& equation, Shape extents)
      : ctx_(ctx), equation_(equation), extents_(std::move(extents)) {}

  Result<Tensor> run() {
    Operand left = TRY(prepare(0));
    for (std::size_t i = 1; i < equation_.operands.size(); ++i) {
      const Operand right = TRY(prepare(i));
      left = TRY(multiply(left, right, i));
    }
    return laid_out(left, equation_.result);
  }

 private:
  // Whether the result, or an operand from `next` on, has the label.
  bool is_needed(Label label, std::size_t next) const {
    const auto has = [label](const std::vector<Label>& labels) {
      return std::find(labels.begin(), labels.end(), label) != labels.end();
    };
    if (has(equation_.result)) return true;
    return std::any_of(equation_.operands.begin() + static_cast<std::ptrdiff_t>(next),
                       equation_.operands.end(), has);
  }

  bool is_private(Label label, std::size_t operand) const {
    for (std::size_t i = 0; i < operand; ++i) {
      const std::vector<Label>& labels = equation_.operands[i];
      if (std::find(labels.begin(), labels.end(), label) != labels.end()) return false;
    }
    return !is_needed(label, operand + 1);
  }

  // Operand i with each label once, dimensions that only repeat left out, private labels summed.
  Result<Operand> prepare(std::size_t i) {
    const Tensor tensor = TRY(widened(ctx_, i));
    const std::vector<std::size_t> strides = row_major(tensor.shape());
    std::vector<Label> kept;
    std::vector<Loop> loops(extents_.size(), Loop{0, 0});  // extent 0: not seen yet
    std::vector<Loop> summed;
    for (std::size_t d = 0; d < tensor.rank(); ++d) {
      const Label label = equation_.operands[i][d];
      if (tensor.dim(d) != extents_[label]) continue;
      if (loops[label].extent == 0 && !is_private(label, i)) kept.push_back(label);
      loops[label] = {static_cast<std::size_t>(tensor.dim(d)), loops[label].stride + strides[d]};
    }
    std::vector<Loop> order;
    Shape shape;
    for (const Label label : kept) {
      order.push_back(loops[label]);
      shape.push_back(extents_[label]);
    }
    for (Label label = 0; label < loops.size(); ++label) {
      if (loops[label].extent != 0 && is_private(label, i)) summed.push_back(loops[label]);
    }
    Tensor sums = TRY(arranged(tensor, std::move(shape), std::move(order), summed));
    return Operand{kept, std::move(sums)};
  }

  // The operand's elements with its dimensions in the order of `labels`; those it lacks repeat,
  // those that are not among `labels` are summed.
  Result<Tensor> laid_out(const Operand& operand, const std::vector<Label>& labels) {
    const std::vector<std::size_t> strides = row_major(operand.tensor.shape());
    Shape shape;
    std::vector<Loop> order, summed;
    for (const Label label : labels) {
      const auto at = static_cast<std::size_t>(
          std::find(operand.labels.begin(), operand.labels.end(), label) - operand.labels.begin());
      shape.push_back(extents_[label]);
      order.push_back(
          {static_cast<std::size_t>(extents_[label]), at < strides.size() ? strides[at] : 0});
    }
    for (std::size_t d = 0; d < operand.labels.size(); ++d) {
      if (std::find(labels.begin(), labels.end(), operand.labels[d]) != labels.end()) continue;
      summed.push_back({static_cast<std::size_t>(operand.tensor.dim(d)), strides[d]});
    }
    return arranged(operand.tensor, std::move(shape), std::move(order), summed);
  }

  // A tensor of `shape` whose elements the loops of `order` visit, each the sum over `summed`.
  Result<Tensor> arranged(const Tensor& tensor, Shape shape, std::vector<Loop> order,
                          const std::vector<Loop>& summed) {
    Tensor out = TRY(ctx_.make(tensor.dtype(), std::move(shape)));
    if (out.size() == 0 || tensor.size() == 0) return out;
    std::size_t row = 1;
    for (const Loop& loop : summed) {
      row *= loop.extent;
      order.push_back(loop);
    }
    if (summed.empty()) {
      visit_compute(tensor.dtype(), [&]<typename T>() {
        gather(tensor.data<T>().data(), order, out.mutable_data<T>().data());
      });
      return out;
    }
    const auto extent = [](std::size_t count) { return static_cast<std::int64_t>(count); };
    Tensor rows = TRY(ctx_.make(tensor.dtype(), {extent(out.size()), extent(row)}));
    visit_compute(tensor.dtype(), [&]<typename T>() {
      T* gathered = rows.mutable_data<T>().data();
      gather(tensor.data<T>().data(), order, gathered);
      for (T& element : out.mutable_data<T>()) {
        element = numeric::sum(gathered, row);
        gathered += row;
      }
    });
    return out;
  }

  std::size_t extent_of(const std::vector<Label>& labels) const {
    std::size_t product = 1;
    for (const Label label : labels) product *= static_cast<std::size_t>(extents_[label]);
    return product;
  }

  // Sums over the labels that nothing after operand `i` needs.
  Result<Operand> multiply(const Operand& left, const Operand& right, std::size_t i) {
    std::vector<Label> batch, rows, columns, inner;
    for (const Label label : left.labels) {
      if (!right.has(label)) {
        rows.push_back(label);
      } else {
        (is_needed(label, i + 1) ? batch : inner).push_back(label);
      }
    }
    for (const Label label : right.labels) {
      if (!left.has(label)) columns.push_back(label);
    }
    std::sort(inner.begin(), inner.end());  // labels are numbered as they first appear
    const auto joined = [](std::vector<Label> a, const std::vector<Label>& b,
                           const std::vector<Label>& c) {
      a.insert(a.end(), b.begin(), b.end());
      a.insert(a.end(), c.begin(), c.end());
      return a;
    };
    const Tensor a = TRY(laid_out(left, joined(batch, rows, inner)));
    const Tensor b = TRY(laid_out(right, joined(batch, inner, columns)));
    Operand result{joined(batch, rows, columns), {}};
    Shape shape;
    for (const Label label : result.labels) shape.push_back(extents_[label]);
    result.tensor = TRY(ctx_.make(a.dtype(), std::move(shape)));
    if (result.tensor.size() == 0) return result;
    const std::size_t m = extent_of(rows);
    const std::size_t n = extent_of(columns);
    const std::size_t k = extent_of(inner);
    visit_compute(a.dtype(), [&]<typename T>() {
      const T* x = a.data<T>().data();
      const T* y = b.data<T>().data();
      T* z = result.tensor.mutable_data<T>().data();
      for (std::size_t step = extent_of(batch); step-- > 0; x += m * k, y += k * n, z += m * n) {
        numeric::gemm(m, n, k, numeric::Matrix<const T>{x, static_cast<std::ptrdiff_t>(k), 1},
                      numeric::Matrix<const T>{y, static_cast<std::ptrdiff_t>(n), 1},
                      numeric::Matrix<T>{z, static_cast<std::ptrdiff_t>(n), 1});
      }
    });
    return result;
  }

  EvalContext& ctx_;
  const EinsumEquation& equation_;
  Shape extents_;
};

// What each label stands for; 1 stretches to anything.
Result<Shape> label_extents(const EvalContext& ctx, const EinsumEquation& equation) {
  Shape extents(equation.label_count, 1);
  for (std::size_t i = 0; i < equation.operands.size(); ++i) {
    if (ctx.input(i).dtype() != ctx.input(0).dtype()) {
      return ctx.fail("input ", i, " is ", name(ctx.input(i).dtype()), " and input 0 ",
                      name(ctx.input(0).dtype()), ": all must have one type");
    }
    for (std::size_t d = 0; d < equation.operands[i].size(); ++d) {
      std::int64_t& extent = extents[equation.operands[i][d]];
      const std::int64_t given = ctx.input(i).dim(d);
      if (extent != 1 && given != 1 && given != extent) {
        return ctx.fail("dimension ", d, " of input ", i, " is ", given,
                        " where its label stands for ", extent);
      }
      if (given != 1) extent = given;
    }
  }
  return extents;
}

Status evaluate_einsum(EvalContext& ctx) {
  std::vector<std::size_t> ranks;
  for (std::size_t i = 0; i < ctx.input_count(); ++i) ranks.push_back(ctx.input(i).rank());
  const EinsumEquation equation = TRY(equation_for(ctx, ranks));
  Einsum einsum(ctx, equation, TRY(label_extents(ctx, equation)));
  return set_narrowed(ctx, 0, TRY(einsum.run()), ctx.input(0).dtype());
}

// One for each combination of all labels, as if every product were taken at once.
std::int64_t count_einsum(const CostContext& ctx) {
  std::vector<std::size_t> ranks;
  for (std::size_t i = 0; i < ctx.node().inputs.size(); ++i) ranks.push_back(ctx.input(i).size());
  const Result<EinsumEquation> equation = equation_for(ctx, ranks);
  if (!equation.ok()) return 0;
  Shape extents(equation->label_count, 1);
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    for (std::size_t d = 0; d < ranks[i]; ++d) {
      std::int64_t& extent = extents[equation->operands[i][d]];
      extent = std::max(extent, ctx.input(i)[d]);
    }
  }
  return saturating_count(extents);
}

}  // namespace

std::vector<Op> einsum_ops() {
  return {{.name = "Einsum",
           .versions = {{12, "Inputs+: T -> Output: T | T = numeric", "equation string!"}},
           .infer = infer_einsum,
           .evaluate = evaluate_einsum,
           .multiply_adds = count_einsum}};
}

}  // namespace slipway
