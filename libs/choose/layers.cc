#include "choose/layers.h"

#include <algorithm>
#include <chrono>

#include "base/str.h"
#include "compile/compile.h"
#include "plan/plan.h"
#include "runtime/session.h"

namespace slipway::choose {
namespace {

constexpr std::size_t kLeastRuns = 3;
constexpr std::size_t kMostRuns = 100'000;

}  // namespace

Result<std::vector<report::Layer>> time_layers(const std::filesystem::path& plan,
                                               const std::vector<Tensor>& inputs,
                                               std::size_t threads, double seconds) {
  runtime::PrepareOptions options;
  options.threads = threads;
  options.make_interpreted = compile::make_interpreted;
  const auto session = TRY(runtime::Session::prepare(
      std::make_shared<const plan::Plan>(TRY(plan::Plan::open(plan))), options));
  std::vector<const void*> from;
  for (const Tensor& input : inputs) from.push_back(input.bytes().data());
  std::vector<Tensor> outputs;
  std::vector<void*> to;
  for (const runtime::Port& port : session->outputs()) {
    outputs.push_back(TRY(Tensor::create(port.dtype, Shape(port.dims.begin(), port.dims.end()))));
    to.push_back(outputs.back().mutable_bytes().data());
  }
  std::size_t runs = 0;
  const auto run_once = [&]() -> Status {
    if (session->run(from, to) == runtime::RunCode::kOk) return {};
    return Error{Code::kInvalid, "the plan cannot be profiled on this sample"};
  };
  TRY(run_once());
  session->start_profile();
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed_s = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  while (runs < kLeastRuns || (elapsed_s() < seconds && runs < kMostRuns)) {
    TRY(run_once());
    ++runs;
  }
  std::vector<report::Layer> layers;
  for (const runtime::StepTime& step : session->profile()) {
    layers.push_back({std::string(step.name), std::string(step.kernel),
                      static_cast<double>(step.nanoseconds) * 1e-3 / static_cast<double>(runs),
                      step.multiply_adds});
  }
  return layers;
}

}  // namespace slipway::choose
