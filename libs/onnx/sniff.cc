#include "onnx/sniff.h"

#include <algorithm>
#include <string_view>

#include "base/str.h"

namespace slipway {
namespace {

using namespace std::string_view_literals;

// So much of a file is looked at.
constexpr std::size_t kHeadBytes = 4096;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view what;
};

constexpr std::string_view kPickle =
    "is a Python pickle (scikit-learn, joblib or an old PyTorch file, perhaps): export the model "
    "in "
    "it with skl2onnx or torch.onnx.export";
constexpr std::string_view kEngine =
    "is a TensorRT engine, made for one kind of GPU: name the ONNX model that it was built from";
constexpr std::string_view kPicture = "is a picture: name an ONNX model";

constexpr Magic kMagics[] = {
    {0, "\x80\x02"sv, kPickle},
    {0, "\x80\x03"sv, kPickle},
    {0, "\x80\x04"sv, kPickle},
    {0, "\x80\x05"sv, kPickle},
    {0, "\x89HDF\r\n"sv, "is an HDF5 file (a Keras model, perhaps): convert it with tf2onnx"},
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
    {257, "ustar"sv, "is a tar archive: unpack it, and name the .onnx file in it"},
    {0, "ptrt"sv, kEngine},
    {0, "ftrt"sv, kEngine},
    {0,
     "\x7f"
     "ELF"sv,
     "is a program or a shared library: name an ONNX model"},
    {4, "TFL3"sv, "is a TensorFlow Lite model: convert it with tf2onnx"},
    {4, "ORTM"sv, "is a model in ONNX Runtime's own format: name the .onnx file it was made from"},
    {4, "ET12"sv, "is an ExecuTorch program: export the original model with torch.onnx.export"},
    {8, "{\""sv,
     "is a safetensors file, which holds weights alone: export the model that uses them to ONNX"},
    {0, "\x89PNG"sv, kPicture},
    {0, "\xff\xd8\xff"sv, kPicture},
    {0, "%PDF"sv, "is a PDF document: name an ONNX model"},
};

// What a text begins with, in lower case, after white space.
constexpr Magic kTexts[] = {
    {0, "ir_version:"sv, "is an ONNX model as protobuf text: convert it with protoc --encode"},
    {0, "<!doctype html"sv,
     "is a web page: the download did not deliver the model; fetch the .onnx file itself"},
    {0, "<html"sv,
     "is a web page: the download did not deliver the model; fetch the .onnx file itself"},
    {0, "<?xml"sv, "is XML (OpenVINO or PMML, perhaps): export the original model to ONNX"},
    {0, "{"sv, "is JSON text, not an ONNX model: name the file that the model was exported to"},
    {0, ""sv, "is plain text, not an ONNX model: name the file that the model was exported to"},
};

bool starts_with(std::string_view text, const Magic& magic) {
  return text.size() >= magic.offset && text.substr(magic.offset).starts_with(magic.bytes);
}

std::string_view recognise_zip(std::string_view head) {
  if (head.find("data.pkl"sv) != std::string_view::npos) {
    return "is a PyTorch file: export the model in it with torch.onnx.export";
  }
  if (head.find(".npy"sv) != std::string_view::npos) {
    return "is an archive of NumPy arrays: pass it as an input, and name an ONNX model";
  }
  return "is a zip archive (a Keras model, perhaps): unpack the .onnx file in it, or convert what "
         "it holds to ONNX";
}

// No control characters but those of lines; beyond ASCII anything goes.
bool is_text(std::string_view head) {
  return std::all_of(head.begin(), head.end(), [](char letter) {
    const auto code = static_cast<unsigned char>(letter);
    return (code >= 0x20 && code != 0x7f) || (code >= 0x09 && code <= 0x0d);
  });
}

std::string_view recognise_text(std::string_view head) {
  if (head.starts_with("\xef\xbb\xbf"sv)) head.remove_prefix(3);
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"sv), head.size()));
  std::string start(head.substr(0, 64));
  std::transform(start.begin(), start.end(), start.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return std::find_if(std::begin(kTexts), std::end(kTexts) - 1,
                      [&](const Magic& text) { return starts_with(start, text); })
      ->what;
}

// The first field of the given number, if it is a message or text and whole.
std::optional<Bytes> first_bytes(Bytes message, std::uint32_t field) {
  WireReader reader(message, message.data());
  while (true) {
    const Result<bool> more = reader.next();
    if (!more.ok() || !*more) return std::nullopt;
    if (reader.field() != field) continue;
    const Result<Bytes> bytes = reader.bytes();
    return bytes.ok() ? std::optional<Bytes>(*bytes) : std::nullopt;
  }
}

// A TensorFlow SavedModel: schema version 1, then a graph message where ONNX has the producer's
// name.
bool is_saved_model(Bytes file) {
  if (!as_text(file).starts_with("\x08\x01\x12"sv)) return false;
  const std::optional<Bytes> graph = first_bytes(file, 2);
  return graph.has_value() &&
         as_text(*graph).find_first_of("\x0a\x12\x00\x01"sv) != std::string_view::npos;
}

// A TensorFlow GraphDef: nodes, each a name and an operator.
bool is_graph_def(Bytes file) {
  if (!as_text(file).starts_with("\x0a"sv)) return false;
  const std::optional<Bytes> node = first_bytes(file, 1);
  if (!node.has_value()) return false;
  const std::optional<Bytes> name = first_bytes(*node, 1), op = first_bytes(*node, 2);
  return name.has_value() && op.has_value() && !op->empty() && is_text(as_text(*name)) &&
         is_text(as_text(*op));
}

// A TensorProto: extents, then the number of an element type where ONNX has the producer's name.
bool is_saved_tensor(Bytes file) {
  WireReader reader(file, file.data());
  while (true) {
    const Result<bool> more = reader.next();
    if (!more.ok() || !*more) return false;
    if (reader.field() == 2) return reader.wire() == Wire::kVarint;
    if (reader.field() != 1) return false;
  }
}

std::string_view recognise_protobuf(Bytes file) {
  if (is_saved_model(file)) return "is a TensorFlow SavedModel: convert it with tf2onnx";
  if (is_graph_def(file)) return "is a TensorFlow graph: convert it with tf2onnx";
  if (is_saved_tensor(file)) {
    return "is a saved tensor: pass it as an input, and name an ONNX model";
  }
  return {};
}

// The fields of a ModelProto as a file's first byte may name them: field * 8 + wire type.
bool may_start_model(std::byte first) {
  constexpr std::string_view kFirst = "\x08\x12\x1a\x22\x28\x32\x3a\x42\x72\xa2\xca"sv;
  return kFirst.find(static_cast<char>(first)) != std::string_view::npos;
}

std::string_view recognise(Bytes file) {
  const std::string_view head = as_text(file.first(std::min(file.size(), kHeadBytes)));
  if (head.starts_with("PK\x03\x04"sv)) return recognise_zip(head);
  for (const Magic& magic : kMagics) {
    if (starts_with(head, magic)) return magic.what;
  }
  if (is_text(head)) return recognise_text(head);
  if (head.find_first_not_of('\0') == std::string_view::npos) {
    return "starts with nothing but zeros: the copy or the download of the model failed";
  }
  const std::string_view protobuf = recognise_protobuf(file);
  if (!protobuf.empty() || may_start_model(file[0])) return protobuf;
  return "does not look like an ONNX model: name the file that the model was exported to";
}

}  // namespace

std::optional<std::string> recognise_other_format(Bytes file) {
  if (file.empty()) return "is empty: the copy or the download of the model failed";
  const std::string_view what = recognise(file);
  if (what.empty()) return std::nullopt;
  return std::string(what);
}

}  // namespace slipway
