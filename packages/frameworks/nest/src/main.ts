import { NestFactory } from "@nestjs/core";
import { sse } from "@ssekit/express";
import { AppModule } from "./app.module.js";
import { Streams } from "./streams.js";

async function main() {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks(); // without it, Nest does not call the hook in streams.ts
  app.use(sse(app.get(Streams).events));
  await app.listen(process.env.PORT ?? 3000);
}

void main();
