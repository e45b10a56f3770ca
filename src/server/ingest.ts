import { RdxError } from "../core/errors.ts";
import { INGEST_ERRORS_MAX, PRODUCER_NAME_CHARS_MAX } from "../core/limits.ts";
import type { EngineService, IngestAnswer, IngestRequest } from "../runtime/service.ts";
import { json } from "./answers.ts";
import { readBody } from "./body.ts";
import { type IngestFormat, ingestFormat } from "./content_type.ts";
import type { Context, ServerContext } from "./context.ts";
import { nameOf, Parameters } from "./parameters.ts";

type Producer = Pick<IngestRequest, "producer" | "sequence" | "epoch" | "partition">;

/** `POST /v1/streams/{stream}`: one body, stored whole or not at all. */
export async function ingest(c: Context, server: ServerContext): Promise<Response> {
  const stream = nameOf(c, "stream"), { headers } = c.req.raw;
  const parameters = new Parameters(c, ["partition"]), part = parameters.text("partition");
  const partition = part === null ? {} : { partition: wholeNumber(part, "Parameter partition") };
  const format = ingestFormat(headers.get("content-type"));
  const producer = parseProducer(headers.get("rdx-producer"), headers.get("rdx-sequence"), headers.get("rdx-epoch"));
  if (!server.autoCreate) server.engine.streams.get(stream);
  const body = await readBody(c.req.raw, server);
  try {
    return json(answerJson(await store(server, stream, body.bytes, format, { ...producer, ...partition })));
  } finally {
    body.release();
  }
}

/** Gives the engine one body. An empty one has nothing to decode and changes nothing, unless it uses a producer's number. */
export function store(
  { engine, autoCreate }: { engine: EngineService; autoCreate: boolean },
  stream: string,
  body: Uint8Array<ArrayBuffer>,
  format: IngestFormat,
  producer: Producer,
): Promise<IngestAnswer> {
  if (body.length === 0 && producer.producer === undefined) return Promise.resolve(nothing(engine, autoCreate, stream));
  return engine.streams.ingest(stream, { body, autoCreate, ...format, ...producer });
}

function nothing(engine: EngineService, autoCreate: boolean, stream: string): IngestAnswer {
  let offset = 0;
  try {
    offset = engine.streams.get(stream).end;
  } catch (thrown) {
    if (!(autoCreate && thrown instanceof RdxError && thrown.code === "not_found")) throw thrown;
  }
  return { stream, accepted: 0, rejected: 0, offset, durability: engine.streams.durability, errors: [] };
}

/** What the client learns of its rows: the first errors only. */
export function answerJson(answer: IngestAnswer) {
  return {
    stream: answer.stream,
    accepted: answer.accepted,
    rejected: answer.rejected,
    offset: answer.offset,
    durability: answer.durability,
    ...(answer.partitions ? { partitions: answer.partitions } : {}),
    errors: answer.errors.slice(0, INGEST_ERRORS_MAX),
    ...(answer.duplicate ? { duplicate: true } : {}),
  };
}

/** Reads who sends and which of theirs it is: both or none. Throws RdxError("invalid"). */
export function parseProducer(producer: string | null, sequence: string | null, epoch: string | null = null): Producer {
  if (producer === null && sequence === null && epoch === null) return {};
  if (producer === null) {
    throw new RdxError("invalid", `${sequence === null ? "Rdx-Epoch" : "Rdx-Sequence"} needs Rdx-Producer beside it`);
  }
  if (sequence === null) throw new RdxError("invalid", "Rdx-Producer needs Rdx-Sequence beside it");
  checkProducer(producer, "Rdx-Producer");
  const number = wholeNumber(sequence, "Rdx-Sequence");
  return { producer, sequence: number, ...(epoch === null ? {} : { epoch: wholeNumber(epoch, "Rdx-Epoch") }) };
}

/** Throws RdxError("invalid") for what is no name of a producer. */
export function checkProducer(producer: string, what: string): void {
  if (/^[\x21-\x7e]+$/.test(producer) && producer.length <= PRODUCER_NAME_CHARS_MAX) return;
  throw new RdxError(
    "invalid",
    `${what} is no name: expected 1 to ${PRODUCER_NAME_CHARS_MAX} printable ASCII characters without spaces`,
  );
}

function wholeNumber(text: string, what: string): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new RdxError("invalid", `${what} is ${JSON.stringify(text.slice(0, 200))}: expected a whole number from 0 on`);
}
