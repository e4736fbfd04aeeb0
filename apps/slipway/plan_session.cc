#include "plan_session.h"

#include <algorithm>

#include "base/str.h"
#include "compile/compile.h"

namespace slipway {

bool is_plan_file(const std::string& path) { return plan::is_plan_file(path); }

Result<std::shared_ptr<const plan::Plan>> open_plan(const std::string& path) {
  return std::make_shared<const plan::Plan>(TRY(plan::Plan::open(path)));
}

Result<std::unique_ptr<runtime::Session>> prepare_session(std::shared_ptr<const plan::Plan> plan,
                                                          std::size_t threads, std::int64_t batch) {
  runtime::PrepareOptions options;
  options.batch = batch;
  options.threads = threads;
  options.make_interpreted = compile::make_interpreted;
  return runtime::Session::prepare(std::move(plan), options);
}

std::string session_text(std::size_t threads) {
  return str(isa_name(best_isa()), ", ", threads, threads == 1 ? " thread" : " threads");
}

Result<SessionValues> SessionValues::create(runtime::Session& session,
                                            const std::vector<NamedValue>& inputs) {
  SessionValues values(session);
  for (const runtime::Port& port : session.inputs()) {
    const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const NamedValue& input) {
      return input.name == port.name && input.value.is_tensor();
    });
    if (found == inputs.end())
      return Error{Code::kUsage, str("input ", port.name, " is not given")};
    Tensor tensor = TRY(found->value.tensor().direct());
    if (tensor.dtype() != port.dtype || !std::ranges::equal(tensor.shape(), port.dims)) {
      return Error{Code::kInvalid,
                   str("input ", port.name, " is ", name(port.dtype), shape_text(port.dims),
                       ", the data is ", name(tensor.dtype()), shape_text(tensor.shape()),
                       ": give data of that type and shape")};
    }
    values.inputs_.push_back(std::move(tensor));
    values.from_.push_back(values.inputs_.back().bytes().data());
  }
  for (const runtime::Port& port : session.outputs()) {
    Tensor output = TRY(Tensor::create(port.dtype, Shape(port.dims.begin(), port.dims.end())));
    values.outputs_.push_back({std::string(port.name), std::move(output)});
  }
  for (NamedValue& output : values.outputs_)
    values.to_.push_back(output.value.tensor().mutable_bytes().data());
  return values;
}

Status run_status(const runtime::Session& session, runtime::RunCode code) {
  switch (code) {
    case runtime::RunCode::kOk:
      return {};
    case runtime::RunCode::kBadIndex:
      return Error{Code::kInvalid,
                   "an index in the data is out of range: give indices that the model's table has"};
    case runtime::RunCode::kInterpreter:
      return Error{Code::kInvalid, std::string(session.last_error())};
    case runtime::RunCode::kBadPointer:
      break;
  }
  return Error{Code::kInternal, "the session refused the memory of its inputs and outputs"};
}

Status SessionValues::run() { return run_status(*session_, session_->run(from_, to_)); }

std::vector<NamedValue> SessionValues::outputs() const { return outputs_; }

}  // namespace slipway
