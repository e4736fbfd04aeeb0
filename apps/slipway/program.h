// The command line `slipway`. Each command is a row of commands.cc.
#pragma once

#include <string>
#include <vector>

namespace slipway {

// What was typed after the program's name; the exit code. Signals of pipes and of full files are
// ignored from then on.
int run_program(const std::vector<std::string>& words);

}  // namespace slipway
