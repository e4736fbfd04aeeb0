// One tensor operation: the prediction that takes least, and the differences from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "delta/prediction.h"
#include "delta/tables.h"
#include "diff/fit.h"

namespace slipway::diff {

struct CodedTensor {
  std::string payload;
  delta::Tables tables;  // that the next tensor of the frame may reuse
};

// `matrix`: how the elements lie, or nothing where that is unknown.
CodedTensor encode_tensor(const Piece& piece, const std::optional<delta::Matrix>& matrix,
                          const delta::Tables* offered);

}  // namespace slipway::diff
