// Where the tables of an entity-relationship diagram go: columns of boxes, neighbours beside each other, few
// crossings; deterministic. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/gui/model/schema_model.h"

namespace sqlcast::gui {

struct ErBox {
  std::string table;
  float x = 0;
  float y = 0;
  float width = 0;
  float height = 0;
  bool join = false;               // its primary key is made of foreign keys to two or more tables
  std::vector<std::string> links;  // join only: the tables it joins
};

struct ErEdge {
  std::size_t from = 0;  // box that holds the foreign key: the "many" end
  std::size_t to = 0;    // box referred to: the "one" end
  std::size_t from_column = 0;
  std::size_t to_column = 0;
  std::string name;
  bool unique = false;    // the foreign key is the whole primary key: one to one
  bool optional = false;  // the foreign key may be NULL
};

struct ErMetrics {
  float header = 30;
  float row = 20;
  float character = 8;  // width of an average character
  float gap_x = 90;
  float gap_y = 36;
  float aspect = 1.6F;  // of the area to fill
};

struct ErDiagram {
  std::vector<ErBox> boxes;
  std::vector<ErEdge> edges;
  float width = 0;
  float height = 0;
};

ErDiagram lay_out(const SchemaDatabase& database, const ErMetrics& metrics);

}  // namespace sqlcast::gui
