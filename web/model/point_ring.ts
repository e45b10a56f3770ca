/** Capacity that a ring begins with; it doubles up to its bound. */
const CAPACITY_FIRST = 16;

/**
 * The newest points of one series: x ascending, each once, with `fields` values of y. Appending, which is the rule, costs one write;
 * a point that comes late is put in its place.
 *
 *   x  [ 7 8 · · 3 4 5 6 ]      y of field f at slot s: y[s · fields + f], NaN for none
 *            ↑ first 3
 */
export class PointRing {
  readonly fields: number;
  readonly #pointsMax: number;
  #x: Float64Array;
  #y: Float64Array;
  #first = 0;
  #length = 0;

  constructor(fields: number, pointsMax: number) {
    this.fields = fields;
    this.#pointsMax = Math.max(1, pointsMax);
    const capacity = Math.min(CAPACITY_FIRST, this.#pointsMax);
    this.#x = new Float64Array(capacity);
    this.#y = new Float64Array(capacity * fields);
  }

  get length(): number {
    return this.#length;
  }

  /** The x of the i-th point, the oldest being 0. */
  x(i: number): number {
    return this.#x[this.#slot(i)];
  }

  y(i: number, field: number): number {
    return this.#y[this.#slot(i) * this.fields + field];
  }

  /** Puts a point in, in the place of one with the same x. Of a full ring the oldest leaves. */
  put(x: number, values: ArrayLike<number>): void {
    const length = this.#length, last = length === 0 ? -Infinity : this.x(length - 1);
    if (x > last) return this.#write(this.#append(), x, values);
    if (x === last) return this.#write(length - 1, x, values);
    const at = this.#search(x);
    if (this.x(at) === x) return this.#write(at, x, values);
    if (length === this.#pointsMax && at === 0) return;
    const place = length === this.#pointsMax ? at - 1 : at;
    for (let i = this.#append(); i > place; i--) this.#copy(i - 1, i);
    this.#write(place, x, values);
  }

  remove(x: number): void {
    const at = this.#search(x);
    if (at === this.#length || this.x(at) !== x) return;
    for (let i = at + 1; i < this.#length; i++) this.#copy(i, i - 1);
    this.#length--;
  }

  /** The index of the first point whose x is at least `x`. */
  #search(x: number): number {
    let low = 0, high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.x(middle) < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes room for one more behind the newest and returns its index. */
  #append(): number {
    if (this.#length === this.#pointsMax) {
      this.#first = (this.#first + 1) % this.#x.length;
      return this.#length - 1;
    }
    if (this.#length === this.#x.length) this.#grow();
    return this.#length++;
  }

  #grow(): void {
    const capacity = Math.min(this.#pointsMax, this.#x.length * 2), x = new Float64Array(capacity);
    const y = new Float64Array(capacity * this.fields);
    for (let i = 0; i < this.#length; i++) {
      x[i] = this.x(i);
      for (let field = 0; field < this.fields; field++) y[i * this.fields + field] = this.y(i, field);
    }
    this.#x = x;
    this.#y = y;
    this.#first = 0;
  }

  #slot(i: number): number {
    const slot = this.#first + i;
    return slot < this.#x.length ? slot : slot - this.#x.length;
  }

  #write(i: number, x: number, values: ArrayLike<number>): void {
    const slot = this.#slot(i);
    this.#x[slot] = x;
    for (let field = 0; field < this.fields; field++) this.#y[slot * this.fields + field] = values[field];
  }

  #copy(from: number, to: number): void {
    const source = this.#slot(from), target = this.#slot(to), { fields } = this;
    this.#x[target] = this.#x[source];
    this.#y.copyWithin(target * fields, source * fields, (source + 1) * fields);
  }
}
