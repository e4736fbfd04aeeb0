// Lowering: graph values to program tensors, nodes to steps. Rules (rules.h) see the graph through
// it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/program.h"
#include "graph/graph.h"
#include "kernels/gemm/pack.h"

namespace slipway::compile {

struct AttentionMatch;
struct NormMatch;
struct Seen;
struct ValueView;

class Lowering {
 public:
  // The graph's values must be tensors of known shapes; it must outlive this.
  explicit Lowering(const Model& of, WeightType stored = WeightType::kF32);
  ~Lowering();

  const Graph& graph;
  const Model& model;
  const WeightType weights;  // what weights were rounded to (store_weights.h)
  Program program;

  // Of a value. The types are known.
  const Shape& shape(ValueId id) const { return shapes_[slipway::index(id)]; }
  DType dtype(ValueId id) const { return graph.value(id).type.dtype; }
  const Tensor* constant(ValueId id) const;
  bool is_float(ValueId id) const { return dtype(id) == DType::kFloat32; }
  std::size_t uses(ValueId id) const { return uses_[slipway::index(id)]; }
  // The only node that uses the value, where there is exactly one use and that is no output's.
  std::optional<std::size_t> only_user(ValueId id) const;

  // The node that makes the value.
  std::optional<std::size_t> maker(ValueId id) const;

  // The nodes that use a value, once for each use.
  const std::vector<std::size_t>& users(ValueId id) const { return users_[slipway::index(id)]; }
  // The node that makes each value; SIZE_MAX: none does.
  std::vector<std::size_t> makers() const;
  // Whether a value can be read by now: an input, a constant, or computed by a step so far.
  bool is_made(ValueId id) const;
  bool is_done(std::size_t node) const { return is_done_[node]; }

  // The tensor that holds a value in a layout. In another layout than the one it was made in, a
  // step that converts it is added.
  Result<TensorIndex> read(ValueId id, plan::Layout layout = plan::Layout::kPlain);
  // The layout the value was made in.
  plan::Layout layout(ValueId id) const;

  // A new tensor for a value that the step to come writes.
  TensorIndex write(ValueId id, plan::Layout layout = plan::Layout::kPlain);
  // The value is another's elements seen otherwise: a step copies them only for those who read it
  // as it stands. The value has elements, and seeing `from` so is a view.
  void defer(ValueId id, Seen seen);
  // The same under its own shape alone: no step.
  Status alias(ValueId id, ValueId of);

  // The views of other values that give this one, from the farthest base to the value itself; each
  // walks over read(base, layout).
  std::vector<ValueView> views_of(ValueId id) const;

  // The same elements under another shape with as many: no step.
  TensorIndex view(TensorIndex of, Shape shape);

  // What a tensor stores, as a plain one of another shape with as many elements. A blocked one has
  // whole blocks of channels, [N, C / 16, spatial..., 16].
  TensorIndex stored(TensorIndex of, Shape shape);

  // A tensor that is no value of the graph.
  TensorIndex add_temporary(std::string name, DType dtype, Shape shape,
                            plan::Layout layout = plan::Layout::kPlain);
  TensorIndex add_constant(std::string name, Tensor tensor);

  std::uint64_t multiply_adds(std::size_t node) const;
  // Counts the node's multiply-adds; the rule adds those of what it fuses.
  ProgramStep& add_step(std::size_t node, plan::KernelId kernel, std::vector<TensorIndex> inputs,
                        std::vector<TensorIndex> outputs);

  // The step just added computes this later node as well: its turn is over.
  void absorb(std::size_t node) { is_done_[node] = true; }

  // A value that the session keeps from run to run; what it begins as: zeros where that is empty.
  void add_state(ValueId id, Tensor initial);
  // What the next run finds as a state: at the end of each run it is copied there.
  void keep(ValueId state, ValueId value) { kept_.emplace_back(state, value); }

  // Inputs, then the nodes in order, then outputs and what is kept.
  Status lower();

 private:
  struct Home {
    std::optional<TensorIndex> plain;
    std::optional<TensorIndex> blocked;
    plan::Layout made = plan::Layout::kPlain;
  };

  // The tensor of a deferred value, made now.
  Status make(ValueId id);
  Status lower_node(std::size_t node);
  Status interpret(std::size_t node);
  Status add_outputs();
  Status add_kept();
  void add_copy(std::string name, TensorIndex from, TensorIndex to);
  TensorIndex add_tensor(std::string name, DType dtype, Shape shape, plan::Layout layout,
                         std::size_t storage);

  std::vector<Shape> shapes_;
  std::vector<std::size_t> uses_;
  std::vector<std::vector<std::size_t>> users_;
  std::vector<std::optional<std::size_t>> makers_;
  std::vector<Home> homes_;
  std::vector<bool> is_done_;
  std::map<ValueId, Seen> seen_;  // the deferred values
  // By the node at which the step is added.
  std::map<std::size_t, AttentionMatch> attention_;
  std::map<std::size_t, NormMatch> norms_;
  std::vector<std::pair<ValueId, ValueId>> kept_;  // states, and what they become
};

}  // namespace slipway::compile
