// The adapter to libjpeg, whose errors leave by longjmp.
// jpeglib.h needs FILE and size_t before it.
// clang-format off
#include <csetjmp>
#include <cstdio>
#include <jpeglib.h>
// clang-format on

#include "ops/vision/image.h"

namespace slipway {
namespace {

struct ErrorExit {
  jpeg_error_mgr manager;
  std::jmp_buf leave;
};

void leave(j_common_ptr state) { std::longjmp(reinterpret_cast<ErrorExit*>(state->err)->leave, 1); }

void say_nothing(j_common_ptr) {}

// No object with a destructor may live in here: errors jump over them.
bool read_pixels(jpeg_decompress_struct& state, ErrorExit& error, ImageBytes file,
                 std::optional<Image>& image) {
  if (setjmp(error.leave) != 0) return false;
  jpeg_create_decompress(&state);
  jpeg_mem_src(&state, file.data(), file.size());
  jpeg_read_header(&state, TRUE);
  state.out_color_space = JCS_RGB;
  jpeg_start_decompress(&state);
  image = blank_image(state.output_height, state.output_width);
  if (!image.has_value()) return false;
  while (state.output_scanline < state.output_height) {
    JSAMPROW row = &image->rgb[std::size_t{state.output_scanline} * state.output_width * 3];
    jpeg_read_scanlines(&state, &row, 1);
  }
  jpeg_finish_decompress(&state);
  return true;
}

}  // namespace

std::optional<Image> decode_jpeg(ImageBytes file) {
  jpeg_decompress_struct state{};
  ErrorExit error{};
  state.err = jpeg_std_error(&error.manager);
  error.manager.error_exit = leave;
  error.manager.output_message = say_nothing;
  std::optional<Image> image;
  const bool complete = read_pixels(state, error, file, image);
  jpeg_destroy_decompress(&state);
  if (!complete) image.reset();
  return image;
}

}  // namespace slipway
