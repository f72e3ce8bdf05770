import { compileLatentLog } from "../../src/delivery/delivery-server.js";
import { resumeContract } from "../../src/delivery/resume-contract.js";

const latentLog = compileLatentLog();
resumeContract("a log that answers late and sometimes fails", { latentLog, events: 20_000, readers: 100 });
