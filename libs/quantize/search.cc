#include "quantize/search.h"

#include <algorithm>

namespace slipway::quantize {
namespace {

std::vector<Sensitivity> quantised_nodes(const Calibrated& calibrated) {
  const Graph& graph = calibrated.floats().graph;
  std::vector<Sensitivity> nodes;
  for (const Product& product : calibrated.placement().products)
    nodes.push_back({node_name(graph, product.node), graph.nodes[product.node].op});
  for (const Product& product : calibrated.placement().weights_alone)
    nodes.push_back({node_name(graph, product.node), graph.nodes[product.node].op});
  for (const Recurrent& layer : calibrated.placement().recurrent)
    nodes.push_back({node_name(graph, layer.node), graph.nodes[layer.node].op});
  return nodes;
}

std::set<std::string> first_names(const std::vector<Sensitivity>& nodes, std::size_t count) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.insert(nodes[i].node);
  return names;
}

}  // namespace

std::set<std::string> kept_nodes(const Search& search) {
  return first_names(search.ranking, search.kept);
}

Result<Search> search(const Calibrated& calibrated, samples::Samples& samples,
                      const std::vector<std::int64_t>& labels, double max_drop,
                      const Options& options, const Progress& progress) {
  const Model& floats = calibrated.floats();
  const auto verdict_with = [&](const std::set<std::string>& kept, std::size_t most,
                                bool with_labels) -> Result<Verdict> {
    const Outcome outcome = TRY(calibrated.quantize(kept));
    return judge(floats, outcome.model, samples, with_labels ? labels : std::vector<std::int64_t>(),
                 most, options);
  };
  Search result;
  result.whole = TRY(verdict_with({}, 0, true));
  result.chosen = result.whole;
  if (result.whole.drop() <= max_drop) return result;

  result.ranking = quantised_nodes(calibrated);
  const std::set<std::string> all = first_names(result.ranking, result.ranking.size());
  for (std::size_t i = 0; i < result.ranking.size(); ++i) {
    std::set<std::string> others = all;
    others.erase(result.ranking[i].node);
    const Verdict verdict = TRY(verdict_with(others, kRankingSamples, false));
    result.ranking[i].error = verdict.not_finite != 0 ? 1e30 : verdict.relative_error;
    if (progress) {
      progress("ranking nodes",
               static_cast<double>(i + 1) / static_cast<double>(result.ranking.size()));
    }
  }
  std::ranges::stable_sort(result.ranking, std::ranges::greater(), &Sensitivity::error);

  // With all of them in float nothing is lost.
  std::size_t too_few = 0;
  result.kept = result.ranking.size();
  result.chosen = TRY(verdict_with(all, 0, true));
  while (result.kept - too_few > 1) {
    const std::size_t middle = too_few + (result.kept - too_few) / 2;
    const Verdict verdict = TRY(verdict_with(first_names(result.ranking, middle), 0, true));
    if (verdict.drop() <= max_drop) {
      result.kept = middle;
      result.chosen = verdict;
    } else {
      too_few = middle;
    }
    if (progress)
      progress("searching", 1 - static_cast<double>(result.kept - too_few) /
                                    static_cast<double>(result.ranking.size()));
  }
  return result;
}

}  // namespace slipway::quantize
