#include <openjpeg-2.5/openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "ops/vision/image.h"

namespace slipway {
namespace {

struct Source {
  ImageBytes file;
  std::size_t at = 0;
};

constexpr auto kEnd = static_cast<OPJ_SIZE_T>(-1);

OPJ_SIZE_T read_some(void* to, OPJ_SIZE_T size, void* user) {
  auto& source = *static_cast<Source*>(user);
  const std::size_t count = std::min<std::size_t>(size, source.file.size() - source.at);
  if (count == 0) return kEnd;
  std::memcpy(to, source.file.data() + source.at, count);
  source.at += count;
  return count;
}

OPJ_OFF_T skip_some(OPJ_OFF_T size, void* user) {
  auto& source = *static_cast<Source*>(user);
  const auto left = static_cast<OPJ_OFF_T>(source.file.size() - source.at);
  if (size < 0 || size > left) return -1;
  source.at += static_cast<std::size_t>(size);
  return size;
}

OPJ_BOOL seek_to(OPJ_OFF_T offset, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (offset < 0 || offset > static_cast<OPJ_OFF_T>(source.file.size())) return OPJ_FALSE;
  source.at = static_cast<std::size_t>(offset);
  return OPJ_TRUE;
}

using Stream = std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)>;
using Codec = std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)>;
using Decoded = std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)>;

Stream open_stream(Source& source) {
  Stream stream(opj_stream_default_create(OPJ_TRUE), opj_stream_destroy);
  opj_stream_set_read_function(stream.get(), read_some);
  opj_stream_set_skip_function(stream.get(), skip_some);
  opj_stream_set_seek_function(stream.get(), seek_to);
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), source.file.size());
  return stream;
}

// 8 bits of a component, all of the image's size.
bool is_plain(const opj_image_t& decoded) {
  if (decoded.numcomps == 0 || decoded.color_space == OPJ_CLRSPC_SYCC) return false;
  for (OPJ_UINT32 c = 0; c < std::min(decoded.numcomps, 3U); ++c) {
    const opj_image_comp_t& component = decoded.comps[c];
    if (component.prec != 8 || component.sgnd != 0 || component.w != decoded.comps[0].w ||
        component.h != decoded.comps[0].h) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<Image> decode_jpeg2000(ImageBytes file) {
  if (file.empty()) return std::nullopt;
  Source source{file};
  const Stream stream = open_stream(source);
  const bool is_codestream = file[0] == 0xFF;
  const Codec codec(opj_create_decompress(is_codestream ? OPJ_CODEC_J2K : OPJ_CODEC_JP2),
                    opj_destroy_codec);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* header = nullptr;
  const bool has_header = opj_setup_decoder(codec.get(), &parameters) == OPJ_TRUE &&
                          opj_read_header(stream.get(), codec.get(), &header) == OPJ_TRUE;
  const Decoded decoded(header, opj_image_destroy);
  if (!has_header || decoded == nullptr || !is_plain(*decoded)) return std::nullopt;
  std::optional<Image> image = blank_image(decoded->comps[0].h, decoded->comps[0].w);
  if (!image.has_value() || opj_decode(codec.get(), stream.get(), decoded.get()) != OPJ_TRUE) {
    return std::nullopt;
  }
  const auto pixels = static_cast<std::size_t>(image->width * image->height);
  const bool is_grey = decoded->numcomps < 3;
  for (OPJ_UINT32 c = 0; c < 3; ++c) {
    const opj_image_comp_t& component = decoded->comps[is_grey ? 0 : c];
    if (component.data == nullptr || component.w != image->width || component.h != image->height) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < pixels; ++i) {
      image->rgb[i * 3 + c] = static_cast<std::uint8_t>(std::clamp(component.data[i], 0, 255));
    }
  }
  return image;
}

}  // namespace slipway
