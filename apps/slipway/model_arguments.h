// What several commands take: a model that must run, and extents for its open dimensions.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "compile/compile.h"
#include "graph/graph.h"

namespace slipway {

// The file, checked by every rule: warnings are said, the first fault is the error.
Result<Model> open_runnable_model(const std::string& path);

// The words after --set, or another option: "batch=8".
Result<std::map<std::string, std::int64_t>> parse_extents(const Arguments& arguments,
                                                          std::string_view option = "--set");

// --batch, --set, --weights, --slide and --state.
Result<compile::CompileOptions> parse_compile_options(const Arguments& arguments);

// compile_model() for a model of open_runnable_model(); extents must be of dimensions it has.
Result<compile::Compiled> compile_runnable_model(Model model,
                                                 const compile::CompileOptions& options);

// --threads, 1 where it is not given.
Result<std::size_t> parse_threads(const Arguments& arguments);

}  // namespace slipway
