#include "compile/lower/panels.h"

#include "kernels/gemm/pack.h"

namespace slipway::compile {

Result<Tensor> panels_of(const float* vectors, std::size_t count, std::size_t columns) {
  const auto panels = static_cast<std::int64_t>((count + 15) / 16);
  Tensor packed =
      TRY(Tensor::create(DType::kFloat32, {panels, static_cast<std::int64_t>(columns), 16}));
  pack_b(WeightType::kF32, vectors, 1, static_cast<std::ptrdiff_t>(columns), count, columns, 1,
         packed.mutable_bytes().data());
  return packed;
}

}  // namespace slipway::compile
