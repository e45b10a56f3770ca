import {
  BODIES_BYTES_MAX,
  BODY_BYTES_MAX,
  BODY_EACH_SECOND_BYTES,
  BODY_IDLE_MS_MAX,
  BODY_INFLATE_RATIO_MAX,
  BODY_INFLATED_BYTES_MAX,
  BODY_WHOLE_BYTES_MAX,
  CONNECTIONS_MAX,
  CREDIT_OVERRUN_ROWS_MAX,
  CREDIT_ROWS_MAX,
  HEARTBEAT_MS,
  LIVE_LOOK_MS,
  MESSAGE_BYTES_MAX,
  MESSAGES_WAITING_BYTES_MAX,
  SUBSCRIBER_BYTES_MAX,
} from "../core/limits.ts";

/** The limits that a server works under; tests draw them tighter. */
export interface Bounds {
  readonly bodyBytesMax: number;
  readonly bodyWholeBytesMax: number;
  readonly bodyInflatedBytesMax: number;
  readonly bodyInflateRatioMax: number;
  readonly bodyIdleMsMax: number;
  readonly bodyBytesPerSecondMin: number;
  readonly bodiesBytesMax: number;
  readonly messageBytesMax: number;
  readonly messagesWaitingBytesMax: number;
  readonly creditRowsMax: number;
  readonly creditOverrunRowsMax: number;
  readonly subscriberBytesMax: number;
  readonly connectionsMax: number;
  readonly heartbeatMs: number;
  /** Between two looks at a view that somebody follows: whether it is still there, and which of its windows are open. */
  readonly liveLookMs: number;
}

export const DEFAULT_BOUNDS: Bounds = {
  bodyBytesMax: BODY_BYTES_MAX,
  bodyWholeBytesMax: BODY_WHOLE_BYTES_MAX,
  bodyInflatedBytesMax: BODY_INFLATED_BYTES_MAX,
  bodyInflateRatioMax: BODY_INFLATE_RATIO_MAX,
  bodyIdleMsMax: BODY_IDLE_MS_MAX,
  bodyBytesPerSecondMin: BODY_EACH_SECOND_BYTES,
  bodiesBytesMax: BODIES_BYTES_MAX,
  messageBytesMax: MESSAGE_BYTES_MAX,
  messagesWaitingBytesMax: MESSAGES_WAITING_BYTES_MAX,
  creditRowsMax: CREDIT_ROWS_MAX,
  creditOverrunRowsMax: CREDIT_OVERRUN_ROWS_MAX,
  subscriberBytesMax: SUBSCRIBER_BYTES_MAX,
  connectionsMax: CONNECTIONS_MAX,
  heartbeatMs: HEARTBEAT_MS,
  liveLookMs: LIVE_LOOK_MS,
};
