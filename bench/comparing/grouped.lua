-- sysbench: the statement of sqlcast-bench's workload grouped.
require("oltp_common")

function prepare_statements() end

function event()
   local number = sysbench.rand.uniform(1, sysbench.opt.tables)
   local first = sysbench.rand.uniform(1, sysbench.opt.table_size - 999)
   con:query(string.format("INSERT INTO grouped%d (pad, n, total) SELECT pad, COUNT(*), SUM(k) FROM sbtest%d " ..
                           "WHERE id BETWEEN %d AND %d GROUP BY pad", number, number, first, first + 999))
end
