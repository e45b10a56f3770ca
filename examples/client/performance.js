const server = new URLSearchParams(location.search).get("server") ?? "http://127.0.0.1:8080";
const { connect, indexedDbOutbox } = await import(`${server}/assets/rdx-client.js`);

const columns = [
  { name: "ts", type: "timestamp" },
  { name: "kind", type: "string" },
  { name: "name", type: "string" },
  { name: "ms", type: "double" },
];
const plan = {
  rdx: 1,
  nodes: [
    { id: "events", op: "source", stream: "performance" },
    { id: "second", op: "window", input: ["events"], window: { kind: "tumble", size_ms: 1000 } },
    {
      id: "by_kind",
      op: "aggregate",
      input: ["second"],
      keys: ["kind"],
      aggs: [{ fn: "count", as: "events" }, { fn: "max", arg: "ms", as: "longest" }],
    },
    { id: "out", op: "sink", input: ["by_kind"], sink: { kind: "view", name: "performance" } },
  ],
};

const byId = (id) => document.getElementById(id);
const client = connect(server);
await client.request("PUT", "/v1/streams/performance", { columns, time: "ts", delay_ms: 2000 });
await client.request("PUT", "/v1/pipelines/performance", plan);

const writer = await client.writer("performance", {
  outbox: indexedDbOutbox("performance"),
  onStatus: (status) => status.kind === "waiting" && (byId("sent").textContent = `${status.reason}; trying again`),
});
const observer = new PerformanceObserver(async (list) => {
  await writer.write(
    list.getEntries().map(({ entryType, name, startTime, duration }) => {
      return {
        ts: Math.round(performance.timeOrigin + startTime),
        kind: entryType,
        name: name.slice(0, 200),
        ms: duration,
      };
    }),
  );
  const { accepted } = await writer.flush();
  byId("sent").textContent = `${accepted} events are with the server.`;
});
for (const type of ["navigation", "resource", "paint", "longtask", "measure"]) {
  observer.observe({ type, buffered: true });
}

byId("work").onclick = () => {
  const start = performance.now();
  while (performance.now() < start + 200);
  performance.measure("work", { start });
};
byId("load").onclick = () => fetch(`/?${Math.random()}`);

const kinds = new Map();
function show(rows) {
  for (const { kind, events, longest } of rows) {
    const known = kinds.get(kind) ?? { events: 0, longest: 0 };
    kinds.set(kind, { events: known.events + Number(events), longest: Math.max(known.longest, longest) });
  }
  byId("kinds").replaceChildren(...[...kinds].map(([kind, { events, longest }]) => {
    const row = document.createElement("tr");
    for (const text of [kind, events, longest.toFixed(1)]) row.insertCell().textContent = text;
    return row;
  }));
}
for await (const change of client.live("performance")) {
  if (change.kind === "snapshot") kinds.clear();
  if (change.kind === "snapshot") show(change.rows);
  if (change.kind === "delta") show(change.rows.filter(({ op }) => op === "+I" || op === "+U").map(({ row }) => row));
}
