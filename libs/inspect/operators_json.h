// JSON of the operator table: every operator, its versions and what each takes and gives.
#pragma once

#include <span>
#include <string>

#include "ops/op.h"

namespace slipway {

// [{"domain", "name", "removed" (0: still there), "versions": [{"since", "signature", "min_inputs",
// "max_inputs" (null: any number), "min_outputs", "max_outputs", "inputs": [{"name", "types"}],
// "attributes": [{"name", "kind", "required"}]}]}]
std::string operators_json(std::span<const Op* const> operators);

}  // namespace slipway
