#include "storage/errors.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sqlcast::storage {
namespace {

// As MariaDB names them, without ER_.
enum Number {
  kLastOfFiles = 40,  // below: files and memory (mysys)
  kFileDiskFull = 20,
  kCannotOpenFile = 1016,
  kFileNotFound = 1017,
  kCheckRead = 1020,  // changed by somebody else since it was read
  kDiskFull = 1021,
  kErrorOnClose = 1023,
  kErrorOnRead = 1024,
  kErrorOnWrite = 1026,
  kGetErrno = 1030,  // the engine's: "Got error 28 …"
  kKeyNotFound = 1032,
  kNotFormFile = 1033,
  kNotKeyFile = 1034,
  kOldKeyFile = 1035,
  kOpenedReadOnly = 1036,
  kOutOfMemory = 1037,
  kOutOfSortMemory = 1038,
  kTooManyConnections = 1040,
  kOutOfResources = 1041,
  kDatabaseAccessDenied = 1044,
  kAccessDenied = 1045,
  kUnknownDatabase = 1049,
  kUnknownTable = 1051,
  kServerShutdown = 1053,
  kParseError = 1064,
  kNoSuchThread = 1094,
  kTableFull = 1114,
  kCannotCreateThread = 1135,
  kTableAccessDenied = 1142,
  kColumnAccessDenied = 1143,
  kNoSuchTable = 1146,
  kAbortedConnection = 1152,
  kPacketTooLarge = 1153,  // the server hangs up
  kNetworkReadPipe = 1155,
  kNetworkFcntl = 1156,
  kNetworkPacketsOutOfOrder = 1157,
  kNetworkUncompress = 1158,
  kNetworkRead = 1159,
  kNetworkReadInterrupted = 1160,
  kNetworkWrite = 1161,
  kErrorDuringCommit = 1180,
  kErrorDuringRollback = 1181,
  kCrashedOnUsage = 1194,
  kCrashedOnRepair = 1195,
  kTooManyUserConnections = 1203,
  kLockWaitTimeout = 1205,
  kLockTableFull = 1206,
  kDeadlock = 1213,
  kReadLock = 1223,  // FLUSH TABLES WITH READ LOCK
  kUserLimitReached = 1226,
  kSpecificAccessDenied = 1227,
  kOptionPrevents = 1290,  // read_only, for one
  kTruncatedWrongValue = 1292,
  kEngineMessage = 1296,  // "Got error 1 '…' from InnoDB"
  kNoSuchSavepoint = 1305,
  kQueryInterrupted = 1317,
  kRoutineAccessDenied = 1370,
  kRowIsReferenced = 1451,
  kTooManyTransactions = 1637,
  kLockAborted = 1689,
  kAccessDeniedNoPassword = 1698,
  kIndexCorrupt = 1712,
  kReadOnlyTransaction = 1792,
  kTablespaceMissing = 1812,
  kTablespaceDiscarded = 1814,
  kEngineReadOnly = 1874,
  kTableCorrupt = 1877,
  kTemporaryFileFull = 1878,
  kConnectionKilled = 1927,
  kNotInEngine = 1932,
  kInvalidRole = 1959,
  kStatementTimeout = 1969,
  kFirstOfClient = 2000,  // from here on mostly the connector's own
  kClientNoSocket = 2002,
  kClientNoHost = 2003,
  kClientServerGone = 2006,
  kClientOutOfMemory = 2008,
  kClientServerLost = 2013,
  kClientOutOfSync = 2014,
  kClientPacketTooLarge = 2020,
  kClientTls = 2026,
  kClientServerLostAt = 2055,
  kUnknownView = 4092,
  kClientClosed = 5014,
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

constexpr std::array kDamaged{kCannotOpenFile,  kFileNotFound, kKeyNotFound,       kNotFormFile,
                              kNotKeyFile,      kOldKeyFile,   kOpenedReadOnly,    kCrashedOnUsage,
                              kCrashedOnRepair, kIndexCorrupt, kTablespaceMissing, kTablespaceDiscarded,
                              kEngineReadOnly,  kTableCorrupt, kNotInEngine};

constexpr std::array kRights{kDatabaseAccessDenied, kAccessDenied,        kTableAccessDenied,      kColumnAccessDenied,
                             kSpecificAccessDenied, kRoutineAccessDenied, kAccessDeniedNoPassword, kInvalidRole};

constexpr std::array kConnectionLost{kServerShutdown,    kAbortedConnection, kPacketTooLarge,
                                     kNetworkReadPipe,   kNetworkFcntl,      kNetworkPacketsOutOfOrder,
                                     kNetworkUncompress, kNetworkRead,       kNetworkReadInterrupted,
                                     kNetworkWrite,      kConnectionKilled,  kClientNoSocket,
                                     kClientNoHost,      kClientServerGone,  kClientServerLost,
                                     kClientOutOfSync,   kClientTls,         kClientServerLostAt,
                                     kClientClosed};

// In their texts the system's own number may stand; in those of others it may be a client's value.
constexpr std::array kOfFiles{1003, 1004, 1005, 1006, 1009, 1010, 1013, 1015, 1016, 1017,
                              1018, 1023, 1024, 1025, 1026, 1030, 1194, 1195, 1877};

template <typename Numbers>
bool is_one_of(const Numbers& numbers, int number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

template <std::size_t kCount>
bool is_of_files_with(const Status& status, const std::array<std::string_view, kCount>& signs) {
  const int number = status.database_errno;
  if (number == 0 || (number > kLastOfFiles && !is_one_of(kOfFiles, number))) return false;
  return std::any_of(signs.begin(), signs.end(),
                     [&](std::string_view sign) { return status.message.find(sign) != std::string::npos; });
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
  if (number == kDiskFull || number == kTableFull || number == kFileDiskFull || number == kTemporaryFileFull)
    return true;
  // Of a sort's files, as the one before: InnoDB does not say why, and by now the room is there again.
  if (number == kEngineMessage) return status.message.find("'Temp file write failure'") != std::string::npos;
  // ENOSPC or EDQUOT.
  constexpr std::array<std::string_view, 6> kSigns{"rrcode: 28 ",  "errno: 28 ",  "error 28 ",
                                                   "rrcode: 122 ", "errno: 122 ", "error 122 "};
  return is_of_files_with(status, kSigns);
}

bool is_out_of_files(const Status& status) {
  // EMFILE, ENFILE or ENOMEM.
  constexpr std::array<std::string_view, 6> kSigns{"rrcode: 24 ", "errno: 24 ",  "rrcode: 23 ",
                                                   "errno: 23 ",  "rrcode: 12 ", "errno: 12 "};
  return is_of_files_with(status, kSigns);
}

bool is_unknown_database(const Status& status) { return status.database_errno == kUnknownDatabase; }

bool is_absent(const Status& status) { return is_unknown_database(status) || status.database_errno == kNoSuchTable; }

bool is_unknown_savepoint(const Status& status) { return status.database_errno == kNoSuchSavepoint; }

bool is_unknown_connection(const Status& status) { return status.database_errno == kNoSuchThread; }

bool is_parse_error(const Status& status) { return status.database_errno == kParseError; }

bool is_lock_table_full(const Status& status) { return status.database_errno == kLockTableFull; }

bool is_at_connection_limit(const Status& status) { return status.database_errno == kUserLimitReached; }

bool is_login_refused(const Status& status) {
  return status.database_errno == kAccessDenied || status.database_errno == kAccessDeniedNoPassword;
}

bool is_answer(const Status& status) {
  return status.ok() || (status.database_errno != 0 && status.database_errno < kFirstOfClient);
}

bool is_nobody_there(const Status& status) {
  return status.database_errno == kClientNoSocket || status.database_errno == kClientNoHost;
}

bool loses_tls(const Status& status) { return status.database_errno == kClientTls; }

bool loses_connection(const Status& status) { return is_one_of(kConnectionLost, status.database_errno); }

Status row_is_referenced(std::string message) {
  Status status = Status::error(Code::sql_error, std::move(message));
  status.database_errno = kRowIsReferenced;
  status.sqlstate = "23000";
  return status;
}

bool lacks_rights(const Status& status) { return is_one_of(kRights, status.database_errno); }

bool ends_transaction(const Status& status) {
  return status.code == Code::database_unavailable || status.database_errno == kDeadlock;
}

bool passes_by_itself(const Status& status) {
  if (status.ok() || status.code == Code::diverged) return false;
  const int number = status.database_errno;
  return status.code == Code::database_unavailable || (number > 0 && number <= kLastOfFiles) ||
         is_one_of(kPassing, number) || is_interrupted(status) || is_disk_full(status) || is_out_of_files(status) ||
         lacks_rights(status);
}

bool is_wrong_value(const Status& status) { return status.database_errno == kTruncatedWrongValue; }

bool is_damaged_table(const Status& status) { return is_one_of(kDamaged, status.database_errno); }

Status without_appended(Status status) {
  // As executor_script ends a statement: one that ends in a line comment takes nothing of what follows.
  constexpr std::string_view kEnd = "\n;";
  constexpr std::string_view kBehind = "' at line ";
  const std::size_t near = status.message.find("near '");
  const std::size_t end = near == std::string::npos ? near : status.message.find(kEnd, near);
  const std::size_t behind = status.message.rfind(kBehind);
  if (end == std::string::npos || behind == std::string::npos || behind < end) return status;
  status.message.erase(end, behind - end);
  return status;
}

bool means_other_data(const Status& status) {
  return status.code == Code::diverged || (status.code == Code::sql_error && !passes_by_itself(status));
}

}  // namespace sqlcast::storage
