/** Rows of a batch of one side: COLUMNs of its store, and which rows are selected (0: the first ones). */
export interface AskedRows {
  readonly side: number;
  readonly columns: number;
  readonly selection: number;
  readonly selected: number;
}

/** The keys of a batch: their COLUMNs, those of the arguments (0: none) and of the sets, and which rows are selected (0: all). */
export interface AskedKeys {
  readonly keys: number;
  readonly args: number;
  readonly sets: number;
  readonly selection: number;
  readonly selected: number;
}
