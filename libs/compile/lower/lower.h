// The rules of rules.cc, one file per family in this folder.
#pragma once

#include "compile/rules.h"

namespace slipway::compile {

Result<Lowered> lower_conv(Lowering& lowering, std::size_t node);
Result<Lowered> lower_elementwise(Lowering& lowering, std::size_t node);
Result<Lowered> lower_gemm(Lowering& lowering, std::size_t node);
Result<Lowered> lower_global_pool(Lowering& lowering, std::size_t node);
Result<Lowered> lower_matmul(Lowering& lowering, std::size_t node);
Result<Lowered> lower_pool(Lowering& lowering, std::size_t node);
Result<Lowered> lower_reshape(Lowering& lowering, std::size_t node);
Result<Lowered> lower_tree_regressor(Lowering& lowering, std::size_t node);

}  // namespace slipway::compile
