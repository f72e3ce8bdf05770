import type { ResolvedHistory } from "@ssekit/core/adapter";
import type { Broker } from "./broker.js";
import { LogReader } from "./log-reader.js";
import { LogTail } from "./log-tail.js";
import { LogWriter } from "./log-writer.js";

/** What all open handles of a log on this node share. */
export class LogRecord {
  readonly reader: LogReader;
  readonly tail: LogTail;
  readonly writer: LogWriter;
  readonly broker: Broker;
  /** Number of open handles. */
  handles = 0;

  constructor(broker: Broker, token: string, history: ResolvedHistory) {
    this.broker = broker;
    this.reader = new LogReader(broker, token, history);
    this.writer = new LogWriter(broker, token, history);
    this.tail = new LogTail(broker, this.reader, this.writer);
  }

  close(): void {
    this.tail.stop();
    this.writer.close();
  }
}
