import { Module } from "@nestjs/common";
import { EventsController } from "./events.controller.js";
import { ProbeController } from "./probe.controller.js";
import { Streams } from "./streams.js";

@Module({ controllers: [EventsController, ProbeController], providers: [Streams] })
export class AppModule {}
