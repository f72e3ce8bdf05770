import { resumeContract } from "../../src/delivery/resume-contract.js";

resumeContract("a MemoryLog", { events: 100_000, readers: 200 });
