// What a client of the oracle sends, what it got, and the draw of a seed.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "proto/message.h"
#include "tests/support/session.h"

namespace sqlcast::oracle {

// The same numbers for the same seed, on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::string number(std::int64_t from, std::int64_t to) {  // both included
    return std::to_string(from + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(to - from + 1))));
  }
  template <typename T>
  const T& of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }
  std::string of(std::initializer_list<std::string_view> choices) {
    return std::string(*(choices.begin() + below(choices.size())));
  }

 private:
  std::mt19937_64 engine_;
};

struct Statement {
  proto::RequestStatement wire;  // as the client sends it
  std::string plain;             // the same text with its parameters in place: for the plain server
  bool reads = false;            // no part of the entry
  bool frozen = false;           // it calls what gives another value each time (UUID()): only the log knows the text
  // The table with an AUTO_INCREMENT column that an INSERT or REPLACE writes to; empty = none, or not known.
  std::string database;
  std::string table;
  std::string automatic;  // the column
  // Several rows, some with values of their own: the values between come from the log, since what a server generates
  // behind a value of the statement's own is above that, and what is imposed goes on from where it began.
  bool mixed = false;
};

struct Request {
  // A definition is alone among definitions while it runs. What it comes to may depend on rows: then it is quite alone,
  // because a definition that the cluster refused and the plain server carries out cannot be taken back.
  enum class Kind { data, definition, definition_by_rows };
  Kind kind = Kind::data;
  std::string database;
  std::vector<Statement> statements;
  bool warnings = false;
};

// A request and its outcome. Of two deeds the one whose `answered` is lower than the other's `sent` came first.
struct Deed {
  RequestKey key;
  Request request;
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  support::Answer answer;

  bool committed() const { return answer.ok() && answer.result.wrote; }
};

// For reports: its default database and its texts.
std::string describe(const Request& request);

}  // namespace sqlcast::oracle
