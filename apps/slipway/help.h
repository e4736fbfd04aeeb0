// What `slipway help` and `--help` print.
#pragma once

#include <string>

#include "command.h"

namespace slipway {

std::string overview();
std::string command_help(const Command& command);

}  // namespace slipway
