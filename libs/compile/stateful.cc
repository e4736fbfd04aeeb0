#include "compile/stateful.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/str.h"
#include "compile/columns.h"
#include "compile/window.h"
#include "passes/rewrite.h"
#include "plan/plan.h"
#include "runtime/session.h"

namespace slipway::compile {
namespace {

std::string names_of(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<std::string> names;
  for (const ValueId id : ids) names.push_back(graph.value(id).name);
  return names.empty() ? "none" : join(names);
}

Result<ValueId> find_port(const Graph& graph, const std::vector<ValueId>& ids,
                          const std::string& name, std::string_view kind) {
  for (const ValueId id : ids) {
    if (graph.value(id).name == name) return id;
  }
  return Error{Code::kUsage, str("there is no ", kind, " ", shorten(name),
                                 "; there are: ", names_of(graph, ids))};
}

Shape shape_of(const Graph& graph, ValueId id) {
  return known_shape(*graph.value(id).type.dims).value();
}

// An input and an output are taken away; what the input's initializer says is how it begins.
Status feed_back(StatefulModel& stateful, const StatePair& pair) {
  Graph& graph = stateful.model.graph;
  const ValueId input = TRY(find_port(graph, graph.inputs, pair.input, "input"));
  const ValueId output = TRY(find_port(graph, graph.outputs, pair.output, "output"));
  const Type& from = graph.value(output).type;
  const Type& to = graph.value(input).type;
  if (from.dtype != to.dtype || shape_of(graph, output) != shape_of(graph, input)) {
    return Error{Code::kUsage, str("output ", pair.output, " is ", to_text(from),
                                   " and cannot become input ", pair.input, ", which is ",
                                   to_text(to), ": pair tensors of one type and shape")};
  }
  Tensor initial = TRY(Tensor::create(to.dtype, shape_of(graph, input)));
  const auto given = graph.initializers.find(input);
  if (given != graph.initializers.end()) {
    initial = TRY(given->second.direct());
    graph.initializers.erase(given);
  }
  std::erase(graph.inputs, input);
  graph.outputs.erase(std::ranges::find(graph.outputs, output));
  stateful.states.emplace_back(input, std::move(initial));
  stateful.fed_back.emplace_back(input, output);
  return {};
}

Result<SlidingInput> sliding_input(const Graph& graph, const Slide& slide) {
  SlidingInput input;
  input.value = TRY(find_port(graph, graph.inputs, slide.input, "input"));
  const Shape shape = shape_of(graph, input.value);
  const auto rank = static_cast<std::int64_t>(shape.size());
  const std::int64_t axis = slide.axis < 0 ? slide.axis + rank : slide.axis;
  if (axis < 1 || axis >= rank) {
    return Error{Code::kUsage,
                 str("input ", slide.input, " is ", to_text(graph.value(input.value).type),
                     " and cannot slide along axis ", slide.axis,
                     ": name its time axis, which is not the first")};
  }
  input.axis = static_cast<std::size_t>(axis);
  input.step = slide.step;
  if (slide.step < 1 || slide.step >= shape[input.axis]) {
    return Error{Code::kUsage, str("a window of ", shape[input.axis], " cannot slide by ",
                                   slide.step, ": give 1 to ", shape[input.axis] - 1)};
  }
  return input;
}

std::string counts_text(const Window& window) {
  return str("convolutions compute ", window.computed_columns, " of ", window.whole_columns,
             " columns");
}

Status slide_windows(StatefulModel& stateful, const std::vector<Slide>& slides) {
  std::vector<SlidingInput> inputs;
  for (const Slide& slide : slides) {
    inputs.push_back(TRY(sliding_input(stateful.model.graph, slide)));
    const bool is_twice = std::ranges::count(inputs, inputs.back().value, &SlidingInput::value) > 1;
    if (is_twice) return Error{Code::kUsage, str("input ", slide.input, " slides twice")};
  }
  const Window window = TRY(follow_window(stateful.model.graph, inputs));
  if (window.multiply_adds >= window.whole_multiply_adds) {
    const std::string where = window.reasons.empty()
                                  ? "none of its convolutions works along that axis"
                                  : str(window.reasons.front(),
                                        " takes the whole window, before any convolution along it");
    return Error{Code::kUnsupported, str("this window cannot slide: ", where,
                                         "; take whole windows, or name another axis")};
  }
  ColumnsModel columns = TRY(make_columns(stateful.model, inputs, window));
  stateful.model = std::move(columns.model);
  for (const ValueId id : columns.kept) stateful.states.emplace_back(id, Tensor());
  stateful.runs_to_settle = columns.runs_to_settle;
  std::string text = counts_text(window);
  if (!window.reasons.empty()) text += str("; whole windows go into ", join(window.reasons));
  stateful.notes.push_back({"slide", std::move(text)});
  return {};
}

// Along each axis that may be time, that of ONNX's convolutions first.
Status narrow(StatefulModel& stateful) {
  const Graph& graph = stateful.model.graph;
  for (const ValueId id : graph.inputs) {
    const Shape shape = shape_of(graph, id);
    if (shape.size() != 3) continue;
    for (const std::size_t axis : {2U, 1U}) {
      const std::vector<SlidingInput> inputs = {{id, axis, 0}};
      const Window window = TRY(follow_window(graph, inputs));
      if (window.multiply_adds * 4 >= window.whole_multiply_adds * 3) continue;
      stateful.model = std::move(TRY(make_columns(stateful.model, inputs, window)).model);
      stateful.notes.push_back({"narrow", counts_text(window)});
      return {};
    }
  }
  return {};
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || text.empty()) return std::nullopt;
  return number;
}

}  // namespace

