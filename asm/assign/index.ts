// Window table functions: rows with the windows that they belong to.
export {
  assign_advance, assign_dense, assign_free, assign_late, assign_new, assign_next, assign_null_time, assign_push,
  assign_put_scalars, assign_scalars,
} from "./assign";
