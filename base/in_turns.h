// InTurns: values in lanes of their own, taken a lane at a time: the first of one lane, then the first of the next one
// that has any. Who has put in much is kept waiting by it, and nobody else. Within a lane the order stays.
//
// In the place of BoundedQueue's std::deque. `LaneOf` says which lane a value is of, as a string; it is called once a
// value, and must not throw. One thread at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace sqlcast {

template <typename T, typename LaneOf>
class InTurns {
 public:
  void push_back(T&& value) {
    auto& lane = *lanes_.try_emplace(LaneOf()(value)).first;
    lane.second.push_back(std::move(value));
    if (lane.second.size() == 1) turns_.push_back(&lane);
    ++size_;
  }

  // Neither when it is empty.
  T& front() { return turns_.front()->second.front(); }
  void pop_front() {
    Lane* const lane = turns_.front();
    turns_.pop_front();
    lane->second.pop_front();
    --size_;
    if (!lane->second.empty())
      turns_.push_back(lane);
    else if (lanes_.size() > kKept)
      lanes_.erase(lanes_.find(lane->first));
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  using Lane = std::pair<const std::string, std::deque<T>>;
  static constexpr std::size_t kKept = 64;  // lanes that stay when they are empty, for who soon comes again

  std::unordered_map<std::string, std::deque<T>> lanes_;
  std::deque<Lane*> turns_;  // those that are not empty; elements of lanes_, which stay where they are
  std::size_t size_ = 0;
};

}  // namespace sqlcast
