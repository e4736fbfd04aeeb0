#include "onnx/sniff.h"

#include <algorithm>
#include <string_view>

#include "base/str.h"

namespace slipway {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view what;
};

constexpr Magic kMagics[] = {
    {0, "PK\x03\x04"sv,
     "is a zip archive (a PyTorch .pt, a Keras .keras or an .npz, perhaps): unpack it, or export "
     "the "
     "model to ONNX from the program that made it"},
    {0, "\x80\x02"sv, "is a Python pickle (an old PyTorch .pt): export it with torch.onnx.export"},
    {0, "\x80\x03"sv, "is a Python pickle: export the model in it to ONNX"},
    {0, "\x80\x04"sv, "is a Python pickle (scikit-learn, perhaps): export it with skl2onnx"},
    {0, "\x80\x05"sv, "is a Python pickle (scikit-learn, perhaps): export it with skl2onnx"},
    {0, "\x89HDF\r\n"sv, "is an HDF5 file (an old Keras model): convert it with tf2onnx"},
    {0, "GGUF"sv, "is a GGUF file of llama.cpp: export the original model to ONNX"},
    {0, "\x93NUMPY"sv, "is a NumPy array: pass it as an input, and name an ONNX model"},
    {0, "version https://git-lfs"sv,
     "is a Git LFS pointer, not the model itself: fetch it with git lfs pull"},
    {0, "\x1f\x8b"sv, "is gzip-compressed: decompress it with gunzip"},
    {0, "BZh"sv, "is bzip2-compressed: decompress it with bunzip2"},
    {0,
     "\xfd"
     "7zXZ"sv,
     "is xz-compressed: decompress it with unxz"},
    {0, "\x28\xb5\x2f\xfd"sv, "is zstd-compressed: decompress it with unzstd"},
    {0, "ptrt"sv, "is a TensorRT engine: name the ONNX model it was built from"},
    {0, "ftrt"sv, "is a TensorRT engine: name the ONNX model it was built from"},
    {0,
     "\x7f"
     "ELF"sv,
     "is a program or a shared library: name an ONNX model"},
    {0, "ir_version:"sv, "is an ONNX model as protobuf text: convert it with protoc --encode"},
    {0, "<?xml"sv, "is XML (OpenVINO or PMML, perhaps): export the original model to ONNX"},
    {0, "<!DOCTYPE"sv, "is a web page: the download did not deliver the model"},
    {0, "<html"sv, "is a web page: the download did not deliver the model"},
    {4, "TFL3"sv, "is a TensorFlow Lite model: convert it with tf2onnx"},
    {4, "ORTM"sv, "is a model in ONNX Runtime's own format: name the .onnx file it was made from"},
    {8, "{\""sv, "is a safetensors file: it holds weights only; export the model to ONNX"},
    {0, "{"sv, "is JSON text: name the .onnx file"},
    {0, "\x0a"sv,
     "does not start as an ONNX model does (a TensorFlow graph, or a saved tensor, perhaps): "
     "convert "
     "TensorFlow models with tf2onnx"},
};

// A TensorFlow SavedModel: schema version 1, then a graph message where ONNX has the producer's
// name.
bool is_saved_model(Bytes file) {
  const std::string_view start = as_text(file.first(std::min<std::size_t>(file.size(), 16)));
  if (!start.starts_with("\x08\x01\x12"sv)) return false;
  WireReader reader(file, file.data());
  while (true) {
    const Result<bool> more = reader.next();
    if (!more.ok() || !*more) return false;
    if (reader.field() != 2) continue;
    const Result<std::string_view> text = reader.text();
    if (!text.ok()) return false;
    return text->find_first_of("\x0a\x12\x00\x01"sv) != std::string_view::npos;
  }
}

}  // namespace

std::optional<std::string> recognise_other_format(Bytes file) {
  if (file.empty()) return "is empty: the copy or the download of the model failed";
  const std::string_view text = as_text(file.first(std::min<std::size_t>(file.size(), 64)));
  for (const Magic& magic : kMagics) {
    if (text.size() >= magic.offset && text.substr(magic.offset).starts_with(magic.bytes)) {
      return std::string(magic.what);
    }
  }
  if (is_saved_model(file)) return "is a TensorFlow SavedModel: convert it with tf2onnx";
  return std::nullopt;
}

}  // namespace slipway
