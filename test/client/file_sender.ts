/**
 * Sends numbered rows through an outbox in a file: `deno run -A file_sender.ts <url> <path> <rows>`. It goes on behind the last row that the file has ever had, which
 * follows from the number of the next batch, since all are of one size; what a kill takes before it is in the file was never taken.
 */
import { connect } from "../../src/client/rdx/mod.ts";
import { fileOutbox } from "../../src/client/rdx/outbox_file.ts";
import { numbered } from "./numbers.ts";

const [url, path, rows] = Deno.args, BATCH_ROWS = 500;
const outbox = fileOutbox(path), open = outbox.open.bind(outbox);
let taken = 0;
outbox.open = async () => {
  const opened = await open();
  taken = opened.next * BATCH_ROWS;
  return opened;
};
const client = connect(url);
const writer = await client.writer("numbers", { outbox, batchRowsMax: BATCH_ROWS, batchDelayMsMax: 60_000 });
for (let id = taken; id < Number(rows); id++) await writer.write(numbered(id));
await client.close();
