// load_table(): the records of CSV and TSV files into one table. A part of loader.h, which says the rest. One thread.
// May block, for files and the cluster.
#pragma once

#include <vector>

#include "client/load/import_session.h"

namespace sqlcast::load {

Status preview_table(const LoadOptions& options, const std::vector<Source>& sources, const Watch& watch,
                     Summary& summary);
Status load_table(client::Client& client, const LoadOptions& options, const std::vector<Source>& sources, Begun begun,
                  const Watch& watch, Summary& summary);

}  // namespace sqlcast::load
