// What passes share: who uses a value, and putting one value in the place of another.
#pragma once

#include <cstddef>
#include <vector>

#include "graph/graph.h"

namespace slipway {

// How often each value of the graph is used: by nodes, by captures of their subgraphs, as an
// output.
std::vector<std::size_t> count_uses(const Graph& graph);

// Every use of `from` becomes one of `to`, except where `from` is an output of the graph.
void replace_uses(Graph& graph, ValueId from, ValueId to);

bool is_output(const Graph& graph, ValueId id);
bool is_input(const Graph& graph, ValueId id);

// A constant that no caller may replace: an initializer that is not an input.
const Tensor* constant_of(const Graph& graph, ValueId id);

// Removes the nodes whose flag is set.
void remove_nodes(Graph& graph, const std::vector<bool>& is_removed);

// Removes the nodes whose output is their input, where what uses it can use that; how many.
std::size_t remove_identities(Graph& graph);

// Removes the nodes and constants whose values nothing uses; how many nodes.
std::size_t remove_dead(Graph& graph);

// "3 nodes", "1 node".
std::string count_text(std::size_t count, std::string_view noun);

}  // namespace slipway
