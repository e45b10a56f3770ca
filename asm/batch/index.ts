// Rows of batches put together anew, inside one kernel's memory.
export { batch_gather, batch_kinds, batch_times } from "./gather";
export { batch_numbers, batch_order } from "./order";
