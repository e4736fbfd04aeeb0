#include "optimize/check_same.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "base/str.h"
#include "ops/op.h"
#include "optimize/random_inputs.h"
#include "tensor/convert.h"

namespace slipway::optimize {
namespace {

bool has_random(const Graph& graph) {
  return std::ranges::any_of(graph.nodes, [](const Node& node) {
    const Op* const op = find_op(node.domain, node.op);
    bool found = op != nullptr && op->is_random;
    for_each_subgraph(node, [&](const Graph& body) { found = found || has_random(body); });
    return found;
  });
}

class Comparison {
 public:
  Comparison(const CheckOptions& options, CheckReport& report)
      : options_(options), report_(report) {}

  // Empty, or where the values differ.
  Result<std::string> compare(const Value& want, const Value& got) const {
    if (want.is_tensor() && got.is_tensor()) return compare(want.tensor(), got.tensor());
    if (want.is_sequence() && got.is_sequence())
      return compare(want.sequence().items, got.sequence().items);
    if (want.is_optional() && got.is_optional())
      return compare(want.optional().held, got.optional().held);
    if (want.is_map() && got.is_map()) {
      const std::string keys = TRY(compare(want.map().keys, got.map().keys));
      return keys.empty() ? compare(want.map().values, got.map().values) : keys;
    }
    if (want.is_absent() && got.is_absent()) return std::string();
    return str(" is ", describe(got), ", it was ", describe(want));
  }

 private:
  Result<std::string> compare(const std::vector<Value>& want, const std::vector<Value>& got) const {
    if (want.size() != got.size())
      return str(" has ", got.size(), " elements, it had ", want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      std::string found = TRY(compare(want[i], got[i]));
      if (!found.empty()) return str("[", i, "]", found);
    }
    return std::string();
  }

  Result<std::string> compare(const Tensor& want, const Tensor& got) const {
    if (want.dtype() != got.dtype() || want.shape() != got.shape())
      return str(" is ", describe(Value(got)), ", it was ", describe(Value(want)));
    if (report_.shapes_only) return std::string();
    const Tensor a = TRY(want.direct());
    const Tensor b = TRY(got.direct());
    if (a.dtype() == DType::kString) {
      const bool same = std::ranges::equal(a.data<std::string>(), b.data<std::string>());
      return std::string(same ? "" : " has other texts");
    }
    if (std::ranges::equal(a.bytes(), b.bytes())) return std::string();
    if (!is_float(a.dtype())) return std::string(" differs");
    return compare_floats(TRY(cast(a, DType::kFloat64)), TRY(cast(b, DType::kFloat64)));
  }

  std::string compare_floats(const Tensor& want, const Tensor& got) const {
    const std::span<const double> a = want.data<double>();
    const std::span<const double> b = got.data<double>();
    double largest = 0;
    for (const double x : a) largest = std::isfinite(x) ? std::max(largest, std::fabs(x)) : largest;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
      const double distance = std::fabs(a[i] - b[i]);
      const double allowed = options_.exact ? 0 : 1e-3 * std::fabs(a[i]) + 1e-4 * largest + 1e-6;
      if (!(distance <= allowed)) return str("[", i, "] is ", b[i], ", it was ", a[i]);
      report_.largest_difference =
          std::max(report_.largest_difference, distance / std::max(largest, 1e-30));
    }
    return "";
  }

  const CheckOptions& options_;
  CheckReport& report_;
};

class Checker {
 public:
  static Result<Checker> create(const Model& original, const Model& changed,
                                const CheckOptions& options) {
    Interpreter before = TRY(Interpreter::create(original.clone()));
    Interpreter after = TRY(Interpreter::create(changed.clone()));
    Checker checker(std::move(before), std::move(after), options);
    checker.report.shapes_only = has_random(original.graph);
    return checker;
  }

  // False, and why in `last_error`, where the original does not run on the data.
  Result<bool> run(const std::vector<NamedValue>& inputs) {
    const Result<std::vector<NamedValue>> want = before_.run(inputs);
    if (!want.ok()) {
      last_error = want.error().message;
      return false;
    }
    const Result<std::vector<NamedValue>> got = after_.run(inputs);
    if (!got.ok())
      return Error{Code::kInternal, str("the result does not run: ", got.error().message)};
    const Comparison comparison(options_, report);
    for (std::size_t i = 0; i < want->size(); ++i) {
      const std::string found = TRY(comparison.compare((*want)[i].value, (*got)[i].value));
      if (!found.empty()) {
        return Error{Code::kInternal,
                     str("the result gives other numbers: output ", (*want)[i].name, found)};
      }
    }
    ++report.runs;
    return true;
  }

  CheckReport report;
  std::string last_error = "no data could be made";

 private:
  Checker(Interpreter before, Interpreter after, const CheckOptions& options)
      : before_(std::move(before)), after_(std::move(after)), options_(options) {}

  Interpreter before_;
  Interpreter after_;
  CheckOptions options_;
};

}  // namespace

Result<CheckReport> check_same(const Model& original, const Model& changed,
                               const CheckOptions& options) {
  Checker checker = TRY(Checker::create(original, changed, options));
  const auto start = std::chrono::steady_clock::now();
  // Extents that models are known to want: any, even, a multiple of a stride.
  constexpr std::int64_t kExtents[] = {2, 1, 3, 8, 16, 32, 64, 128, 224, 512};
  for (std::size_t attempt = 0; attempt < std::size(kExtents) + options.runs; ++attempt) {
    if (checker.report.runs == options.runs) break;
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (attempt > 0 && taken.count() > options.most_seconds) break;
    const auto inputs =
        random_inputs(original.graph, attempt, kExtents[attempt % std::size(kExtents)]);
    if (!inputs.ok()) {
      checker.last_error = inputs.error().message;
      continue;
    }
    TRY(checker.run(*inputs));
  }
  if (checker.report.runs == 0) {
    return Error{Code::kUnsupported,
                 str("the model does not run on random data: ", checker.last_error)};
  }
  return checker.report;
}

Result<CheckReport> check_same_on(const Model& original, const Model& changed,
                                  const std::vector<NamedValue>& inputs,
                                  const CheckOptions& options) {
  Checker checker = TRY(Checker::create(original, changed, options));
  if (!TRY(checker.run(inputs)))
    return Error{Code::kInvalid, str("the model does not run on the data: ", checker.last_error)};
  return checker.report;
}

}  // namespace slipway::optimize
