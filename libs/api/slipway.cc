#include "slipway/slipway.h"

#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "api/models.h"
#include "base/str.h"
#include "runtime/session.h"

struct slipway_model {
  std::shared_ptr<const slipway::plan::Plan> plan;
};

struct slipway_session {
  std::unique_ptr<slipway::runtime::Session> session;
  std::vector<std::string> names;  // of inputs, then outputs, each ended by a zero
};

namespace slipway {
namespace {

thread_local std::string last_error;

slipway_status fail(slipway_status status, std::string message) {
  last_error = std::move(message);
  return status;
}

slipway_status fail(const Error& error) {
  switch (error.code) {
    case Code::kUsage:
      return fail(SLIPWAY_BAD_USAGE, error.message);
    case Code::kInvalid:
      return fail(SLIPWAY_INVALID, error.message);
    case Code::kUnsupported:
      return fail(SLIPWAY_UNSUPPORTED, error.message);
    case Code::kNotFound:
      return fail(SLIPWAY_NOT_FOUND, error.message);
    case Code::kIo:
      return fail(SLIPWAY_IO, error.message);
    case Code::kTooLarge:
      return fail(SLIPWAY_TOO_LARGE, error.message);
    case Code::kInternal:
      break;
  }
  return fail(SLIPWAY_INTERNAL, error.message);
}

// No exception may cross the C interface.
template <typename Body>
slipway_status guarded(Body body) {
  try {
    const Status status = body();
    return status.ok() ? SLIPWAY_OK : fail(status.error());
  } catch (const std::bad_alloc&) {
    return fail(SLIPWAY_TOO_LARGE, "out of memory");  // short enough to need none
  } catch (const std::exception& problem) {
    return fail(SLIPWAY_INTERNAL, problem.what());
  }
}

slipway_port port_of(const runtime::Port& port, const std::string& name) {
  return {name.c_str(), static_cast<slipway_type>(port.dtype), port.dims.size(), port.dims.data(),
          port.bytes};
}

slipway_status wrong_state_size(const runtime::Session& session, std::size_t bytes) {
  return guarded([&]() -> Status {
    return Error{Code::kUsage, str("this session's state has ", session.state_bytes(),
                                   " bytes, not ", bytes, ": ask slipway_state_bytes")};
  });
}

}  // namespace
}  // namespace slipway

using slipway::fail;
using slipway::guarded;

const char* slipway_version(void) { return SLIPWAY_VERSION; }

const char* slipway_last_error(void) { return slipway::last_error.c_str(); }

slipway_status slipway_model_open(const char* path, slipway_model** model) {
  if (path == nullptr || model == nullptr)
    return fail(SLIPWAY_BAD_USAGE, "slipway_model_open needs a path and a place for the model");
  return guarded([&]() -> slipway::Status {
    auto plan = std::make_shared<const slipway::plan::Plan>(TRY(slipway::open_plan(path)));
    *model = new slipway_model{std::move(plan)};
    return {};
  });
}

slipway_status slipway_model_read(const void* bytes, size_t count, slipway_model** model) {
  if (bytes == nullptr || model == nullptr)
    return fail(SLIPWAY_BAD_USAGE, "slipway_model_read needs bytes and a place for the model");
  return guarded([&]() -> slipway::Status {
    const std::span all(static_cast<const std::byte*>(bytes), count);
    auto plan = std::make_shared<const slipway::plan::Plan>(TRY(slipway::read_plan(all)));
    *model = new slipway_model{std::move(plan)};
    return {};
  });
}

slipway_status slipway_model_compile(const char* path, const slipway_compile_options* options,
                                     slipway_model** model) {
  if (path == nullptr || model == nullptr)
    return fail(SLIPWAY_BAD_USAGE, "slipway_model_compile needs a path and a place for the model");
  return guarded([&]() -> slipway::Status {
    auto plan =
        std::make_shared<const slipway::plan::Plan>(TRY(slipway::compile_plan(path, options)));
    *model = new slipway_model{std::move(plan)};
    return {};
  });
}

void slipway_model_free(slipway_model* model) { delete model; }

slipway_status slipway_session_create(const slipway_model* model, const slipway_options* options,
                                      slipway_session** session) {
  if (model == nullptr || session == nullptr)
    return fail(SLIPWAY_BAD_USAGE,
                "slipway_session_create needs a model and a place for the session");
  return guarded([&]() -> slipway::Status {
    slipway::runtime::PrepareOptions prepare;
    prepare.make_interpreted = slipway::interpreter();
    if (options != nullptr) {
      if (options->batch != 0) prepare.batch = options->batch;
      if (options->threads != 0) prepare.threads = options->threads;
      if (options->cores != nullptr) prepare.cores = {options->cores, options->core_count};
      prepare.spin_us = options->spin_us;
      if (options->memory != nullptr)
        prepare.memory = {static_cast<std::byte*>(options->memory), options->memory_bytes};
    }
    auto made = std::make_unique<slipway_session>();
    made->session = TRY(slipway::runtime::Session::prepare(model->plan, prepare));
    for (const auto ports : {made->session->inputs(), made->session->outputs()}) {
      for (const slipway::runtime::Port& port : ports) made->names.emplace_back(port.name);
    }
    *session = made.release();
    return {};
  });
}

void slipway_session_free(slipway_session* session) { delete session; }

size_t slipway_input_count(const slipway_session* session) {
  return session->session->inputs().size();
}
size_t slipway_output_count(const slipway_session* session) {
  return session->session->outputs().size();
}
slipway_port slipway_input(const slipway_session* session, size_t i) {
  return slipway::port_of(session->session->inputs()[i], session->names[i]);
}
slipway_port slipway_output(const slipway_session* session, size_t i) {
  return slipway::port_of(session->session->outputs()[i],
                          session->names[session->session->inputs().size() + i]);
}

size_t slipway_memory_bytes(const slipway_session* session) {
  return session->session->memory_bytes();
}

slipway_status slipway_run(slipway_session* session, const void* const* inputs,
                           void* const* outputs) {
  slipway::runtime::Session& run = *session->session;
  const slipway::runtime::RunCode code =
      run.run({inputs, run.inputs().size()}, {outputs, run.outputs().size()});
  switch (code) {
    case slipway::runtime::RunCode::kOk:
      return SLIPWAY_OK;
    case slipway::runtime::RunCode::kBadPointer:
      return SLIPWAY_BAD_POINTER;
    case slipway::runtime::RunCode::kBadIndex:
      return SLIPWAY_BAD_INDEX;
    case slipway::runtime::RunCode::kInterpreter:
      break;
  }
  return guarded([&]() -> slipway::Status {
           slipway::last_error = std::string(run.last_error());
           return {};
         }) == SLIPWAY_OK
             ? SLIPWAY_RUN_FAILED
             : SLIPWAY_TOO_LARGE;
}

size_t slipway_state_bytes(const slipway_session* session) {
  return session->session->state_bytes();
}

void slipway_reset(slipway_session* session) { session->session->reset(); }

slipway_status slipway_snapshot(const slipway_session* session, void* state, size_t bytes) {
  if (state != nullptr || bytes == 0) {
    if (session->session->snapshot({static_cast<std::byte*>(state), bytes})) return SLIPWAY_OK;
  }
  return slipway::wrong_state_size(*session->session, bytes);
}

slipway_status slipway_restore(slipway_session* session, const void* state, size_t bytes) {
  if (state != nullptr || bytes == 0) {
    if (session->session->restore({static_cast<const std::byte*>(state), bytes})) return SLIPWAY_OK;
  }
  return slipway::wrong_state_size(*session->session, bytes);
}
