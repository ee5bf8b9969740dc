// Goal: each error number of the database leads to the decision that is right for it: what passes by itself is waited
// for, only what means other data stops a node. Method: a table of numbers.
#include <catch2/catch.hpp>

#include "base/back_off.h"
#include "storage/errors.h"

using namespace sqlcast;
using namespace std::chrono_literals;

namespace {

Status database_error(int number, const std::string& message = "something") {
  Status status = Status::error(Code::sql_error, message);
  status.database_errno = number;
  return status;
}

}  // namespace

TEST_CASE("errors: what passes by itself is told from what means other data") {
  // Locks, room, limits, rights, files, read-only, KILL QUERY, a server that stops.
  for (const int number : {1205, 1206, 1213, 1223, 1021, 1114, 1026, 1030, 1037, 1038, 1040, 1041, 1135, 1153, 2020,
                           1203, 1226, 1290, 1792, 1044, 1045, 1142, 1227, 1698, 1959, 1317, 1969, 3,    20,   1180}) {
    INFO(number);
    CHECK(storage::passes_by_itself(database_error(number)));
    CHECK_FALSE(storage::means_other_data(database_error(number)));
  }
  // Keys, values, tables, columns, databases, text that is not understood, a damaged table.
  for (const int number : {1062, 1032, 1451, 1452, 1048, 1264, 1366, 1406, 1690, 4025, 1146,
                           1049, 1050, 1051, 1054, 1064, 1007, 1008, 1091, 1136, 1194, 1526}) {
    INFO(number);
    CHECK_FALSE(storage::passes_by_itself(database_error(number)));
    CHECK(storage::means_other_data(database_error(number)));
  }
  // Of the latter, those that say nothing of what is in the table.
  for (const int number : {1016, 1017, 1032, 1034, 1036, 1194, 1712, 1812, 1874, 1932})
    CHECK(storage::is_damaged_table(database_error(number)));
  for (const int number : {1062, 1146, 1205, 0}) CHECK_FALSE(storage::is_damaged_table(database_error(number)));
  const Status lost = Status::error(Code::database_unavailable, "gone");
  CHECK(storage::passes_by_itself(lost));
  CHECK_FALSE(storage::means_other_data(lost));
  CHECK(storage::ends_transaction(lost));
  CHECK(storage::means_other_data(Status::error(Code::diverged, "2 rows affected")));
  CHECK_FALSE(storage::passes_by_itself(Status::error(Code::diverged, "2 rows affected")));
  CHECK_FALSE(storage::passes_by_itself(ok_status()));
  CHECK_FALSE(storage::means_other_data(ok_status()));
}

TEST_CASE("errors: the questions of one number each") {
  CHECK(storage::is_interrupted(database_error(1317)));
  CHECK_FALSE(storage::is_interrupted(database_error(1969)));
  CHECK(storage::is_out_of_time(database_error(1969)));
  CHECK(storage::is_too_large(database_error(1153)));
  CHECK(storage::is_too_large(database_error(2020)));
  CHECK(storage::lacks_rights(database_error(1959)));
  CHECK_FALSE(storage::lacks_rights(database_error(1205)));
  CHECK(storage::ends_transaction(database_error(1213)));
  CHECK_FALSE(storage::ends_transaction(database_error(1205)));
  CHECK(storage::is_unknown_database(database_error(1049)));
  CHECK(storage::is_absent(database_error(1049)));
  CHECK(storage::is_absent(database_error(1146)));
  CHECK_FALSE(storage::is_absent(database_error(1051)));
  CHECK(storage::is_unknown_savepoint(database_error(1305)));
  CHECK(storage::is_unknown_connection(database_error(1094)));
  CHECK(storage::is_parse_error(database_error(1064)));
  CHECK(storage::is_lock_table_full(database_error(1206)));
  CHECK(storage::is_at_connection_limit(database_error(1226)));
  CHECK(storage::is_login_refused(database_error(1045)));
  CHECK(storage::is_login_refused(database_error(1698)));
  CHECK_FALSE(storage::is_login_refused(database_error(1040)));
}

TEST_CASE("errors: an answer of the server's is told from having none, and a connection that is lost") {
  CHECK(storage::is_answer(ok_status()));
  CHECK(storage::is_answer(database_error(1040)));
  CHECK_FALSE(storage::is_answer(database_error(2013)));
  CHECK_FALSE(storage::is_answer(Status::error(Code::timeout, "")));
  CHECK(storage::is_nobody_there(database_error(2002)));
  CHECK(storage::is_nobody_there(database_error(2003)));
  CHECK_FALSE(storage::is_nobody_there(database_error(2013)));
  for (const int number : {1053, 1152, 1153, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013,
                           2014, 2026, 2055, 5014}) {
    INFO(number);
    CHECK(storage::loses_connection(database_error(number)));
  }
  for (const int number : {0, 1040, 1045, 1064, 1154, 1205, 1317, 2008, 2020}) {
    INFO(number);
    CHECK_FALSE(storage::loses_connection(database_error(number)));
  }
}

