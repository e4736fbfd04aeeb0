// Versions of what lies between a program and an accelerator.
#pragma once

#include <map>
#include <string>

#include "device/root.h"

namespace slipway::device {

// Numbers with dots between them; what is not there, or says nothing that is such, is absent.
std::map<std::string, std::string> describe_drivers(const Root& root);

}  // namespace slipway::device
