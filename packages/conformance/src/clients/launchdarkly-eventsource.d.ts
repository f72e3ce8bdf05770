declare module "launchdarkly-eventsource" {
  export class EventSource {
    constructor(url: string);
    addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
    close(): void;
  }
}
