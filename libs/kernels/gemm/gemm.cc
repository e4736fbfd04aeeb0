#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/gemm.cc"
#include "kernels/gemm/gemm.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "kernels/simd/dispatch.h"
// NOLINTBEGIN(llvm-include-order): what follows is written in the vectors of the target
#include "kernels/gemm/across-inl.h"
#include "kernels/gemm/epilogue-inl.h"
#include "kernels/gemm/lanes-inl.h"
#include "kernels/gemm/tile-inl.h"
#include "kernels/simd/f32x16-inl.h"
// NOLINTEND(llvm-include-order)

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Tiles of many rows, and how many sums one row keeps in registers.
#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kTileRows = 1, kTilePanels = 1, kRowSums = 1;
#elif HWY_TARGET <= HWY_AVX3
constexpr std::size_t kTileRows = 12, kTilePanels = 2, kRowSums = 16;
#elif HWY_TARGET == HWY_AVX2
constexpr std::size_t kTileRows = 6, kTilePanels = 1, kRowSums = 4;
#else
constexpr std::size_t kTileRows = 5, kTilePanels = 1, kRowSums = 4;
#endif
constexpr std::size_t kMostChains = 16;
constexpr std::size_t kFewRows = 4;      // strided B is read in place
constexpr std::size_t kChainedRows = 6;  // of a tile where chains take several passes
constexpr std::size_t kMostSums =
    kWide *
    std::max(kTilePanels * std::max(kTileRows, kMostChains* kChainedRows), kMostChains* kRowSums);

template <std::size_t kPanels, std::size_t... kRow>
constexpr std::array<Tile, sizeof...(kRow)> tiles_of(std::index_sequence<kRow...> /*rows*/) {
  return {tile<float, kRow + 1, kPanels, 1>...};
}
constexpr std::array<Tile, kTileRows> kTiles[] = {
    tiles_of<1>(std::make_index_sequence<kTileRows>()),
    tiles_of<kTilePanels>(std::make_index_sequence<kTileRows>()),
};

// All chains of a few rows at once: as many sums as a tile of one chain has.
template <std::size_t kChains>
constexpr std::size_t kRowsOfChains = kTileRows / kChains;
template <std::size_t kPanels, std::size_t kChains, std::size_t... kRow>
constexpr std::array<Tile, kTileRows / 2> chained_tiles_of(std::index_sequence<kRow...> /*rows*/) {
  return {tile<float, kRow + 1, kPanels, kChains>...};
}
template <std::size_t kChains>
constexpr std::array<Tile, kTileRows / 2> kChainedTiles[] = {
    chained_tiles_of<1, kChains>(std::make_index_sequence<kRowsOfChains<kChains>>()),
    chained_tiles_of<kTilePanels, kChains>(std::make_index_sequence<kRowsOfChains<kChains>>()),
};

// The tiles for so many chains: rows of the highest, and how many chains each takes in one pass.
struct TileChoice {
  std::size_t rows;
  std::size_t chains;
  const Tile* tile[2];  // of one panel, of kTilePanels; by rows - 1
};
template <std::size_t kChains>
constexpr TileChoice chained_choice() {
  return {kRowsOfChains<kChains>,
          kChains,
          {kChainedTiles<kChains>[0].data(), kChainedTiles<kChains>[1].data()}};
}
TileChoice choose_tiles(std::size_t chains) {
  if constexpr (kRowsOfChains<2> >= 2) {
    if (chains == 2) return chained_choice<2>();
  }
  if constexpr (kRowsOfChains<4> >= 2) {
    if (chains == 4) return chained_choice<4>();
  }
  if constexpr (kRowsOfChains<8> >= 2) {
    if (chains == 8) return chained_choice<8>();
  }
  return {chains == 1 ? kTileRows : std::min(kTileRows, kChainedRows),
          1,
          {kTiles[0].data(), kTiles[1].data()}};
}

// One row: [log2 panels][log2 chains], null where the sums would not fit the registers.
using RowTiles = std::array<std::array<Tile, 4>, 4>;

template <typename W, std::size_t kPanels, std::size_t kChains>
constexpr Tile row_tile() {
  if constexpr (kPanels * kChains <= kRowSums) {
    return tile<W, 1, kPanels, kChains>;
  } else {
    return nullptr;
  }
}
template <typename W, std::size_t kPanels>
constexpr std::array<Tile, 4> row_tiles() {
  return {row_tile<W, kPanels, 1>(), row_tile<W, kPanels, 2>(), row_tile<W, kPanels, 4>(),
          row_tile<W, kPanels, 8>()};
}
template <typename W>
constexpr RowTiles kRowTiles = {row_tiles<W, 1>(), row_tiles<W, 2>(), row_tiles<W, 4>(),
                                row_tiles<W, 8>()};

