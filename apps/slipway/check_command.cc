#include <algorithm>
#include <map>
#include <set>

#include "base/str.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "graph/verify.h"
#include "inspect/json.h"
#include "ops/check.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {{"--json", "", "the problems as JSON"}};

struct Counts {
  std::size_t nodes = 0;
  std::set<std::pair<std::string, std::string>> operators;
};

void count(const Graph& graph, Counts& counts) {
  counts.nodes += graph.nodes.size();
  for (const Node& node : graph.nodes) {
    counts.operators.emplace(node.domain, node.op);
    for_each_subgraph(node, [&](const Graph& body) { count(body, counts); });
  }
}

std::string number_of(std::size_t number, std::string_view what) {
  return str(number, " ", what, number == 1 ? "" : "s");
}

std::string opsets_text(const Model& model) {
  std::vector<std::string> parts;
  for (const OpsetImport& import : model.opsets) {
    parts.push_back(str(import.domain.empty() ? "ai.onnx" : import.domain, " ", import.version));
  }
  return join(parts);
}

std::string valid_text(const Model& model) {
  Counts counts;
  count(model.graph, counts);
  for (const Function& function : model.functions) count(function.body, counts);
  return str("model is valid: ", number_of(counts.nodes, "node"), ", ",
             number_of(counts.operators.size(), "operator"), ", ",
             number_of(model.graph.inputs.size(), "input"), ", ",
             number_of(model.graph.outputs.size(), "output"), ", ", opsets_text(model), "\n");
}

// Problems that differ only in the place are told once.
struct Group {
  const Problem* problem = nullptr;
  std::vector<std::string> places;
};

std::vector<Group> grouped_problems(const Problems& problems) {
  std::vector<Group> groups;
  std::map<std::pair<std::string, std::string>, std::size_t> index_of;
  for (const Problem& problem : problems) {
    const auto [at, is_new] = index_of.try_emplace({problem.what, problem.fix}, groups.size());
    if (is_new) groups.push_back({&problem, {}});
    groups[at->second].places.push_back(problem.where);
  }
  return groups;
}

std::string_view kind_text(const Problem& problem) {
  if (problem.is_warning) return "warning: ";
  return problem.code == Code::kUnsupported ? "unsupported: " : "";
}

std::string group_text(const Group& group) {
  constexpr std::size_t kShownPlaces = 3;
  std::vector<std::string> places = group.places;
  const std::size_t more = places.size() > kShownPlaces ? places.size() - kShownPlaces : 0;
  places.resize(places.size() - more);
  const Problem& problem = *group.problem;
  std::string text = printable(join(places));
  if (more > 0) text += str(" and ", more, " more");
  text += str(": ", kind_text(problem), printable(problem.what, true), "\n");
  if (!problem.fix.empty()) text += str("    ", printable(problem.fix, true), "\n");
  return text;
}

std::string verdict_text(const Problems& problems) {
  const auto unsupported = static_cast<std::size_t>(
      std::count_if(problems.begin(), problems.end(),
                    [](const Problem& p) { return p.code == Code::kUnsupported; }));
  if (unsupported == problems.size()) {
    return str("model is valid, but Slipway cannot run it: ", unsupported, " unsupported ",
               unsupported == 1 ? "place" : "places");
  }
  std::string text = str("model is not valid: ", number_of(problems.size(), "problem"));
  if (unsupported > 0) text += str(", of which ", unsupported, " unsupported");
  return text;
}

// What the reader and the checks found, each once. Where the reader found the structure broken, the
// rest would only follow from that.
Problems all_problems(const Model& model, Problems problems) {
  Problems found;
  verify(model, found);
  if (!problems.empty() && !found.empty()) return problems;
  found.clear();
  check_model(model, found);
  std::set<std::string> seen;
  for (const Problem& problem : problems) seen.insert(to_text(problem));
  for (Problem& problem : found) {
    if (seen.insert(to_text(problem)).second) problems.push_back(std::move(problem));
  }
  return problems;
}

Result<int> run_check(const Arguments& arguments) {
  TRY(expect_operands("check", arguments.positional().size(), 1, "MODEL"));
  Problems problems;
  const Model model = TRY(open_model(arguments.positional()[0], &problems));
  problems = all_problems(model, std::move(problems));
  if (arguments.has("--json")) {
    TRY(print_data(problems_json(problems)));
    return first_fault(problems) == nullptr ? kExitOk : kExitBad;
  }
  std::string text;
  for (const Group& group : grouped_problems(problems)) text += group_text(group);
  TRY(print_data(text));
  if (first_fault(problems) == nullptr) {
    TRY(print_data(valid_text(model)));
    return kExitOk;
  }
  std::erase_if(problems, [](const Problem& problem) { return problem.is_warning; });
  say(verdict_text(problems));
  return kExitBad;
}

}  // namespace

const Command kCheckCommand = {
    .name = "check",
    .summary = "say whether a model is valid, and what to do about each problem",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Lists every problem of a model with the place, the reason and the way out: broken "
        "structure,\n"
        "operators that do not exist or are given what they do not take, types and shapes that\n"
        "contradict each other, and what is valid but unsupported.",
    .example = "slipway check model.onnx",
    .run = run_check,
};

}  // namespace slipway
