// One tensor operation: the prediction that takes least, and the differences from it.
#pragma once

#include <cstdint>
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

// `matrices`: how the elements may lie; the first is taken where no other fits better.
CodedTensor encode_tensor(const Piece& piece, std::span<const delta::Matrix> matrices,
                          const delta::Tables* offered);

}  // namespace slipway::diff
