/**
 * An object as a process has it: once that is gone (`isAlive`), calls change nothing any more. Those that return promises never end; the others
 * throw. `close` only ends the process's part.
 */
export function mortal<Inner extends object>(inner: Inner, isAlive: () => boolean, how: "promises" | "values"): Inner {
  return new Proxy(inner, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (isAlive()) return key === "close" && how === "values" ? undefined : value.apply(target, args);
        if (how === "promises") return new Promise(() => {});
        throw new Error("The process is gone");
      };
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}
