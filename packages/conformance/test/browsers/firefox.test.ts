import { eventSourceTests } from "./event-source.js";
import { firefox } from "./support/browsers.js";

eventSourceTests(firefox);
