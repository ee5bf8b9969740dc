#include "client/load/record_reader.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sqlcast::load {
namespace {

constexpr std::size_t kChunk = 256U << 10U;
constexpr std::size_t kMostField = 1U << 30U;

class Converted final : public Input {
 public:
  Converted(std::unique_ptr<Input> from, iconv_t conversion) : from_(std::move(from)), conversion_(conversion) {}
  ~Converted() override { iconv_close(conversion_); }
  Converted(const Converted&) = delete;
  Converted& operator=(const Converted&) = delete;

  Result<std::size_t> read(char* to, std::size_t size) override {
    while (true) {
      char* in = held_.data();
      std::size_t left = held_.size();
      char* out = to;
      std::size_t room = size;
      const std::size_t result = iconv(conversion_, &in, &left, &out, &room);
      const int why = errno;
      held_.erase(0, held_.size() - left);
      if (room < size) return size - room;
      if (result == static_cast<std::size_t>(-1) && why == EILSEQ)
        return Status::error(Code::bad_message, "bytes that its encoding does not have");
      if (ended_) {
        if (!held_.empty()) return Status::error(Code::bad_message, "it ends inside a character of its encoding");
        return std::size_t{0};
      }
      const std::size_t before = held_.size();
      held_.resize(before + kChunk);
      const auto got = from_->read(held_.data() + before, kChunk);
      held_.resize(before + (got ? *got : 0));
      if (!got) return got.status();
      ended_ = *got == 0;
    }
  }
  std::uint64_t taken() const override { return from_->taken(); }

 private:
  std::unique_ptr<Input> from_;
  iconv_t conversion_;
  std::string held_;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Input>> converted(std::unique_ptr<Input> from, const std::string& encoding) {
  const iconv_t conversion = iconv_open("UTF-8", encoding.c_str());
  if (conversion == reinterpret_cast<iconv_t>(-1))
    return Status::error(Code::bad_request,
                         "the encoding " + encoding + " is not known; `iconv -l` lists those that are");
  return std::unique_ptr<Input>(std::make_unique<Converted>(std::move(from), conversion));
}

RecordReader::RecordReader(std::unique_ptr<Input> input, const TableTarget& format)
    : input_(std::move(input)), format_(format) {}

int RecordReader::peek() {
  if (at_ == buffer_.size()) {
    base_ += buffer_.size();
    buffer_.resize(kChunk);
    at_ = 0;
    const auto got = input_->read(buffer_.data(), buffer_.size());
    buffer_.resize(got ? *got : 0);
    if (!got) problem_ = got.status();
    if (base_ == 0 && buffer_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    if (at_ == buffer_.size()) return -1;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

int RecordReader::take() {
  const int c = peek();
  if (c < 0) return c;
  ++at_;
  if (c == '\n') ++line_;
  return c;
}

Result<bool> RecordReader::next(Record& record) {
  record.fields.clear();
  // Where there is one column, an empty line is its value.
  const bool named = format_.columns.size() == 1;
  std::size_t empty = 0;
  while (width_ != 1 && !(named && !format_.header) && (peek() == '\n' || peek() == '\r')) {
    (void)take();
    ++empty;
  }
  if (peek() < 0) return problem_.ok() ? Result<bool>(false) : Result<bool>(problem_);
  record.offset = base_ + at_;
  record.line = line_;
  while (true) {
    Field field;
    if (format_.separator == '\t') {
      escaped_field(field);
    } else if (peek() == static_cast<unsigned char>(format_.quote)) {
      if (Status status = quoted_field(field); !status.ok()) return status;
    } else {
      plain_field(field);
    }
    if (field.text.size() > kMostField) return Status::error(Code::too_large, "a field of more than a gigabyte");
    record.fields.push_back(std::move(field));
    const int c = take();
    if (c == static_cast<unsigned char>(format_.separator)) continue;
    if (c == '\r' && peek() == '\n') (void)take();
    break;
  }
  if (!problem_.ok()) return problem_;
  record.end = base_ + at_;
  if (width_ == 0 && empty > 0 && !format_.header && record.fields.size() == 1)
    return Status::error(Code::bad_message,
                         "it begins with empty lines, which are values where there is one column: "
                         "--columns names it");
  if (width_ == 0) width_ = record.fields.size();
  return true;
}

Status RecordReader::quoted_field(Field& field) {
  const std::size_t line = line_;
  field.quoted = true;
  (void)take();
  while (true) {
    const int c = take();
    if (c < 0) return Status::error(Code::bad_message, "line " + std::to_string(line) + ": a quote that is not closed");
    if (c != static_cast<unsigned char>(format_.quote)) {
      field.text += static_cast<char>(c);
      continue;
    }
    if (peek() != c) break;
    field.text += static_cast<char>(take());
  }
  const int behind = peek();
  if (behind >= 0 && behind != static_cast<unsigned char>(format_.separator) && behind != '\n' && behind != '\r')
    return Status::error(Code::bad_message, "line " + std::to_string(line_) +
                                                ": something stands behind a field's closing quote; is the separator "
                                                "another?");
  return ok_status();
}

void RecordReader::plain_field(Field& field) {
  while (true) {
    const int c = peek();
    if (c < 0 || c == '\n' || c == '\r' || c == static_cast<unsigned char>(format_.separator)) break;
    field.text += static_cast<char>(take());
  }
  field.null = field.text == format_.null_marker.value_or("");
}

void RecordReader::escaped_field(Field& field) {
  std::string written;
  while (true) {
    int c = peek();
    if (c < 0 || c == '\n' || c == '\r' || c == '\t') break;
    written += static_cast<char>(take());
    if (c == '\\' && peek() >= 0) {
      c = take();
      written += static_cast<char>(c);
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
      if (c == 'r') c = '\r';
      if (c == '0') c = '\0';
    }
    field.text += static_cast<char>(c);
  }
  field.null = written == format_.null_marker.value_or("\\N");
  if (field.null) field.text.clear();
}

}  // namespace sqlcast::load
