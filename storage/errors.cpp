#include "storage/errors.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace sqlcast::storage {
namespace {

// As MariaDB names them, without ER_.
enum Number {
  kLastOfFiles = 40,  // below: files and memory (mysys)
  kFileDiskFull = 20,
  kCheckRead = 1020,  // changed by somebody else since it was read
  kDiskFull = 1021,
  kErrorOnClose = 1023,
  kErrorOnRead = 1024,
  kErrorOnWrite = 1026,
  kGetErrno = 1030,  // the engine's: "Got error 28 …"
  kOutOfMemory = 1037,
  kOutOfSortMemory = 1038,
  kTooManyConnections = 1040,
  kOutOfResources = 1041,
  kDatabaseAccessDenied = 1044,
  kAccessDenied = 1045,
  kUnknownTable = 1051,
  kTableFull = 1114,
  kCannotCreateThread = 1135,
  kTableAccessDenied = 1142,
  kColumnAccessDenied = 1143,
  kPacketTooLarge = 1153,
  kErrorDuringCommit = 1180,
  kErrorDuringRollback = 1181,
  kTooManyUserConnections = 1203,
  kLockWaitTimeout = 1205,
  kLockTableFull = 1206,
  kDeadlock = 1213,
  kReadLock = 1223,  // FLUSH TABLES WITH READ LOCK
  kUserLimitReached = 1226,
  kSpecificAccessDenied = 1227,
  kOptionPrevents = 1290,  // read_only, for one
  kQueryInterrupted = 1317,
  kRoutineAccessDenied = 1370,
  kTooManyTransactions = 1637,
  kLockAborted = 1689,
  kAccessDeniedNoPassword = 1698,
  kReadOnlyTransaction = 1792,
  kInvalidRole = 1959,
  kStatementTimeout = 1969,
  kUnknownView = 4092,
  kClientOutOfMemory = 2008,
  kClientPacketTooLarge = 2020,
};

constexpr std::array kPassing{kCheckRead,
                              kDiskFull,
                              kErrorOnClose,
                              kErrorOnRead,
                              kErrorOnWrite,
                              kGetErrno,
                              kOutOfMemory,
                              kOutOfSortMemory,
                              kTooManyConnections,
                              kOutOfResources,
                              kTableFull,
                              kPacketTooLarge,
                              kCannotCreateThread,
                              kErrorDuringCommit,
                              kErrorDuringRollback,
                              kLockWaitTimeout,
                              kLockTableFull,
                              kDeadlock,
                              kTooManyConnections,
                              kTooManyUserConnections,
                              kReadLock,
                              kOptionPrevents,
                              kUserLimitReached,
                              kTooManyTransactions,
                              kLockAborted,
                              kClientOutOfMemory,
                              kStatementTimeout,
                              kReadOnlyTransaction,
                              kClientPacketTooLarge};

constexpr std::array kRights{kDatabaseAccessDenied, kAccessDenied,        kTableAccessDenied,      kColumnAccessDenied,
                             kSpecificAccessDenied, kRoutineAccessDenied, kAccessDeniedNoPassword, kInvalidRole};

template <typename Numbers>
bool is_one_of(const Numbers& numbers, int number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

}  // namespace

bool is_interrupted(const Status& status) { return status.database_errno == kQueryInterrupted; }

bool is_out_of_time(const Status& status) { return status.database_errno == kStatementTimeout; }

bool is_too_large(const Status& status) {
  return status.database_errno == kPacketTooLarge || status.database_errno == kClientPacketTooLarge;
}

bool is_unknown_to_drop(const Status& status) {
  return status.database_errno == kUnknownTable || status.database_errno == kUnknownView;
}

std::size_t longest_unknown_list(const Status& status) {
  return status.database_errno == kUnknownTable ? 100 : std::string::npos;
}

bool is_disk_full(const Status& status) {
  const int number = status.database_errno;
  if (number == kDiskFull || number == kTableFull || number == kFileDiskFull) return true;
  // The system's own number, ENOSPC or EDQUOT, stands in the text of errors about files: those of the server's own
  // numbers below and the lowest ones. In others it may be a client's value.
  constexpr std::array kOfFiles{1003, 1004, 1005, 1006, 1009, 1010, 1013, 1015, 1016, 1017,
                                1018, 1023, 1024, 1025, 1026, 1030, 1194, 1195, 1877, 1878};
  if (number > kLastOfFiles && !is_one_of(kOfFiles, number)) return false;
  constexpr std::array<std::string_view, 6> kSigns{"rrcode: 28 ",  "errno: 28 ",  "error 28 ",
                                                   "rrcode: 122 ", "errno: 122 ", "error 122 "};
  return number != 0 && std::any_of(kSigns.begin(), kSigns.end(), [&](std::string_view sign) {
           return status.message.find(sign) != std::string::npos;
         });
}

bool lacks_rights(const Status& status) { return is_one_of(kRights, status.database_errno); }

bool ends_transaction(const Status& status) {
  return status.code == Code::database_unavailable || status.database_errno == kDeadlock;
}

bool passes_by_itself(const Status& status) {
  if (status.ok() || status.code == Code::diverged) return false;
  const int number = status.database_errno;
  return status.code == Code::database_unavailable || (number > 0 && number <= kLastOfFiles) ||
         is_one_of(kPassing, number) || is_interrupted(status) || is_disk_full(status) || lacks_rights(status);
}

bool means_other_data(const Status& status) {
  return status.code == Code::diverged || (status.code == Code::sql_error && !passes_by_itself(status));
}

}  // namespace sqlcast::storage
