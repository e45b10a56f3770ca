import { BODY_SHAPES_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { BodyShape, DecodeJob } from "./protocol.ts";

/** A body on its way to a worker. What bodies of a stream have in common travels with the first that has it. */
export interface BodyMessage extends Omit<DecodeJob, keyof BodyShape> {
  readonly id: number;
  readonly shape: number;
  readonly fresh: BodyShape | null;
}

/** Numbers the shapes that a worker has been told. The worker keeps the newest of them, as many as this. */
export class ShapeNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #columns = new WeakMap<readonly Column[], number>();
  #lastColumns = 0;
  #last = 0;

  /** The body as it travels. */
  message(id: number, { body, widen, bound, sums, pack = false, split, ...shape }: DecodeJob): BodyMessage {
    const { stream, schema, format, options } = shape;
    const key = JSON.stringify([stream, schema, this.#numberOf(shape.columns), format, options]);
    const known = this.#numbers.get(key), number = known ?? ++this.#last;
    if (known === undefined) keep(this.#numbers, key, number);
    return {
      id,
      shape: number,
      fresh: known === undefined ? shape : null,
      body,
      widen,
      bound,
      sums,
      pack,
      ...(split ? { split } : {}),
    };
  }

  /** Columns of one version of a schema are one array. */
  #numberOf(columns: readonly Column[]): number {
    const number = this.#columns.get(columns) ?? ++this.#lastColumns;
    this.#columns.set(columns, number);
    return number;
  }

  /** Nobody knows what the worker was told: it is told again. */
  forget(): void {
    this.#numbers.clear();
  }
}

/** The shapes that a worker was told. */
export class ToldShapes {
  readonly #shapes = new Map<number, BodyShape>();

  job({ id: _, shape: number, fresh, ...rest }: BodyMessage): DecodeJob {
    if (fresh) keep(this.#shapes, number, fresh);
    return { ...this.#shapes.get(number)!, ...rest };
  }
}

/** Both ends let the same ones go: those that came first. */
function keep<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.set(key, value);
  if (map.size > BODY_SHAPES_MAX) map.delete(map.keys().next().value!);
}