// Where the panels of B stand, in elements of their type.
struct Panels {
  const void* b;
  std::size_t row_stride, panel_stride, element_bytes;

  Panels from(std::size_t panel) const {
    return {static_cast<const char*>(b) + panel * panel_stride * element_bytes, row_stride,
            panel_stride, element_bytes};
  }
};

// The panels of a packed B from `panel` on: one of them, or those that stand abreast with it.
template <typename W>
HWY_INLINE Panels panels_from(const PackedB& b, std::size_t panel) {
  const PanelPlace place = panel_place(b.n, b.k, b.abreast, panel);
  return {static_cast<const W*>(b.data) + place.begin, place.row_stride,
          b.abreast == 1 ? b.k * kWide : kWide, sizeof(W)};
}

// The rows and columns that a tile computes, and the product they belong to.
struct Product {
  const float* a;
  std::size_t a_stride;
  std::size_t n, chains;
  float* c;
  std::size_t c_stride;
  const float* scale;
  const Epilogue* epilogue;
};
struct Place {
  std::size_t row, rows, panel, panels;
};
struct Depth {
  std::size_t begin, end;
};

HWY_INLINE std::size_t columns_of(const Product& product, const Place& place) {
  return std::min(place.panels * kWide, product.n - place.panel * kWide);
}

// dst[i][0..columns) of rows i.
HWY_INLINE void copy_rows(const float* from, std::size_t from_stride, float* to,
                          std::size_t to_stride, std::size_t rows, std::size_t columns) {
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; j += kWide) {
      const std::size_t count = std::min(kWide, columns - j);
      store_first(load_first(from + i * from_stride + j, count), to + i * to_stride + j, count);
    }
  }
}

HWY_INLINE Block block_of(const Product& product, const Place& place, const float* sums,
                          std::size_t sums_stride) {
  return {product.c + place.row * product.c_stride + place.panel * kWide,
          product.c_stride,
          sums,
          sums_stride,
          place.row,
          place.rows,
          place.panel * kWide,
          columns_of(product, place)};
}

// Chains in several passes, which are then put together by the tree, or a last panel that is not
// full: by way of memory where all panels are full. With the epilogue where is_last.
HWY_NOINLINE void multiply_indirectly(TileCall call, const Product& product, const Place& place,
                                      Tile tile, bool is_last) {
  alignas(64) float sums[kMostSums];
  const std::size_t width = place.panels * kWide;
  const std::size_t pass = place.rows * width;
  float* const c = call.c;
  const std::size_t c_stride = std::exchange(call.c_stride, width);
  const std::size_t columns = columns_of(product, place);
  if (call.adds_to_c) copy_rows(c, c_stride, sums, width, place.rows, columns);
  for (; call.first < call.step; ++call.first) {
    call.c = sums + call.first * pass;
    tile(call);
  }
  for (std::size_t half = call.step / 2; half != 0; half /= 2) {
    for (std::size_t j = 0; j < half * pass; j += kWide) {
      store(add(load(sums + j), load(sums + half * pass + j)), sums + j);
    }
  }
  if (is_last) {
    finish(block_of(product, place, sums, width), *product.epilogue, product.scale);
  } else {
    copy_rows(sums, width, c, c_stride, place.rows, columns);
  }
}

HWY_NOINLINE void finish_place(const Product& product, const Place& place) {
  const float* const sums = product.c + place.row * product.c_stride + place.panel * kWide;
  finish(block_of(product, place, sums, product.c_stride), *product.epilogue, product.scale);
}

// An activation that is no clamp, on what the tile gives while it lies side by side.
HWY_NOINLINE void multiply_activated(TileCall call, const Place& place, Tile tile,
                                     ActivationSpec activation) {
  alignas(64) float block[kWide * kTilePanels * kTileRows];
  const std::size_t width = place.panels * kWide;
  float* const c = std::exchange(call.c, block);
  const std::size_t c_stride = std::exchange(call.c_stride, width);
  tile(call);
  activate_row(block, place.rows * width, activation);
  copy_rows(block, width, c, c_stride, place.rows, width);
}

