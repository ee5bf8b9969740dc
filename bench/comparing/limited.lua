-- sysbench: the statement of sqlcast-bench's workload limited.
require("oltp_common")

function prepare_statements() end

function event()
   con:query(string.format("DELETE FROM sbtest%d WHERE pad > '1' LIMIT 1000",
                           sysbench.rand.uniform(1, sysbench.opt.tables)))
end
