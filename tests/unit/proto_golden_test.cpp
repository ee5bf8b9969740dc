// Goal: the bytes on the wire never change by accident, and other languages can check theirs. Method: each sample is
// encoded again and compared with tests/golden/; SQLCAST_UPDATE_GOLDEN=1 in the environment writes the files anew.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/unit/proto_sample.h"

using namespace sqlcast;
using namespace sqlcast::proto;

namespace {

std::string path_of(const std::string& file) { return std::string(SQLCAST_SOURCE_DIR) + "/tests/golden/" + file; }

// The file's text, after writing it anew when that was asked for.
std::string golden(const std::string& file, const std::string& text) {
  if (std::getenv("SQLCAST_UPDATE_GOLDEN") != nullptr) std::ofstream(path_of(file)) << text;
  std::ifstream in(path_of(file));
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

std::string as_hex(const std::string& title, const Frames& frames) {
  std::string text = "# " + title + "\n# One line a frame, in hexadecimal.\n";
  for (const std::string& frame : frames) text += to_hex(frame) + "\n";
  return text;
}

Frames from_hex(const std::string& text) {
  Frames frames;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    std::string& frame = frames.emplace_back();
    for (std::size_t i = 0; i + 1 < line.size(); i += 2)
      frame.push_back(static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16)));
  }
  return frames;
}

}  // namespace

TEST_CASE("golden: every message has the bytes it always had, and they mean what they meant") {
  for (const sample::Named& one : sample::all()) {
    INFO(one.name);
    const Frames frames = encode(one.message, 7);
    const std::string title =
        "message " + one.name + " (type " + std::to_string(static_cast<int>(type_of(one.message))) + "), exchange 7";
    const std::string text = golden(one.name + ".hex", as_hex(title, frames));
    CHECK(text == as_hex(title, frames));
    const Result<Decoded> decoded = decode(from_hex(text));
    REQUIRE(decoded.ok());
    CHECK(encode(decoded->message, 7) == frames);
  }
}

TEST_CASE("golden: a group's body has the bytes it always had") {
  const Frames frames = {encode_entries(sample::entries())};
  const std::string text = golden("body.hex", as_hex("body of a group of two entries", frames));
  CHECK(text == as_hex("body of a group of two entries", frames));
  CHECK(*decode_entries(from_hex(text).at(0)) == sample::entries());
}

TEST_CASE("golden: a body in the layout with names, too") {
  const Frames frames = {encode_entries(sample::named_entries())};
  const std::string text = golden("body_named.hex", as_hex("body of a group of two entries, layout 2", frames));
  CHECK(text == as_hex("body of a group of two entries, layout 2", frames));
  CHECK(*decode_entries(from_hex(text).at(0)) == sample::named_entries());
}

TEST_CASE("golden: replies in JSON have the text they always had") {
  for (const sample::Named& one : sample::all()) {
    if (is_request(type_of(one.message))) continue;
    INFO(one.name);
    const std::string text = encode_json_reply(one.message, 7) + "\n";
    CHECK(golden(one.name + ".json", text) == text);
  }
}
