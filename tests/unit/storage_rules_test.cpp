// Goal: a server is refused for what would change results, with all of it at once; nodes of different major versions do
// not meet, others say what differs. Method: settings by hand.
#include "storage/server_rules.h"

using namespace sqlcast;
using namespace sqlcast::storage;

namespace {

Settings safe() {
  return {{"innodb_flush_log_at_trx_commit", "1"},
          {"innodb_autoinc_lock_mode", "1"},
          {"lower_case_table_names", "0"},
          {"max_allowed_packet", "1073741824"},
          {"enforce_storage_engine", ""},
          {"log_bin", "OFF"},
          {"sync_binlog", "0"},
          {"max_connections", "151"},
          {"innodb_page_size", "16384"},
          {"innodb_ft_min_token_size", "3"}};
}

}  // namespace

TEST_CASE("server rules: what is wrong is said, all of it, with what to set") {
  CHECK(unsafe_settings(safe(), 92).empty());
  CHECK(unsafe_settings({}, 92).empty());
  Settings settings = safe();
  settings["innodb_autoinc_lock_mode"] = "2";
  settings["enforce_storage_engine"] = "MyISAM";
  settings["log_bin"] = "ON";
  const std::vector<std::string> unsafe = unsafe_settings(settings, 152);
  REQUIRE(unsafe.size() == 4);
  CHECK(unsafe[0] == "innodb_autoinc_lock_mode is 2: AUTO_INCREMENT values would depend on timing; set it to 1");
  CHECK(unsafe[1].starts_with("enforce_storage_engine is MyISAM"));
  CHECK(unsafe[2].starts_with("sync_binlog is 0"));
  CHECK(unsafe[3].starts_with("max_connections is 151: this node needs up to 152"));
  for (const auto& [name, value] : settings) {
    INFO(name);
    CHECK(settings_sql().find("'" + name + "'") != std::string::npos);
  }
}

TEST_CASE("server rules: another major version is refused, a minor one is not") {
  const auto check = [](const std::string& ours, const std::string& theirs) {
    return same_major_version({ours, {}}, {theirs, {}});
  };
  CHECK(check("10.11.19-MariaDB-0+deb12u1", "10.11.6-MariaDB").ok());
  CHECK(check("", "10.11.6-MariaDB").ok());
  for (const char* theirs : {"10.6.18-MariaDB", "11.4.2-MariaDB", "10.1.11", "8.0.36"}) {
    const Status status = check("10.11.19-MariaDB", theirs);
    CHECK(status.code == Code::config);
    CHECK(status.message.find(theirs) != std::string::npos);
  }
}

TEST_CASE("server rules: what differs is named, with both values") {
  Settings other = safe();
  other["innodb_page_size"] = "8192";
  const ServerTraits ours{"10.11.19", settings_to_compare(safe())};
  CHECK(ours.settings == std::vector<std::string>{"innodb_page_size=16384", "innodb_ft_min_token_size=3"});
  CHECK(differences(ours, ours).empty());
  CHECK(differences(ours, {"10.11.19", settings_to_compare(other)}) == "innodb_page_size is 16384 here and 8192 there");
  CHECK(differences(ours, {}).empty());
}
