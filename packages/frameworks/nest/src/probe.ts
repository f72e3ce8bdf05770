import { Controller, Get, Req, Res } from "@nestjs/common";
import { MODULE_METADATA } from "@nestjs/common/constants";
import type { Request, Response } from "express";
import { probe } from "ssekit-probe";
import { AppModule } from "./app.module.js";

@Controller("probe")
class ProbeController {
  @Get()
  probe(@Req() req: Request, @Res() res: Response) {
    res.sse(probe(req.url));
  }
}

const controllers = Reflect.getMetadata(MODULE_METADATA.CONTROLLERS, AppModule);
Reflect.defineMetadata(MODULE_METADATA.CONTROLLERS, [...controllers, ProbeController], AppModule);
void import("./main.js");
