// Rows of batches put together anew, inside one kernel's memory.
export {
  batch_buffer_add, batch_buffer_clear, batch_buffer_columns, batch_buffer_free, batch_buffer_kinds, batch_buffer_new,
} from "./buffer";
export { batch_gather, batch_kinds, batch_times } from "./gather";
export { batch_kind_texts } from "./kinds";
export { batch_late } from "./late";
export { batch_numbers, batch_order } from "./order";
