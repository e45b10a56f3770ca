import type { DurableLogs } from "../../src/log/durable_logs.ts";
import type { OrderLog, OrderRecord } from "../../src/log.ts";

/** Notes what goes into orders, also what these let go of later: a reference is held against all of it. */
export class NotedOrders {
  /** By the folder of the order, by number. */
  readonly #orders = new Map<string, Map<number, OrderRecord>>();

  of(folder: string): OrderRecord[] {
    const records = this.#orders.get(folder) ?? new Map<number, OrderRecord>();
    return [...records.values()].sort((a, b) => a.number - b.number);
  }

  /** Notes what a process does with its orders. */
  watch(logs: DurableLogs): DurableLogs {
    const create = logs.createOrder.bind(logs), open = logs.openOrder.bind(logs);
    logs.createOrder = (folder, after) => this.#noting(folder, create(folder, after), after ?? 0);
    logs.openOrder = async (folder, after) => {
      const opened = await open(folder, after);
      return { ...opened, order: this.#noting(folder, opened.order, opened.last) };
    };
    return logs;
  }

  /** What came behind the last number that is there has never been. */
  #noting(folder: string, order: OrderLog, last: number): OrderLog {
    const records = this.#orders.get(folder) ?? new Map<number, OrderRecord>();
    this.#orders.set(folder, records);
    for (const number of [...records.keys()]) if (number > last) records.delete(number);
    const append = order.append.bind(order);
    order.append = (record) => {
      append(record);
      records.set(record.number, record);
    };
    return order;
  }
}
