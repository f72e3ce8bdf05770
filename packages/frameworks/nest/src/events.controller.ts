import { Body, Controller, Get, Post, Res } from "@nestjs/common";
import type { Response } from "express";
import { timer, zip } from "rxjs";
import { observableSource } from "./observable-source.js";
import { Streams, type Price } from "./streams.js";

@Controller()
export class EventsController {
  constructor(private readonly streams: Streams) {}

  // Not @Sse(): with @Res(), Nest leaves the response to ssekit.
  @Get("events")
  subscribe(@Res() res: Response) {
    this.streams.prices.subscribe(res.sse());
  }

  @Post("events")
  async publish(@Body() price: Price) {
    return { id: await this.streams.prices.publish({ event: "tick", data: price }) };
  }

  @Get("answer")
  answer(@Res() res: Response) {
    const words = zip(["This", "takes", "about", "one", "second"], timer(0, 200));
    res.sse(observableSource(words, ([word]) => word));
  }

  @Get("streams")
  countStreams() {
    return { open: this.streams.events.streams.size };
  }
}
