#include "engines/tensorrt/samples.h"

#include <algorithm>

#include "base/str.h"
#include "tensor/npy.h"
#include "tensor/npz.h"

namespace slipway::engines {
namespace {

Result<std::vector<NamedArray>> read_arrays(const std::filesystem::path& file,
                                            std::span<const Port> ports) {
  if (file.extension() == ".npz") return read_npz(file);
  if (file.extension() != ".npy")
    return Error{Code::kUsage, str(file.string(), ": samples are a .npz or a .npy file")};
  if (ports.size() != 1) {
    return Error{Code::kUsage, str(file.string(), " is one array, and the model has ", ports.size(),
                                   " inputs: give a .npz with an array for each")};
  }
  std::vector<NamedArray> arrays;
  Tensor array = TRY(read_npy(file));
  arrays.push_back({ports[0].name, std::move(array)});
  return arrays;
}

}  // namespace

Result<Samples> Samples::read(const std::filesystem::path& file, std::span<const Port> ports) {
  Samples samples;
  samples.batches_ = SIZE_MAX;
  std::vector<NamedArray> arrays = TRY(read_arrays(file, ports));
  for (const Port& port : ports) {
    const auto found = std::find_if(arrays.begin(), arrays.end(), [&](const NamedArray& array) {
      return array.name == port.name;
    });
    if (found == arrays.end())
      return Error{Code::kInvalid, str(file.string(), " has no array ", port.name)};
    Tensor tensor = TRY(found->tensor.direct());
    const bool fits =
        tensor.dtype() == port.dtype && tensor.rank() == port.shape.size() && tensor.rank() > 0 &&
        std::equal(port.shape.begin() + 1, port.shape.end(), tensor.shape().begin() + 1);
    if (!fits) {
      return Error{Code::kInvalid,
                   str(file.string(), ": ", port.name, " is ", name(tensor.dtype()),
                       shape_text(tensor.shape()), ", the model takes ", name(port.dtype),
                       shape_text(port.shape), ": only the first extent may be another")};
    }
    const std::size_t batches = port.bytes == 0 ? 0 : tensor.bytes().size() / port.bytes;
    if (batches == 0) {
      return Error{Code::kInvalid, str(file.string(), ": ", port.name, " holds ", tensor.dim(0),
                                       " samples, fewer than one batch of ", port.shape[0])};
    }
    samples.batches_ = std::min(samples.batches_, batches);
    samples.port_bytes_.push_back(port.bytes);
    samples.arrays_.push_back(std::move(tensor));
  }
  if (ports.empty()) samples.batches_ = 0;
  return samples;
}

std::span<const std::byte> Samples::batch(std::size_t port, std::size_t index) const {
  return arrays_[port].bytes().subspan(index * port_bytes_[port], port_bytes_[port]);
}

}  // namespace slipway::engines
