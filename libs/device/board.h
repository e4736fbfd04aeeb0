// Which board this is, by what its device tree or firmware says.
#pragma once

#include "device/machine.h"

namespace slipway::device {

Board describe_board(const Root& root);

}  // namespace slipway::device
