#include "quantize/equalize.h"

#include <algorithm>
#include <cmath>

#include "base/str.h"
#include "passes/rewrite.h"
#include "quantize/scaling.h"

namespace slipway::quantize {
namespace {

constexpr float kMostFactor = 1024.0F;
constexpr int kSweeps = 20;  // of chains, each pair of which moves the next

std::size_t channels_of(const Graph& graph, const Product& product) {
  return static_cast<std::size_t>(graph.initializer(product.weights)->dim(product.axis));
}

// Input channels of a Conv, groups and all.
std::size_t input_channels(const Graph& graph, const Product& product) {
  return static_cast<std::size_t>(graph.initializer(product.weights)->dim(1)) * product.groups;
}

// f(channel, first element, one after the last) for each run of a Conv's weights that multiplies
// one channel of its input.
template <typename F>
void for_each_column_run(const Tensor& weights, std::size_t groups, F f) {
  const AxisStride row = axis_stride(weights.shape(), 0);
  const AxisStride column = axis_stride(weights.shape(), 1);
  const std::size_t rows_per_group = std::max<std::size_t>(row.extent / groups, 1);
  std::size_t from = 0;
  for (std::size_t r = 0; r < row.extent; ++r) {
    for (std::size_t c = 0; c < column.extent; ++c, from += column.inner)
      f(r / rows_per_group * column.extent + c, from, from + column.inner);
  }
}

std::vector<float> greatest_by_column(const Tensor& weights, std::size_t groups) {
  std::vector<float> greatest(static_cast<std::size_t>(weights.dim(1)) * groups, 0);
  const auto values = weights.data<float>();
  for_each_column_run(weights, groups, [&](std::size_t c, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i)
      greatest[c] = std::max(greatest[c], std::abs(values[i]));
  });
  return greatest;
}

bool is_shared(const Graph& graph, const Links& links, ValueId id) {
  return id != kNoValue && (links.uses(id) != 1 || is_output(graph, id));
}

float power_of_two(float value) { return std::exp2(std::round(std::log2(value))); }

// Geometric mean 1 over the channels that say anything (not 0), the rest 1.
std::vector<float> normalized(const std::vector<double>& factors) {
  double sum = 0;
  std::size_t count = 0;
  for (const double f : factors) {
    if (!(f > 0) || !std::isfinite(f)) continue;
    sum += std::log2(f);
    ++count;
  }
  const double mean = count == 0 ? 1 : std::exp2(sum / static_cast<double>(count));
  std::vector<float> result;
  for (const double f : factors) {
    const bool is_told = f > 0 && std::isfinite(f);
    result.push_back(is_told ? power_of_two(std::clamp(static_cast<float>(f / mean),
                                                       1 / kMostFactor, kMostFactor))
                             : 1.0F);
  }
  return result;
}

}  // namespace

Pairs find_pairs(const Graph& graph, const Placement& placement) {
  const Links links(graph);
  Pairs found;
  std::map<ValueId, std::size_t> product_of;  // by result
  for (std::size_t i = 0; i < placement.products.size(); ++i)
    product_of[placement.products[i].result] = i;
  for (std::size_t i = 0; i < placement.products.size(); ++i) {
    const Product& second = placement.products[i];
    const Node& node = graph.nodes[second.node];
    if (node.op != "Conv") continue;
    const auto first_place = product_of.find(node.inputs[0]);
    if (first_place == product_of.end()) continue;
    const Product& first = placement.products[first_place->second];
    if (graph.nodes[first.node].op != "Conv" || links.uses(first.result) != 1 ||
        links.uses(graph.nodes[first.node].outputs[0]) != 1 ||
        is_shared(graph, links, first.weights) || is_shared(graph, links, first.bias) ||
        is_shared(graph, links, second.weights) ||
        channels_of(graph, first) != input_channels(graph, second)) {
      continue;
    }
    if (first.sum != first.result && graph.nodes[*links.maker(first.result)].op != "Relu") {
      ++found.clipped;
      continue;
    }
    found.pairs.push_back({first_place->second, i, first.result});
  }
  return found;
}

