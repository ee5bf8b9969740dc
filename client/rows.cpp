#include "client/client.h"

namespace sqlcast::client {

Result<Rows> Rows::decode(proto::Page page) {
  Rows rows;
  rows.rows_ = page.rows;
  for (std::string& frame : page.columns) {
    rows.frames_.push_back(std::make_unique<std::string>(std::move(frame)));
    auto cells = proto::read_column(*rows.frames_.back(), page.rows);
    if (!cells.ok()) return cells.status();
    rows.cells_.push_back(std::move(*cells));
  }
  return rows;
}

Request Request::of(std::string sql, std::vector<Value> params) {
  Request request;
  Statement& statement = request.statements.emplace_back();
  statement.sql = std::move(sql);
  statement.params = std::move(params);
  return request;
}

}  // namespace sqlcast::client