// As clamp_of has it.
HWY_INLINE void take_clamp(TileCall& call, ActivationSpec activation) {
  const bool is_relu = activation.kind == Activation::kRelu;
  call.is_clamped = activation.kind != Activation::kNone;
  call.low = is_relu ? 0.0F : activation.a;
  call.high = is_relu ? HUGE_VALF : activation.b;
  call.zero = is_relu ? 0.0F : -0.0F;
}

// The tile does what it can of the epilogue.
HWY_INLINE void multiply_and_finish(TileCall& call, const Product& product, const Place& place,
                                    Tile tile) {
  const Epilogue& epilogue = *product.epilogue;
  const std::size_t column = place.panel * kWide;
  if (epilogue.bias != nullptr) call.bias = epilogue.bias + column;
  if (epilogue.addend != nullptr) {
    call.addend = epilogue.addend + place.row * epilogue.addend_stride + column;
    call.addend_stride = epilogue.addend_stride;
  }
  const ActivationSpec activation = epilogue.activation;
  if (is_clamp(activation)) {
    take_clamp(call, activation);
    tile(call);
  } else if (place.rows == 1) {
    tile(call);
    activate_row(call.c, place.panels * kWide, activation);
  } else if (!call.adds_to_c) {
    multiply_activated(call, place, tile, activation);
  } else {
    tile(call);
    for (std::size_t i = 0; i < place.rows; ++i)
      activate_row(call.c + i * call.c_stride, place.panels * kWide, activation);
  }
}

// All chains of one place of C, tile_chains of them in one pass; with the epilogue where `depth` is
// the last of the product.
void multiply_place(const Product& product, const Panels& panels, Depth depth, bool is_last,
                    const Place& place, Tile tile, std::size_t tile_chains) {
  TileCall call;
  call.a = product.a + place.row * product.a_stride + depth.begin;
  call.a_stride = product.a_stride;
  call.b = panels.b;
  call.b_row_stride = panels.row_stride;
  call.b_panel_stride = panels.panel_stride;
  call.first = 0;
  call.step = product.chains / tile_chains;
  call.k = depth.end - depth.begin;
  call.c = product.c + place.row * product.c_stride + place.panel * kWide;
  call.c_stride = product.c_stride;
  call.adds_to_c = depth.begin != 0;
  const std::size_t columns = columns_of(product, place);
  const bool is_direct = call.step == 1 && columns == place.panels * kWide;
  if (is_direct && is_last && product.scale == nullptr) {
    return multiply_and_finish(call, product, place, tile);
  }
  if (!is_direct) return multiply_indirectly(call, product, place, tile, is_last);
  tile(call);
  if (is_last) finish_place(product, place);
}

// One row, or a few one by one, each against as many panels as its sums fit the registers. `all`
// begins with the panel first_panel.
HWY_NOINLINE void multiply_rows(const Product& product, const Panels& all, std::size_t first_panel,
                                std::size_t k, const GemmPart& part, const RowTiles& tiles) {
  const std::size_t chains = std::min<std::size_t>({product.chains, kRowSums, 8});
  const std::size_t room = std::min<std::size_t>(8, kRowSums / chains);
  for (std::size_t row = part.row_begin; row < part.row_end; ++row) {
    for (std::size_t panel = part.panel_begin; panel < part.panel_end;) {
      const Place place = {row, 1, panel, std::bit_floor(std::min(room, part.panel_end - panel))};
      const Tile tile = tiles[static_cast<std::size_t>(std::countr_zero(place.panels))]
                             [static_cast<std::size_t>(std::countr_zero(chains))];
      multiply_place(product, all.from(panel - first_panel), {0, k}, true, place, tile, chains);
      panel += place.panels;
    }
  }
}

// Row blocks of nearly the same height against a group of panels.
void multiply_blocks(const Product& product, const Panels& panels, Depth depth, bool is_last,
                     const GemmPart& part, std::size_t panel, std::size_t panel_count) {
  const TileChoice tiles = choose_tiles(product.chains);
  const std::size_t rows = part.row_end - part.row_begin;
  const std::size_t blocks = (rows + tiles.rows - 1) / tiles.rows;
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::size_t first = rows * i / blocks;
    const Place place = {part.row_begin + first, rows * (i + 1) / blocks - first, panel,
                         panel_count};
    multiply_place(product, panels, depth, is_last, place,
                   tiles.tile[panel_count == 1 ? 0 : 1][place.rows - 1], tiles.chains);
  }
}

