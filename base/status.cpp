#include "base/status.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace sqlcast {
namespace {

struct NamedCode {
  Code code;
  std::string_view name;
};

constexpr std::array kNames = {
    NamedCode{Code::ok, "OK"},
    NamedCode{Code::bad_message, "BAD_MESSAGE"},
    NamedCode{Code::unsupported_version, "UNSUPPORTED_VERSION"},
    NamedCode{Code::too_large, "TOO_LARGE"},
    NamedCode{Code::bad_request, "BAD_REQUEST"},
    NamedCode{Code::request_id_reused, "REQUEST_ID_REUSED"},
    NamedCode{Code::refused, "REFUSED"},
    NamedCode{Code::master_only, "MASTER_ONLY"},
    NamedCode{Code::sql_error, "SQL_ERROR"},
    NamedCode{Code::expectation_failed, "EXPECTATION_FAILED"},
    NamedCode{Code::cursor_not_found, "CURSOR_NOT_FOUND"},
    NamedCode{Code::too_many_cursors, "TOO_MANY_CURSORS"},
    NamedCode{Code::request_not_found, "REQUEST_NOT_FOUND"},
    NamedCode{Code::not_allowed, "NOT_ALLOWED"},
    NamedCode{Code::busy, "BUSY"},
    NamedCode{Code::timeout, "TIMEOUT"},
    NamedCode{Code::cancelled, "CANCELLED"},
    NamedCode{Code::master_unavailable, "MASTER_UNAVAILABLE"},
    NamedCode{Code::database_unavailable, "DATABASE_UNAVAILABLE"},
    NamedCode{Code::not_caught_up, "NOT_CAUGHT_UP"},
    NamedCode{Code::committed_not_acked, "COMMITTED_NOT_ACKED"},
    NamedCode{Code::outcome_unknown, "OUTCOME_UNKNOWN"},
    NamedCode{Code::shutting_down, "SHUTTING_DOWN"},
    NamedCode{Code::diverged, "DIVERGED"},
    NamedCode{Code::disk_full, "DISK_FULL"},
    NamedCode{Code::read_only, "READ_ONLY"},
    NamedCode{Code::snapshot_required, "SNAPSHOT_REQUIRED"},
    NamedCode{Code::config, "CONFIG"},
    NamedCode{Code::io, "IO"},
    NamedCode{Code::internal, "INTERNAL"},
};

}  // namespace

std::string_view code_name(Code code) {
  for (const NamedCode& entry : kNames)
    if (entry.code == code) return entry.name;
  return "UNKNOWN";
}

std::optional<Code> code_from_name(std::string_view name) {
  for (const NamedCode& entry : kNames)
    if (entry.name == name) return entry.code;
  return std::nullopt;
}

void fail_check(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "sqlcast: broken invariant `%s` at %s:%d; stopping so that nothing wrong is written\n",
               expression, file, line);
  std::abort();
}

}  // namespace sqlcast
