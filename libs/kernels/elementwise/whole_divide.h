// Quotients and remainders of whole numbers: rows of whole.h.
#pragma once

#include "kernels/elementwise/whole.h"

namespace slipway {

// is_division(function). Of int32 and int64; null for others.
WholeElements whole_division(Isa isa, Whole function, Element type);

}  // namespace slipway