// `count` panels of floats from `panel`, rows depth.begin to depth.end.
template <typename Call>
using PanelsAt = Panels (*)(const Call& call, Depth depth, std::size_t panel, std::size_t count);

template <typename Call>
HWY_NOINLINE void multiply_part(const Product& product, std::size_t k, const GemmPart& part,
                                const Call& call, PanelsAt<Call> panels_at) {
  const std::size_t most = product.chains == 1 ? kGemmDepth : std::max<std::size_t>(k, 1);
  std::size_t begin = 0;
  do {
    const Depth depth = {begin, std::min(k, begin + most)};
    std::size_t count = 0;
    for (std::size_t panel = part.panel_begin; panel < part.panel_end; panel += count) {
      // Two panels begin with an even one, so that they stand abreast if any do.
      count = std::min(kTilePanels - panel % kTilePanels, part.panel_end - panel);
      multiply_blocks(product, panels_at(call, depth, panel, count), depth, depth.end == k, part,
                      panel, count);
    }
    begin = depth.end;
  } while (begin < k);
}

template <typename W>
Panels packed_panels(const GemmCall& call, Depth depth, std::size_t panel, std::size_t count) {
  const Panels all = panels_from<W>(call.b, panel);
  const W* const from = static_cast<const W*>(all.b) + depth.begin * all.row_stride;
  if constexpr (std::is_same_v<W, float>) {
    return {from, all.row_stride, all.panel_stride, sizeof(float)};
  } else {
    const std::size_t rows = depth.end - depth.begin;
    for (std::size_t p = 0; p < count; ++p) {
      for (std::size_t i = 0; i < rows; ++i) {
        store(load_weights(from + p * all.panel_stride + i * all.row_stride),
              call.scratch + (p * rows + i) * kWide);
      }
    }
    return {call.scratch, kWide, rows * kWide, sizeof(float)};
  }
}

// One row. Panels abreast are read together as far as they go.
template <typename W>
void multiply_row(const Product& product, const PackedB& b, const GemmPart& part) {
  if (b.abreast == 1) {
    return multiply_rows(product, panels_from<W>(b, 0), 0, b.k, part, kRowTiles<W>);
  }
  GemmPart some = part;
  while (some.panel_begin < part.panel_end) {
    const std::size_t end = (some.panel_begin / b.abreast + 1) * b.abreast;
    some.panel_end = std::min(end, part.panel_end);
    multiply_rows(product, panels_from<W>(b, some.panel_begin), some.panel_begin, b.k, some,
                  kRowTiles<W>);
    some.panel_begin = some.panel_end;
  }
}

template <typename W>
void multiply_packed(const GemmCall& call, const GemmPart& part) {
  const PackedB& b = call.b;
  const W* const data = static_cast<const W*>(b.data);
  const std::size_t rows = part.row_end - part.row_begin;
  const Product product = {call.a, call.a_stride, b.n,     b.chains,
                           call.c, call.c_stride, b.scale, &call.epilogue};
  if (lanes_are_chains(b.n, b.chains)) {
    multiply_lanes(call.a + part.row_begin * call.a_stride, call.a_stride, data, rows, b.n, b.k,
                   call.c + part.row_begin * call.c_stride, call.c_stride);
    finish_place(product, {part.row_begin, rows, 0, 1});
  } else if (rows == 1) {
    multiply_row<W>(product, b, part);
  } else {
    GemmPart rest = part;
    if constexpr (std::is_same_v<W, float>) {
      if (goes_across(rows, b.n, b.k, b.chains)) {
        const std::size_t done = multiply_across(
            call.a + part.row_begin * call.a_stride, call.a_stride, data, call.epilogue.bias, rows,
            b.n, b.k, b.chains, call.c + part.row_begin * call.c_stride, call.c_stride);
        Product finished = product;
        Epilogue epilogue = call.epilogue;
        epilogue.bias = nullptr;
        finished.epilogue = &epilogue;
        finish_place(finished, {part.row_begin, done, 0, 1});
        rest.row_begin += done;
        if (rest.row_begin == rest.row_end) return;
      }
    }
    multiply_part(product, b.k, rest, call, packed_panels<W>);
  }
}

void gemm(const GemmCall& call, const GemmPart& part) {
  if (part.row_begin >= part.row_end || part.panel_begin >= part.panel_end) return;
  visit_weights(call.b.type, [&]<typename W>() HWY_ATTR { multiply_packed<W>(call, part); });
}

