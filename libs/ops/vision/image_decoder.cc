#include <algorithm>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/vision/image.h"

namespace slipway {
namespace {

enum class Layout : std::uint8_t { kRgb, kBgr, kGrey };

Result<Layout> read_layout(const NodeView& view) {
  const std::string format = view.get_string("pixel_format", "RGB");
  if (format == "RGB") return Layout::kRgb;
  if (format == "BGR") return Layout::kBgr;
  if (format == "Grayscale") return Layout::kGrey;
  return view.fail("pixel_format \"", format, "\" is none of RGB, BGR, Grayscale");
}

std::int64_t channels(Layout layout) { return layout == Layout::kGrey ? 1 : 3; }

Status infer_image_decoder(InferContext& ctx) {
  ctx.set_output(0, DType::kUint8, {Dim(), Dim(), Dim(channels(TRY(read_layout(ctx))))});
  return {};
}

// A format by the first bytes of a file, and its decoder.
struct Format {
  std::string_view magic;
  std::size_t offset;
  std::optional<Image> (*decode)(ImageBytes);
};

using namespace std::string_view_literals;

constexpr Format kFormats[] = {
    {"BM"sv, 0, decode_bmp},
    {"\x89PNG"sv, 0, decode_png},
    {"\xFF\xD8\xFF"sv, 0, decode_jpeg},
    {"II*\0"sv, 0, decode_tiff},
    {"MM\0*"sv, 0, decode_tiff},
    {"WEBP"sv, 8, decode_webp},
    {"\0\0\0\x0CjP  "sv, 0, decode_jpeg2000},
    {"\xFF\x4F\xFF\x51"sv, 0, decode_jpeg2000},
    {"P"sv, 0, decode_pnm},
};

const Format* format_of(ImageBytes file) {
  for (const Format& format : kFormats) {
    if (file.size() < format.offset + format.magic.size()) continue;
    const std::string_view begin(reinterpret_cast<const char*>(file.data()) + format.offset,
                                 format.magic.size());
    if (begin == format.magic) return &format;
  }
  return nullptr;
}

// Luma by ITU-R 601, in 16-bit fixed point.
std::uint8_t grey(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((19595U * rgb[0] + 38470U * rgb[1] + 7471U * rgb[2] + 32768U) >>
                                   16);
}

void store(const Image& image, Layout layout, std::span<std::uint8_t> out) {
  if (layout == Layout::kRgb) {
    std::copy(image.rgb.begin(), image.rgb.end(), out.begin());
    return;
  }
  for (std::size_t i = 0; i * 3 < image.rgb.size(); ++i) {
    const std::uint8_t* rgb = &image.rgb[3 * i];
    if (layout == Layout::kGrey) {
      out[i] = grey(rgb);
    } else {
      std::reverse_copy(rgb, rgb + 3, out.begin() + static_cast<std::ptrdiff_t>(3 * i));
    }
  }
}

// What cannot be decoded gives an image without pixels, as ONNX wants it.
Status evaluate_image_decoder(EvalContext& ctx) {
  const Tensor& file = ctx.input(0);
  const Layout layout = TRY(read_layout(ctx));
  if (file.rank() != 1)
    return ctx.fail("its input must be the bytes of a file, it is ", describe(ctx.value(0)));
  const Format* format = format_of(file.data<std::uint8_t>());
  std::optional<Image> image;
  if (format != nullptr) image = format->decode(file.data<std::uint8_t>());
  if (!image.has_value()) image = Image{};
  Tensor out = TRY(ctx.make(DType::kUint8, {image->height, image->width, channels(layout)}));
  store(*image, layout, out.mutable_data<std::uint8_t>());
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> image_decoder_ops() {
  return {{.name = "ImageDecoder",
           .versions = {{20, "encoded_stream: T1 -> image: T2 | T1 = uint8, T2 = uint8",
                         "pixel_format string"}},
           .infer = infer_image_decoder,
           .evaluate = evaluate_image_decoder}};
}

}  // namespace slipway
