export { natsLogs } from "./nats-logs.js";
export type { NatsLogsOptions, NatsStage } from "./options.js";
