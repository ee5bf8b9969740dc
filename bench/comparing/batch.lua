-- sysbench: one transaction of --batch-size single-row inserts an event.
require("oltp_common")

sysbench.cmdline.options.batch_size = {"Inserts in a transaction", 100}

function prepare_statements() end

function event()
   con:query("BEGIN")
   for _ = 1, sysbench.opt.batch_size do
      con:query(string.format("INSERT INTO sbtest%d (id, k, c, pad) VALUES (0, %d, '%s', '%s')",
                              sysbench.rand.uniform(1, sysbench.opt.tables),
                              sysbench.rand.default(1, sysbench.opt.table_size), get_c_value(), get_pad_value()))
   end
   con:query("COMMIT")
end
