// ByteBudget: memory that many share, in bytes. Whoever holds a share counts, until its last copy is gone.
// Any thread. Does not block.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace sqlcast::node {

class ByteBudget {
 public:
  using Share = std::shared_ptr<const void>;

  explicit ByteBudget(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // Nothing when so much more is not there; one alone always is. A share may outlive the budget.
  Share take(std::uint64_t bytes) {
    std::uint64_t before = *held_;
    do {
      if (before > 0 && before + bytes > max_bytes_) return nullptr;
    } while (!held_->compare_exchange_weak(before, before + bytes));
    return Share(held_.get(), [held = held_, bytes](const void*) { *held -= bytes; });
  }
  std::uint64_t held() const { return *held_; }

 private:
  const std::uint64_t max_bytes_;
  const std::shared_ptr<std::atomic<std::uint64_t>> held_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace sqlcast::node
