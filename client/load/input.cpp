#include "client/load/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace sqlcast::load {
namespace {

constexpr std::size_t kChunk = 256U << 10U;

Status failure(const std::string& path, const std::string& what) { return Status::error(Code::io, path + ": " + what); }

// A descriptor, with its first bytes looked at.
class Plain final : public Input {
 public:
  Plain(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  ~Plain() override {
    if (descriptor_ != STDIN_FILENO) close(descriptor_);
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  Result<std::size_t> read(char* to, std::size_t size) override {
    if (shown_ < first_.size()) {
      const std::size_t part = std::min(size, first_.size() - shown_);
      std::memcpy(to, first_.data() + shown_, part);
      shown_ += part;
      return part;
    }
    return take(to, size);
  }

  std::uint64_t taken() const override { return taken_; }
  const std::string& path() const { return path_; }

  // The first four bytes, or fewer when that is all; they are given out again.
  Result<std::string_view> peek() {
    while (first_.size() < 4) {
      std::array<char, 4> bytes{};
      const auto got = take(bytes.data(), bytes.size() - first_.size());
      if (!got) return got.status();
      if (*got == 0) break;
      first_.append(bytes.data(), *got);
    }
    return std::string_view(first_);
  }

 private:
  Result<std::size_t> take(char* to, std::size_t size) {
    while (true) {
      const ssize_t got = ::read(descriptor_, to, size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failure(path_, std::strerror(errno));
      taken_ += static_cast<std::uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
  }

  const std::string path_;
  const int descriptor_;
  std::string first_;
  std::size_t shown_ = 0;
  std::uint64_t taken_ = 0;
};

class Gzip final : public Input {
 public:
  explicit Gzip(std::unique_ptr<Plain> from) : from_(std::move(from)), buffer_(kChunk) {
    // 16: a gzip header, not zlib's own.
    ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~Gzip() override {
    if (ready_) inflateEnd(&stream_);
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Result<std::size_t> read(char* to, std::size_t size) override {
    if (!ready_) return failure(from_->path(), "no memory to decompress it");
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out == size) {
      if (stream_.avail_in == 0) {
        const auto got = from_->read(buffer_.data(), buffer_.size());
        if (!got) return got.status();
        if (*got == 0 && between_) return std::size_t{0};
        if (*got == 0) return failure(from_->path(), "the compressed file ends too early");
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        stream_.avail_in = static_cast<uInt>(*got);
      }
      between_ = false;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {  // files of several parts are one after the other
        between_ = true;
        inflateReset(&stream_);
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return failure(from_->path(), "the compressed file is damaged");
      }
    }
    return size - stream_.avail_out;
  }
  std::uint64_t taken() const override { return from_->taken(); }

 private:
  std::unique_ptr<Plain> from_;
  std::vector<char> buffer_;
  z_stream stream_{};
  bool ready_ = false;
  bool between_ = true;
};

class Zstd final : public Input {
 public:
  explicit Zstd(std::unique_ptr<Plain> from)
      : from_(std::move(from)), buffer_(kChunk), stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {}

  Result<std::size_t> read(char* to, std::size_t size) override {
    if (!stream_) return failure(from_->path(), "no memory to decompress it");
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !full_) {
        const auto got = from_->read(buffer_.data(), buffer_.size());
        if (!got) return got.status();
        if (*got == 0 && between_) return std::size_t{0};
        if (*got == 0) return failure(from_->path(), "the compressed file ends too early");
        in_ = ZSTD_inBuffer{buffer_.data(), *got, 0};
      }
      const std::size_t left = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(left) != 0) return failure(from_->path(), "the compressed file is damaged");
      between_ = left == 0;
      full_ = out.pos == size;  // it may hold more than there was room for
    }
    return out.pos;
  }
  std::uint64_t taken() const override { return from_->taken(); }

 private:
  std::unique_ptr<Plain> from_;
  std::vector<char> buffer_;
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool between_ = true;
  bool full_ = false;
};

}  // namespace

Result<std::unique_ptr<Input>> Input::open(const std::string& path) {
  const int descriptor = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure(path, std::strerror(errno));
  auto plain = std::make_unique<Plain>(path, descriptor);
  const auto first = plain->peek();
  if (!first) return first.status();
  if (first->starts_with("\x1F\x8B")) return std::unique_ptr<Input>(std::make_unique<Gzip>(std::move(plain)));
  if (*first == std::string_view("\x28\xB5\x2F\xFD", 4))
    return std::unique_ptr<Input>(std::make_unique<Zstd>(std::move(plain)));
  return std::unique_ptr<Input>(std::move(plain));
}

std::uint64_t file_size(const std::string& path) {
  struct stat info {};
  return path != "-" && stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)
             ? static_cast<std::uint64_t>(info.st_size)
             : 0;
}

bool is_regular_file(const std::string& path) {
  struct stat info {};
  return path != "-" && stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace sqlcast::load
