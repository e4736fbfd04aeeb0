#include "ops/interpreter.h"

#include <algorithm>
#include <limits>

#include "base/str.h"
#include "graph/inline_functions.h"
#include "ops/check.h"
#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/signature.h"

namespace slipway {
namespace {

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

// What running a graph needs to know of each of its nodes and values, worked out once per run.
struct Schedule {
  std::vector<const Op*> ops;  // of each node
  std::vector<std::size_t>
      last_uses;  // of each value: the node after which it may go; kNever: kept
};

template <typename F>
void for_each_use(const Node& node, F&& f) {
  for (const ValueId input : node.inputs) {
    if (input != kNoValue) f(input);
  }
  for_each_subgraph(node, [&](const Graph& body) {
    for (const Capture& capture : body.captures) f(capture.outer);
  });
}

Result<Schedule> make_schedule(const Graph& graph) {
  Schedule schedule;
  schedule.last_uses.assign(graph.values.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const Op* op = find_op(node.domain, node.op);
    if (op == nullptr || op->evaluate == nullptr || op->at(node.version) == nullptr) {
      return Error{Code::kUnsupported,
                   str(describe(graph, i), ": there is no operator ", node.op, " of domain '",
                       node.domain.empty() ? "ai.onnx" : node.domain, "' version ", node.version,
                       " in this build: `slipway check` lists everything unsupported")};
    }
    schedule.ops.push_back(op);
    for_each_use(node, [&](ValueId id) { schedule.last_uses[index(id)] = i; });
  }
  for (const ValueId output : graph.outputs) schedule.last_uses[index(output)] = kNever;
  return schedule;
}

Status check_inputs(const EvalContext& ctx, const Signature& signature,
                    const std::vector<Value>& inputs) {
  if (inputs.size() < signature.min_inputs() || inputs.size() > signature.max_inputs()) {
    return ctx.fail("has ", inputs.size(), " inputs");
  }
  std::vector<Type> types;
  for (const Value& input : inputs) types.push_back(input.is_absent() ? Type{} : type_of(input));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Parameter& parameter = *signature.input(i);
    if (inputs[i].is_absent() && parameter.arity == Parameter::Arity::kRequired) {
      return ctx.fail("input ", i, " (", parameter.name, ") is missing");
    }
  }
  if (std::optional<std::string> clash = find_type_clash(signature, types)) {
    return ctx.fail(*clash);
  }
  return {};
}

class Runner {
 public:
  explicit Runner(const RunOptions& options) : options_(options) {}

  // Runs a graph whose inputs and captures `frame` already holds.
  Result<std::vector<Value>> run(const Graph& graph, std::vector<Value> frame) {
    if (++depth_ > kMaxDepth) {
      return Error{Code::kTooLarge, str("subgraphs nest deeper than ", kMaxDepth)};
    }
    const Schedule& schedule = TRY(schedule_of(graph)).get();
    for (const auto& [id, tensor] : graph.initializers) {
      if (frame[index(id)].is_absent()) frame[index(id)] = TRY(tensor.direct());
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      TRY(run_node(graph, i, *schedule.ops[i], schedule.last_uses, frame));
    }
    std::vector<Value> outputs;
    for (const ValueId output : graph.outputs) outputs.push_back(frame[index(output)]);
    --depth_;
    return outputs;
  }

 private:
  static constexpr int kMaxDepth = 100;

  Result<std::reference_wrapper<const Schedule>> schedule_of(const Graph& graph) {
    const auto found = schedules_.find(&graph);
    if (found != schedules_.end()) return std::cref(found->second);
    Schedule schedule = TRY(make_schedule(graph));
    return std::cref(schedules_.emplace(&graph, std::move(schedule)).first->second);
  }

  Status run_node(const Graph& graph, std::size_t i, const Op& op,
                  const std::vector<std::size_t>& last_uses, std::vector<Value>& frame) {
    const Node& node = graph.nodes[i];
    if (++steps_ > options_.max_steps) {
      return Error{Code::kTooLarge, str(describe(graph, i), ": gave up after ", options_.max_steps,
                                        " steps: does a loop in the model never end?")};
    }
    std::vector<Value> inputs;
    inputs.reserve(node.inputs.size());
    for (const ValueId input : node.inputs) {
      inputs.push_back(input == kNoValue ? Value{} : frame[index(input)]);
    }
    // Values used for the last time here may go before the outputs are made: views then own their
    // storage alone and can be changed in place.
    const auto release = [&](ValueId id) {
      if (last_uses[index(id)] == i) frame[index(id)] = Value{};
    };
    for (const ValueId input : node.inputs) {
      if (input != kNoValue && !is_captured(node, input)) release(input);
    }
    const auto run_body = [&](const Graph& body, std::vector<Value> arguments) {
      return run_subgraph(body, std::move(arguments), frame);
    };
    EvalContext ctx(node, describe(graph, i), std::move(inputs), run_body,
                    options_.seed * 0x9E3779B97F4A7C15ULL + steps_);
    TRY(check_inputs(ctx, signature_of(*op.at(node.version)), ctx.values()));
    TRY(op.evaluate(ctx));
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      if (node.outputs[k] == kNoValue) continue;
      if (ctx.outputs()[k].is_absent()) {
        return Error{Code::kUnsupported,
                     str(describe(graph, i), ": output ", k, " (",
                         graph.value(node.outputs[k]).name, ") is not computed by this operator")};
      }
      frame[index(node.outputs[k])] = std::move(ctx.outputs()[k]);
    }
    for_each_use(node, release);
    return {};
  }

