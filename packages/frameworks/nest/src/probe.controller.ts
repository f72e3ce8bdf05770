import { Controller, Get, Req, Res } from "@nestjs/common";
import type { Request, Response } from "express";
import { throwError } from "rxjs";
import { probe } from "ssekit-probe";
import { observableSource } from "./observable-source.js";

@Controller("probe")
export class ProbeController {
  @Get()
  probe(@Req() req: Request, @Res() res: Response) {
    if (req.url.includes("early"))
      res.sse(
        observableSource(
          throwError(() => new Error("early")),
          String,
        ),
      );
    else res.sse(probe(req.url));
  }
}
