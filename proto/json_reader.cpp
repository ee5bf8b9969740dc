#include "proto/json_reader.h"

#include <sodium.h>

#include <algorithm>

namespace sqlcast::proto {
namespace {

using nlohmann::json;

bool from_base64(const std::string& text, std::string& bytes) {
  bytes.resize(text.size() / 4 * 3 + 3);
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr,
                        &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size())
    return false;
  bytes.resize(size);
  return true;
}

}  // namespace

bool JsonReader::NameSet::contains(std::string_view name) const {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool JsonReader::read_value(const json& from, Value& value) {
  switch (from.type()) {
    case json::value_t::null: value = std::monostate{}; return true;
    case json::value_t::boolean: value = std::int64_t{from.get<bool>() ? 1 : 0}; return true;
    case json::value_t::number_integer: value = from.get<std::int64_t>(); return true;
    case json::value_t::number_unsigned: {
      const auto number = from.get<std::uint64_t>();
      if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        value = static_cast<std::int64_t>(number);
      else
        value = number;
      return true;
    }
    case json::value_t::number_float: value = from.get<double>(); return true;
    case json::value_t::string: value = from.get_ref<const std::string&>(); return true;
    case json::value_t::object: {
      const auto place = from.find("base64");
      if (from.size() != 1 || place == from.end() || !place->is_string()) break;
      Bytes bytes;
      if (!from_base64(place->get_ref<const std::string&>(), bytes.data))
        return refuse("base64: not valid base64 with padding");
      value = std::move(bytes);
      return true;
    }
    default: break;
  }
  return expected(R"(null, true, false, a number, text, or {"base64": "…"} for bytes)", from);
}

bool JsonReader::read_params(const json& from, std::vector<Value>& positional, std::map<std::string, Value>& named) {
  if (from.is_array()) return read(from, positional);
  if (!from.is_object()) return expected("an array (for ?) or an object (for :name)", from);
  for (const auto& [name, value] : from.items())
    if (!read_value(value, named[name])) return in_field(name);
  return true;
}

bool JsonReader::refuse(std::string problem) {
  if (!failed()) problem_ = std::move(problem);
  return false;
}

bool JsonReader::refuse_unknown(std::string_view name) {
  constexpr std::size_t kShown = 64;
  return refuse("unknown field " +
                json(std::string(name.substr(0, kShown))).dump(-1, ' ', true, json::error_handler_t::replace) +
                "; this node speaks protocol version " + std::to_string(kProtocolVersion));
}

bool JsonReader::expected(std::string_view what, const json& got) {
  return refuse("expected " + std::string(what) + ", got " +
                (got.is_number_float() ? "a floating point number"
                 : got.is_number()     ? got.dump()
                                       : std::string(got.type_name())));
}

bool JsonReader::in_field(std::string_view name) {
  path_.insert(0, path_.empty() || path_.front() == '[' ? std::string(name) : std::string(name) + ".");
  return false;
}

bool JsonReader::in_element(std::size_t index) {
  const std::string step = "[" + std::to_string(index) + "]";
  path_.insert(0, path_.empty() || path_.front() == '[' ? step : step + ".");
  return false;
}

}  // namespace sqlcast::proto