  static bool is_captured(const Node& node, ValueId id) {
    bool captured = false;
    for_each_subgraph(node, [&](const Graph& body) {
      for (const Capture& capture : body.captures) captured = captured || capture.outer == id;
    });
    return captured;
  }

  Result<std::vector<Value>> run_subgraph(const Graph& body, std::vector<Value> arguments,
                                          const std::vector<Value>& outer) {
    if (arguments.size() != body.inputs.size()) {
      return Error{Code::kInvalid, str("subgraph ", body.name, " takes ", body.inputs.size(),
                                       " inputs, it is given ", arguments.size())};
    }
    std::vector<Value> frame(body.values.size());
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      frame[index(body.inputs[i])] = std::move(arguments[i]);
    }
    for (const Capture& capture : body.captures) {
      frame[index(capture.inner)] = outer[index(capture.outer)];
    }
    return run(body, std::move(frame));
  }

  const RunOptions& options_;
  std::map<const Graph*, Schedule> schedules_;
  std::size_t steps_ = 0;
  int depth_ = 0;
};

// Makes every constant direct once, so that runs need not.
Status make_constants_direct(Graph& graph) {
  for (auto& [id, tensor] : graph.initializers) tensor = TRY(tensor.direct());
  for (Node& node : graph.nodes) {
    for (Attribute& attribute : node.attributes) {
      if (auto* tensor = std::get_if<Tensor>(&attribute.value)) *tensor = TRY(tensor->direct());
      if (auto* tensors = std::get_if<std::vector<Tensor>>(&attribute.value)) {
        for (Tensor& tensor : *tensors) tensor = TRY(tensor.direct());
      }
    }
    Status status;
    for_each_subgraph(node, [&](Graph& body) {
      if (status.ok()) status = make_constants_direct(body);
    });
    TRY(std::move(status));
  }
  return {};
}

// Tensors that values hold, items of sequences too, as operators expect them.
Status make_direct(Value& value) {
  if (value.is_tensor()) {
    value = TRY(value.tensor().direct());
  } else if (value.is_sequence()) {
    for (Value& item : value.sequence().items) TRY(make_direct(item));
  } else if (value.is_optional()) {
    for (Value& held : value.optional().held) TRY(make_direct(held));
  }
  return {};
}

std::string input_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const ValueId id : graph.inputs) names.push_back(graph.value(id).name);
  return join(names);
}

}  // namespace

Result<Interpreter> Interpreter::create(Model model) {
  TRY(inline_functions(model));
  TRY(make_constants_direct(model.graph));
  return Interpreter(std::move(model));
}

Result<std::vector<NamedValue>> Interpreter::run(std::vector<NamedValue> inputs,
                                                 const RunOptions& options) const {
  const Graph& graph = model_.graph;
  std::vector<Value> frame(graph.values.size());
  for (NamedValue& given : inputs) {
    const auto found = std::find_if(graph.inputs.begin(), graph.inputs.end(),
                                    [&](ValueId id) { return graph.value(id).name == given.name; });
    if (found == graph.inputs.end()) {
      return Error{Code::kUsage, str("the model has no input named '", given.name,
                                     "': its inputs are ", input_names(graph))};
    }
    const Result<Type> merged = merge(graph.value(*found).type, type_of(given.value));
    if (!merged.ok()) {
      return Error{Code::kUsage,
                   str("input ", given.name, " must be ", to_text(graph.value(*found).type),
                       ", the data is ", describe(given.value))};
    }
    TRY(make_direct(given.value));
    frame[index(*found)] = std::move(given.value);
  }
  for (const ValueId id : graph.inputs) {
    if (frame[index(id)].is_absent() && graph.initializer(id) == nullptr &&
        graph.value(id).type.kind != Type::Kind::kOptional) {
      return Error{Code::kUsage, str("input ", graph.value(id).name, " (",
                                     to_text(graph.value(id).type), ") is not given")};
    }
  }
  Runner runner(options);
  std::vector<Value> outputs = TRY(runner.run(graph, std::move(frame)));
  std::vector<NamedValue> named;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    named.push_back({graph.value(graph.outputs[i]).name, std::move(outputs[i])});
  }
  return named;
}

Result<std::vector<Value>> evaluate_node(const Node& node, std::vector<Value> inputs) {
  Graph graph;
  std::vector<Value> frame;
  Node copy = node.clone();
  copy.inputs.clear();
  copy.outputs.clear();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    copy.inputs.push_back(inputs[i].is_absent() ? kNoValue : graph.add_value(str("input", i)));
    if (!inputs[i].is_absent()) frame.push_back(std::move(inputs[i]));
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    copy.outputs.push_back(graph.add_value(str("output", i)));
    graph.outputs.push_back(copy.outputs.back());
  }
  frame.resize(graph.values.size());
  graph.nodes.push_back(std::move(copy));
  const RunOptions options;
  return Runner(options).run(graph, std::move(frame));
}

}  // namespace slipway
