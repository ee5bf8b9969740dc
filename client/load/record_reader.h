// RecordReader: the records of a CSV or TSV file, one at a time. One thread. May block, for its input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/load/input.h"
#include "client/load/loader.h"

namespace sqlcast::load {

struct Field {
  std::string text;
  bool null = false;
  bool quoted = false;
};

struct Record {
  std::vector<Field> fields;
  std::uint64_t offset = 0;  // of its first byte
  std::uint64_t end = 0;     // one past its last
  std::size_t line = 1;
};

class RecordReader {
 public:
  RecordReader(std::unique_ptr<Input> input, const TableTarget& format);

  // False at the end; lines with nothing in them are passed over. bad_message for a quote that is not closed, or with
  // something behind it; too_large; io of the input.
  Result<bool> next(Record& record);
  std::uint64_t taken() const { return input_->taken(); }

 private:
  int peek();  // -1 at the end
  int take();
  Status quoted_field(Field& field);
  void plain_field(Field& field);
  void escaped_field(Field& field);

  std::unique_ptr<Input> input_;
  const TableTarget format_;
  std::string buffer_;
  std::size_t width_ = 0;  // fields of the first record
  std::size_t at_ = 0;
  std::uint64_t base_ = 0;
  std::size_t line_ = 1;
  Status problem_;
};

// The same bytes in UTF-8. bad_request when the encoding is not known.
Result<std::unique_ptr<Input>> converted(std::unique_ptr<Input> from, const std::string& encoding);

}  // namespace sqlcast::load
