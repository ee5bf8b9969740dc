// Tables for tests of the policy, from a line a column.
#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sql/schema.h"

namespace sqlcast::sql::test {

// "id bigint auto", "tax decimal generated", "secret varchar default uuid()"; a "?" behind the type: nullable.
inline Column column(const std::string& text) {
  std::stringstream words(text);
  Column made;
  words >> made.name >> made.type;
  made.nullable = made.type.ends_with("?");
  if (made.nullable) made.type.pop_back();
  for (std::string word; words >> word;) {
    if (word == "auto") made.auto_increment = true;
    if (word == "generated") made.generated = true;
    if (word == "default") std::getline(words >> std::ws, made.default_expression);
  }
  return made;
}

inline Table table(std::vector<std::string> columns, std::vector<std::vector<std::string>> keys) {
  Table made;
  made.engine = "InnoDB";
  for (const std::string& text : columns) made.columns.push_back(column(text));
  for (auto& key : keys) made.unique_keys.push_back({std::move(key), false});
  return made;
}

// That of tests/corpus/determinism_schema.sql.
inline Schema determinism_schema() {
  Schema schema;
  schema.databases = {"d"};
  auto& tables = schema.tables;
  tables[{"d", "customer"}] =
      table({"id bigint auto", "email varchar", "name varchar default 'nobody'", "balance decimal default 0.00",
             "created datetime default current_timestamp(6)", "changed timestamp? default NULL", "note text?"},
            {{"id"}, {"email"}});
  tables[{"d", "orders"}] = table(
      {"id int auto", "customer_id bigint", "placed datetime default current_timestamp()", "status enum default 'new'",
       "total decimal default 0.00", "tax decimal generated", "label varchar generated"},
      {{"id"}});
  tables[{"d", "product"}] =
      table({"id int", "sku varchar", "name varchar", "price decimal default 1.00", "stock int default 0"},
            {{"id"}, {"sku"}, {"name"}});
  tables[{"d", "item"}] = table(
      {"order_id int", "position smallint", "product_id int?", "quantity int default 1", "price decimal default 0.00"},
      {{"order_id", "position"}});
  tables[{"d", "counter"}] = table({"name varchar", "value bigint default 0"}, {{"name"}});
  tables[{"d", "token"}] = table({"id int auto", "secret varchar default uuid()", "owner varchar?"}, {{"id"}});
  tables[{"d", "event"}] =
      table({"id bigint auto", "kind varchar default ''", "at datetime?", "number double?", "data json?"}, {{"id"}});
  tables[{"d", "archive"}] = table({"id bigint", "email varchar", "name varchar?", "balance decimal?"}, {{"id"}});
  tables[{"d", "line"}] = table({"n int?", "t varchar?"}, {});
  tables[{"d", "orders"}].references = {{"d", "customer"}};
  tables[{"d", "item"}].references = {{"d", "orders"}, {"d", "product"}};
  tables[{"d", "product"}].referred = {"id"};
  return schema;
}

}  // namespace sqlcast::sql::test
