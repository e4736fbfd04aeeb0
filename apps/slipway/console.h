// How the program speaks: data on stdout, words on stderr.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "graph/graph.h"
#include "graph/problem.h"

namespace slipway {

// Text that may hold what a file says, to stdout. An error when stdout cannot take it (a full
// disk); a reader that has gone away (`| head`) is none.
Status print_data(std::string_view text);

// A line of words to stderr, control characters made visible.
void say(std::string_view line);

// "error: ..." to stderr, and the exit code.
int report_error(const Error& error);

// The operands a command was given must be exactly so many.
Status expect_operands(std::string_view command, std::size_t given, std::size_t wanted,
                       std::string_view names);

// read_model() for commands: whatever is wrong with the file is the model's fault, not that of the
// command line.
Result<Model> open_model(const std::filesystem::path& path, Problems* problems = nullptr);

}  // namespace slipway
