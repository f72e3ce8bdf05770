import { eventSourceTests } from "./event-source.js";
import { chromium } from "./support/chromium.js";

eventSourceTests(chromium);
