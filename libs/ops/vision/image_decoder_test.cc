#include <gtest/gtest.h>

#include "ops/support/test_node.h"
#include "ops/vision/image.h"

namespace slipway {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

// Three pixels of one bit with a palette of two colours.
const Bytes kPng = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49,
                    0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x01, 0x03,
                    0x00, 0x00, 0x00, 0x21, 0x2e, 0x86, 0xf7, 0x00, 0x00, 0x00, 0x06, 0x50, 0x4c,
                    0x54, 0x45, 0x0a, 0x14, 0x1e, 0x28, 0x32, 0x3c, 0xd5, 0x1b, 0xb4, 0xe9, 0x00,
                    0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x70, 0x00, 0x00,
                    0x00, 0x42, 0x00, 0x41, 0x29, 0x37, 0xf4, 0xef, 0x00, 0x00, 0x00, 0x00, 0x49,
                    0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

TEST(ImageDecoder, ReadsPlainText) {
  const auto image = decode_pnm(bytes("P2 # grey\n2 2\n3\n0 1\n2 3\n"));
  ASSERT_TRUE(image.has_value());
  EXPECT_EQ(image->rgb, (Bytes{0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}));
}

TEST(ImageDecoder, ReadsAPalette) {
  const auto image = decode_png(kPng);
  ASSERT_TRUE(image.has_value());
  EXPECT_EQ(image->width, 3);
  EXPECT_EQ(image->height, 1);
  EXPECT_EQ(image->rgb, (Bytes{10, 20, 30, 40, 50, 60, 10, 20, 30}));
}

TEST(ImageDecoder, GivesNothingForAnyTruncation) {
  const Bytes pnm = bytes("P6 2 2 255\nabcdefghijkl");
  for (std::size_t size = 0; size < kPng.size(); ++size) {
    const bool whole_pixels = size >= kPng.size() - 12;  // only the end mark is missing
    EXPECT_EQ(decode_png(ImageBytes(kPng).first(size)).has_value(), whole_pixels) << size;
  }
  for (std::size_t size = 0; size < pnm.size(); ++size) {
    EXPECT_FALSE(decode_pnm(ImageBytes(pnm).first(size)).has_value()) << size;
  }
}

TEST(ImageDecoder, SurvivesEveryChangedByte) {
  std::optional<Image> (*const decoders[])(ImageBytes) = {
      decode_bmp, decode_pnm, decode_png, decode_tiff, decode_jpeg, decode_webp, decode_jpeg2000};
  for (std::size_t at = 0; at < kPng.size(); ++at) {
    for (const std::uint8_t value : {0x00, 0x01, 0x7F, 0xFF}) {
      Bytes changed = kPng;
      changed[at] = value;
      for (const auto decode : decoders) decode(changed);
    }
  }
}

TEST(ImageDecoder, HugeSizesAreRefusedBeforeTheyAreAllocated) {
  EXPECT_FALSE(decode_pnm(bytes("P6 999999999 999999999 255\nabc")).has_value());
  EXPECT_FALSE(blank_image(INT64_MAX, INT64_MAX).has_value());
}

TEST(ImageDecoder, CorruptedFilesGiveAnEmptyImage) {
  TestNode node{"ImageDecoder", 20, "", {}, 1};
  for (const Bytes& file :
       {bytes("\x89PNG nonsense"), Bytes{0xFF, 0x4F, 0xFF, 0x51}, bytes("hello")}) {
    const auto empty = node.run({Tensor::of(file)});
    ASSERT_TRUE(empty.ok()) << empty.error().message;
    EXPECT_EQ((*empty)[0].tensor().shape(), (Shape{0, 0, 3}));
  }
}

}  // namespace
}  // namespace slipway