// Rows depth.begin.. of the columns of one panel, as [k][16].
void pack_panel(const MatMulCall& call, Depth depth, std::size_t panel, float* to) {
  const std::size_t first = panel * kWide;
  const std::size_t columns = std::min(kWide, call.n - first);
  const std::size_t rows = depth.end - depth.begin;
  const float* const from = call.b + static_cast<std::ptrdiff_t>(depth.begin) * call.b_row_stride +
                            static_cast<std::ptrdiff_t>(first) * call.b_column_stride;
  if (call.b_column_stride == 1) {
    for (std::size_t p = 0; p < rows; ++p) {
      store(load_first(from + static_cast<std::ptrdiff_t>(p) * call.b_row_stride, columns),
            to + p * kWide);
    }
    return;
  }
  for (std::size_t j = 0; j < kWide; ++j) {
    const float* const column = from + static_cast<std::ptrdiff_t>(j) * call.b_column_stride;
    for (std::size_t p = 0; p < rows; ++p) {
      to[p * kWide + j] =
          j < columns ? column[static_cast<std::ptrdiff_t>(p) * call.b_row_stride] : 0.0F;
    }
  }
}

void matmul_lanes(const MatMulCall& call, const GemmPart& part) {
  pack_b(WeightType::kF32, call.b, call.b_row_stride, call.b_column_stride, call.n, call.k, 16,
         call.scratch);
  const PackedB b = {call.scratch, WeightType::kF32, nullptr, call.n, call.k, 16};
  multiply_packed<float>(
      {call.m, call.a, call.a_stride, b, call.c, call.c_stride, call.epilogue, nullptr}, part);
}

Product product_of(const MatMulCall& call) {
  return {call.a, call.a_stride, call.n,  call.chains,
          call.c, call.c_stride, nullptr, &call.epilogue};
}

// Few rows against a B that lies in rows: it is read where it stands, but for the last panel when
// that is not full.
void matmul_in_place(const MatMulCall& call, const GemmPart& part) {
  const Product product = product_of(call);
  GemmPart full = part;
  full.panel_end = std::min(part.panel_end, call.n / kWide);
  multiply_rows(product,
                {call.b, static_cast<std::size_t>(call.b_row_stride), kWide, sizeof(float)}, 0,
                call.k, full, kRowTiles<float>);
  GemmPart rest = part;
  rest.panel_begin = std::max(part.panel_begin, full.panel_end);
  if (rest.panel_begin >= rest.panel_end) return;
  pack_panel(call, {0, call.k}, rest.panel_begin, call.scratch);
  multiply_rows(product, {call.scratch, kWide, 0, sizeof(float)}, rest.panel_begin, call.k, rest,
                kRowTiles<float>);
}

Panels strided_panels(const MatMulCall& call, Depth depth, std::size_t panel, std::size_t count) {
  const std::size_t size = (depth.end - depth.begin) * kWide;
  for (std::size_t p = 0; p < count; ++p) {
    pack_panel(call, depth, panel + p, call.scratch + p * size);
  }
  return {call.scratch, kWide, size, sizeof(float)};
}

void matmul(const MatMulCall& call, const GemmPart& part) {
  if (part.row_begin >= part.row_end || part.panel_begin >= part.panel_end) return;
  if (lanes_are_chains(call.n, call.chains)) return matmul_lanes(call, part);
  if (part.row_end - part.row_begin <= kFewRows && call.b_column_stride == 1 &&
      call.b_row_stride >= 0) {
    return matmul_in_place(call, part);
  }
  multiply_part(product_of(call), call.k, part, call, strided_panels);
}

constexpr GemmKernels kTable = {gemm, matmul};

}  // namespace
const GemmKernels& gemm_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(GemmKernels, gemm_kernels, gemm_table)

std::size_t gemm_scratch_floats(const PackedB& b) {
  if (b.type == WeightType::kF32 || lanes_are_chains(b.n, b.chains)) return 0;
  return 2 * 16 * (b.chains == 1 ? std::min(b.k, kGemmDepth) : b.k);
}

std::size_t matmul_scratch_floats(std::size_t n, std::size_t k, std::size_t chains) {
  if (lanes_are_chains(n, chains)) return n * ((k + 15) / 16 * 16);
  return 2 * 16 * k;
}
}  // namespace slipway
#endif
