"""Proposals for recurrent operators and control flow."""

import numpy as np
from onnx import TensorProto, helper

from draft import Node, Refused

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def recurrent(g, row):
    gates = GATES[row.name]
    x = g.pick(row.types, low_rank=3, high_rank=3)
    steps, batch, inputs = x.shape
    hidden = g.integer(1, 4)
    direction = g.choose(["forward", "reverse", "bidirectional"])
    ways = 2 if direction == "bidirectional" else 1
    weight = [g.weight(x.type, (ways, gates * hidden, inputs)), g.weight(x.type, (ways, gates * hidden, hidden))]
    bias = g.weight(x.type, (ways, 2 * gates * hidden)) if g.chance(0.7) else None
    lengths = None
    if g.chance(0.3):
        lengths = g.constant(g.rng.integers(1, steps + 1, batch).astype(np.int32))
    state = [g.weight(x.type, (ways, batch, hidden)) if g.chance(0.5) else None]
    attributes = {"hidden_size": hidden, "direction": direction}
    if row.name == "LSTM":
        state.append(g.weight(x.type, (ways, batch, hidden)) if g.chance(0.5) else None)
        state.append(g.weight(x.type, (ways, 3 * hidden)) if g.chance(0.4) else None)
        if g.chance(0.2):
            attributes["input_forget"] = 1
    if row.name == "GRU" and g.chance(0.5):
        attributes["linear_before_reset"] = 1
    if g.chance(0.2):
        attributes["clip"] = g.uniform(0.5, 3)
    if row.name == "RNN" and g.chance(0.4):
        attributes["activations"] = ["Relu"] * ways
    return Node([x, *weight, bias, lengths, *state], attributes, outputs=3 if row.name == "LSTM" else 2)


def known(g, types):
    """A value that the graph already has, so that a subgraph can use it by its name."""
    found = [value for value in g.values if value.type in types and value.finite]
    if not found:
        raise Refused("nothing to capture")
    return g.choose(found)


def empty(name):
    return helper.make_empty_tensor_value_info(name)


def typed(name, value, shape=None):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.array.dtype), shape)


def if_(g, row):
    """Both branches use a value of the graph around them."""
    x = known(g, row.types)
    branches = {}
    for name, operator in (("then_branch", "Neg"), ("else_branch", "Abs")):
        nodes = [helper.make_node(operator, [x.name], [f"{name}_inner"]),
                 helper.make_node("Add", [f"{name}_inner", x.name], [f"{name}_out"])]
        branches[name] = helper.make_graph(nodes, name, [], [typed(f"{name}_out", x)])
    return Node([g.fresh("bool", ())], branches, captured=[x])


def loop(g, row):
    """Carries a value that shrinks, adds one from outside, and collects what it was in every turn."""
    x = known(g, row.types)
    outside = g.choose([value for value in g.values if value.type == x.type and value.shape == x.shape])
    nodes = [
        helper.make_node("Constant", [], ["half"], value=helper.make_tensor(
            "half", helper.np_dtype_to_tensor_dtype(x.array.dtype), (), [0.5])),
        helper.make_node("Mul", ["carried", "half"], ["smaller"]),
        helper.make_node("Add", ["smaller", outside.name], ["next"]),
        helper.make_node("Identity", ["smaller"], ["seen"]),
        helper.make_node("Identity", ["go_on"], ["still"]),
    ]
    body = helper.make_graph(
        nodes, "body",
        [helper.make_tensor_value_info("turn", TensorProto.INT64, []),
         helper.make_tensor_value_info("go_on", TensorProto.BOOL, []), typed("carried", x)],
        [helper.make_tensor_value_info("still", TensorProto.BOOL, []), typed("next", x), typed("seen", x)])
    turns = g.constant(np.array(g.integer(1, 4), np.int64))
    return Node([turns, g.constant(np.array(True)) if g.chance(0.5) else None, x], {"body": body}, outputs=2,
                captured=[outside])


def scan(g, row):
    """Running sums along the first axis, and the total."""
    x = g.pick(row.types, low_rank=1, high_rank=3)
    nodes = [helper.make_node("Add", ["total", "slice"], ["new_total"]),
             helper.make_node("Identity", ["new_total"], ["seen"])]
    body = helper.make_graph(nodes, "body", [typed("total", x, x.shape[1:]), typed("slice", x, x.shape[1:])],
                             [typed("new_total", x, x.shape[1:]), typed("seen", x, x.shape[1:])])
    attributes = {"body": body, "num_scan_inputs": 1}
    if g.chance(0.3):
        attributes["scan_input_directions"] = [1]
    return Node([g.weight(x.type, x.shape[1:]), x], attributes, outputs=2)
