#include "kernels/elementwise/byte_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace slipway {
namespace {

TEST(ByteTable, GivesWhatTheTableSays) {
  std::vector<std::uint8_t> table(kByteTableSize);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint8_t>(i * 151 + 7);
  for (const std::size_t count : {0, 1, 15, 63, 64, 65, 300, 1024}) {
    std::vector<std::uint8_t> x(count);
    std::vector<std::uint8_t> want(count);
    for (std::size_t i = 0; i < count; ++i) {
      x[i] = static_cast<std::uint8_t>(i * 89 + i / 256);
      want[i] = table[x[i]];
    }
    for (const Isa isa : isas_here()) {
      std::vector<std::uint8_t> y = x;
      byte_table_kernels(isa).look_up(table.data(), y.data(), y.data(), count);
      EXPECT_EQ(y, want) << count << " on " << isa_name(isa);
    }
  }
}

}  // namespace
}  // namespace slipway
