import { compileLatentLog } from "../../src/delivery/delivery-server.js";
import { resumeContract } from "../../src/delivery/resume-contract.js";

resumeContract("a log that answers late and sometimes fails", {
  latentLog: compileLatentLog(),
  errors: ["Error: This read fails"],
  events: 20_000,
  readers: 100,
});
