#include "compile/compile.h"

#include <algorithm>
#include <array>

#include "base/str.h"
#include "compile/batch.h"
#include "compile/interpreted.h"
#include "compile/lowering.h"
#include "compile/memory.h"
#include "compile/stateful.h"
#include "compile/store_weights.h"
#include "compile/widen.h"
#include "graph/inline_functions.h"
#include "ops/check.h"
#include "ops/infer.h"
#include "ops/op.h"
#include "plan/builder.h"
#include "runtime/list.h"

namespace slipway::compile {
namespace {

bool is_static(const Graph& graph, ValueId id) {
  const Type& type = graph.value(id).type;
  return type.is_tensor() && type.dtype != DType::kString && type.dims && known_shape(*type.dims);
}

// Symbols that lead an input become the batch; every other one must be given.
Status bind_all_dims(Model& model, const CompileOptions& options, std::int64_t batch) {
  std::map<std::string, std::int64_t> extents = options.dims;
  for (const ValueId id : model.graph.inputs) {
    Type& type = model.graph.value(id).type;
    if (!type.dims) continue;
    for (std::size_t axis = 0; axis < type.dims->size(); ++axis) {
      Dim& dim = (*type.dims)[axis];
      if (axis == 0 && dim.is_unknown()) dim = Dim::symbol("batch");
      if (axis == 0 && dim.is_symbol()) extents.try_emplace(dim.symbol(), batch);
    }
  }
  bind_dims(model, extents);
  return {};
}

bool has_open_batch(const Model& model, const CompileOptions& options) {
  return std::ranges::any_of(model.graph.inputs, [&](ValueId id) {
    const Type& type = model.graph.value(id).type;
    if (!type.dims || type.dims->empty()) return false;
    const Dim& first = type.dims->front();
    return first.is_unknown() || (first.is_symbol() && !options.dims.contains(first.symbol()));
  });
}

Status check_ports(const Graph& graph, const std::vector<ValueId>& ids, std::string_view kind) {
  for (const ValueId id : ids) {
    if (is_static(graph, id)) continue;
    const ValueDef& value = graph.value(id);
    return Error{
        Code::kUnsupported,
        str(kind, " ", value.name, " is ", to_text(value.type),
            ": a plan needs a tensor of numbers with a known shape; give extents with --set "
            "name=value, or run the model by 'slipway run'")};
  }
  return {};
}

bool runs_step_by_step(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    const Op* op = find_op(node.domain, node.op);
    if (op == nullptr || op->is_random)
      return false;  // its numbers depend on its place in the whole
    for (const ValueId output : node.outputs) {
      if (output != kNoValue && !is_static(graph, output)) return false;
    }
  }
  return true;
}

Program whole_program(const Model& model, Piece piece) {
  Program program;
  ProgramStep step;
  step.name = model.graph.name;
  step.kernel = plan::KernelId::kInterpret;
  step.note =
      "shapes or values that a plan cannot hold: all of it runs by the reference implementation";
  const auto bytes = std::as_bytes(std::span(piece.model));
  step.params.assign(bytes.begin(), bytes.end());
  const auto add = [&](const std::vector<ValueId>& ids, plan::Place place,
                       std::vector<ProgramPort>& ports, std::vector<TensorIndex>& operands) {
    for (const ValueId id : ids) {
      const ValueDef& value = model.graph.value(id);
      Storage storage;
      storage.place = place;
      storage.port = ports.size();
      program.storages.push_back(std::move(storage));
      program.tensors.push_back({value.name, value.type.dtype, plan::Layout::kPlain,
                                 *known_shape(*value.type.dims), program.storages.size() - 1});
      const TensorIndex tensor{static_cast<std::uint32_t>(program.tensors.size() - 1)};
      ports.push_back({value.name, tensor});
      operands.push_back(tensor);
    }
  };
  add(piece.inputs, plan::Place::kInput, program.inputs, step.inputs);
  add(piece.outputs, plan::Place::kOutput, program.outputs, step.outputs);
  program.steps.push_back(std::move(step));
  return program;
}

struct LoweredModel {
  Program program;
  std::size_t runs_to_settle = 0;
  std::vector<PassNote> notes;
};

Result<LoweredModel> lower_model(const Model& model, const CompileOptions& options) {
  if (!runs_step_by_step(model.graph)) {
    if (!options.slides.empty() || !options.states.empty()) {
      return Error{
          Code::kUnsupported,
          "this model has shapes or values that a plan cannot hold, and runs as a whole: "
          "nothing of it can be kept from run to run; compile without --slide and --state"};
    }
    return LoweredModel{whole_program(model, TRY(whole_piece(model))), 0, {}};
  }
  StatefulModel stateful = TRY(make_stateful(TRY(widen_halves(model)), options));
  Lowering lowering(stateful.model, options.weights);
  for (auto& [id, initial] : stateful.states) lowering.add_state(id, std::move(initial));
  for (const auto& [state, value] : stateful.fed_back) lowering.keep(state, value);
  TRY(lowering.lower());
  return LoweredModel{std::move(lowering.program), stateful.runs_to_settle,
                      std::move(stateful.notes)};
}

// What the state begins as; empty where that is zeros. `settled`: what it is after some runs on
// zeros, which is how what has no beginning of its own begins.
std::vector<std::byte> initial_state(const Program& program, std::uint64_t state_bytes,
                                     std::span<const std::byte> settled) {
  std::vector<std::byte> bytes(state_bytes);
  std::ranges::copy(settled, bytes.begin());
  for (const Storage& storage : program.storages) {
    if (storage.place != plan::Place::kState || storage.constant.bytes().empty()) continue;
    std::ranges::copy(storage.constant.bytes(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(storage.offset));
  }
  const bool is_zero = std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
  return is_zero ? std::vector<std::byte>() : bytes;
}

Result<Tensor> write_plan(const Model& model, const Program& program, MemoryBytes memory,
                          std::span<const std::byte> settled = {}) {
  plan::Builder builder;
  std::vector<std::uint64_t> offsets;
  for (const Storage& storage : program.storages) {
    const bool is_port =
        storage.place == plan::Place::kInput || storage.place == plan::Place::kOutput;
    offsets.push_back(storage.place == plan::Place::kWeights
                          ? builder.add_weights(storage.constant.bytes())
                          : (is_port ? storage.port : storage.offset));
  }
  for (const ProgramTensor& tensor : program.tensors) {
    const std::vector<plan::Dim> dims = tensor.dims();
    builder.add_tensor({tensor.name, tensor.dtype, program.storages[tensor.storage].place,
                        tensor.layout, dims, offsets[tensor.storage]});
  }
  const auto numbers = [](const std::vector<TensorIndex>& ids) {
    std::vector<std::uint32_t> result;
    for (const TensorIndex id : ids) result.push_back(static_cast<std::uint32_t>(id));
    return result;
  };
  for (const ProgramStep& step : program.steps) {
    const std::vector<std::uint32_t> inputs = numbers(step.inputs);
    const std::vector<std::uint32_t> outputs = numbers(step.outputs);
    builder.add_step({step.name, step.kernel, inputs, outputs, step.params, step.multiply_adds});
  }
  for (const ProgramPort& port : program.inputs)
    builder.add_input(port.name, static_cast<std::uint32_t>(port.tensor));
  for (const ProgramPort& port : program.outputs)
    builder.add_output(port.name, static_cast<std::uint32_t>(port.tensor));
  builder.add_metadata("name", model.graph.name);
  for (const auto& [key, value] : model.metadata) builder.add_metadata(str("model:", key), value);
  return builder.finish(memory.arena, memory.state, initial_state(program, memory.state, settled));
}

std::vector<StepNote> explain(const Program& program) {
  std::vector<StepNote> notes;
  for (const ProgramStep& step : program.steps) {
    StepNote note;
    note.step = step.name;
    note.kernel = runtime::find_kernel(step.kernel)->name;
    note.note = step.note;
    note.multiply_adds = step.multiply_adds;
    if (!step.outputs.empty() && step.outputs[0] != kLeftOut) {
      const ProgramTensor& output = program.tensor(step.outputs[0]);
      note.output = str(name(output.dtype), shape_text(output.shape),
                        output.layout == plan::Layout::kBlocked16 ? " blocked" : "");
    }
    for (const TensorIndex input : step.inputs) {
      if (input == kLeftOut) continue;
      const Storage& storage = program.storage_of(input);
      if (storage.place == plan::Place::kWeights) note.weight_bytes += storage.bytes;
    }
    notes.push_back(std::move(note));
  }
  return notes;
}

// The model at one batch.
struct AtBatch {
  Model model;
  std::vector<PassNote> passes;
  LoweredModel lowered;
};

Result<AtBatch> lower_at(const Model& open, const CompileOptions& options, std::int64_t batch) {
  AtBatch at{open.clone(), {}, {}};
  TRY(bind_all_dims(at.model, options, batch));
  Problems problems;
  infer_types(at.model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  at.passes = TRY(run_passes(at.model));
  std::string stored = TRY(store_weights(at.model, options.weights));
  if (!stored.empty()) at.passes.push_back({"store-weights", std::move(stored)});
  TRY(check_ports(at.model.graph, at.model.graph.inputs, "input"));
  TRY(check_ports(at.model.graph, at.model.graph.outputs, "output"));
  at.lowered = TRY(lower_model(at.model, options));
  return at;
}

// The program, lowered at the first of the batches, for every batch; or why that cannot be.
std::optional<std::string> open_batch(const Model& model, const CompileOptions& options,
                                      const std::array<std::int64_t, 3>& batches,
                                      Program& program) {
  std::vector<AtBatch> others;
  std::vector<ProgramAt> programs;
  for (const std::int64_t batch : std::span(batches).subspan(1)) {
    Result<AtBatch> at = lower_at(model, options, batch);
    if (!at.ok()) return str("at a batch of ", batch, ": ", at.error().message);
    others.push_back(*std::move(at));
  }
  for (std::size_t i = 0; i < others.size(); ++i)
    programs.push_back({&others[i].lowered.program, batches[i + 1]});
  return unify_batches(program, batches[0], programs);
}

// At batch 1 some steps fall away that every other batch needs. Where that is so the plan is for
// one item, the most frequent case on a device, unless the batch has to stay open.
Status open_batch_if_possible(const Model& model, const CompileOptions& options, AtBatch& one) {
  std::optional<std::string> reason = open_batch(model, options, {1, 2, 3}, one.lowered.program);
  if (reason && options.batch == kAnyBatch) {
    AtBatch two = TRY(lower_at(model, options, 2));
    reason = open_batch(model, options, {2, 3, 5}, two.lowered.program);
    if (reason) {
      return Error{Code::kUnsupported, str("this model's batch cannot stay open: ", *reason,
                                           "; compile it for one batch, as with --batch 8")};
    }
    one.lowered = std::move(two.lowered);
  }
  one.passes.push_back({"batch", reason ? str("fixed at 1: ", *reason,
                                              "; --batch N fixes another, --batch any "
                                              "leaves it open where that is possible")
                                        : std::string("open: bound when a session is prepared")});
  return {};
}

// An input with a default has that value, and is packed and folded as other weights are. What the
// options name stays an input.
void fix_defaults(Graph& graph, const CompileOptions& options) {
  const auto is_named = [&](const std::string& name) {
    const auto has_name = [&](const auto& each) { return each.input == name; };
    return std::ranges::any_of(options.slides, has_name) ||
           std::ranges::any_of(options.states, has_name);
  };
  std::erase_if(graph.inputs, [&](ValueId id) {
    return graph.initializer(id) != nullptr && !is_named(graph.value(id).name);
  });
}

}  // namespace

Result<Compiled> compile_model(Model model, const CompileOptions& options) {
  if (!options.is_checked) {
    Problems problems;
    check_model(model, problems);  // rules rely on arity, attributes and types
    if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  }
  TRY(inline_functions(model));
  fix_defaults(model.graph, options);
  const bool is_open = options.batch == kOpenBatch || options.batch == kAnyBatch;
  AtBatch at = TRY(lower_at(model, options, is_open ? 1 : options.batch));
  if (is_open && has_open_batch(model, options)) {
    TRY(open_batch_if_possible(model, options, at));
  } else if (options.batch == kAnyBatch) {
    return Error{Code::kUsage,
                 "no input's first dimension is open in this model: its batch is fixed"};
  }
  Compiled compiled;
  compiled.passes = std::move(at.passes);
  LoweredModel& lowered = at.lowered;
  Program& program = lowered.program;
  const MemoryBytes memory = TRY(plan_memory(program));
  compiled.arena_bytes = memory.arena;
  compiled.file = TRY(write_plan(at.model, program, memory));
  if (lowered.runs_to_settle > 0) {
    const Tensor settled = TRY(settle(compiled.file, lowered.runs_to_settle));
    compiled.file = TRY(write_plan(at.model, program, memory, settled.bytes()));
  }
  for (PassNote& note : lowered.notes) compiled.passes.push_back(std::move(note));
  compiled.steps = explain(program);
  for (const Storage& storage : program.storages) {
    if (storage.place == plan::Place::kWeights) compiled.weight_bytes += storage.bytes;
  }
  compiled.model = std::move(at.model);
  return compiled;
}

}  // namespace slipway::compile
