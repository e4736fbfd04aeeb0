// What machine this is, for a report.
#pragma once

#include <string>

#include "report/report.h"

namespace slipway::choose {

struct MachineFacts {
  report::Facts facts;
  std::string name;  // "Raspberry Pi 5 Model B", else the processor's
  std::string id;    // equal: figures of one may be expected of the other
};

MachineFacts machine_facts();

}  // namespace slipway::choose
