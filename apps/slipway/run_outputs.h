// From the words after --output to files of a model's outputs.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "ops/interpreter.h"

namespace slipway {

struct OutputFile {
  std::string name;  // of the output; empty: all of them, in one archive
  std::string file;
};

// Each word is FILE.npz (every output), NAME=FILE.npy, or FILE.npy where the model has one output.
// Decided before the model runs, so that a misspelling costs no time.
Result<std::vector<OutputFile>> plan_outputs(const Graph& graph,
                                             const std::vector<std::string>& words);

// Writes each file whole or not at all. Sequences go into an archive as NAME.0, NAME.1, ...
Status write_outputs(const std::vector<NamedValue>& outputs, const std::vector<OutputFile>& files);

}  // namespace slipway
