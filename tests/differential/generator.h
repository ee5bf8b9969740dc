// Generator: texts that may or may not be one statement. Takes statements apart, mixes and damages them with what
// confuses lexers. The same seed gives the same texts.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace sqlcast::differential {

class Generator {
 public:
  Generator(std::vector<std::string> statements, std::uint64_t seed);

  std::string next();

 private:
  std::string composed();  // a SELECT, INSERT, UPDATE or DELETE out of parts
  std::string expression(int depth);
  std::string damaged(std::string text);
  const std::string& statement();
  std::string pick(const std::vector<std::string>& parts);
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  std::vector<std::string> statements_;
  std::mt19937_64 random_;
};

}  // namespace sqlcast::differential
