#include <webp/decode.h>

#include "ops/vision/image.h"

namespace slipway {

std::optional<Image> decode_webp(ImageBytes file) {
  int width = 0;
  int height = 0;
  if (WebPGetInfo(file.data(), file.size(), &width, &height) == 0) return std::nullopt;
  std::optional<Image> image = blank_image(height, width);
  if (image.has_value() && WebPDecodeRGBInto(file.data(), file.size(), image->rgb.data(),
                                             image->rgb.size(), width * 3) == nullptr) {
    image.reset();
  }
  return image;
}

}  // namespace slipway
