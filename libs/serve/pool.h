// The sessions of one plan at one batch, one for each thread that runs at a time. They share the
// plan's weights.
//
// A plan that keeps a state from run to run has a single session, which threads wait for.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/session.h"

namespace slipway::serve {

class Pool;

// A session that nobody else uses until this is gone; or none.
class Lease {
 public:
  Lease() = default;
  Lease(std::shared_ptr<Pool> pool, std::unique_ptr<runtime::Session> session)
      : pool_(std::move(pool)), session_(std::move(session)) {}
  Lease(Lease&&) = default;
  Lease& operator=(Lease&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(session_, other.session_);
    return *this;
  }
  ~Lease();

  explicit operator bool() const { return session_ != nullptr; }
  runtime::Session& session() const { return *session_; }

 private:
  std::shared_ptr<Pool> pool_;
  std::unique_ptr<runtime::Session> session_;
};

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  // Prepares the first session.
  static Result<std::shared_ptr<Pool>> create(std::shared_ptr<const plan::Plan> plan,
                                              const runtime::PrepareOptions& options);

  bool keeps_state() const { return keeps_state_; }

  // A session that is there; none where all are in use.
  Lease try_take();
  // Waits for the session of a plan with a state, else prepares one more where all are in use.
  Result<Lease> take();

 private:
  friend class Lease;
  Pool(std::shared_ptr<const plan::Plan> plan, const runtime::PrepareOptions& options)
      : plan_(std::move(plan)), options_(options) {}
  void give_back(std::unique_ptr<runtime::Session> session);

  std::shared_ptr<const plan::Plan> plan_;
  runtime::PrepareOptions options_;
  bool keeps_state_ = false;
  std::mutex mutex_;
  std::condition_variable was_given_back_;
  std::vector<std::unique_ptr<runtime::Session>> free_;
};

}  // namespace slipway::serve