Result<Slide> parse_slide(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const std::size_t colon = text.find(':', equals == std::string::npos ? 0 : equals);
  const bool has_step = colon != std::string::npos;
  if (equals != std::string::npos && equals != 0) {
    const std::string_view rest = std::string_view(text).substr(equals + 1);
    const auto axis = number_of(has_step ? rest.substr(0, colon - equals - 1) : rest);
    const auto step = has_step ? number_of(rest.substr(colon - equals)) : 1;
    if (axis && step) return Slide{text.substr(0, equals), *axis, *step};
  }
  return Error{Code::kUsage, str("a sliding window is INPUT=AXIS or INPUT=AXIS:STEP, as in "
                                 "telemetry=2, not '",
                                 shorten(text), "'")};
}

Result<StatePair> parse_state_pair(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return Error{Code::kUsage,
                 str("a state is OUTPUT=INPUT, as in h_out=h_in, not '", shorten(text), "'")};
  }
  return StatePair{text.substr(0, equals), text.substr(equals + 1)};
}

Result<StatefulModel> make_stateful(const Model& model, const CompileOptions& options) {
  StatefulModel stateful{model.clone(), {}, {}, 0, {}};
  for (const StatePair& pair : options.states) TRY(feed_back(stateful, pair));
  if (!options.slides.empty()) {
    TRY(slide_windows(stateful, options.slides));
  } else {
    TRY(narrow(stateful));
  }
  return stateful;
}

Result<Tensor> settle(const Tensor& plan_file, std::size_t runs) {
  auto plan = std::make_shared<const plan::Plan>(TRY(plan::Plan::parse(plan_file.bytes())));
  runtime::PrepareOptions options;
  options.make_interpreted = make_interpreted;
  const auto session = TRY(runtime::Session::prepare(std::move(plan), options));
  std::vector<Tensor> held;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  const auto hold = [&held](const runtime::Port& port) -> Result<std::byte*> {
    held.push_back(TRY(Tensor::create(port.dtype, Shape(port.dims.begin(), port.dims.end()))));
    return held.back().mutable_bytes().data();
  };
  for (const runtime::Port& port : session->inputs()) inputs.push_back(TRY(hold(port)));
  for (const runtime::Port& port : session->outputs()) outputs.push_back(TRY(hold(port)));
  for (std::size_t i = 0; i < runs; ++i) {
    const runtime::RunCode code = session->run(inputs, outputs);
    if (code != runtime::RunCode::kOk) {
      return Error{Code::kInvalid,
                   str("the model does not run on a window of zeros, which is how it begins to "
                       "slide: ",
                       session->last_error())};
    }
  }
  Tensor state =
      TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(session->state_bytes())}));
  session->snapshot(state.mutable_bytes());
  return state;
}

}  // namespace slipway::compile
