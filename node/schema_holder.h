// SchemaHolder: the schema that statements are judged by, replaced whole after DDL. Thread-safe. Does not block.
#pragma once

#include <memory>

#include "base/mutex.h"
#include "sql/schema.h"

namespace sqlcast::node {

class SchemaHolder {
 public:
  std::shared_ptr<const sql::Schema> get() const {
    const MutexLock lock(mutex_);
    return schema_;
  }
  void set(std::shared_ptr<const sql::Schema> schema) {
    const MutexLock lock(mutex_);
    schema_ = std::move(schema);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const sql::Schema> schema_ SQLCAST_GUARDED_BY(mutex_) = std::make_shared<sql::Schema>();
};

}  // namespace sqlcast::node