std::map<std::string, std::vector<float>> find_factors(
    const Graph& graph, const Placement& placement, const std::vector<Pair>& pairs,
    const std::vector<std::vector<float>>& reached, const Options& options) {
  std::map<std::string, std::vector<float>> factors;
  std::vector<std::vector<double>> logs(pairs.size());  // of factors without bounds
  std::vector<std::vector<float>> first_rows, second_columns;
  for (const Pair& pair : pairs) {
    const Product& first = placement.products[pair.first];
    const Product& second = placement.products[pair.second];
    first_rows.push_back(greatest_by_channel(*float_constant(graph, first.weights), 0));
    second_columns.push_back(
        greatest_by_column(*float_constant(graph, second.weights), second.groups));
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) logs[i].assign(first_rows[i].size(), 0.0);
  const auto is_depthwise = [&](const Pair& pair) {
    const Product& second = placement.products[pair.second];
    return second.groups == input_channels(graph, second) &&
           second.groups == channels_of(graph, second);
  };
  for (int sweep = 0; sweep < (options.is_per_tensor ? kSweeps : 1); ++sweep) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      for (std::size_t c = 0; c < logs[i].size(); ++c) {
        const double w = second_columns[i][c];
        if (!options.is_per_tensor) {
          const double a = c < reached[i].size() ? reached[i][c] : 0;
          const double f = is_depthwise(pairs[i]) ? 1 / a : std::sqrt(w / a);
          logs[i][c] = a > 0 && f > 0 ? std::log2(f) : std::nan("");
          continue;
        }
        // Both sides as the pairs around this one have left them.
        double row = first_rows[i][c];
        double column = w;
        for (std::size_t k = 0; k < pairs.size(); ++k) {
          const bool is_row_of_depthwise =
              pairs[k].second == pairs[i].first && is_depthwise(pairs[k]);
          const bool is_column_of_depthwise =
              pairs[k].first == pairs[i].second && is_depthwise(pairs[i]);
          if (is_row_of_depthwise && !std::isnan(logs[k][c])) row /= std::exp2(logs[k][c]);
          if (is_column_of_depthwise && !std::isnan(logs[k][c])) column *= std::exp2(logs[k][c]);
        }
        logs[i][c] = row > 0 && column > 0 ? std::log2(std::sqrt(column / row)) : std::nan("");
      }
    }
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    std::vector<double> wanted;
    for (const double log : logs[i]) wanted.push_back(std::isnan(log) ? 0 : std::exp2(log));
    factors[graph.value(pairs[i].between).name] = normalized(wanted);
  }
  return factors;
}

Status apply_factors(Graph& graph, const Placement& placement, const std::vector<Pair>& pairs,
                     const std::map<std::string, std::vector<float>>& factors) {
  for (const Pair& pair : pairs) {
    const auto found = factors.find(graph.value(pair.between).name);
    if (found == factors.end()) continue;
    const std::vector<float>& f = found->second;
    const Product& first = placement.products[pair.first];
    const Product& second = placement.products[pair.second];
    if (f.size() != channels_of(graph, first)) {
      return Error{Code::kInvalid,
                   str("the factors of ", found->first, " are ", f.size(), ", its channels ",
                       channels_of(graph, first), ": calibrate again")};
    }
    Tensor rows = *float_constant(graph, first.weights);
    const auto r = rows.mutable_data<float>();
    axis_stride(rows.shape(), 0)
        .for_each_run(r.size(), [&](std::size_t c, std::size_t from, std::size_t to) {
          for (std::size_t i = from; i < to; ++i) r[i] *= f[c];
        });
    graph.initializers[first.weights] = std::move(rows);
    if (first.bias != kNoValue) {
      Tensor bias = *float_constant(graph, first.bias);
      const auto b = bias.mutable_data<float>();
      for (std::size_t c = 0; c < b.size(); ++c) b[c] *= f[c];
      graph.initializers[first.bias] = std::move(bias);
    }
    Tensor columns = *float_constant(graph, second.weights);
    const auto w = columns.mutable_data<float>();
    for_each_column_run(columns, second.groups,
                        [&](std::size_t c, std::size_t from, std::size_t to) {
                          for (std::size_t i = from; i < to; ++i) w[i] /= f[c];
                        });
    graph.initializers[second.weights] = std::move(columns);
  }
  return {};
}

}  // namespace slipway::quantize