TEST_CASE("errors: a full disk is known by its number, or by the system's in the text") {
  CHECK(storage::is_disk_full(database_error(1021)));
  CHECK(storage::is_disk_full(database_error(1114, "The table 't' is full")));
  const Status creating = database_error(1005, "Can't create table `d`.`t` (errno: 28 \"No space left on device\")");
  CHECK(storage::is_disk_full(creating));
  CHECK(storage::passes_by_itself(creating));
  CHECK(storage::is_disk_full(database_error(3, "Error writing file 'x' (Errcode: 28 \"No space left on device\")")));
  const Status other = database_error(1005, "Can't create table `d`.`t` (errno: 150 \"Foreign key constraint\")");
  CHECK_FALSE(storage::is_disk_full(other));
  CHECK(storage::means_other_data(other));
  CHECK_FALSE(storage::is_disk_full(Status::error(Code::bad_request, "errno: 28 ")));
  // A sort's temporary file, of which InnoDB does not say more.
  CHECK(storage::passes_by_itself(database_error(1878, "Temporary file write failure.")));
  CHECK(storage::is_disk_full(database_error(1296, "Got error 1 'Temp file write failure' from InnoDB")));
  CHECK(storage::means_other_data(database_error(1296, "Got error 1 'Something else' from InnoDB")));
}

TEST_CASE("errors: want of descriptors or memory for a file passes, and is no full disk and no other data") {
  const std::vector<std::pair<int, std::string>> errors{
      {1016, "Can't open file: './d/t.frm' (errno: 24 \"Too many open files\")"},
      {1017, "Can't find file: './d/t.frm' (errno: 23 \"Too many open files in system\")"},
      {1017, "Can't find file: './d/t.frm' (errno: 12 \"Cannot allocate memory\")"},
      {1004, "Can't create file './d/t.frm' (errno: 24 \"Too many open files\")"},
      {1005, "Can't create table `d`.`w` (errno: 24 \"Too many open files\")"},
      {1006, "Can't create database 'd' (errno: 24 \"Too many open files\")"},
      {1018, "Can't read dir of './d/' (errno: 24 \"Too many open files\")"},
      {23, "Out of resources when opening file './dd/db.opt' (Errcode: 24 \"Too many open files\")"}};
  for (const auto& [number, message] : errors) {
    INFO(message);
    CHECK(storage::is_out_of_files(database_error(number, message)));
    CHECK(storage::passes_by_itself(database_error(number, message)));
    CHECK_FALSE(storage::means_other_data(database_error(number, message)));
    CHECK_FALSE(storage::is_disk_full(database_error(number, message)));
  }
  const std::vector<std::pair<int, std::string>> others{
      {1016, "Can't open file: './d/t.frm' (errno: 13 \"Permission denied\")"},
      {1005, "Can't create table `d`.`t` (errno: 121 \"Duplicate key on write or update\")"},
      {1062, "Duplicate entry 'errno: 24 ' for key 'PRIMARY'"},
      {1146, "Table 'd.Errcode: 24 x' doesn't exist"}};
  for (const auto& [number, message] : others) {
    INFO(message);
    CHECK_FALSE(storage::is_out_of_files(database_error(number, message)));
    CHECK(storage::means_other_data(database_error(number, message)));
  }
  CHECK_FALSE(storage::is_out_of_files(Status::error(Code::bad_request, "errno: 24 ")));
}

TEST_CASE("errors: a client's value that reads like the system's number is no full disk") {
  const std::vector<std::pair<int, std::string>> others{
      {1062, "Duplicate entry 'errno: 28 ' for key 'PRIMARY'"},
      {1366, "Incorrect integer value: 'error 28 ' for column `d`.`t`.`v` at row 1"},
      {1146, "Table 'd.Errcode: 28 x' doesn't exist"},
      {1064, "You have an error in your SQL syntax near 'error 122 '"},
      {1005, "Can't create table `d`.`t` (errno: 150 \"Foreign key constraint\")"}};
  for (const auto& [number, message] : others) {
    INFO(number);
    CHECK_FALSE(storage::is_disk_full(database_error(number, message)));
    CHECK(storage::means_other_data(database_error(number, message)));
  }
  // Of errors about files it is.
  for (const int number : {3, 1005, 1025, 1026, 1030})
    CHECK(storage::is_disk_full(database_error(number, "Got error 28 \"No space left on device\" (errno: 28 \"…\")")));
}

TEST_CASE("back-off: twice as long each time, up to the longest, and short again once it has worked") {
  BackOff back_off(20ms, 100ms);
  CHECK(back_off.next() == 20ms);
  CHECK(back_off.next() == 40ms);
  CHECK(back_off.next() == 80ms);
  CHECK(back_off.next() == 100ms);
  CHECK(back_off.next() == 100ms);
  back_off.reset();
  CHECK(back_off.next() == 20ms);
}
