import { eventSourceTests } from "./event-source.js";
import { chromium } from "./support/browsers.js";

eventSourceTests(chromium);
