// Batch: rows on their way into one table, as one INSERT of many tuples. Where one ends depends on the text alone, so
// that an import that goes on makes the same requests. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/load/sender.h"

namespace sqlcast::load {

class Batch {
 public:
  static constexpr std::size_t kMostBytes = 1U << 20U;
  static constexpr std::size_t kMostRows = 20'000;

  bool empty() const { return job_.rows == 0; }
  bool full() const { return text_.size() >= kMostBytes || job_.rows >= kMostRows; }
  // Of the same text in front of its tuples, so that they can go on.
  bool fits(std::string_view head, const std::string& database) const {
    return head == head_ && database == job_.database;
  }
  // Of an empty one: "INSERT INTO `t` VALUES", and what stands behind the tuples.
  void begin(std::string_view head, std::string_view tail, Job job) {
    head_ = head;
    tail_ = tail;
    text_ = head;
    job_ = std::move(job);
    job_.head = head.size();
  }
  // Whose row it is: of the statement at that position, from where and which line.
  struct From {
    std::uint64_t statement = 0;
    std::uint64_t position = 0;
    std::size_t line = 0;
  };
  // `end`: of the position behind it.
  void add(std::string_view tuple, std::uint64_t end, const From& from) {
    text_ += job_.rows == 0 ? " " : ",";
    if (job_.pieces.empty() || job_.pieces.back().statement != from.statement)
      job_.pieces.push_back({from.statement, from.position, text_.size(), 0, from.line});
    ++job_.pieces.back().rows;
    text_ += tuple;
    ++job_.rows;
    job_.end = end;
  }
  Job take() {
    text_ += tail_;
    job_.statements.assign(1, std::move(text_));
    text_.clear();
    Job job = std::move(job_);
    job_ = {};
    head_.clear();
    return job;
  }

 private:
  std::string head_;
  std::string tail_;
  std::string text_;
  Job job_;
};

}  // namespace sqlcast::load
