#include "serve/pool.h"

namespace slipway::serve {

Lease::~Lease() {
  if (session_ != nullptr) pool_->give_back(std::move(session_));
}

Result<std::shared_ptr<Pool>> Pool::create(std::shared_ptr<const plan::Plan> plan,
                                           const runtime::PrepareOptions& options) {
  std::shared_ptr<Pool> pool(new Pool(std::move(plan), options));
  pool->free_.push_back(TRY(runtime::Session::prepare(pool->plan_, options)));
  pool->keeps_state_ = pool->free_.front()->state_bytes() != 0;
  return pool;
}

Lease Pool::try_take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return {};
  std::unique_ptr<runtime::Session> session = std::move(free_.back());
  free_.pop_back();
  return {shared_from_this(), std::move(session)};
}

Result<Lease> Pool::take() {
  if (keeps_state_) {
    std::unique_lock lock(mutex_);
    was_given_back_.wait(lock, [&] { return !free_.empty(); });
    std::unique_ptr<runtime::Session> session = std::move(free_.back());
    free_.pop_back();
    return Lease(shared_from_this(), std::move(session));
  }
  Lease lease = try_take();
  if (lease) return lease;
  return Lease(shared_from_this(), TRY(runtime::Session::prepare(plan_, options_)));
}

void Pool::give_back(std::unique_ptr<runtime::Session> session) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(session));
  was_given_back_.notify_one();
}

}  // namespace slipway::serve
