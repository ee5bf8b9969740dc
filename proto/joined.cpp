#include "proto/joined.h"

#include <string_view>
#include <utility>

#include "proto/wire_reader.h"

namespace sqlcast::proto {
namespace {

constexpr std::string_view kMagic = "SQLC";
constexpr std::size_t kContentAt = 6;
constexpr char kInFrames = 0;
constexpr char kInOne = 2;

}  // namespace

void join(Frames& frames) {
  std::size_t size = 0;
  for (const std::string& frame : frames) size += frame.size();
  if (size > kMostJoined) return;
  std::string& joined = frames.front();
  joined.reserve(size);
  joined[kContentAt] = kInOne;
  for (std::size_t i = 1; i < frames.size(); ++i) joined += frames[i];
  frames.resize(1);
}

bool is_joined(const Frames& frames) {
  return frames.size() == 1 && frames[0].size() >= kHeaderSize && frames[0].starts_with(kMagic) &&
         frames[0][kContentAt] == kInOne;
}

Status split(Frames& frames) {
  if (frames[0].size() > kMostJoined)
    return Status::error(Code::bad_message, "a message in one frame has at most " + std::to_string(kMostJoined) +
                                                " bytes; send a larger one in a frame for each of its parts");
  Frames parts;
  parts.emplace_back();
  std::string_view rest = std::string_view(frames[0]).substr(kHeaderSize);
  while (!rest.empty()) {
    WireReader reader(rest);
    if (!reader.skip())
      return Status::error(Code::bad_message, "what follows the header of a message in one frame is not MessagePack");
    const std::size_t size = rest.size() - static_cast<std::size_t>(reader.remaining());
    parts.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  parts.front() = std::move(frames[0]);
  parts.front().resize(kHeaderSize);
  parts.front()[kContentAt] = kInFrames;
  frames = std::move(parts);
  return ok_status();
}

}  // namespace sqlcast::proto
